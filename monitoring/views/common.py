"""What the pages of monitoring have in common: who asks, for what, and how far the data go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.selectors.register import Known
from complaints.states import Channel
from monitoring.forms.asked import Question, question
from monitoring.permissions import VIEW
from monitoring.rules.kpi import DAY, Span
from monitoring.rules.periods import (
    LAST_30,
    LAST_90,
    LAST_MONTH,
    MONTH,
    OWN,
    QUARTER,
    WEEK,
    YEAR,
)
from monitoring.selectors.scope import Scope, scope_of
from monitoring.services.folding import catch_up


@dataclass(frozen=True)
class Desk:
    """One question of one reader."""

    actor: User
    known: Known
    question: Question
    scope: Scope
    span: Span
    now: datetime
    data_of: datetime | None  # when the figures were last brought up to date, if they lag

    @property
    def asked(self) -> dict[str, Any]:
        """Return what was asked for, as the record of an export keeps it."""
        days = {"first": self.span.first.isoformat(), "last": (self.span.over - DAY).isoformat()}
        return {**self.question.codes, **days}

    @property
    def query(self) -> str:
        """Return the address that asks for the same."""
        return self.question.query()


def desk(request: HttpRequest, permission: str = VIEW) -> Desk:
    """Return who asks and for what. Raises PermissionDenied outside every place of theirs."""
    actor = actor_of(request.user)
    demand(actor, permission)
    now = timezone.now()
    known = Known(actor)
    today = timezone.localdate(now)
    asked = question(request.GET, known, today)
    scope = scope_of(actor, asked.asked)
    if scope is None:
        raise PermissionDenied
    lags = catch_up(at=now)
    return Desk(actor, known, asked, scope, asked.span(today), now, lags)


def days_words(span: Span) -> str:
    """Return the days of a span in words."""
    first, last = date_format(span.first), date_format(span.over - DAY)
    return first if first == last else _("%(first)s – %(last)s") % {"first": first, "last": last}


def frame(here: Desk) -> dict[str, Any]:
    """Return what every page says of its figures: period, filters, data date."""
    return {
        "query": here.query,
        "period_words": days_words(here.span),
        "before_words": days_words(here.span.before()),
        "periods": [(name, words, name == here.question.period) for name, words in period_words()],
        "question": here.question,
        "chips": chips(here),
        "now": here.data_of or here.now,
        "lags": here.data_of is not None,
        "own": OWN,
        "first": here.span.first.isoformat(),
        "last": (here.span.over - DAY).isoformat(),
    }


def period_words() -> list[tuple[str, str]]:
    """Return the periods one may choose from."""
    return [
        (LAST_30, _("Last 30 days")),
        (LAST_90, _("Last 90 days")),
        (WEEK, _("This week")),
        (MONTH, _("This month")),
        (LAST_MONTH, _("Last month")),
        (QUARTER, _("This quarter")),
        (YEAR, _("This year")),
        (OWN, _("From … to …")),
    ]


def chips(here: Desk) -> list[dict[str, str]]:
    """Return the filters that are set, each with the address without it."""
    found = []
    for name, code in here.question.codes.items():
        words = str(Channel(code).label) if name == "channel" else code
        rest = here.question.query(**{name: ""})
        found.append({"words": _named(here, name) or words, "url": f"?{rest}"})
    return found


def _named(here: Desk, name: str) -> str:
    lists = {"site": "sites", "team": "teams", "provider": "providers", "category": "categories"}
    if name not in lists:
        return ""
    code = here.question.codes[name]
    return next((str(one) for one in getattr(here.known, lists[name]) if one.code == code), "")


def joined(path: str, query: str, **more: str) -> str:
    """Return an address with its question."""
    extra = urlencode({name: value for name, value in more.items() if value})
    whole = "&".join(part for part in (query, extra) if part)
    return f"{path}?{whole}" if whole else path


def as_file(content: bytes, kind: str, name: str) -> HttpResponse:
    """Return a file to be kept, by nobody in between."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
