"""Who may do what to a complaint: every verb, by every role, as spec/roles.md says; by hand."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from accounts.states import Role
from complaints.errors import NotAllowed
from complaints.models import Complaint
from complaints.permissions import may, may_know_complainant, may_see
from complaints.services.clocks import extend_clock, pause_complaint, resume_complaint
from complaints.services.closure import (
    close_complaint,
    merge_complaint,
    unmerge_complaint,
    withdraw_complaint,
)
from complaints.services.emergencies import declare_emergency, downgrade_emergency, take_emergency
from complaints.services.escalation import escalate_complaint
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.investigation import investigate_complaint, record_findings
from complaints.services.messages import write_message
from complaints.services.notes import add_note, grant_confidential_access
from complaints.services.reopening import reopen_complaint
from complaints.services.response import (
    grant_approval,
    mark_remedy_done,
    propose_dismissal,
    propose_response,
    propose_skipping,
    record_decision,
    return_approval,
    tell_remedies,
)
from complaints.services.triage import (
    Correction,
    acknowledge_complaint,
    acknowledge_impossible,
    assess_complaint,
    assign_complaint,
    correct_complaint,
    reassess_complaint,
)
from complaints.states import (
    Answer,
    FollowUpOutcome,
    MessageChannel,
    Occasion,
    PauseReason,
    Priority,
    Trigger,
)
from tests.complaints.desk import Desk, clock_of, criteria, decision, found_out
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user

PHONE = MessageChannel.PHONE
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db

DESK = {"agent", "handler", "manager"}
HANDLING = {"handler", "manager"}
IN_CHARGE = {"manager"}
APPROVING = {"manager", "quality_manager"}

Verb = Callable[["Scene", dict[str, Any]], Any]


class Scene:
    """A complaint in some state, of the actor's own team, and what a verb needs beside it."""

    def __init__(self, state: str, **fields: Any) -> None:
        self.desk = Desk()
        self.owner = self.desk.handler
        self.team = make_team("own")
        self.complaint = self.desk.case(state, team=self.team, **fields)
        self.id = self.complaint.pk

    def person(self, role: str) -> User:
        """Return a person of a role, of the complaint's team where the role works in one."""
        return make_user(role, team=self.team if role in DESK else None)


def told(**changes: Any) -> dict[str, Any]:
    return {"channel": PHONE, "subject": "", "text": "Words.", "told_at": NOW, **changes}


def _with_request(scene: Scene) -> int:
    asked = propose_dismissal(complaint_id=scene.id, reason="-", actor=scene.desk.handler, at=NOW)
    return asked.pk


def _merged_target(scene: Scene) -> int:
    twin = make_complaint(
        complainant=scene.complaint.complainant,
        category=scene.complaint.category,
        team=scene.team,
    )
    return twin.pk


def _close(scene: Scene, who: dict[str, Any]) -> Complaint:
    scene.desk.answer(scene.complaint, Answer.ACCEPTED, NOW)
    return close_complaint(complaint_id=scene.id, **who)


