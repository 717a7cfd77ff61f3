"""One question to somebody outside, by a link that works once; silence is a fact, too."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import system_user
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import Attachment, Notice
from complaints.services.attachments import attach_file
from journal.models import Entry
from journal.selectors import history_of
from journal.services import verify_subject
from referrals import events
from referrals.models import OutsideQuestion
from referrals.services.erasing import erase_cases
from referrals.services.questions import (
    Wish,
    answer_question,
    ask_outsider,
    open_question_file,
    revoke_question,
    sweep_outside_questions,
)
from tests.complaints.api_rows import PNG
from tests.complaints.factories import make_complaint, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def scene():
    """Return a complaint with a file, and its handler."""
    handler = make_user("handler", "manager")
    now = timezone.now()
    complaint = make_complaint(actor=handler, at=now, name="Li Ming", phone="13800001111")
    file = attach_file(
        complaint_id=complaint.pk,
        file=iter([b"the report, as plain text"]),
        name="report.txt",
        internal=True,
        actor=handler,
        at=now,
    )
    return complaint, handler, file, now


def wish(now, **fields):
    said = {
        "to_kind": "lawyer",
        "to_name": "Dr. Wu",
        "question": "Is the guarantee still in force?",
        "quoted": "Bought on 1 March.",
        "ends_at": now + 7 * DAY,
    }
    return Wish(**{**said, **fields})


def asked(scene, **fields):
    complaint, handler, _file, now = scene
    return ask_outsider(complaint_id=complaint.pk, wish=wish(now, **fields), actor=handler, at=now)


def kinds(complaint):
    return [entry.kind for entry in history_of(complaint)]


@pytest.mark.clause("CM-8.7")
def test_a_question_is_answered_once_and_stands_on_the_record(scene):
    complaint, handler, _file, now = scene
    found = asked(scene)
    assert found.secret not in str(list(OutsideQuestion.objects.values()))
    assert found.secret not in str(list(Entry.objects.values_list("body", flat=True)))
    answer_question(secret=found.secret, answer="Yes, until March.", at=now + DAY)
    question = OutsideQuestion.objects.get()
    assert (question.answer, question.answered_at) == ("Yes, until March.", now + DAY)
    assert {events.QUESTION_ASKED, events.QUESTION_ANSWERED} <= set(kinds(complaint))
    assert Notice.objects.filter(user=handler, kind="outside_answer").count() == 1
    with pytest.raises(Conflict):
        answer_question(secret=found.secret, answer="No.", at=now + DAY)
    assert verify_subject(complaint).intact


def test_silence_is_noted_once_by_the_clock(scene):
    complaint, handler, _file, now = scene
    found = asked(scene)
    assert sweep_outside_questions(now=now + 6 * DAY) == 0
    assert sweep_outside_questions(now=now + 7 * DAY) == 1
    assert sweep_outside_questions(now=now + 8 * DAY) == 0
    assert kinds(complaint).count(events.QUESTION_SILENT) == 1
    assert Notice.objects.filter(user=handler, kind="outside_silent").count() == 1
    with pytest.raises(Conflict):
        answer_question(secret=found.secret, answer="Late.", at=now + 8 * DAY)


def test_a_link_ends_at_its_time_even_before_the_clock_notes_it(scene):
    found = asked(scene)
    with pytest.raises(Conflict):
        answer_question(secret=found.secret, answer="Late.", at=scene[3] + 7 * DAY)


def test_a_question_that_is_taken_back_is_answered_by_nobody(scene):
    _complaint, handler, _file, now = scene
    found = asked(scene)
    revoke_question(question_id=found.question.pk, actor=handler, at=now)
    with pytest.raises(Conflict):
        answer_question(secret=found.secret, answer="Yes.", at=now)
    with pytest.raises(Conflict):
        revoke_question(question_id=found.question.pk, actor=handler, at=now)
    assert sweep_outside_questions(now=now + 8 * DAY) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"to_kind": "oracle"}, "to_kind"),
        ({"to_name": " "}, "to_name"),
        ({"question": " "}, "question"),
        ({"ends_at": timezone.now() - DAY}, "ends_at"),
        ({"ends_at": timezone.now() + 100 * DAY}, "ends_at"),
        ({"attachments": [10**9]}, "attachments"),
        ({"language": "tlh"}, "language"),
    ],
)
def test_a_question_names_what_is_wrong_with_it(scene, fields, field):
    with pytest.raises(BadInput) as refused:
        asked(scene, **fields)
    assert refused.value.field == field


def test_only_files_that_were_chosen_are_opened_and_each_opening_is_recorded(scene):
    complaint, handler, file, now = scene
    other = attach_file(
        complaint_id=complaint.pk,
        file=iter([b"something else"]),
        name="other.txt",
        internal=True,
        actor=handler,
        at=now,
    )
    found = asked(scene, attachments=[file.pk])
    assert open_question_file(secret=found.secret, attachment_id=file.pk, at=now) == file
    with pytest.raises(Attachment.DoesNotExist):
        open_question_file(secret=found.secret, attachment_id=other.pk, at=now)
    assert events.QUESTION_FILE_READ in kinds(complaint)
    Attachment.objects.filter(pk=file.pk).update(scan="infected")
    with pytest.raises(Attachment.DoesNotExist):
        open_question_file(secret=found.secret, attachment_id=file.pk, at=now)


def test_who_may_not_work_on_the_complaint_asks_nobody(scene):
    complaint, _handler, _file, now = scene
    for role in ("agent", "auditor"):
        with pytest.raises(NotAllowed):
            ask_outsider(complaint_id=complaint.pk, wish=wish(now), actor=make_user(role), at=now)


def test_disposal_takes_the_words_and_ends_the_link(scene):
    complaint, _handler, _file, now = scene
    found = asked(scene)
    erase_cases(complaint_id=complaint.pk, actor=system_user(), at=now)
    question = OutsideQuestion.objects.get()
    assert (question.question, question.quoted, question.to_name) == ("—", "", "—")
    with pytest.raises(Conflict):
        answer_question(secret=found.secret, answer="Yes.", at=now)


# --- the pages -----------------------------------------------------------------------------------


def test_the_page_shows_the_question_only_and_looking_does_nothing(scene):
    complaint, _handler, file, _now = scene
    found = asked(scene, attachments=[file.pk], language="zh-hans")
    client, address = Client(), reverse("portal:answer", args=[found.secret])
    page = client.get(address)
    said = page.content.decode()
    assert page.status_code == 200
    assert "Is the guarantee still in force?" in said
    assert "Bought on 1 March." in said
    assert 'lang="zh-hans"' in said
    assert "<script" not in said
    for hidden in (complaint.reference, "The kettle leaks", "Li Ming", "13800001111"):
        assert hidden not in said
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert OutsideQuestion.objects.get().waits
    saved: Any = client.get(reverse("portal:answer_file", args=[found.secret, file.pk]))
    assert b"".join(saved.streaming_content) == b"the report, as plain text"
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_the_answer_goes_by_the_button_and_then_the_link_is_over(scene):
    found = asked(scene)
    client, address = Client(), reverse("portal:answer", args=[found.secret])
    assert client.post(address, {"answer": ""}).status_code == 422
    assert client.post(address, {"answer": "Yes."}).status_code == 200
    assert OutsideQuestion.objects.get().answer == "Yes."
    assert client.get(address).status_code == 404
    assert client.post(address, {"answer": "Again."}).status_code == 404


@pytest.mark.clause("CM-8.7")
def test_files_come_with_an_answer_under_the_checks_of_every_upload(scene):
    """One that is refused refuses the whole: nothing is kept, and the link still works."""
    complaint, handler, report, _now = scene
    found = asked(scene)
    client, address = Client(), reverse("portal:answer", args=[found.secret])

    def picture(name):
        return SimpleUploadedFile(name, PNG)

    for wrong in (
        [picture("seal.png"), SimpleUploadedFile("run.exe", b"MZ")],
        [SimpleUploadedFile("seal.png", b"no picture")],
        [picture(f"{number}.png") for number in range(11)],
    ):
        refused = client.post(address, {"answer": "Here.", "uploads": wrong})
        assert refused.status_code == 422
        assert refused.context["form"].errors["uploads"]
        assert list(complaint.attachments.all()) == [report]
    done = client.post(address, {"answer": "Here.", "uploads": [picture("seal.png")]})
    assert done.status_code == 200
    (kept,) = OutsideQuestion.objects.get(pk=found.question.pk).answer_files.all()
    assert (kept.name, kept.internal, kept.complaint_id) == ("seal.png", True, complaint.pk)
    said = history_of(complaint).get(kind=events.QUESTION_ANSWERED).payload
    assert said["attachments"] == [kept.pk]
    client.force_login(handler)
    page = client.get(reverse("referrals:question", args=[found.question.pk]))
    assert "seal.png" in page.content.decode()


def test_links_cannot_be_found_by_trying(scene, settings):
    settings.PUBLIC_TRIES_AN_HOUR = 2
    client = Client(REMOTE_ADDR="192.0.2.7")
    for status in (404, 404, 429):
        assert client.get(reverse("portal:answer", args=["guess"])).status_code == status


def test_the_handler_asks_on_a_page_and_reads_the_answer_there(scene):
    complaint, handler, file, now = scene
    client = Client()
    client.force_login(handler)
    page = client.get(reverse("referrals:ask", args=[complaint.reference]))
    assert page.status_code == 200
    given = {
        "to_kind": "lawyer",
        "to_name": "Dr. Wu",
        "language": "en",
        "question": "Is the guarantee still in force?",
        "attachments": [file.pk],
        "ends_at": (timezone.localtime(now) + 2 * DAY).strftime("%Y-%m-%dT%H:%M"),
    }
    done = client.post(reverse("referrals:ask", args=[complaint.reference]), given)
    address = done.context["asked"].address
    assert address in done.content.decode()
    secret = address.rstrip("/").rpartition("/")[2]
    answer_question(secret=secret, answer="Yes, it is.", at=timezone.now())
    question = OutsideQuestion.objects.get()
    shown = client.get(reverse("referrals:question", args=[question.pk]))
    assert "Yes, it is." in shown.content.decode()
    panel = client.get(reverse("referrals:panel", args=[complaint.reference]))
    assert "Dr. Wu" in panel.content.decode()
    stranger = Client()
    stranger.force_login(make_user("provider_staff"))
    assert stranger.get(reverse("referrals:question", args=[question.pk])).status_code == 404
