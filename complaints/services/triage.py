"""From receipt to assessment: acknowledge, assign, assess, correct."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, Team, User
from accounts.permissions import has
from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Assessment, Category, Complainant, Complaint
from complaints.permissions import may
from complaints.rules.priority import priority_for
from complaints.selectors.people import find_repeat
from complaints.services.clocks import end_clocks, refresh_next_due, retime, stop_clocks
from complaints.services.messages import put_out
from complaints.services.moves import (
    digest,
    keep,
    make,
    note_down,
    take,
    take_for,
    write_down,
)
from complaints.services.notices import tell
from complaints.services.people import keyed
from complaints.services.searching import index_complainant, index_complaint
from complaints.states import (
    Complexity,
    Impact,
    MessageChannel,
    Occasion,
    Priority,
    SafetyHazard,
    Severity,
    Stage,
    State,
)


@transaction.atomic
def acknowledge_complaint(
    *,
    complaint_id: int,
    channel: MessageChannel,
    subject: str,
    text: str,
    told_at: datetime | None = None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Tell receipt, process and expected dates (CM-8.2c), by a letter or as noted spoken words.

    The clock stops when the message is sent, or at `told_at` for words spoken. Raises MoveRefused,
    BadInput naming `channel`, `text`, `told_at`.
    """
    complaint = take_for(
        "acknowledge", complaint_id, actor=actor, expected_version=expected_version
    )
    before = make("acknowledge", complaint)
    message = put_out(
        complaint,
        occasion=Occasion.ACKNOWLEDGEMENT,
        channel=channel,
        subject=subject,
        body=text,
        actor=actor,
        at=at,
        told_at=told_at,
    )
    keep(complaint, "acknowledged_at")
    note_down(
        events.ACKNOWLEDGED,
        complaint,
        actor=actor,
        at=at,
        payload={"from": before, "channel": str(channel), "message": message.pk},
    )
    return complaint