# verb, the state it starts from, how it is called, who may.
VERBS: list[tuple[str, str, Verb, set[str]]] = [
    (
        "receive",
        "received",
        lambda _s, who: receive_complaint(
            intake=Intake("phone", "It leaks.", NOW, Person(phone="13800000000")), **who
        ),
        DESK | {"provider_staff", "api_client"},
    ),
    (
        "acknowledge",
        "received",
        lambda s, who: acknowledge_complaint(complaint_id=s.id, **told(), **who),
        DESK,
    ),
    (
        "acknowledge_impossible",
        "received",
        lambda s, who: acknowledge_impossible(complaint_id=s.id, reason="Nobody.", **who),
        DESK,
    ),
    (
        "assign another",
        "received",
        lambda s, who: assign_complaint(complaint_id=s.id, owner=s.owner, **who),
        IN_CHARGE,
    ),
    (
        "take it oneself",
        "received",
        lambda s, who: assign_complaint(complaint_id=s.id, owner=who["actor"], **who),
        DESK,
    ),
    (
        "reassess",
        "assessed",
        lambda s, who: reassess_complaint(complaint_id=s.id, criteria=criteria(), **who),
        HANDLING,
    ),
    (
        "investigate",
        "assessed",
        lambda s, who: investigate_complaint(complaint_id=s.id, **who),
        HANDLING,
    ),
    (
        "record_findings",
        "assessed",
        lambda s, who: record_findings(complaint_id=s.id, found=found_out(), **who),
        HANDLING,
    ),
    (
        "propose_skipping",
        "assessed",
        lambda s, who: propose_skipping(complaint_id=s.id, reason="Clear.", **who),
        HANDLING,
    ),
    (
        "respond",
        "investigating",
        lambda s, who: propose_response(complaint_id=s.id, decision=decision(), **who),
        HANDLING,
    ),
    (
        "propose_dismissal",
        "assessed",
        lambda s, who: propose_dismissal(complaint_id=s.id, reason="A question.", **who),
        HANDLING,
    ),
    (
        "grant_approval",
        "assessed",
        lambda s, who: grant_approval(approval_id=_with_request(s), **who),
        APPROVING,
    ),
    (
        "return_approval",
        "assessed",
        lambda s, who: return_approval(approval_id=_with_request(s), note="No.", **who),
        APPROVING,
    ),
    (
        "record_decision",
        "responded",
        lambda s, who: record_decision(complaint_id=s.id, answer=Answer.ACCEPTED, **who),
        DESK,
    ),
    (
        "tell_remedies",
        "responded",
        lambda s, who: tell_remedies(complaint_id=s.id, **told(), **who),
        DESK,
    ),
    (
        "mark_remedy_done",
        "responded",
        lambda s, who: mark_remedy_done(
            remedy_id=s.complaint.remedys.get().pk, proof="Slip", done_at=NOW, **who
        ),
        DESK | {"quality_manager"},
    ),
    (
        "close",
        "responded",
        _close,
        HANDLING,
    ),
    (
        "follow_up",
        "closed",
        lambda s, who: record_follow_up(
            complaint_id=s.id,
            follow_up=FollowUp("phone", FollowUpOutcome.ANSWERED, 9, 9),
            **who,
        ),
        DESK,
    ),
    (
        "reopen",
        "closed",
        lambda s, who: reopen_complaint(complaint_id=s.id, reason="Again.", **who),
        DESK,
    ),
    (
        "withdraw",
        "assessed",
        lambda s, who: withdraw_complaint(complaint_id=s.id, reason="Settled.", **who),
        DESK,
    ),
    (
        "merge",
        "received",
        lambda s, who: merge_complaint(complaint_id=s.id, into_id=_merged_target(s), **who),
        HANDLING,
    ),
    (
        "unmerge",
        "merged",
        lambda s, who: unmerge_complaint(complaint_id=s.id, **who),
        HANDLING,
    ),
    (
        "escalate",
        "assessed",
        lambda s, who: escalate_complaint(complaint_id=s.id, reason="Help.", **who),
        DESK,
    ),
    (
        "declare_emergency",
        "assessed",
        lambda s, who: declare_emergency(
            complaint_id=s.id, trigger=Trigger.PERSONAL_SAFETY, facts="It smokes.", **who
        ),
        DESK | {"quality_manager", "top_management"},
    ),
    (
        "correct",
        "assessed",
        lambda s, who: correct_complaint(
            complaint_id=s.id, correction=Correction(product="Kettle"), reason="", **who
        ),
        DESK | {"quality_manager"},
    ),
    (
        "note",
        "assessed",
        lambda s, who: add_note(complaint_id=s.id, text="A note.", **who),
        DESK | {"quality_manager"},
    ),
    (
        "write",
        "assessed",
        lambda s, who: write_message(complaint_id=s.id, occasion=Occasion.OTHER, **told(), **who),
        DESK,
    ),
    (
        "pause",
        "assessed",
        lambda s, who: pause_complaint(
            complaint_id=s.id, reason=PauseReason.COMPLAINANT, evidence="", told_at=None, **who
        ),
        HANDLING,
    ),
    (
        "extend",
        "assessed",
        lambda s, who: extend_clock(
            complaint_id=s.id,
            clock_id=clock_of(s.complaint, "respond").pk,
            new_due_date=clock_of(s.complaint, "respond").due_date + DAY,
            reason="Late.",
            told_at=NOW,
            **who,
        ),
        APPROVING,
    ),
]
# These need no complaint, or one in another state than "assessed".
NOT_FROM_HERE = {"receive", "close", "mark_remedy_done"}
# No content without a role for it; a provider's people and software see another provider's.
OUTSIDE = {"provider_staff", "api_client", "evaluator", "administrator"}


