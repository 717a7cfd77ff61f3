"""Incidents are suggested at the policy's thresholds; a person decides whether there is one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import has
from accounts.services import system_user
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.rules.policy import Incidents
from complaints.selectors.people import Circle
from complaints.selectors.policy import policy_in_force
from complaints.services.moves import digest
from complaints.services.notices import News, tell_many
from incidents import events
from incidents.models import Incident, Suggestion, SuggestionMember
from incidents.permissions import may_link
from incidents.querysets import MANAGE
from incidents.rules.alike import comes_back, joint_key
from incidents.selectors.suggestions import Group, alike
from incidents.services.lifecycle import Scope, open_incident
from incidents.services.linking import MOST_LINKED, link_complaints
from incidents.services.moves import demand_text
from incidents.states import Basis, SuggestionState
from journal.origin import origin
from journal.services import record


def sweep_suggestions(*, now: datetime) -> int:
    """Suggest an incident for each group of complaints that has reached the policy's number.

    What was dismissed comes back only once enough is new. Each group is a transaction of its own.
    Returns how many suggestions are new or have come back.
    """
    says = policy_in_force(now).says.incidents
    with origin("scheduler"):
        return sum(_suggest(group, says, now) for group in list(alike(says, now=now)))


@transaction.atomic
def _suggest(group: Group, says: Incidents, now: datetime) -> bool:
    known = Suggestion.objects.select_for_update(of=("self",)).filter(key=group.key).first()
    if known is None:
        known = Suggestion.objects.create(
            key=group.key,
            basis=group.basis,
            category_id=group.category_id,
            product=group.product,
            site_id=group.site_id,
            persons=group.persons,
            first_at=now,
            grown_at=now,
        )
    elif known.state == SuggestionState.OPEN:
        _follow(known, group, now)
        return False
    elif not _returns(known, group, says):
        return False
    _put_forward(known, group.members, group.persons, now)
    return True


def _returns(known: Suggestion, group: Group, says: Incidents) -> bool:
    looked_at = known.members.values_list("complaint", flat=True)
    return comes_back(group.members, list(looked_at), growth=says.growth)


def _follow(known: Suggestion, group: Group, now: datetime) -> None:
    """Let a suggestion that waits grow with what has come meanwhile; nobody is told again."""
    members = set(known.members.values_list("complaint", flat=True))
    fresh = [pk for pk in group.members if pk not in members]
    if not fresh:
        return
    _join(known, fresh)
    known.persons, known.grown_at = max(known.persons, group.persons), now
    known.save(update_fields=["persons", "grown_at"])


def _join(suggestion: Suggestion, ids: Sequence[int]) -> None:
    SuggestionMember.objects.bulk_create(
        [SuggestionMember(suggestion=suggestion, complaint_id=pk) for pk in ids],
        ignore_conflicts=True,
        batch_size=500,
    )


def _put_forward(
    suggestion: Suggestion, ids: Sequence[int], persons: int, now: datetime, by: User | None = None
) -> None:
    """Let a suggestion wait for a decision, and tell those who decide."""
    by = by or system_user()
    suggestion.state, suggestion.incident = SuggestionState.OPEN, None
    suggestion.persons, suggestion.grown_at = persons, now
    suggestion.decided_by = suggestion.decided_at = None
    suggestion.save()
    _join(suggestion, ids)
    payload = {"basis": str(suggestion.basis), "complaints": list(ids), "persons": persons}
    record(kind=events.SUGGESTED, subject=suggestion, actor=by, occurred_at=now, payload=payload)
    tell_many(_news(ids), by=by, at=now)


def _news(ids: Sequence[int]) -> list[News]:
    """Return whom to tell: the managers of each site where such a complaint came in, once."""
    circle = Circle()
    told: dict[int, News] = {}
    sites: set[tuple[int | None, int | None]] = set()
    for complaint in Complaint.objects.filter(pk__in=ids).order_by("pk"):
        if (complaint.site_id, complaint.team_id) in sites:
            continue
        sites.add((complaint.site_id, complaint.team_id))
        for person in circle.of(MANAGE, complaint):
            told.setdefault(person.pk, News(person, complaint, "incident"))
    return list(told.values())


@transaction.atomic
def report_joint_complaint(
    *, complaint_id: int, persons: int, actor: User, at: datetime
) -> Suggestion:
    """Say that many persons bring a complaint jointly: a major complaint, so it is suggested.

    Raises Complaint.DoesNotExist, NotAllowed, and BadInput naming `persons` below the policy's
    number.
    """
    complaint = Complaint.objects.visible_to(actor).get(pk=complaint_id)
    if not may_link(actor, complaint):
        raise NotAllowed(_("Your role does not allow this for this complaint."))
    threshold = complaint.policy.says.incidents.persons
    if persons < threshold:
        raise BadInput(
            _("The handling policy speaks of an incident from %(count)s persons on.")
            % {"count": threshold},
            field="persons",
        )
    suggestion, new = Suggestion.objects.select_for_update(of=("self",)).get_or_create(
        key=joint_key(complaint_id),
        defaults={
            "basis": Basis.JOINTLY,
            "category": complaint.category,
            "product": complaint.product,
            "site": complaint.site,
            "first_at": at,
            "grown_at": at,
        },
    )
    if not new and suggestion.state == SuggestionState.TAKEN:
        raise MoveRefused([_("An incident was made of this already.")])
    _put_forward(suggestion, [complaint_id], persons, at, by=actor)
    return suggestion


def _take(suggestion_id: int, actor: User) -> Suggestion:
    """Lock a suggestion that waits. Raises Suggestion.DoesNotExist, NotAllowed, MoveRefused."""
    if not has(actor, MANAGE):
        raise NotAllowed(_("Your role does not allow this."))
    if not Suggestion.objects.visible_to(actor).filter(pk=suggestion_id).exists():
        raise Suggestion.DoesNotExist
    suggestion = Suggestion.objects.select_for_update(of=("self",)).get(pk=suggestion_id)
    if suggestion.state != SuggestionState.OPEN:
        raise MoveRefused([_("Somebody has decided on this already.")])
    return suggestion


@transaction.atomic
def take_suggestion(*, suggestion_id: int, scope: Scope, actor: User, at: datetime) -> Incident:
    """Make a suspected incident of a suggestion, with the complaints behind it linked.

    Complaints that the actor may not see or link stay behind, and show as fitting its scope.
    Raises as `open_incident` does.
    """
    suggestion = _take(suggestion_id, actor)
    incident = open_incident(scope=scope, actor=actor, at=at)
    ids = list(
        Complaint.objects.visible_to(actor)
        .filter(pk__in=suggestion.members.values("complaint"))
        .order_by("-received_at")
        .values_list("pk", flat=True)[:MOST_LINKED]
    )
    if ids:
        link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=actor, at=at)
    _decide(suggestion, SuggestionState.TAKEN, actor, at, incident=incident)
    return incident


@transaction.atomic
def dismiss_suggestion(*, suggestion_id: int, reason: str, actor: User, at: datetime) -> Suggestion:
    """Say that there is no incident behind these. Raises BadInput naming `reason`, MoveRefused."""
    suggestion = _take(suggestion_id, actor)
    reason = demand_text(reason, _("Say why it is no incident."), field="reason")
    suggestion.reason = reason
    suggestion.members.update(dismissed=True)
    _decide(suggestion, SuggestionState.DISMISSED, actor, at)
    record(
        kind=events.SUGGESTION_DISMISSED,
        subject=suggestion,
        actor=actor,
        occurred_at=at,
        payload={"sha256": digest(reason), "complaints": suggestion.members.count()},
    )
    return suggestion


def _decide(
    suggestion: Suggestion,
    state: SuggestionState,
    actor: User,
    at: datetime,
    *,
    incident: Incident | None = None,
) -> None:
    suggestion.state, suggestion.incident = state, incident
    suggestion.decided_by, suggestion.decided_at = actor, at
    suggestion.save(update_fields=["state", "incident", "decided_by", "decided_at", "reason"])
