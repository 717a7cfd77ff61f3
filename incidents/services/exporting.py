"""The linked complaints as a file: by the desk's own export, with its rights and its record."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from accounts.models import User
from complaints.services.exporting import export
from incidents import events
from incidents.models import Incident
from incidents.selectors.outcomes import linked_complaints
from incidents.services.moves import note_down


def export_linked(
    *, incident: Incident, fmt: str, language: str, actor: User, at: datetime
) -> Iterator[bytes]:
    """Return the linked complaints that the actor may export, streamed. Raises as `export`."""
    with transaction.atomic():
        pieces = export(
            complaints=linked_complaints(incident),
            fmt=fmt,
            language=language,
            filters={"incident": incident.reference},
            actor=actor,
            at=at,
        )
        note_down(events.EXPORTED, incident, actor=actor, at=at, payload={"format": fmt})
    return pieces