@pytest.mark.parametrize(("name", "state", "verb", "allowed"), VERBS, ids=[row[0] for row in VERBS])
def test_each_role_may_exactly_this(name, state, verb, allowed):
    scene = Scene(state)
    for role in Role.values:
        assert outcome(scene, verb, role) == expected(name, role, allowed), role


def outcome(scene: Scene, verb: Verb, role: str) -> str:
    """Return what became of a role's try; whatever it changed is undone."""
    who = {"actor": scene.person(role), "at": NOW}
    with transaction.atomic():
        try:
            verb(scene, who)
            return "done"
        except NotAllowed:
            return "not allowed"
        except Complaint.DoesNotExist:
            return "does not exist"
        finally:
            transaction.set_rollback(True)


def expected(name: str, role: str, allowed: set[str]) -> str:
    if role in allowed:
        return "done"
    unseen = role in OUTSIDE and name != "receive"
    return "does not exist" if unseen else "not allowed"


def test_emergencies_are_taken_by_the_desk_and_taken_back_by_two_roles():
    scene = Scene("received", emergency_trigger="personal_safety")
    who: dict[str, set[str]] = {"take": set(), "downgrade": set()}
    for role in Role.values:

        def take(s: Scene, by: dict[str, Any]) -> Any:
            return take_emergency(complaint_id=s.id, **by)

        def downgrade(s: Scene, by: dict[str, Any]) -> Any:
            return downgrade_emergency(
                complaint_id=s.id, reason="Steam.", priority=Priority.P2, **by
            )

        for name, verb in (("take", take), ("downgrade", downgrade)):
            if outcome(scene, verb, role) == "done":
                who[name].add(role)
    assert who == {"take": DESK | {"quality_manager", "top_management"}, "downgrade": APPROVING}


def test_assessing_is_for_handlers():
    scene = Scene("acknowledged")
    assign_complaint(
        complaint_id=scene.id, owner=scene.desk.handler, actor=scene.desk.manager, at=NOW
    )

    def assess(s: Scene, by: dict[str, Any]) -> Any:
        return assess_complaint(complaint_id=s.id, criteria=criteria(), **by)

    done = {role for role in Role.values if outcome(scene, assess, role) == "done"}
    assert done == HANDLING


def test_a_pause_is_ended_by_anybody_at_work_on_it():
    scene = Scene("assessed")
    pause_complaint(
        complaint_id=scene.id,
        reason=PauseReason.COMPLAINANT,
        evidence="",
        told_at=None,
        actor=scene.desk.handler,
        at=NOW,
    )

    def resume(s: Scene, by: dict[str, Any]) -> Any:
        return resume_complaint(complaint_id=s.id, **by)

    done = {role for role in Role.values if outcome(scene, resume, role) == "done"}
    assert done == DESK | {"quality_manager"}


# --- rights are asked of the object ------------------------------------------------------------


def test_whom_it_is_about_gets_no_verb_at_all_not_even_what_exists():
    subject = make_user("manager")
    scene = Scene("assessed", subject_person=subject)
    for name, _state, verb, _allowed in VERBS:
        if name in NOT_FROM_HERE:
            continue
        with transaction.atomic():
            with pytest.raises(Complaint.DoesNotExist):
                verb(scene, {"actor": subject, "at": NOW})
            transaction.set_rollback(True)
    assert not Complaint.objects.visible_to(subject).exists()


