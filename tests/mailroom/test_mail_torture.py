"""Two hundred odd mails: each ends somewhere, none is answered in a circle, none comes twice."""

from collections import Counter

import pytest
from django.core import mail as post

from complaints.models import Attachment, Complaint, Message
from journal.models import Delivery
from journal.services import prove_journal
from mailroom.models import Mail
from mailroom.services.raw import raw_file
from mailroom.services.taking_in import take_in
from mailroom.states import Kind, MailState, Reason
from tests.complaints.factories import make_policy, make_user
from tests.mailroom.mails import LATER, case, deliver_all
from tests.mailroom.torture import COUNT, WORDS, Torturer

pytestmark = pytest.mark.django_db


def known_complaints() -> list[Complaint]:
    agent = make_user("agent", email="")
    return [case(actor=agent, name=f"Known {n}", email=f"known{n}@example.com") for n in range(6)]


@pytest.mark.clause("CM-8.2")
def test_each_of_two_hundred_mails_ends_on_a_complaint_in_triage_or_as_a_task(settings):
    settings.MAIL_MAX_BYTES = 300_000
    make_policy()
    complaints = known_complaints()
    post.outbox.clear()
    mails = list(Torturer(complaints).mails())
    assert len(mails) == COUNT
    rows = {}
    for name, raw in mails:
        row, _new = take_in(chunks=[raw], door="pipe", arrived_at=LATER, at=LATER)
        rows[name] = row
        deliver_all()
    first = _state()

    _nothing_is_dropped(mails, rows)
    _nobody_is_answered_in_a_circle()

    # Forged answers are on no complaint.
    assert not Mail.objects.filter(sender__endswith="@evil.example", state="filed").exists()
    assert Mail.objects.filter(reason=Reason.UNREADABLE).exists()
    assert prove_journal(actor=None, at=LATER).intact

    # The whole set again adds nothing.
    for _name, raw in mails:
        take_in(chunks=[raw], door="pipe", arrived_at=LATER, at=LATER)
        deliver_all()
    assert _state() == first


def _nothing_is_dropped(mails: list[tuple[str, bytes]], rows: dict[str, Mail]) -> None:
    """Every mail lies somewhere, as it came."""
    for row in Mail.objects.all():
        assert row.state in {MailState.FILED, MailState.WAITING}, row.pk
        assert (row.state == MailState.WAITING) == bool(row.reason)
        assert raw_file(row.path).stat().st_size == row.size
    for name, raw in mails:
        kept = raw_file(rows[name].path).read_bytes()
        assert kept == raw or name.endswith("m_same_id"), name
    assert Mail.objects.count() == COUNT - sum(name.endswith("m_same_id") for name in rows) + 3
    assert not Delivery.objects.filter(delivered_at__isnull=True).exists()


def _nobody_is_answered_in_a_circle() -> None:
    """Only acknowledgements, a few per sender, none to a machine or to ourselves."""
    to_outside = Counter(letter.to[0] for letter in post.outbox)
    assert max(to_outside.values()) <= 3
    assert "complaints@localhost" not in to_outside
    assert not any(address.startswith(("mailer-daemon", "postmaster")) for address in to_outside)
    machines = Mail.objects.exclude(kind=Kind.LETTER).values_list("sender", flat=True)
    assert not set(machines) & set(to_outside)
    assert all(letter.extra_headers.get("Auto-Submitted") for letter in post.outbox)


def _state() -> tuple[int, ...]:
    return (
        Mail.objects.count(),
        Complaint.objects.count(),
        Message.objects.count(),
        Attachment.objects.count(),
        len(post.outbox),
    )


def test_the_words_survive_their_charsets(settings):
    make_policy()
    torturer = Torturer([])
    for number in range(40):
        for made in (torturer.m_charset_lied_about, torturer.m_charset_as_declared):
            raw = made(number)
            if any(
                name in raw
                for name in (b"shift_jis", b"koi8-r", b"big5", b"utf-16", b"gb2312\r\n\r\n")
            ):
                continue  # cannot hold these words, or hold them in another way
            row, _new = take_in(chunks=[raw], door="pipe", arrived_at=LATER, at=LATER)
            deliver_all()
            row.refresh_from_db()
            assert WORDS in row.text, raw[:400]
