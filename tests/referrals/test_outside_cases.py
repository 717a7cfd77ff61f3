"""Cases outside: opened, answered, decided, and what follows for the complaint (CM-8.6d)."""

from datetime import timedelta
from typing import Any

import pytest

from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Notice
from complaints.selectors.timeline import lines_of, material_of
from complaints.services.outside import Order, order_remedy
from complaints.services.reopening import reopen_after_decision, request_reopening
from complaints.states import ReopenSource, ReopenVerdict, State
from journal.selectors import history_of
from journal.services import verify_subject
from referrals import events
from referrals.models import OutsideCase
from referrals.selectors import has_open_case
from referrals.services.cases import (
    Particulars,
    answer_outside_case,
    close_outside_case,
    correct_outside_case,
)
from referrals.services.effects import decide_effect
from referrals.states import CaseState, Effect, Result
from tests.complaints.factories import NOW, make_site, make_user
from tests.referrals.scene import DAY, Scene

LATER = NOW + 10 * DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def order(**changes: Any) -> Order:
    given: dict[str, Any] = {"kind": "refund", "due_at": LATER + 14 * DAY, "amount": 1200}
    return Order(**(given | changes))


def follow(scene: Scene, case: OutsideCase, effect: str, **changes: Any) -> OutsideCase:
    given: dict[str, Any] = {"reason": "As decided.", "actor": scene.second, "at": LATER}
    return decide_effect(case_id=case.pk, effect=Effect(effect), **(given | changes))


# --- opening ---------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.6d")
def test_a_case_stands_beside_its_complaint_and_on_its_chain(scene):
    case = scene.open()
    scene.complaint.refresh_from_db()
    assert case.state == CaseState.OPENED
    assert scene.complaint.referred_outside_at == NOW + DAY
    assert scene.complaint.follow_up_holds == ["outside_case"]
    assert has_open_case(scene.complaint)
    entry = history_of(scene.complaint).get(kind=events.OPENED)
    assert entry.payload["case"] == case.pk
    assert "Xuhui" not in entry.body
    assert verify_subject(scene.complaint).intact


def test_there_may_be_several_and_the_first_one_counts_as_referral(scene):
    scene.open()
    scene.open(kind="court", body="People's court", opened_at=NOW + DAY / 2)
    scene.complaint.refresh_from_db()
    assert scene.complaint.outside_cases.count() == 2
    assert scene.complaint.referred_outside_at == NOW + DAY / 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "oracle"}, "kind"),
        ({"body": " "}, "body"),
        ({"opened_by": "nobody"}, "opened_by"),
        ({"opened_at": NOW + 5 * DAY}, "opened_at"),
        ({"route": "unheard_of"}, "body"),
        ({"kind": "internal"}, "reviewer"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(scene, changes, field):
    with pytest.raises(BadInput) as refusal:
        scene.open(**changes)
    assert refusal.value.field == field
    assert not OutsideCase.objects.exists()


def test_who_only_checks_writes_nothing_down_and_strangers_find_nothing(scene):
    with pytest.raises(NotAllowed):
        scene.open(actor=make_user("auditor"))
    with pytest.raises(Complaint.DoesNotExist):
        scene.open(actor=make_user("handler", site=make_site()))
    case = scene.open()
    with pytest.raises(OutsideCase.DoesNotExist):
        scene.decide(case, Result.UPHELD, actor=make_user("handler", site=make_site()))


# --- on its way ------------------------------------------------------------------------------


def answer(scene: Scene, case: OutsideCase, **changes: Any) -> OutsideCase:
    given: dict[str, Any] = {
        "text": "Sent statement and test report.",
        "answered_at": NOW + 3 * DAY,
        "actor": scene.desk.handler,
        "at": NOW + 4 * DAY,
    }
    return answer_outside_case(case_id=case.pk, **(given | changes))


def test_our_answer_is_kept_with_its_moment(scene):
    case = answer(scene, scene.open())
    assert (case.state, case.answered_at) == (CaseState.ANSWERED, NOW + 3 * DAY)
    with pytest.raises(MoveRefused):
        answer(scene, case)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"answered_at": NOW}, "answered_at"),
        ({"answered_at": NOW + 9 * DAY}, "answered_at"),
    ],
)
def test_an_answer_has_words_and_a_moment_since_the_opening(scene, changes, field):
    with pytest.raises(BadInput) as refusal:
        answer(scene, scene.open(), **changes)
    assert refusal.value.field == field


def test_particulars_may_be_completed(scene):
    case = scene.open()
    seen = case.version
    told = Particulars("District regulator", "SH-118-2", "Mr Chen", "A refund")

    def correct(particulars: Particulars) -> OutsideCase:
        return correct_outside_case(
            case_id=case.pk,
            particulars=particulars,
            actor=scene.desk.handler,
            at=NOW + 2 * DAY,
            expected_version=seen,
        )

    assert correct(told).reference_there == "SH-118-2"
    with pytest.raises(Conflict):
        correct(told)
    seen += 1
    with pytest.raises(BadInput):
        correct(Particulars(" "))


