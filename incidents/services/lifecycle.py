"""An incident from suspicion to its end."""

import secrets
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from accounts.permissions import grants_with, has
from complaints.errors import BadInput, NotAllowed
from complaints.models import Category
from complaints.services.moves import digest
from complaints.states import Severity
from incidents import events
from incidents.models import Incident
from incidents.querysets import MANAGE
from incidents.services.moves import demand_text, keep, make, note_down, take

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none of which is mistaken for another


@dataclass(frozen=True)
class Scope:
    """What an incident is about, who commands it, and how far it reaches."""

    title: str
    severity: str
    hypothesis: str = ""
    commander: User | None = None
    product: str = ""
    category: Category | None = None
    site: Site | None = None
    period_from: date | None = None
    period_to: date | None = None
    batches: str = ""
    affected_estimate: int | None = None


_FIELDS = tuple(part.name for part in fields(Scope))


@transaction.atomic
def open_incident(*, scope: Scope, actor: User, at: datetime) -> Incident:
    """Write a suspected incident down. Complaints are linked to it afterwards.

    Raises NotAllowed where the actor does not manage incidents, and BadInput naming `title`,
    `severity`, `commander` or `period_to`.
    """
    _demand_place(actor, scope.site)
    _check(scope)
    incident = Incident(
        reference=_new_reference(at),
        opened_by=actor,
        opened_at=at,
        **{name: getattr(scope, name) for name in _FIELDS},
    )
    incident.save()
    note_down(events.OPENED, incident, actor=actor, at=at, payload=_said(scope))
    return incident


@transaction.atomic
def change_incident(
    *,
    incident_id: int,
    scope: Scope,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Incident:
    """Change what an incident is about, or who commands it. Raises as `open_incident` does."""
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    _check(scope)
    if scope.site != incident.site:
        _demand_place(actor, scope.site)
    changed = [name for name in _FIELDS if getattr(incident, name) != getattr(scope, name)]
    if not changed:
        return incident
    for name in changed:
        setattr(incident, name, getattr(scope, name))
    keep(incident, *changed)
    payload = {**_said(scope), "fields": changed}
    note_down(events.CHANGED, incident, actor=actor, at=at, payload=payload)
    return incident


def _demand_place(actor: User, site: Site | None) -> None:
    where = site.pk if site else None
    grants = grants_with(actor, MANAGE)
    if not (
        actor.is_system
        or any(grant.team_id is None and grant.site_id in {None, where} for grant in grants)
    ):
        raise NotAllowed(_("You do not manage incidents there: choose a site of yours."))


def _check(scope: Scope) -> None:
    demand_text(scope.title, _("Give it a title."), field="title")
    if scope.severity not in Severity.values:
        raise BadInput(_("Say how severe it is."), field="severity")
    if scope.commander is not None and not (
        scope.commander.is_active and has(scope.commander, MANAGE)
    ):
        raise BadInput(_("This person does not manage incidents."), field="commander")
    if scope.period_from and scope.period_to and scope.period_to < scope.period_from:
        raise BadInput(_("The period ends before it begins."), field="period_to")


def _said(scope: Scope) -> dict[str, Any]:
    return {
        "severity": scope.severity,
        "commander": scope.commander.pk if scope.commander else None,
        "category": scope.category.code if scope.category else "",
        "site": scope.site.pk if scope.site else None,
        "sha256": digest(scope.title, scope.hypothesis, scope.product, scope.batches),
    }


def _new_reference(at: datetime) -> str:
    # 256 is a multiple of 32, so that each letter is as likely as any other.
    draw = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(4))
    return f"I{at:%y}-{draw}"


@transaction.atomic
def declare_incident(
    *, incident_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> Incident:
    """Say that it is one event. Raises MoveRefused: commander, hypothesis, complaints."""
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    before = make("declare", incident, at=at)
    keep(incident, "declared_at")
    note_down(events.DECLARED, incident, actor=actor, at=at, payload={"from": before})
    return incident


@transaction.atomic
def contain_incident(
    *, incident_id: int, how: str, actor: User, at: datetime, expected_version: int | None = None
) -> Incident:
    """Note that nobody else is harmed from here on. Raises MoveRefused, BadInput naming `how`."""
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    how = demand_text(how, _("Say what was done so that nobody else is harmed."), field="how")
    before = make("contain", incident, at=at, how=how)
    keep(incident, "contained_at", "containment")
    payload = {"from": before, "sha256": digest(how)}
    note_down(events.CONTAINED, incident, actor=actor, at=at, payload=payload)
    return incident


@transaction.atomic
def resolve_incident(
    *, incident_id: int, how: str, actor: User, at: datetime, expected_version: int | None = None
) -> Incident:
    """Note that the cause is dealt with. Each complainant has their own outcome by then.

    Raises MoveRefused with everything that is missing, BadInput naming `how`.
    """
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    how = demand_text(how, _("Say how the cause was dealt with."), field="how")
    before = make("resolve", incident, at=at, how=how)
    keep(incident, "resolved_at", "resolution")
    payload = {"from": before, "sha256": digest(how)}
    note_down(events.RESOLVED, incident, actor=actor, at=at, payload=payload)
    return incident


@transaction.atomic
def reopen_incident(
    *, incident_id: int, reason: str, actor: User, at: datetime, expected_version: int | None = None
) -> Incident:
    """Take a resolution back. Raises MoveRefused, BadInput naming `reason`."""
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    reason = demand_text(reason, _("Say why."), field="reason")
    before = make("reopen", incident, reason=reason)
    keep(incident, "resolved_at", "resolution", "end_reason")
    payload = {"from": before, "sha256": digest(reason)}
    note_down(events.REOPENED, incident, actor=actor, at=at, payload=payload)
    return incident


@transaction.atomic
def close_incident(
    *,
    incident_id: int,
    lessons: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Incident:
    """Put an incident to its end. Raises MoveRefused, BadInput naming `lessons`."""
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    lessons = demand_text(lessons, _("Write down what was learnt."), field="lessons")
    before = make("close", incident, at=at, lessons=lessons)
    keep(incident, "closed_at", "lessons")
    _let_go(incident)
    payload = {"from": before, "sha256": digest(lessons)}
    note_down(events.CLOSED, incident, actor=actor, at=at, payload=payload)
    return incident


@transaction.atomic
def stand_down(
    *, incident_id: int, reason: str, actor: User, at: datetime, expected_version: int | None = None
) -> Incident:
    """Say that a suspected incident is none. Raises MoveRefused, BadInput naming `reason`."""
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    reason = demand_text(reason, _("Say why it is no incident."), field="reason")
    before = make("stand_down", incident, at=at, reason=reason)
    keep(incident, "closed_at", "end_reason")
    _let_go(incident)
    payload = {"from": before, "sha256": digest(reason)}
    note_down(events.STOOD_DOWN, incident, actor=actor, at=at, payload=payload)
    return incident


def _let_go(incident: Incident) -> None:
    """Let the complaints be linked to another incident; that they were linked here stays."""
    incident.links.filter(binds=True).update(binds=False)
