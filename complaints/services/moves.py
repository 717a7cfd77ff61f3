"""What every verb shares: fetch and lock through the actor's eyes, move, save, record."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Note
from complaints.permissions import acted_for, may, may_see
from complaints.workflow import MOVES, STILL_TOLD, possible_moves, reasons_against
from journal.services import record

# Everything a move or a clock may set beside what a verb names itself.
_ALWAYS = (
    "state",
    "is_open",
    "cycle",
    "version",
    "next_due_at",
    "next_due_stage",
    "next_due_hard",
    "paused",
    "reopening_waits",
)


def take(
    complaint_id: int,
    *,
    actor: User,
    permission: str,
    expected_version: int | None = None,
    even_disposed: bool = False,
) -> Complaint:
    """Lock a complaint for a change.

    Raises Complaint.DoesNotExist when it does not exist for the actor, NotAllowed when the actor
    may see but not do this, Conflict when it changed since the page was loaded, MoveRefused when
    it was disposed of.
    """
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    if not may_see(actor, complaint):
        raise Complaint.DoesNotExist
    if not may(actor, permission, complaint):
        raise NotAllowed(_("Your role does not allow this for this complaint."))
    if not (even_disposed or STILL_TOLD(complaint)):
        raise MoveRefused([STILL_TOLD.reason])
    if expected_version is not None and complaint.version != expected_version:
        raise Conflict(
            _(
                "Somebody else changed this complaint in the meantime. "
                "Look at what changed; your input is still here."
            )
        )
    stand_in(complaint, actor=actor, permission=permission)
    return complaint


def stand_in(complaint: Complaint, *, actor: User, permission: str) -> int | None:
    """Note in whose place the actor does this, before the verb changes whose it is; return the id.

    `note_down` tells it with everything that the actor does to the complaint.
    """
    complaint.acted_for = (actor.pk, acted_for(actor, complaint, permission))
    return complaint.acted_for[1]


def take_for(
    move: str, complaint_id: int, *, actor: User, expected_version: int | None = None
) -> Complaint:
    """Lock a complaint for a named move of the machine."""
    return take(
        complaint_id,
        actor=actor,
        permission=MOVES[move].permission,
        expected_version=expected_version,
    )


def make(move: str, complaint: Complaint, **given: Any) -> str:
    """Make a move in memory; return the state before. Raises MoveRefused with every reason."""
    reasons = reasons_against(complaint, move)
    if reasons:
        raise MoveRefused(reasons, possible=possible_moves(complaint))
    before = str(complaint.state)
    getattr(complaint, move)(**given)
    return before


def keep(complaint: Complaint, *fields: str) -> None:
    """Save what a verb changed, by name, and count the version up."""
    complaint.version += 1
    complaint.save(update_fields=list(dict.fromkeys((*_ALWAYS, *fields))))


def stamp(complaint: Complaint, *fields: str) -> None:
    """Save what the machine itself noted (a letter went out, a clock was told).

    The version stays: nobody who has the page open was contradicted.
    """
    complaint.save(update_fields=list(dict.fromkeys((*_ALWAYS, *fields))))


def note_down(
    kind: str,
    complaint: Complaint,
    *,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Record a fact on the complaint's chain, with the state it leaves behind.

    What is done in an absent colleague's place says so.
    """
    record(
        kind=kind,
        subject=complaint,
        actor=actor,
        occurred_at=at,
        payload={
            "state": str(complaint.state),
            "cycle": complaint.cycle,
            **acting(complaint, actor),
            **(payload or {}),
        },
    )


def acting(complaint: Complaint, actor: User | None) -> dict[str, int]:
    """Return what an entry says of the absent colleague in whose place this is done, if any."""
    who, absent = complaint.acted_for
    return {"acting_for": absent} if absent and actor is not None and who == actor.pk else {}


def write_down(complaint: Complaint, text: str, *, actor: User, at: datetime) -> dict[str, Any]:
    """Keep the words given with a move readable; return what the chain says of them."""
    if not text.strip():
        return {}
    note = Note.objects.create(
        complaint=complaint, cycle=complaint.cycle, by=actor, at=at, text=text.strip()
    )
    return {"note": note.pk, "sha256": digest(note.text)}


def digest(*texts: Any) -> str:
    """Return the SHA-256 of what was written, so that the chain also vouches for the text."""
    return hashlib.sha256("\x1f".join(str(text) for text in texts).encode()).hexdigest()
