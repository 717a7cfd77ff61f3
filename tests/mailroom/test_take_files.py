"""The files of a mail: attached through the desk's own checks; the refused ones are named."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from complaints.errors import BadInput, NotAllowed
from complaints.models import Attachment, Complaint
from complaints.services.attachments import attach_file, open_attachment, withdraw_files
from journal.selectors import history_of
from journal.services import verify_subject
from mailroom.models import Mail
from mailroom.services import files as verbs
from mailroom.services.files import NotScannedError, take_files
from mailroom.services.triage import add_to_complaint, take_back
from mailroom.states import MailState
from tests.complaints.factories import make_policy, make_site, make_user
from tests.mailroom.mails import LATER, answered, case, deliver_all, let_in
from tests.mailroom.reports import by_the_book

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n"


@pytest.fixture(autouse=True)
def _policy() -> None:
    make_policy()


def with_files(complaint, **fields):
    made = answered(complaint, **fields)
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename="发票.pdf")
    made.add_attachment(b"MZ", maintype="application", subtype="x-msdownload", filename="a.exe")
    made.add_attachment(b"MZ", maintype="image", subtype="png", filename="photo.png")
    return made


def test_take_files_attaches_what_the_desk_takes_and_names_the_rest():
    complaint = case()
    row = let_in(with_files(complaint))
    (attachment,) = Attachment.objects.filter(complaint=complaint)
    assert (attachment.name, attachment.content_type) == ("发票.pdf", "application/pdf")
    assert not attachment.internal
    told = [(one["name"], one.get("attachment"), one.get("refused")) for one in row.files]
    assert told == [
        ("发票.pdf", attachment.pk, None),
        ("a.exe", None, "file_type"),
        ("photo.png", None, "file_content"),
    ]


def test_again_it_changes_nothing():
    row = let_in(with_files(case()))
    take_files(mail_id=row.pk, at=LATER + timedelta(hours=1))
    assert Attachment.objects.count() == 1


def test_files_of_somebody_else_are_for_colleagues_only():
    complaint = case()
    row = let_in(with_files(complaint, sender="bob@example.com"))
    assert (row.state, Attachment.objects.count()) == (MailState.WAITING, 0)
    add_to_complaint(
        mail_id=row.pk,
        reference=complaint.reference,
        from_complainant=False,
        actor=complaint.recorded_by,
        at=LATER,
    )
    deliver_all()
    assert Attachment.objects.get().internal


def test_a_letter_that_came_back_is_not_attached():
    complaint = case()
    let_in(by_the_book(complaint.messages.latest("pk")))
    assert not Attachment.objects.exists()


def test_while_nobody_can_scan_the_files_wait(monkeypatch):
    def unscanned(**_given):
        raise BadInput("no scanner", code="file_unscanned", field="file")

    with monkeypatch.context() as patched:
        patched.setattr(verbs, "attach_file", unscanned)
        row = let_in(with_files(case()))
        assert "attachment" not in row.files[0]
        with pytest.raises(NotScannedError):
            take_files(mail_id=row.pk, at=LATER)
    take_files(mail_id=row.pk, at=LATER)
    assert "attachment" in Mail.objects.get().files[0]


# --- a mail that was filed wrongly ---------------------------------------------------------------


def filed(complaint, agent, **fields):
    """Return a mail that a person has put onto a complaint, with its files."""
    row = let_in(with_files(complaint, sender="Ann <ann@elsewhere.example>", **fields))
    add_to_complaint(
        mail_id=row.pk,
        reference=complaint.reference,
        from_complainant=True,
        actor=agent,
        at=LATER,
    )
    deliver_all()
    row.refresh_from_db()
    return row


@pytest.mark.clause("CM-8.2")
def test_taking_off_a_mail_takes_off_its_files(client):
    agent = make_user("agent")
    complaint, right = case(actor=agent), case(actor=agent, email="ann@elsewhere.example")
    row = filed(complaint, agent)
    (file,) = complaint.attachments.all()
    client.force_login(agent)
    client.post(reverse("mailroom:back", args=[row.pk]))
    file.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, file.withdrawn_at is not None) == (MailState.WAITING, True)
    assert not any("attachment" in entry for entry in row.files)
    kinds = [entry.kind for entry in history_of(complaint)]
    assert kinds[-2:] == ["message.withdrawn", "complaint.attachment_withdrawn"]
    page = client.get(reverse("complaints:complaint", args=[complaint.reference])).content.decode()
    assert "发票.pdf" not in page
    assert "File taken off: it does not belong here" in page
    address = reverse("complaints:attachment", args=[complaint.reference, file.pk])
    assert client.get(address).status_code == 404
    with pytest.raises(NotAllowed, match="taken off"):
        open_attachment(attachment_id=file.pk, actor=agent, at=LATER)
    add_to_complaint(
        mail_id=row.pk,
        reference=right.reference,
        from_complainant=True,
        actor=agent,
        at=LATER,
    )
    deliver_all()
    assert [one.name for one in right.attachments.standing()] == ["发票.pdf"]
    assert verify_subject(complaint).intact


def test_put_back_on_the_same_complaint_its_files_stand_again():
    agent = make_user("agent")
    complaint = case(actor=agent)
    row = filed(complaint, agent)
    take_back(mail_id=row.pk, actor=agent, at=LATER)
    assert not complaint.attachments.standing().exists()
    add_to_complaint(
        mail_id=row.pk,
        reference=complaint.reference,
        from_complainant=True,
        actor=agent,
        at=LATER,
    )
    deliver_all()
    assert complaint.attachments.standing().count() == 1


def test_a_file_that_lay_there_before_or_came_twice_stays():
    agent = make_user("agent")
    complaint = case(actor=agent)
    attach_file(
        complaint_id=complaint.pk, file=[PDF], name="a.pdf", internal=False, actor=agent, at=LATER
    )
    take_back(mail_id=filed(complaint, agent).pk, actor=agent, at=LATER)
    assert complaint.attachments.standing().count() == 1
    other = case(actor=agent)
    first = filed(other, agent)
    filed(other, agent, message_id="<twice@mail.example.com>")
    take_back(mail_id=first.pk, actor=agent, at=LATER)
    assert other.attachments.standing().count() == 1


def test_files_that_come_after_the_mail_was_taken_off_do_not_stay_behind(monkeypatch):
    agent = make_user("agent")
    complaint = case(actor=agent)
    row = let_in(with_files(complaint, sender="Ann <ann@elsewhere.example>"))
    add_to_complaint(
        mail_id=row.pk,
        reference=complaint.reference,
        from_complainant=True,
        actor=agent,
        at=LATER,
    )
    attach = attach_file

    def taken_off_meanwhile(**given):
        attachment = attach(**given)
        if Mail.objects.get(pk=row.pk).state == MailState.FILED:
            take_back(mail_id=row.pk, actor=agent, at=LATER)
        return attachment

    monkeypatch.setattr(verbs, "attach_file", taken_off_meanwhile)
    take_files(mail_id=row.pk, at=LATER)
    assert complaint.attachments.count() == 1
    assert not complaint.attachments.standing().exists()
    row.refresh_from_db()
    assert not any("attachment" in entry for entry in row.files)


def test_withdraw_files_is_for_those_who_write_on_the_complaint():
    agent = make_user("agent")
    complaint = case(actor=agent)
    (file,) = filed(complaint, agent) and complaint.attachments.all()
    given: dict[str, Any] = {
        "complaint_id": complaint.pk,
        "attachment_ids": [file.pk],
        "at": LATER,
    }
    with pytest.raises(NotAllowed):
        withdraw_files(actor=make_user("auditor"), **given)
    with pytest.raises(Complaint.DoesNotExist):
        withdraw_files(actor=make_user("agent", site=make_site()), **given)
    assert withdraw_files(actor=agent, **given) == 1
    assert withdraw_files(actor=agent, **given) == 0
