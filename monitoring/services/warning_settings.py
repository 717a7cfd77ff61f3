"""What is watched is set in versions, by who may, and tried on the past before it is set."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from accounts.models import User
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.services.moves import digest
from compliance.models import Calendar
from journal.services import record
from monitoring import events
from monitoring.models import WarningPreview, WarningSettings
from monitoring.permissions import may_set_warnings
from monitoring.rules.cells import monday_of
from monitoring.rules.scanning import scan_period
from monitoring.rules.series import WEEK
from monitoring.rules.watch_settings import default_settings, faults_of, read_settings
from monitoring.rules.watching import Standing, settle
from monitoring.selectors.series_counts import load_counts

log = structlog.get_logger(__name__)
PREVIEW_WEEKS = 52
FOUND_MOST = 500
FAULTS: Mapping[str, Any] = {
    "set_twice": _("A set of series stands there twice."),
    "red_above_amber": _("Red must not be easier to reach than amber."),
    "dimensions_order": _("This combination is not known."),
}


@transaction.atomic
def set_warnings(
    *, content: Any, note: str, seen_version: int, actor: User, at: datetime
) -> WarningSettings:
    """Put new settings in force. Raises NotAllowed, Conflict, BadInput naming the field."""
    _demand(actor)
    checked = _checked(content)
    if not note.strip():
        raise BadInput(_("Say what changes, and why."), field="note")
    newest = WarningSettings.objects.select_for_update().first()
    before = newest.version if newest else 0
    if before != seen_version:
        raise Conflict(_("Somebody else changed the settings in the meantime. Look at them first."))
    return _keep(before + 1, checked, note.strip(), actor, at)


@transaction.atomic
def ensure_settings(*, at: datetime) -> WarningSettings:
    """Return the settings in force; those of the product become version 1 at the first scan."""
    found = WarningSettings.objects.first()
    if found is not None:
        return found
    return _keep(1, default_settings().model_dump(mode="json"), "", None, at)


def _keep(
    version: int, content: Any, note: str, actor: User | None, at: datetime
) -> WarningSettings:
    settings = WarningSettings.objects.create(
        version=version, content=content, note=note, set_by=actor, set_at=at
    )
    payload = {"version": version, "sha256": digest(content, note)}
    record(kind=events.WARNINGS_SET, subject=settings, actor=actor, occurred_at=at, payload=payload)
    return settings


def _demand(actor: User) -> None:
    if not may_set_warnings(actor):
        raise NotAllowed(_("Your role does not allow this."))


def _checked(content: Any) -> Any:
    """Return content as it is kept. Raises BadInput naming the field."""
    try:
        checked = read_settings(content)
    except ValidationError as error:
        path, code = faults_of(error)[0]
        told = next((words for name, words in FAULTS.items() if name in code), None)
        raise BadInput(told or _("This value is not possible."), field=path) from None
    if not Calendar.objects.filter(code=checked.calendar).exists():
        raise BadInput(_("There is no such calendar."), field="calendar")
    return checked.model_dump(mode="json")


@transaction.atomic
def ask_preview(*, content: Any, actor: User, at: datetime) -> WarningPreview:
    """Ask what settings would have alarmed in the past year; the worker reckons it.

    Raises NotAllowed, BadInput naming the field.
    """
    _demand(actor)
    checked = _checked(content)
    WarningPreview.objects.filter(asked_by=actor).delete()
    until = monday_of(timezone.localdate(at)) - timedelta(days=1)
    return WarningPreview.objects.create(
        content=checked, asked_by=actor, asked_at=at, until=until, weeks=PREVIEW_WEEKS
    )


def reckon_previews(*, now: datetime) -> int:
    """Reckon what was asked for, the oldest first; return how many. Nothing else is written."""
    waiting = list(WarningPreview.objects.filter(finished_at__isnull=True).order_by("pk"))
    for preview in waiting:
        try:
            _reckon(preview)
        except Exception as error:
            # Another preview must not wait for ever behind one that trips us up.
            log.exception("preview", preview=preview.pk, error=type(error).__name__)
            preview.failed = True
        preview.finished_at = now
        preview.save(update_fields=["finished_at", "failed", "found", "weeks_done"])
    return len(waiting)


def _reckon(preview: WarningPreview) -> None:
    says = read_settings(preview.content)
    loaded = load_counts()
    found: list[list[Any]] = []
    standing: tuple[Standing, ...] = ()
    first = preview.until - timedelta(days=WEEK * (preview.weeks - 1))
    for number in range(preview.weeks if loaded else 0):
        day: date = first + timedelta(days=WEEK * number)
        assert loaded is not None  # noqa: S101 - the range is empty otherwise
        watched = [one.key for one in standing if one.open]
        world = loaded.world(day, watched=watched)
        scan = scan_period(loaded.known(day), says, world, as_of=day, step=WEEK)
        if scan.periods is not None:
            nodes = [one.node for one in scan.judged]
            outcome = settle(
                nodes, standing, scan.weights, period=scan.periods.last, step=WEEK,
                silence_days=says.silence_days,
            )  # fmt: skip
            standing = tuple(outcome.standing)
            week = scan.periods.last.isoformat()
            for one in (*outcome.raised, *outcome.risen):
                node = one.node
                found.append([node.key, week, node.observed, round(node.expected, 1), node.p])
        # One statement a week: whoever waits sees how far it is.
        WarningPreview.objects.filter(pk=preview.pk).update(weeks_done=number + 1)
    preview.weeks_done = preview.weeks
    preview.found = found[-FOUND_MOST:]
