"""What every verb of incidents shares: lock through the actor's eyes, move, save, record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from incidents.models import Incident
from incidents.permissions import may_manage
from incidents.selectors.outcomes import gather
from incidents.workflow import possible_moves, reasons_against
from journal.services import record

_ALWAYS = ("state", "is_open", "version")


def take(
    incident_id: int, *, actor: User, expected_version: int | None = None, any_state: bool = False
) -> Incident:
    """Lock an incident for whoever manages it.

    Raises Incident.DoesNotExist, NotAllowed, Conflict when it changed since the page was loaded,
    and MoveRefused when it is at its end (unless that does not matter: `any_state`).
    """
    incident = see(incident_id, actor=actor)
    if not may_manage(actor, incident):
        raise NotAllowed(_("Your role does not allow this for this incident."))
    if expected_version is not None and incident.version != expected_version:
        raise Conflict(
            _(
                "Somebody else changed this incident in the meantime. "
                "Look at what changed; your input is still here."
            )
        )
    if not (any_state or incident.is_open):
        raise MoveRefused([_("The incident is at its end.")])
    return incident


def see(incident_id: int, *, actor: User) -> Incident:
    """Lock an incident that exists for the actor. Raises Incident.DoesNotExist."""
    seen = Incident.objects.visible_to(actor).filter(pk=incident_id)
    # The lock falls on the plain row: PostgreSQL locks no row of a query with subqueries in OR.
    if not seen.exists():
        raise Incident.DoesNotExist
    return Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)


def make(move: str, incident: Incident, **given: Any) -> str:
    """Make a move in memory; return the state before. Raises MoveRefused with every reason."""
    gather(incident)
    reasons = reasons_against(incident, move)
    if reasons:
        raise MoveRefused(reasons, possible=possible_moves(incident))
    before = str(incident.state)
    getattr(incident, move)(**given)
    return before


def keep(incident: Incident, *fields: str) -> None:
    """Save what a verb changed, by name, and count the version up."""
    incident.version += 1
    incident.save(update_fields=list(dict.fromkeys((*_ALWAYS, *fields))))


def note_down(
    kind: str,
    incident: Incident,
    *,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Record a fact on the incident's chain, with the state it leaves behind."""
    record(
        kind=kind,
        subject=incident,
        actor=actor,
        occurred_at=at,
        payload={"state": str(incident.state), **(payload or {})},
    )


def demand_text(text: str, sentence: Any, *, field: str) -> str:
    """Return a text that must say something. Raises BadInput naming the field."""
    if not text.strip():
        raise BadInput(sentence, field=field)
    return text.strip()
