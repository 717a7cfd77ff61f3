"""Against a real mail server: nothing is read twice, nothing skipped, nothing let go unkept."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client

from complaints.selectors.messages import message_id_of
from mailroom.models import Mail, Mailbox
from mailroom.selectors.health import mailroom_state
from mailroom.services import fetching
from mailroom.services.fetching import LEASE, fetch_mail
from mailroom.services.raw import raw_file
from mailroom.states import MailState, Reason
from mailroom.tasks import fetch_mail as fetch_mail_task
from mailroom.transports import Folder, MailServerError, account, open_folder
from tests.complaints.factories import NOW, make_policy, make_user
from tests.mailroom.mails import LATER, case, deliver_all, letter_of, mail
from tests.mailroom.servers import ImapServer, imap_server, smtp_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[ImapServer]:
    """Run a mail server whose inbox is empty but for what came with it, which is read first."""
    make_policy()
    with imap_server(tmp_path) as running:
        for name, value in running.settings().items():
            setattr(settings, name, value)
        fetch_mail(at=NOW)
        Mail.objects.all().delete()
        yield running


def subjects() -> list[str]:
    deliver_all()
    return list(Mail.objects.order_by("pk").values_list("subject", flat=True))


def test_mail_is_fetched_once_and_marked_as_read(server):
    server.put(mail(subject="One", sender="a@x.cn"), mail(subject="Two", sender="b@x.cn"))
    fetched = fetch_mail(at=NOW)
    assert (fetched.new, fetched.known, fetched.error) == (2, 0, "")
    assert subjects() == ["One", "Two"]
    assert all(b"Seen" in flags for flags in server.flags())
    assert fetch_mail(at=NOW).new == 0
    server.put(mail(subject="Three", sender="c@x.cn"))
    assert fetch_mail(at=NOW).new == 1
    assert subjects() == ["One", "Two", "Three"]


def test_it_arrived_when_the_mail_server_got_it(server):
    server.put(mail())
    fetch_mail(at=LATER)
    row = Mail.objects.get()
    assert row.arrived_at == LATER  # the server's clock runs ahead of the test's: never the future
    assert row.mailbox == "desk@127.0.0.1/INBOX"


def test_the_raw_mail_is_kept_as_it_came(server):
    made = mail("中文 text", subject="主题")
    server.put(made)
    fetch_mail(at=NOW)
    row = Mail.objects.get()
    kept = raw_file(row.path).read_bytes()
    assert kept.replace(b"\r\n", b"\n") == made.as_bytes().replace(b"\r\n", b"\n")
    assert row.size == len(kept)


def test_mail_may_be_moved_away_once_it_is_kept(server, settings):
    settings.MAIL_IMAP_DONE_FOLDER = "已处理"
    server.make_folder("&XfJZBHQG-")
    server.put(mail())
    before = len(server.flags())
    assert fetch_mail(at=NOW).error == ""
    assert Mail.objects.count() == 1
    assert len(server.flags()) == before - 1
    assert len(server.flags("&XfJZBHQG-")) == 1


def test_a_batch_is_bounded_and_the_next_one_goes_on(server, settings):
    settings.MAIL_IMAP_BATCH = 2
    server.put(*(mail(subject=f"No. {n}", sender=f"p{n}@x.cn") for n in range(5)))
    assert [fetch_mail(at=NOW).new for _round in range(4)] == [2, 2, 1, 0]
    assert subjects() == [f"No. {n}" for n in range(5)]


def test_a_mail_that_cannot_be_kept_stays_on_the_server(server, monkeypatch):
    server.put(mail(subject="One"), mail(subject="Two"))

    def full(**_given: Any) -> Any:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(fetching, "take_in", full)
        fetched = fetch_mail(at=NOW)
    assert fetched.error.startswith("OSError")
    assert not any(b"Seen" in flags for flags in server.flags()[-2:])
    assert fetch_mail(at=NOW).new == 2


def test_killed_after_keeping_it_the_mail_is_recognised_at_the_next_round(server, monkeypatch):
    server.put(mail())

    def dies(*_given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "done", dies)
        with pytest.raises(KeyboardInterrupt):
            fetch_mail(at=NOW)
    Mailbox.objects.update(leased_until=None)
    fetched = fetch_mail(at=NOW)
    assert (fetched.new, fetched.known, Mail.objects.count()) == (0, 1, 1)


def test_when_the_server_numbers_anew_everything_is_read_again_and_recognised(server):
    server.put(mail(subject="One"), mail(subject="Two"))
    fetch_mail(at=NOW)
    Mailbox.objects.update(uid_validity=1)
    fetched = fetch_mail(at=NOW)
    assert fetched.known >= 2
    assert Mail.objects.filter(message_id__contains="mail.example.com").count() == 2


def test_a_large_mail_is_fetched_in_pieces_and_whole(server, settings):
    settings.MAIL_MAX_BYTES = 300_000
    big = mail("x" * 70 + "\n" + "long line of words\n" * 130_000, subject="Big")
    server.put(big, mail(subject="Small", sender="b@x.cn"))
    assert fetch_mail(at=NOW).new == 2
    assert subjects() == ["Big", "Small"]
    row = Mail.objects.get(subject="Big")
    assert (row.state, row.reason) == (MailState.WAITING, Reason.TOO_LARGE)
    assert row.size > 2_000_000
    assert b"long line" in raw_file(row.path).read_bytes()[-100:]


def test_a_mail_that_the_server_withholds_becomes_a_task_after_three_tries(server, monkeypatch):
    server.put(mail(subject="Broken"), mail(subject="Next"))
    whole = Folder.chunks
    first = Mailbox.objects.get().last_uid + 1

    def withheld(folder: Folder, uid: int, size: int) -> Any:
        if uid == first:
            raise MailServerError("fetch")
        return whole(folder, uid, size)

    monkeypatch.setattr(Folder, "chunks", withheld)
    assert [bool(fetch_mail(at=NOW).error) for _round in range(3)] == [True, True, False]
    deliver_all()
    note, following = Mail.objects.order_by("pk")
    assert (note.reason, note.trouble) == (Reason.UNREADABLE, "WithheldError")
    assert following.subject == "Next"


def test_two_workers_do_not_read_a_mailbox_side_by_side(server):
    server.put(mail())
    Mailbox.objects.update(leased_until=NOW + LEASE)
    assert fetch_mail(at=NOW) is None
    assert fetch_mail(at=NOW + LEASE * 2).new == 1


def test_without_a_mailbox_nothing_is_fetched():
    assert fetch_mail(at=NOW) is None


def test_a_wrong_password_is_told_to_the_operators(server, settings):
    settings.MAIL_IMAP_PASSWORD = "wrong"
    settings.MAIL_IMAP_USER = "desk"
    fetched = fetch_mail(at=LATER)
    assert fetched.error == "MailServerError refused"
    state = mailroom_state()
    assert (state.box.error, state.box.succeeded_at) == ("MailServerError refused", NOW)
    told = Client().get("/readyz").json()["checks"]["mail"]
    assert not told["ok"]  # since long ago, by the real clock
    with pytest.raises(CommandError):
        call_command("fetch_mail")


def test_the_command_and_the_task_fetch(server):
    server.put(mail())
    out = StringIO()
    call_command("fetch_mail", stdout=out)
    assert out.getvalue() == "new: 1, known: 0\n"
    server.put(mail(subject="Another"))
    fetch_mail_task()
    assert Mail.objects.count() == 2
    assert Client().get("/readyz").json()["checks"]["mail"]["ok"]


def test_a_letter_goes_out_and_its_answer_comes_in(server, settings):
    """The whole way round, by SMTP and by IMAP."""
    settings.MAIL_SIGNED_REPLIES = "reply-to"
    settings.MAIL_REPLY_TO = "reply@maple.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with smtp_server() as (port, letters):
        settings.EMAIL_PORT = port
        complaint = case(actor=make_user("agent", email=""))
    sent = letters.envelopes[-1]
    assert sent.rcpt_tos == ["ann@example.com"]
    assert message_id_of(letter_of(complaint)).encode() in sent.content
    address = next(
        line.partition(b":")[2].strip().decode()
        for line in sent.content.splitlines()
        if line.lower().startswith(b"reply-to:")
    )
    server.put(mail("Here it is.", to=address, subject="no token in here"))
    fetch_mail(at=LATER)
    deliver_all()
    assert Mail.objects.get().complaint == complaint


def test_folders_are_named_as_imap_does(server):
    where = account()
    assert where is not None
    with open_folder(where) as folder:
        assert folder.uid_validity > 0


def test_a_database_that_is_down_keeps_the_mail_on_the_server(server, monkeypatch):
    server.put(mail())

    def down(**_given: Any) -> Any:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(fetching, "take_in", down)
        with pytest.raises(OperationalError):
            fetch_mail(at=NOW)
    assert fetch_mail(at=NOW).new == 1
