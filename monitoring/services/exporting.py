"""What somebody takes away of figures is recorded: what, in which form, and what was asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.permissions import demand
from complaints.services.moves import digest
from journal.services import record
from monitoring import events
from monitoring.models import Report
from monitoring.permissions import VIEW


@transaction.atomic
def note_export(
    *, what: str, fmt: str, asked: Mapping[str, Any], actor: User, at: datetime
) -> None:
    """Record that somebody takes figures away, just before they get them. Raises PermissionDenied.

    Of a product, which people type, the record keeps a digest.
    """
    demand(actor, VIEW)
    told = dict(asked)
    if "product" in told:
        told["product"] = digest(told["product"])
    record(
        kind=events.FIGURES_EXPORTED,
        subject=actor,
        actor=actor,
        occurred_at=at,
        payload={"what": what, "format": fmt, "asked": told},
    )


@transaction.atomic
def note_report_taken(
    *, report: Report, fmt: str, language: str, sha256: str, actor: User, at: datetime
) -> None:
    """Record that somebody takes a file of a frozen report away. Raises PermissionDenied."""
    demand(actor, VIEW)
    record(
        kind=events.REPORT_TAKEN,
        subject=report,
        actor=actor,
        occurred_at=at,
        payload={"format": fmt, "language": language, "sha256": sha256},
    )