@pytest.mark.parametrize("role", ["agent", "handler", "manager"])
def test_elsewhere_nothing_exists(role):
    scene = Scene("assessed")
    stranger = make_user(role, team=make_team())
    for name, _state, verb, _allowed in VERBS:
        if name in NOT_FROM_HERE:
            continue
        with transaction.atomic():
            with pytest.raises(Complaint.DoesNotExist):
                verb(scene, {"actor": stranger, "at": NOW})
            transaction.set_rollback(True)


def test_what_is_confidential_is_worked_on_by_its_owner_and_those_in_charge():
    scene = Scene("assessed", confidential=True)
    colleague = make_user("handler", team=scene.team)
    with pytest.raises(Complaint.DoesNotExist):
        add_note(complaint_id=scene.id, text="-", actor=colleague, at=NOW)
    add_note(complaint_id=scene.id, text="-", actor=scene.desk.handler, at=NOW)  # owns it
    add_note(complaint_id=scene.id, text="-", actor=make_user("manager", team=scene.team), at=NOW)


def test_who_took_it_down_goes_on_with_it_until_somebody_owns_it():
    agent = make_user("agent", site=make_site())
    complaint = make_complaint(actor=agent, site=make_site(), confidential=True)
    add_note(complaint_id=complaint.pk, text="Calls back.", actor=agent, at=NOW)
    desk = Desk()
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    with pytest.raises(NotAllowed):
        add_note(complaint_id=complaint.pk, text="One more.", actor=agent, at=NOW)
    assert Complaint.objects.visible_to(agent).get() == complaint


def test_two_people_for_money_however_many_roles_one_has():
    both = make_user("handler", "manager")
    scene = Scene("investigating")
    asked = propose_response(
        complaint_id=scene.id, decision=decision(amount=Decimal(900)), actor=both, at=NOW
    )
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=asked.approval.pk, actor=both, at=NOW)


def test_who_has_left_may_nothing_more():
    scene = Scene("assessed")
    gone = scene.person("manager")
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    with pytest.raises(Complaint.DoesNotExist):
        add_note(complaint_id=scene.id, text="-", actor=User.objects.get(pk=gone.pk), at=NOW)


def test_who_complains_is_shown_to_those_who_need_to_know():
    scene = Scene("assessed")
    shown = {
        role for role in Role.values if may_know_complainant(scene.person(role), scene.complaint)
    }
    assert shown == DESK | {"quality_manager", "auditor"}


def test_leave_to_read_is_given_to_those_with_the_right_to_it():
    scene = Scene("assessed", confidential=True)

    def read(s: Scene, by: dict[str, Any]) -> Any:
        return grant_confidential_access(complaint_id=s.id, reason="For the audit.", **by)

    done = {role for role in Role.values if outcome(scene, read, role) == "done"}
    assert done == {"manager", "quality_manager", "auditor"}


# --- lists and objects say the same ------------------------------------------------------------


def test_what_is_listed_is_what_exists_and_what_may_be_done():
    here, there, own = make_site(), make_site(), make_team()
    people = [
        make_user("agent"),
        make_user("agent", site=here),
        make_user("handler", site=here),
        make_user("handler", team=own),
        make_user("manager", site=there, team=own),
        make_user("quality_manager"),
        make_user("auditor", site=here),
        make_user("top_management"),
        make_user("handler", "auditor"),
        make_user("administrator"),
    ]
    for number, person in enumerate(people):
        make_complaint(actor=person if person.is_active and number < 5 else None, site=there)
    for site in (here, there, None):
        for team in (own, None):
            for confidential in (True, False):
                for subject in (None, people[0], people[3]):
                    case = make_complaint(
                        site=site, team=team, confidential=confidential, subject_person=subject
                    )
                    Complaint.objects.filter(pk=case.pk).update(
                        owner=people[2] if case.pk % 3 == 0 else None
                    )
    asked = ("note", "assess", "close", "approve", "assign_self", "declare_emergency")
    complaints = list(Complaint.objects.all())
    for person in people:
        seen = set(Complaint.objects.visible_to(person))
        assert seen == {case for case in complaints if may_see(person, case)}
        for what in asked:
            permission = f"complaints.{what}"
            listed = set(Complaint.objects.where_may(person, permission))
            assert listed == {case for case in complaints if may(person, permission, case)}
