"""The page of one complaint: shows its own, changes nothing by looking, acts on a button only."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.models import Complaint, Note, PersonalLink
from complaints.services.notes import add_note
from complaints.services.reopening import Telling, decline_reopening
from complaints.states import Answer, MessageChannel, State
from journal.models import Entry
from journal.selectors import history_of
from portal.views.status import ACTS
from tests.complaints.desk import Desk
from tests.portal.factories import issued_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


class Page:
    """A complainant at the page of their complaint."""

    def __init__(self, complaint: Complaint) -> None:
        """Open it by a fresh link."""
        self.complaint, self.client = complaint, Client()
        self.token = issued_for(complaint, at=timezone.now()).token

    @property
    def text(self) -> str:
        """Return what it shows now."""
        answer = self.client.get(reverse("portal:status", args=[self.token]))
        assert answer.status_code == 200
        return answer.content.decode()

    def press(self, name: str, **given):
        """Press a button."""
        return self.client.post(reverse("portal:act", args=[self.token, name]), given)

    def now(self) -> Complaint:
        """Return the complaint as it is now."""
        return Complaint.objects.get(pk=self.complaint.pk)


def page_in(desk, state, **fields) -> Page:
    fields.setdefault("at", timezone.now() - timedelta(hours=1))
    return Page(desk.case(state, **fields))


# --- looking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [s.value for s in State])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_looking_changes_nothing(desk, state, language):
    page = page_in(desk, state)
    entries, links = Entry.objects.count(), list(PersonalLink.objects.values())
    version = page.now().version
    for method in ("get", "head"):
        for name in ("portal:status", "portal:receipt"):
            address = reverse(name, args=[page.token])
            answer = getattr(page.client, method)(address, {"language": language})
            assert answer.status_code == 200
        for act in ACTS:
            answer = getattr(page.client, method)(reverse("portal:act", args=[page.token, act]))
            assert answer.status_code == 302
    assert Entry.objects.count() == entries
    assert list(PersonalLink.objects.values()) == links
    assert page.now().version == version


def test_it_shows_what_was_said_from_both_sides_and_never_a_note(desk):
    page = page_in(desk, State.RESPONDED, description="The kettle leaks.")
    add_note(
        complaint_id=page.complaint.pk, text="A difficult one.", actor=desk.handler,
        at=timezone.now(),
    )  # fmt: skip
    text = page.text
    assert "The kettle leaks." in text
    assert "We are sorry: you get your money back." in text
    for hidden in ("A difficult one.", "A batch of brittle seals.", "wei", "mei", "P2"):
        assert hidden not in text


def test_it_says_by_when_the_decision_comes_and_whom_to_ask(desk, settings):
    settings.ORGANISATION_CONTACT = "400-800-1234"
    text = page_in(desk, State.ACKNOWLEDGED).text
    assert "You have our decision: by " in text
    assert "400-800-1234" in text
    assert "12315" in text


def test_a_confidential_complaint_shows_only_what_the_complainant_said(desk):
    page = page_in(desk, State.RESPONDED, confidential=True, description="About my doctor.")
    assert "About my doctor." in page.text
    assert "you get your money back" not in page.text
    assert "only what you said yourself" in page.text


def test_who_cannot_be_written_to_reads_the_decision_here(desk):
    complaint = desk.case(State.RECEIVED, at=timezone.now() - timedelta(hours=1), anonymous=True)
    desk.acknowledge(complaint, timezone.now())
    desk.assess(complaint, timezone.now())
    desk.find_out(complaint, timezone.now())
    desk.respond(complaint, timezone.now())
    page = Page(complaint)
    assert "We are sorry: you get your money back." in page.text
    page.press("answer", answer="accept", reason="", sure="1")
    assert page.now().answer == Answer.ACCEPTED


def test_another_complaint_stays_out_of_sight(desk):
    page = page_in(desk, State.RECEIVED, description="Mine.")
    other = desk.case(State.RECEIVED, description="Theirs.")
    assert "Theirs." not in page.text
    assert other.reference not in page.text


# --- acting ---------------------------------------------------------------------------------------


def test_the_record_says_that_it_came_through_the_complainants_link(desk):
    page = page_in(desk, State.INVESTIGATING)
    page.press("add", text="It hums, too.")
    entry = history_of(page.complaint).get(kind="complaint.information_added")
    assert (entry.door, entry.actor.is_system, entry.address) == ("complainant", True, "127.0.0.1")
    assert "It hums" not in str(entry.payload)
    assert "It hums, too." in page.text
    assert PersonalLink.objects.get().used_at is not None


def test_files_are_added_with_or_without_words(desk):
    page = page_in(desk, State.INVESTIGATING)
    photo = SimpleUploadedFile("leak.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    assert page.press("add", text="", uploads=[photo]).status_code == 302
    assert page.complaint.attachments.get().name == "leak.png"
    assert "leak.png" in page.text


def test_nothing_added_is_told_beside_the_field(desk):
    answer = page_in(desk, State.INVESTIGATING).press("add", text=" ")
    assert answer.status_code == 422
    assert "Write what you would like to add, or choose a file." in answer.content.decode()


@pytest.mark.parametrize("accepted", [True, False])
def test_an_answer_is_asked_back_before_it_counts(desk, accepted):
    page = page_in(desk, State.RESPONDED)
    given = {"answer": "accept" if accepted else "refuse", "reason": "It leaks still."}
    asked = page.press("answer", **given)
    assert asked.status_code == 200
    assert page.now().answer == ""
    assert "It leaks still." in asked.content.decode()
    assert page.press("answer", **given, sure="1").status_code == 302
    assert page.now().answer == (Answer.ACCEPTED if accepted else Answer.REFUSED)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Choose yes or no."),
        ({"answer": "refuse", "reason": " "}, "Tell us what is not right about our decision."),
    ],
)
def test_half_an_answer_is_told_beside_its_field(desk, given, sentence):
    page = page_in(desk, State.RESPONDED)
    answer = page.press("answer", **given)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert page.now().answer == ""


def test_a_step_that_is_not_possible_says_why(desk):
    page = page_in(desk, State.INVESTIGATING)
    answer = page.press("answer", answer="accept", reason="", sure="1")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


def test_follow_up_asks_for_both_scores(desk):
    page = page_in(desk, State.CLOSED)
    assert page.press("follow-up", handling_score="9").status_code == 422
    given = {"handling_score": "9", "outcome_score": "2", "comment": "Too slow."}
    assert page.press("follow-up", **given).status_code == 302
    assert page.now().state == State.FOLLOWED_UP
    assert "Not content?" in page.text


def test_reopening_is_asked_once_and_the_answer_is_read_here(desk):
    page = page_in(desk, State.CLOSED)
    assert page.press("reopen", reason="").status_code == 422
    assert page.press("reopen", reason="It leaks again.").status_code == 302
    assert "Somebody decides about it." in page.text
    assert page.press("reopen", reason="Once more.").status_code == 409
    request = page.complaint.reopenrequests.get()
    told = timezone.now()
    decline_reopening(
        request_id=request.pk,
        reason="Nothing is new.",
        telling=Telling(MessageChannel.PHONE, "We told them by phone.", told_at=told),
        actor=desk.manager,
        at=told,
    )
    assert "Nothing is new." in page.text


def test_taking_back_is_asked_back(desk):
    page = page_in(desk, State.ACKNOWLEDGED)
    assert page.press("withdraw", reason="Settled.").status_code == 200
    assert page.now().is_open
    page.press("withdraw", reason="Settled.", sure="1")
    assert page.now().state == State.WITHDRAWN
    assert Note.objects.filter(text="Settled.").exists()


def test_no_further_contact_can_be_said_and_taken_back(desk):
    page = page_in(desk, State.INVESTIGATING)
    page.press("quiet")
    assert page.now().no_contact_at is not None
    assert "You want no further contact" in page.text
    assert page.press("quiet").status_code == 409
    page.press("loud")
    assert page.now().no_contact_at is None


def test_an_unknown_step_leads_back(desk):
    page = page_in(desk, State.INVESTIGATING)
    assert page.press("delete").status_code == 302


def test_buttons_are_limited(desk, settings):
    settings.PUBLIC_TRIES_AN_HOUR = 1
    page = page_in(desk, State.INVESTIGATING)
    assert page.press("add", text="One.").status_code == 302
    assert page.press("add", text="Two.").status_code == 429


@pytest.mark.parametrize("name", sorted(ACTS))
def test_no_button_works_behind_a_link_that_does_not(desk, name):
    page = page_in(desk, State.CLOSED)
    PersonalLink.objects.update(expires_at=timezone.now())
    entries = Entry.objects.count()
    assert page.press(name, text="More.", reason="More.", sure="1").status_code == 404
    assert Entry.objects.count() == entries


def test_a_merged_complaint_says_so(desk):
    assert "together with another complaint of yours" in page_in(desk, State.MERGED).text
