"""Linked complaints as plain rows; what a reader may not know of a complaint is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.permissions import may_know_complainant, needs_reason
from complaints.selectors.access import readable_now
from complaints.selectors.clocks import left_words, status_of
from complaints.selectors.paging import Line
from complaints.states import Stage, State

_SHOWN = 90


@dataclass(frozen=True)
class Row:
    """One complaint in a list of an incident."""

    pk: int
    reference: str
    url: str
    received: datetime
    who: str
    what: str
    state: str
    state_words: str
    clock: str
    clock_words: str
    owner: str
    verdict: str
    verdict_words: str


def rows_of(
    lines: Sequence[Line],
    actor: User,
    *,
    now: datetime,
    verdicts: Mapping[int, tuple[str, Any]] | None = None,
) -> list[Row]:
    """Return the rows of a page for a reader."""
    secret = [line.pk for line in lines if needs_reason(actor, line)]
    closed = set(secret) - readable_now(secret, actor, at=now)
    said = verdicts or {}
    return [
        _row(line, actor, now, masked=line.pk in closed, verdict=said.get(line.pk, ("", "")))
        for line in lines
    ]


def _row(line: Line, actor: User, now: datetime, *, masked: bool, verdict: tuple[str, Any]) -> Row:
    clock, words = _clock(line, now)
    return Row(
        pk=line.pk,
        reference=line.reference,
        url=reverse("complaints:complaint", args=[line.reference]),
        received=line.received_at,
        who=_who(line, actor, masked=masked),
        what=_("You are asked why before you read it.") if masked else _beginning(line),
        state=line.state,
        state_words=str(State(line.state).label),
        clock=clock,
        clock_words=words,
        owner=line.owner_name or line.owner_username or _("Nobody yet"),
        verdict=verdict[0],
        verdict_words=str(verdict[1]),
    )


def _who(line: Line, actor: User, *, masked: bool) -> str:
    if masked:
        return _("Confidential")
    if line.anonymous:
        return _("Anonymous")
    if not may_know_complainant(actor, line):
        return _("Not shown to you")
    return line.complainant or line.organisation or line.customer_number or _("Not known")


def _beginning(line: Line) -> str:
    text = " ".join(line.description.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"


def _clock(line: Line, now: datetime) -> tuple[str, str]:
    if line.next_due_at is None:
        return ("paused", _("paused")) if line.paused else ("", "")
    since = line.next_due_since or line.received_at
    stage = str(Stage(line.next_due_stage).label) if line.next_due_stage else ""
    left = left_words(line.next_due_at, now)
    return status_of(since, line.next_due_at, now), f"{stage} {left}".strip()


def language() -> str:
    """Return the present language."""
    return translation.get_language() or ""