@transaction.atomic
def acknowledge_impossible(
    *,
    complaint_id: int,
    reason: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Go on without an acknowledgement because nobody can be reached, and say why.

    Raises BadInput naming `reason`.
    """
    complaint = take_for(
        "acknowledge", complaint_id, actor=actor, expected_version=expected_version
    )
    if not reason.strip():
        raise BadInput(_("Say why the complainant cannot be reached."), field="reason")
    before = make("acknowledge", complaint)
    complaint.unreachable = True
    end_clocks(complaint, at=at, stages=[Stage.ACKNOWLEDGE])
    refresh_next_due(complaint)
    keep(complaint, "unreachable")
    note_down(
        events.ACKNOWLEDGED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "from": before,
            "unreachable": True,
            **write_down(complaint, reason, actor=actor, at=at),
        },
    )
    return complaint


@transaction.atomic
def assign_complaint(
    *,
    complaint_id: int,
    owner: User | None,
    team: Team | None = None,
    note: str = "",
    quietly: bool = False,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Make one person accountable (and, where given, move it to a team).

    Whoever may not assign others may still take an unowned complaint themselves. With `quietly`
    the caller tells the new owner. Raises NotAllowed and BadInput naming `owner`.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.view",
        expected_version=expected_version,
    )
    takes_it = (
        owner == actor
        and complaint.owner_id is None
        and may(actor, "complaints.assign_self", complaint)
    )
    hands_on = complaint.owner_id in actor.persons and owner is not None
    if not (takes_it or hands_on or may(actor, "complaints.assign", complaint)):
        raise NotAllowed(_("Only a manager assigns complaints to other people."))
    if not complaint.is_open:
        raise MoveRefused([_("The complaint is at its end; reopen it first.")])
    if owner is not None:
        check_owner(owner, subject_id=complaint.subject_person_id)
    before = complaint.owner_id
    complaint.owner = owner
    if team is not None:
        complaint.team = team
    keep(complaint, "owner", "team")
    note_down(
        events.ASSIGNED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "from": before,
            "to": owner.pk if owner else None,
            "team": complaint.team_id,
            **write_down(complaint, note, actor=actor, at=at),
        },
    )
    if owner is not None and owner != actor and not quietly:
        tell([owner], complaint, kind="assigned", by=actor, at=at)
    return complaint


def check_owner(owner: User, *, subject_id: int | None) -> None:
    """Refuse an owner whom the complaint is about or who does not work on complaints (`owner`)."""
    if owner.pk == subject_id:
        raise BadInput(_("Nobody handles a complaint about themselves."), field="owner")
    if not owner.is_active or not has(owner, "complaints.assign_self"):
        raise BadInput(_("This person does not work on complaints."), field="owner")


@dataclass(frozen=True)
class Criteria:
    """The five criteria of the initial assessment (CM-8.3), and the category."""

    severity: str
    safety_hazard: str
    complexity: str
    impact: str
    immediate_action_needed: bool
    immediate_action_possible: bool
    category: Category
    immediate_action: str = ""
    priority: str = ""  # empty: as derived
    priority_reason: str = ""


@transaction.atomic
def assess_complaint(
    *,
    complaint_id: int,
    criteria: Criteria,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Assessment:
    """Judge all five criteria; set priority, clocks and required depth (CM-8.3).

    Raises MoveRefused and BadInput naming the criterion, `category`, `immediate_action`, `priority`
    or `priority_reason`.
    """
    complaint = take_for("assess", complaint_id, actor=actor, expected_version=expected_version)
    before = make("assess", complaint, at=at)
    assessment = _judge(complaint, criteria, actor=actor, at=at)
    stop_clocks(complaint, Stage.ASSESS, at=at)
    if criteria.immediate_action.strip():
        stop_clocks(complaint, Stage.FIRST_ACTION, at=at)
    refresh_next_due(complaint)
    _keep_judgement(complaint)
    note_down(
        events.ASSESSED,
        complaint,
        actor=actor,
        at=at,
        payload={"from": before, **_judgement(assessment)},
    )
    return assessment


@transaction.atomic
def reassess_complaint(
    *,
    complaint_id: int,
    criteria: Criteria,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Assessment:
    """Judge anew while the complaint is handled; clocks count from their original start."""
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.assess",
        expected_version=expected_version,
    )
    if complaint.state not in {State.ASSESSED, State.INVESTIGATING}:
        raise MoveRefused([_("Only a complaint that is being handled can be assessed anew.")])
    assessment = _judge(complaint, criteria, actor=actor, at=at)
    if criteria.immediate_action.strip():
        stop_clocks(complaint, Stage.FIRST_ACTION, at=at)
        refresh_next_due(complaint)
    _keep_judgement(complaint)
    note_down(events.REASSESSED, complaint, actor=actor, at=at, payload=_judgement(assessment))
    return assessment


_CRITERIA: Mapping[str, type[TextChoices]] = {
    "severity": Severity,
    "safety_hazard": SafetyHazard,
    "complexity": Complexity,
    "impact": Impact,
}


def _judge(complaint: Complaint, criteria: Criteria, *, actor: User, at: datetime) -> Assessment:
    _check_criteria(complaint, criteria)
    derived = priority_for(
        severity=criteria.severity,
        safety_hazard=criteria.safety_hazard,
        impact=criteria.impact,
        immediate_action=criteria.immediate_action_needed,
        emergency=complaint.emergency,
    )
    priority = criteria.priority or derived
    _check_priority(complaint, criteria, priority, derived)
    says = complaint.policy.says
    complaint.priority = priority
    complaint.severity = criteria.severity
    complaint.category = criteria.category
    complaint.depth_required = says.priority(priority).depth
    if complaint.team_id is None and criteria.category.team_id is not None:
        complaint.team = criteria.category.team
    complaint.missing = [name for name in complaint.missing if name != "category"]
    retime(complaint, says=says, now=at)
    refresh_next_due(complaint)
    _link_repeat(complaint, actor=actor, at=at)
    return Assessment.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        severity=criteria.severity,
        safety_hazard=criteria.safety_hazard,
        complexity=criteria.complexity,
        impact=criteria.impact,
        immediate_action_needed=criteria.immediate_action_needed,
        immediate_action_possible=criteria.immediate_action_possible,
        immediate_action=criteria.immediate_action,
        category=criteria.category,
        priority=priority,
        priority_derived=derived,
        priority_reason=criteria.priority_reason,
    )


def _check_criteria(complaint: Complaint, criteria: Criteria) -> None:
    for name, choices in _CRITERIA.items():
        if getattr(criteria, name) not in choices.values:
            raise BadInput(_("Judge all five criteria: this one is missing."), field=name)
    if not criteria.category.active and criteria.category != complaint.category:
        raise BadInput(_("This category is no longer used: choose another."), field="category")
    acts_at_once = criteria.immediate_action_needed and criteria.immediate_action_possible
    if acts_at_once and not criteria.immediate_action.strip():
        raise BadInput(
            _("Immediate action is needed and possible: say what was done."),
            field="immediate_action",
        )


def _check_priority(complaint: Complaint, criteria: Criteria, priority: str, derived: str) -> None:
    if priority not in Priority.values:
        raise BadInput(_("Choose a priority."), field="priority")
    if complaint.emergency and priority != Priority.P0:
        raise BadInput(
            _("An emergency stays P0 until somebody in charge says that it is none."),
            field="priority",
        )
    if priority != derived and not criteria.priority_reason.strip():
        raise BadInput(
            _("Say why the priority differs from what the criteria make of it."),
            field="priority_reason",
        )


def _link_repeat(complaint: Complaint, *, actor: User, at: datetime) -> None:
    """Look again whether this repeats an earlier complaint, now that more is known of it."""
    if complaint.repeat_of_id is not None:
        return
    complaint.repeat_of = find_repeat(complaint, complaint.policy.says)
    if complaint.repeat_of is not None:
        note_down(
            events.REPEAT_LINKED,
            complaint,
            actor=actor,
            at=at,
            payload={"repeat_of": complaint.repeat_of.pk},
        )


def _keep_judgement(complaint: Complaint) -> None:
    keep(
        complaint,
        "assessed_at",
        "priority",
        "severity",
        "category",
        "depth_required",
        "team",
        "missing",
        "repeat_of",
    )


def _judgement(assessment: Assessment) -> dict[str, object]:
    return {
        "assessment": assessment.pk,
        "priority": assessment.priority,
        "derived": assessment.priority_derived,
        "category": assessment.category.code,
        "severity": assessment.severity,
        "safety_hazard": assessment.safety_hazard,
        "complexity": assessment.complexity,
        "impact": assessment.impact,
        "sha256": digest(assessment.immediate_action, assessment.priority_reason),
    }


@dataclass(frozen=True)
class Correction:
    """Facts of a complaint that may be completed or put right later; None leaves one as it is."""

    product: str | None = None
    order_number: str | None = None
    remedy_sought: str | None = None
    occurred_at: datetime | None = None
    site: Site | None = None
    category: Category | None = None
    subject_person: User | None = None
    confidential: bool | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    customer_number: str | None = None


_ON_PERSON = ("name", "phone", "email", "customer_number")
_KEPT_BY_HOLD = {*_ON_PERSON, "product", "order_number", "remedy_sought", "occurred_at"}
_ON_REPEAT = {"phone", "email", "customer_number", "product", "order_number", "category"}


@transaction.atomic
def correct_complaint(
    *,
    complaint_id: int,
    correction: Correction,
    reason: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Complete or correct the facts. The narrative itself is never changed: add a note instead.

    Raises BadInput naming the field; the record says which fields changed, not their content.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.note",
        expected_version=expected_version,
    )
    given = {name: value for name, value in vars(correction).items() if value is not None}
    _check_correction(complaint, given, reason, actor=actor, at=at)
    if given.get("subject_person") and given["subject_person"] == complaint.owner:
        complaint.owner = None  # nobody handles a complaint about themselves
    person = {name: given[name] for name in _ON_PERSON if name in given}
    facts = {name: value for name, value in given.items() if name not in _ON_PERSON}
    _apply_person(person, complaint, at)
    for name, value in facts.items():
        setattr(complaint, name, value)
    complaint.missing = [name for name in complaint.missing if not _now_known(complaint, name)]
    if correction.category is not None and complaint.is_open:
        retime(complaint, says=complaint.policy.says, now=at)
        refresh_next_due(complaint)
    if _ON_REPEAT & set(given):
        _link_repeat(complaint, actor=actor, at=at)
    keep(
        complaint,
        "owner",
        "complainant",
        "anonymous",
        "unreachable",
        "missing",
        "repeat_of",
        *facts,
    )
    note_down(
        events.CORRECTED,
        complaint,
        actor=actor,
        at=at,
        payload={"fields": sorted(given), **write_down(complaint, reason, actor=actor, at=at)},
    )
    if person and complaint.complainant is not None:
        index_complainant(complaint.complainant)  # their other complaints are found by it, too
    else:
        index_complaint(complaint)
    return complaint


def _check_correction(
    complaint: Complaint, given: Mapping[str, Any], reason: str, *, actor: User, at: datetime
) -> None:
    if not given:
        raise BadInput(_("Nothing was changed."), field="reason")
    guarded = complaint.confidential and "confidential" in given
    guarded = guarded or (complaint.subject_person_id is not None and "subject_person" in given)
    if guarded and not may(actor, "complaints.correct", complaint):
        raise NotAllowed(_("Only a manager lifts confidentiality or changes whom it is about."))
    recorded = (complaint.complainant if name in _ON_PERSON else complaint for name in given)
    known = [getattr(place, name, None) for place, name in zip(recorded, given, strict=True)]
    if any(known) and not reason.strip():
        raise BadInput(_("Say why something already recorded is changed."), field="reason")
    _demand_free(complaint, given)
    if given.get("occurred_at") and given["occurred_at"] > at:
        raise BadInput(_("This lies in the future."), field="occurred_at")
    if given.get("email"):
        try:
            validate_email(given["email"].strip())
        except ValidationError:
            raise BadInput(_("This is not an e-mail address."), field="email") from None


def _demand_free(complaint: Complaint, given: Mapping[str, Any]) -> None:
    """Refuse to write over what a legal hold keeps; what was not known yet may be added."""
    person = complaint.complainant
    on_person = person is not None and person.complaints.filter(holds__gt=0).exists()
    for name in _KEPT_BY_HOLD & set(given):
        held = on_person if name in _ON_PERSON else complaint.holds > 0
        place = person if name in _ON_PERSON else complaint
        if held and getattr(place, name) and getattr(place, name) != given[name]:
            raise BadInput(
                _("A legal hold lies on this: add a note instead of writing over it."),
                code="held",
                field=name,
            )


def _apply_person(changes: Mapping[str, str], complaint: Complaint, at: datetime) -> None:
    if not changes:
        return
    person = complaint.complainant
    if person is None:
        person = Complainant(created_at=at)
        complaint.anonymous = False
    for name, value in changes.items():
        setattr(person, name, value.strip())
    keyed(person).save()
    complaint.complainant = person
    if any((person.phone, person.email, person.customer_number, person.address)):
        complaint.unreachable = False


def _now_known(complaint: Complaint, name: str) -> bool:
    person = complaint.complainant
    if name == "complainant_name":
        return bool(person and person.name)
    if name == "contact":
        return bool(person and (person.phone or person.email or person.customer_number))
    if name == "customer_number":
        return bool(person and person.customer_number)
    return bool(getattr(complaint, name, None))