# --- what came of it -------------------------------------------------------------------------


@pytest.mark.clause("CM-8.6d")
@pytest.mark.parametrize(
    ("result", "state", "told"),
    [
        (Result.UPHELD, CaseState.DECIDED, False),
        (Result.PARTLY, CaseState.DECIDED, True),
        (Result.OVERTURNED, CaseState.DECIDED, True),
        (Result.SETTLED, CaseState.SETTLED, True),
        (Result.WITHDRAWN, CaseState.ENDED, False),
        (Result.NOT_ACCEPTED, CaseState.ENDED, False),
    ],
)
def test_what_changes_our_decision_waits_for_a_person(scene, result, state, told):
    manager = scene.second
    case = scene.decide(scene.open(), result)
    assert (case.state, case.effect) == (state, "")
    assert Notice.objects.filter(user=manager, kind="outside_decided").exists() == told
    scene.complaint.refresh_from_db()
    decided = scene.complaint.external_decided_at
    assert decided == (None if result == Result.NOT_ACCEPTED else NOW + 9 * DAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": ""}, "decision"),
        ({"decided_at": NOW}, "decided_at"),
        ({"decided_at": NOW + 99 * DAY}, "decided_at"),
    ],
)
def test_a_result_has_words_and_a_moment(scene, changes, field):
    with pytest.raises(BadInput) as refusal:
        scene.decide(scene.open(), Result.UPHELD, **changes)
    assert refusal.value.field == field


def test_it_is_decided_once(scene):
    case = scene.decide(scene.open(), Result.UPHELD)
    with pytest.raises(MoveRefused):
        scene.decide(case, Result.OVERTURNED)


# --- what follows ----------------------------------------------------------------------------


@pytest.mark.clause("CM-8.6d")
def test_overturned_and_reopened_with_the_decision_as_the_reason(scene):
    case = follow(scene, scene.decide(scene.open(), Result.OVERTURNED), "reopened")
    scene.complaint.refresh_from_db()
    assert (scene.complaint.state, scene.complaint.cycle) == (State.INVESTIGATING, 2)
    assert (case.state, case.effect_by) == (CaseState.CLOSED, scene.second)
    words = scene.complaint.notes.last().text
    assert "Market regulator of Xuhui" in words
    assert "The seal was faulty." in words
    assert scene.complaint.follow_up_holds == []
    assert not has_open_case(scene.complaint)


@pytest.mark.clause("CM-8.6d")
def test_what_was_ordered_is_owed_whatever_the_state_and_the_amount(scene):
    case = scene.decide(scene.open(), Result.SETTLED)
    follow(scene, case, "remedy", order=order(amount=50_000))
    scene.complaint.refresh_from_db()
    assert scene.complaint.state == State.CLOSED
    remedy = scene.complaint.remedys.last()
    assert (remedy.amount, remedy.done_at) == (50_000, None)
    assert remedy.responsible == scene.desk.handler
    assert scene.complaint.remedy_due_at == remedy.due_at


def test_upheld_is_put_away_without_more(scene):
    case = scene.decide(scene.open(), Result.UPHELD)
    close_outside_case(case_id=case.pk, actor=scene.desk.handler, at=LATER)
    case.refresh_from_db()
    assert (case.state, case.effect) == (CaseState.CLOSED, Effect.RECORDED)


def test_what_changes_our_decision_is_not_put_away_unanswered(scene):
    case = scene.decide(scene.open(), Result.OVERTURNED)
    with pytest.raises(MoveRefused) as refusal:
        close_outside_case(case_id=case.pk, actor=scene.desk.handler, at=LATER)
    assert "what the result means" in str(refusal.value.reasons[0])


@pytest.mark.clause("CM-8.6d")
def test_the_handler_does_not_say_what_a_lost_case_means(scene):
    manager = make_user("manager", username="owner")
    Complaint.objects.filter(pk=scene.complaint.pk).update(owner=manager)
    case = scene.decide(scene.open(), Result.OVERTURNED)
    for actor in (manager, scene.desk.handler):
        with pytest.raises(NotAllowed):
            follow(scene, case, "recorded", actor=actor)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"reason": " "}, "reason"), ({"effect": "remedy"}, "remedy_kind")],
)
def test_what_follows_has_its_reasons(scene, changes, field):
    case = scene.decide(scene.open(), Result.OVERTURNED)
    effect = changes.pop("effect", "recorded")
    with pytest.raises(BadInput) as refusal:
        follow(scene, case, effect, **changes)
    assert refusal.value.field == field


def test_what_follows_is_said_once_and_only_of_a_result(scene):
    case = scene.open()
    with pytest.raises(MoveRefused):
        follow(scene, case, "recorded")
    scene.decide(case, Result.OVERTURNED)
    follow(scene, case, "recorded")
    with pytest.raises(MoveRefused):
        follow(scene, case, "reopened")


