"""Every step of a complaint from its page: in place and without scripts, with input kept."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from complaints.models import Approval, Complaint
from complaints.selectors.steps import STEPS
from complaints.services.notes import add_note
from complaints.services.response import propose_dismissal
from complaints.services.sending import note_bounce, send_message
from complaints.states import (
    Answer,
    ApprovalKind,
    MessageChannel,
    MessageState,
    Occasion,
    Stage,
    State,
)
from complaints.views.acts import ACTS
from complaints.workflow import MOVES
from tests.complaints.desk import Desk, category, clock_of
from tests.complaints.factories import make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HTMX = {"HX-Request": "true"}
HALF_A_MINUTE = datetime(2026, 3, 4, 2, 0, 30, tzinfo=UTC)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def lately() -> Any:
    """Return a moment that lies before all that the pages do now."""
    return timezone.now() - DAY


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def where(complaint: Complaint, step: str) -> str:
    return f"/complaints/{complaint.reference}/{step}/"


def opened(client: Client, complaint: Complaint, step: str) -> dict[str, Any]:
    """Open a step as its page and return what its form holds."""
    answer = client.get(where(complaint, step))
    assert answer.status_code == 200
    form = answer.context["opened"]["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in {None, False}}


def taken(client: Client, complaint: Complaint, step: str, **given: Any) -> Complaint:
    """Open a step, fill it in and send it; it must go through."""
    values = {**opened(client, complaint, step), **given}
    answer = client.post(where(complaint, step), values)
    if answer.status_code != 302:
        raise AssertionError(answer.context["opened"]["form"].errors)
    return again(complaint)


# --- all steps are there -------------------------------------------------------------------------


def test_every_step_has_its_act_and_every_move_of_the_machine_its_step() -> None:
    assert set(ACTS) == set(STEPS)
    assert set(MOVES) <= set(STEPS)


@pytest.mark.parametrize("state", State)
def test_every_step_opens_in_place_in_every_state(desk: Desk, state: State) -> None:
    complaint = desk.case(state, at=lately())
    client = as_(desk.manager)
    for step in STEPS:
        fragment = client.get(where(complaint, step), headers=HTMX)
        assert fragment.status_code == 200, step
        assert "<html" not in fragment.content.decode()


def test_without_scripts_a_step_opens_on_the_complaints_page(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    text = as_(desk.manager).get(where(complaint, "withdraw")).content.decode()
    assert "Only the complainant withdraws a complaint." in text
    assert "Timeline" in text


# --- a whole life --------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2c")
@pytest.mark.clause("CM-8.3")
@pytest.mark.clause("CM-8.3+")
@pytest.mark.clause("CM-8.5")
@pytest.mark.clause("CM-8.6a")
@pytest.mark.clause("CM-8.6b")
@pytest.mark.clause("CM-8.6c")
def test_a_complaint_lives_its_whole_life_on_its_page(desk: Desk) -> None:
    agent, manager, handler = as_(desk.agent), as_(desk.manager), as_(desk.handler)
    complaint = desk.case(at=lately(), phone="13900001111", name="Zhou Min")
    complaint = taken(agent, complaint, "acknowledge", told_now="1")
    assert complaint.state == State.ACKNOWLEDGED
    complaint = taken(manager, complaint, "assign", owner=desk.handler.pk)
    assert complaint.owner == desk.handler
    complaint = taken(
        handler,
        complaint,
        "assess",
        severity="moderate",
        safety_hazard="none",
        complexity="normal",
        impact="one",
        immediate_action_needed="no",
        immediate_action_possible="no",
        category=category().pk,
    )
    assert (complaint.state, complaint.priority) == (State.ASSESSED, "P2")
    complaint = taken(handler, complaint, "investigate")
    complaint = taken(
        handler,
        complaint,
        "findings",
        findings="Worn out.",
        cause="A supplier.",
        cause_code="supplier",
    )
    assert complaint.depth_done == "cause"
    values = opened(handler, complaint, "respond")
    decided = {**values, "finding": "upheld", "reasons": "Worn out.", "remedy_kind": "repair"}
    letter = handler.post(
        where(complaint, "respond"), {**decided, "letter": "1"}, headers=HTMX
    ).context["opened"]["form"]
    assert "Your complaint is justified." in letter["text"].value()
    answer = handler.post(
        where(complaint, "respond"),
        {**decided, "text": letter["text"].value(), "subject": "", "told_now": "1"},
    )
    assert answer.status_code == 302
    complaint = taken(agent, complaint, "record_decision", answer="accepted", note="Thank you.")
    assert complaint.answer == Answer.ACCEPTED
    complaint = taken(handler, complaint, "close", lessons="Check the seals.")
    assert complaint.state == State.CLOSED
    complaint = taken(
        agent, complaint, "follow_up", outcome="answered", handling_score="9", outcome_score="8"
    )
    assert complaint.state == State.FOLLOWED_UP
    complaint = taken(agent, complaint, "reopen", reason="It leaks again.")
    assert (complaint.state, complaint.cycle) == (State.INVESTIGATING, 2)


@pytest.mark.clause("CM-8.6d")
def test_a_refused_answer_is_closed_only_after_other_remedies_were_told(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED, at=lately())
    complaint = taken(as_(desk.agent), complaint, "record_decision", answer="refused")
    answer = as_(desk.handler).post(where(complaint, "close"), {})
    assert answer.status_code == 409
    assert "tell the complainant of the other remedies first" in answer.content.decode()
    values = opened(as_(desk.agent), complaint, "remedies")
    assert "12315" in values["text"]
    complaint = taken(as_(desk.agent), complaint, "remedies", told_now="1")
    complaint = taken(as_(desk.handler), complaint, "close")
    assert complaint.closure_basis == "remedies_told"


# --- the other steps -----------------------------------------------------------------------------


def test_who_cannot_be_reached_is_noted_with_the_reason(desk: Desk) -> None:
    complaint = desk.case(at=lately(), phone="", anonymous=True)
    values = opened(as_(desk.agent), complaint, "acknowledge")
    assert values["channel"] == "none"
    complaint = taken(as_(desk.agent), complaint, "acknowledge", reason="Left no number.")
    assert complaint.state == State.ACKNOWLEDGED


def test_changing_the_channel_drafts_anew_but_never_what_somebody_edited(desk: Desk) -> None:
    complaint = desk.case(at=lately(), email="ann@example.com", channel="phone")
    client = as_(desk.agent)
    values = opened(client, complaint, "acknowledge")
    to_mail = {**values, "channel": "email", "letter": "1"}
    answer = client.post(where(complaint, "acknowledge"), to_mail, headers=HTMX)
    fresh = answer.context["opened"]["form"]
    assert complaint.reference in fresh["subject"].value()
    assert fresh["text"].value() != values["text"]
    assert 'id="letter"' in answer.content.decode()
    edited = {**to_mail, "text": "My own words."}
    kept = client.post(where(complaint, "acknowledge"), edited, headers=HTMX)
    assert kept.context["opened"]["form"]["text"].value() == "My own words."


def test_the_priority_is_derived_while_the_criteria_are_being_judged(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED, at=lately())
    judged = {
        **opened(as_(desk.handler), complaint, "reassess"),
        "safety_hazard": "possible",
        "preview": "1",
    }
    answer = as_(desk.handler).post(where(complaint, "reassess"), judged, headers=HTMX)
    text = answer.content.decode()
    assert "P1 major" in text
    assert "the answer needs approval" in text
    assert again(complaint).priority == "P2", "nothing was saved"


@pytest.mark.clause("CM-8.5")
def test_the_page_says_beforehand_that_an_answer_needs_approval(desk: Desk) -> None:
    complaint = desk.case(State.INVESTIGATING, at=lately())
    handler = as_(desk.handler)
    decided = {
        **opened(handler, complaint, "respond"),
        "finding": "upheld",
        "reasons": "Worn out.",
        "remedy_kind": "refund",
        "amount": "2000",
    }
    before = handler.post(where(complaint, "respond"), {**decided, "letter": "1"}, headers=HTMX)
    assert "A second person must approve this before it goes out." in before.content.decode()
    text = before.context["opened"]["form"]["text"].value()
    handler.post(where(complaint, "respond"), {**decided, "text": text})
    assert again(complaint).pending_approval == ApprovalKind.RESPONSE
    manager = as_(desk.manager)
    assert text[:40] in manager.get(where(complaint, "approve")).content.decode()
    complaint = taken(manager, complaint, "approve", verdict="grant", note="Fine.")
    assert complaint.state == State.RESPONDED


def test_nobody_sends_a_draft_that_does_not_say_what_was_entered_since(desk: Desk) -> None:
    """Quicker than the new draft, or without scripts: the new words are read first."""
    complaint = desk.case(State.INVESTIGATING, at=lately())
    handler = as_(desk.handler)
    values = opened(handler, complaint, "respond")
    decided = {**values, "finding": "upheld", "reasons": "Worn out.", "remedy_kind": "repair"}
    answer = handler.post(where(complaint, "respond"), {**decided, "told_now": "1"})
    assert answer.status_code == 422
    form = answer.context["opened"]["form"]
    assert list(form.errors) == ["text"]
    assert "Worn out." in form["text"].value()
    assert again(complaint).state == State.INVESTIGATING
    read = {name: form[name].value() for name in ("subject", "text", "drafted")}
    sent = handler.post(where(complaint, "respond"), {**decided, **read, "told_now": "1"})
    assert sent.status_code == 302
    assert again(complaint).state == State.RESPONDED


def test_a_returned_answer_is_not_typed_twice(desk: Desk) -> None:
    complaint = desk.case(State.INVESTIGATING, at=lately())
    handler = as_(desk.handler)
    decided = {
        **opened(handler, complaint, "respond"),
        "finding": "partly",
        "reasons": "Worn out, and dropped.",
        "remedy_kind": "refund",
        "amount": "2000",
        "text": "You get 2,000 back.",
    }
    handler.post(where(complaint, "respond"), decided)
    taken(as_(desk.manager), complaint, "approve", verdict="return", note="Too much.")
    values = opened(handler, complaint, "respond")
    assert (values["finding"], values["reasons"]) == ("partly", "Worn out, and dropped.")
    assert values["text"] == "You get 2,000 back."


def test_a_request_answered_meanwhile_is_not_answered_again(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    asked = propose_dismissal(
        complaint_id=complaint.pk, reason="A question", actor=desk.manager, at=lately()
    )
    second = as_(make_user("quality_manager"))
    values = opened(second, complaint, "approve")
    Approval.objects.filter(pk=asked.pk).update(state="dropped")
    answer = second.post(where(complaint, "approve"), {**values, "verdict": "grant"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("state", "step", "given", "fact"),
    [
        (State.ACKNOWLEDGED, "take", {}, lambda c: c.owner is not None),
        (State.RECEIVED, "withdraw", {"reason": "Settled."}, lambda c: c.state == "withdrawn"),
        (
            State.RECEIVED,
            "dismiss",
            {"reason": "A question."},
            lambda c: c.pending_approval == "not_a_complaint",
        ),
        (
            State.ASSESSED,
            "skip",
            {"reason": "Seen in the shop."},
            lambda c: c.pending_approval == "skip_investigation",
        ),
        (
            State.RECEIVED,
            "escalate",
            {"level": "2", "reason": "More than we may give?"},
            lambda c: c.escalation_level == 2,
        ),
        (
            State.RECEIVED,
            "emergency",
            {"trigger": "media_attention", "facts": "A reporter called."},
            lambda c: c.emergency,
        ),
        (
            State.ASSESSED,
            "pause",
            {"reason": "complainant", "evidence": "Asked for a photo"},
            lambda c: c.paused,
        ),
        (
            State.RECEIVED,
            "correct",
            {"product": "Kettle K2"},
            lambda c: c.product == "Kettle K2",
        ),
        (
            State.RECEIVED,
            "message",
            {"occasion_code": "other", "text": "Good news.", "told_now": "1"},
            lambda c: c.messages.filter(body="Good news.").exists(),
        ),
        (State.RECEIVED, "note", {"text": "Phoned."}, lambda c: c.notes.exists()),
        (
            State.RESPONDED,
            "remedy_done",
            {"proof": "Transfer 7"},
            lambda c: c.remedy_done_at is not None,
        ),
    ],
)
def test_a_step_is_taken_from_its_page(
    desk: Desk, state: State, step: str, given: Mapping[str, str], fact: Any
) -> None:
    complaint = desk.case(state, at=lately())
    assert fact(taken(as_(desk.manager), complaint, step, **given))


def test_pauses_end_and_emergencies_are_taken_back(desk: Desk) -> None:
    manager = as_(desk.manager)
    complaint = desk.case(State.ASSESSED, at=lately())
    taken(manager, complaint, "pause", reason="complainant")
    assert not taken(manager, complaint, "resume").paused
    taken(manager, complaint, "emergency", trigger="personal_safety", facts="Smoke")
    complaint = taken(manager, complaint, "downgrade", reason="Steam.", priority="P2")
    assert not complaint.emergency


def test_a_clock_is_extended_from_its_explanation(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED, at=lately())
    clock = clock_of(complaint, Stage.RESPOND)
    day = clock.due_date + 3 * DAY
    taken(
        as_(desk.manager),
        complaint,
        "extend",
        clock=clock.pk,
        new_due_date=day.isoformat(),
        reason="The test takes longer.",
        told_at=timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    )
    clock.refresh_from_db()
    assert clock.due_date == day
    text = as_(desk.agent).get(f"/complaints/{complaint.reference}/clocks/{clock.pk}/")
    assert "The test takes longer." in text.content.decode()


def test_only_what_can_be_merged_is_offered_and_it_can_be_undone(desk: Desk) -> None:
    same: dict[str, Any] = {"phone": "13900001111", "product": "Kettle K2"}
    one = desk.case(at=lately(), **same)
    two = desk.case(at=lately(), **same)
    desk.case(at=lately(), phone="13900002222", product="Kettle K2")
    manager = as_(desk.manager)
    form = manager.get(where(one, "merge")).context["opened"]["form"]
    assert [pk for pk, _label in form.fields["into"].choices] == [two.pk]
    assert taken(manager, one, "merge", into=two.pk).state == State.MERGED
    assert taken(manager, one, "unmerge").state == State.RECEIVED


def test_nothing_is_sent_to_who_has_no_address(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    answer = as_(desk.agent).post(
        where(complaint, "message"),
        {"occasion_code": "other", "channel": "email", "subject": "Hello", "text": "Hello"},
    )
    assert answer.status_code == 422
    assert "channel" in answer.context["opened"]["form"].errors


@pytest.mark.clause("CM-8.6a")
def test_a_decision_that_came_back_is_told_in_another_way(desk: Desk) -> None:
    complaint = desk.case(
        State.RESPONDED,
        at=lately(),
        email="ann@example.com",
        decided={"channel": MessageChannel.EMAIL, "told_at": None},
    )
    letter = complaint.messages.get(occasion="decision")
    send_message(message_id=letter.pk, at=lately())
    assert again(complaint).decision_sent_at is not None
    note_bounce(message_id=letter.pk, reason="Mailbox full", actor=desk.agent, at=lately())
    assert again(complaint).decision_sent_at is None
    client = as_(desk.agent)
    page = client.get(f"/complaints/{complaint.reference}/").content.decode()
    assert "the letter came back and no longer counts." in page
    assert "message/?occasion_code=decision" in page
    values = opened(client, complaint, "message")
    assert values["occasion_code"] == Occasion.DECISION
    complaint = taken(client, complaint, "message", channel="phone", told_now="1")
    assert complaint.decision_sent_at is not None


# --- what stands in the way ----------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refusal_stands_beside_its_field_and_the_input_stays(
    desk: Desk, headers: Mapping[str, str]
) -> None:
    complaint = desk.case(State.ASSESSED, at=lately())
    answer = as_(desk.handler).post(
        where(complaint, "findings"), {"findings": " ", "cause": "A supplier."}, headers=headers
    )
    assert answer.status_code == 422
    form = answer.context["opened"]["form"]
    assert form.errors["findings"] == ["Say what was found out."]
    assert "A supplier." in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_conflict_says_what_changed_keeps_the_input_and_lets_one_go_on(
    desk: Desk, headers: Mapping[str, str]
) -> None:
    complaint = desk.case(State.ASSESSED, at=lately())
    handler = as_(desk.handler)
    values = opened(handler, complaint, "findings")
    taken(as_(desk.manager), complaint, "escalate", level="2", reason="Too slow.")
    given = {**values, "findings": "The seal was worn out."}
    answer = handler.post(where(complaint, "findings"), given, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed this complaint in the meantime." in text
    assert "Escalated to level 2 (Manager)" in text
    assert "The seal was worn out." in text
    assert "data-refusal" not in text, "htmx shows the form again, not only a message"
    form = answer.context["opened"]["form"]
    fresh = {name: form[name].value() or "" for name in form.fields}
    assert handler.post(where(complaint, "findings"), fresh).status_code == 302
    assert again(complaint).state == State.INVESTIGATING


def test_a_note_of_a_colleague_is_no_conflict(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED, at=lately())
    values = opened(as_(desk.handler), complaint, "investigate")
    add_note(complaint_id=complaint.pk, text="Phoned.", actor=desk.agent, at=lately())
    answer = as_(desk.handler).post(where(complaint, "investigate"), values)
    assert answer.status_code == 302


def test_a_step_that_is_not_possible_says_why_instead_of_asking(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    text = as_(desk.manager).get(where(complaint, "close"), headers=HTMX).content.decode()
    assert "This step does not follow from where the complaint stands." in text
    assert "<form" not in text


def test_whoever_may_not_is_told_so_in_place(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED, at=lately())
    answer = as_(desk.agent).post(where(complaint, "findings"), {"findings": "Worn."}, headers=HTMX)
    assert answer.status_code == 403
    assert "data-refusal" in answer.content.decode()


def test_after_a_step_that_takes_it_out_of_sight_one_is_back_at_the_queue(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    answer = as_(desk.agent).post(
        where(complaint, "correct"),
        {**opened(as_(desk.agent), complaint, "correct"), "subject_person": desk.agent.pk},
    )
    assert answer.headers["Location"] == "/"


def test_success_in_place_leads_back_to_the_page(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    answer = as_(desk.agent).post(where(complaint, "note"), {"text": "Phoned."}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/complaints/{complaint.reference}/"


@time_machine.travel(HALF_A_MINUTE, tick=False)
def test_a_moment_typed_to_the_minute_is_not_the_future(desk: Desk) -> None:
    complaint = desk.case(State.INVESTIGATING, at=lately())
    values = opened(as_(desk.handler), complaint, "message")
    typed = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    given = {
        **values,
        "occasion_code": "progress",
        "text": "We are at it.",
        "channel": MessageChannel.PHONE,
        "told_at": typed,
    }
    assert as_(desk.handler).post(where(complaint, "message"), given).status_code == 302


@time_machine.travel(HALF_A_MINUTE, tick=False)
def test_what_was_written_in_this_minute_can_be_noted_as_told_in_this_minute(desk: Desk) -> None:
    complaint = desk.case(at=lately())
    client = as_(desk.agent)
    given = {**opened(client, complaint, "message"), "channel": "letter", "text": "Good news."}
    client.post(where(complaint, "message"), {**given, "occasion_code": "other"})
    message = complaint.messages.get()
    typed = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    client.post(f"/messages/{message.pk}/told/", {"told_at": typed})
    message.refresh_from_db()
    assert message.state == MessageState.NOTED