def test_an_open_complaint_is_not_reopened_and_nothing_of_it_stays():
    scene = Scene("investigating")
    case = scene.decide(scene.open(), Result.OVERTURNED)
    with pytest.raises(MoveRefused):
        follow(scene, case, "reopened")
    case.refresh_from_db()
    assert (case.state, case.effect) == (CaseState.DECIDED, "")


def test_people_are_asked_again_only_when_the_last_case_is_closed(scene):
    first, second = scene.open(), scene.open(kind="court", body="Court")
    for case in (first, second):
        scene.decide(case, Result.UPHELD)
    close_outside_case(case_id=first.pk, actor=scene.desk.handler, at=LATER)
    scene.complaint.refresh_from_db()
    assert scene.complaint.follow_up_holds == ["outside_case"]
    close_outside_case(case_id=second.pk, actor=scene.desk.handler, at=LATER)
    scene.complaint.refresh_from_db()
    assert scene.complaint.follow_up_holds == []


# --- internal review -------------------------------------------------------------------------


def review(scene: Scene, reviewer: Any) -> OutsideCase:
    return scene.open(kind="internal", body="Internal review", reviewer=reviewer)


@pytest.mark.clause("CM-8.6d")
def test_a_review_is_no_referral_and_is_decided_by_its_reviewer_alone(scene):
    case = review(scene, scene.second)
    scene.complaint.refresh_from_db()
    assert scene.complaint.referred_outside_at is None
    assert Notice.objects.filter(user=scene.second, kind="outside_review").exists()
    with pytest.raises(NotAllowed):
        scene.decide(case, Result.UPHELD)
    with pytest.raises(NotAllowed):
        scene.decide(case, Result.UPHELD, actor=make_user("manager"))
    assert scene.decide(case, Result.PARTLY, actor=scene.second).result == Result.PARTLY


@pytest.mark.clause("CM-8.6d")
def test_nobody_reviews_what_they_had_a_part_in(scene):
    Complaint.objects.filter(pk=scene.complaint.pk).update(owner=scene.desk.manager)
    for person in (scene.desk.manager, scene.desk.handler, make_user("agent")):
        with pytest.raises(BadInput) as refusal:
            review(scene, person)
        assert refusal.value.field == "reviewer"


def test_who_came_to_have_a_part_in_it_after_being_named_does_not_decide_the_review(scene):
    case = review(scene, scene.second)
    Complaint.objects.filter(pk=scene.complaint.pk).update(owner=scene.second)
    with pytest.raises(NotAllowed):
        scene.decide(case, Result.UPHELD, actor=scene.second)


# --- the desk's own verbs behind it ----------------------------------------------------------


def test_reopening_after_a_decision_needs_a_reason_and_somebody_not_involved(scene):
    def reopen(actor: Any, reason: str = "Overturned.") -> Complaint:
        return reopen_after_decision(
            complaint_id=scene.complaint.pk, reason=reason, actor=actor, at=LATER
        )

    with pytest.raises(BadInput):
        reopen(scene.second, " ")
    with pytest.raises(NotAllowed):
        reopen(scene.desk.handler)
    Complaint.objects.filter(pk=scene.complaint.pk).update(owner=scene.desk.manager)
    with pytest.raises(NotAllowed):
        reopen(scene.desk.manager)
    wish = request_reopening(
        complaint_id=scene.complaint.pk,
        reason="Still leaks.",
        source=ReopenSource.AGENT,
        actor=scene.desk.agent,
        at=LATER,
    )
    assert reopen(scene.second).cycle == 2
    wish.refresh_from_db()
    assert wish.verdict == ReopenVerdict.OVERTAKEN


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "none"}, "remedy_kind"),
        ({"amount": -1}, "amount"),
        ({"due_at": NOW}, "due_at"),
    ],
)
def test_an_ordered_remedy_says_what_is_owed_by_when(scene, changes, field):
    with pytest.raises(BadInput) as refusal:
        order_remedy(
            complaint_id=scene.complaint.pk,
            order=order(**changes),
            responsible=scene.desk.handler,
            actor=scene.second,
            at=LATER,
        )
    assert refusal.value.field == field


def test_the_record_tells_it_in_sentences(scene):
    case = scene.open()
    answer(scene, case)
    follow(scene, scene.decide(case, Result.OVERTURNED), "reopened")
    material = material_of(scene.complaint, scene.second)
    says = scene.complaint.policy.says
    titles = [line.title for line in lines_of(material, says, language="en")]
    assert "Case outside: Regulator, opened by: The complainant" in titles
    assert "Regulator: Overturned" in titles
    assert "Regulator, what follows: Complaint reopened" in titles
    assert not [title for title in titles if "Entry of the kind" in title]


def test_a_moment_is_the_bodys_not_ours(scene):
    case = scene.decide(scene.open(), Result.UPHELD, decided_at=NOW + 2 * DAY)
    assert case.decided_at == NOW + 2 * DAY < NOW + 9 * DAY - timedelta(days=1)
