"""What an address of monitoring asks for: period, place, category, product, channel, provider."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from complaints.selectors.register import Known
from complaints.states import Channel
from monitoring.rules.folding import product_key
from monitoring.rules.kpi import DAY, Span
from monitoring.rules.periods import LAST_30, OWN, PERIODS, span_of
from monitoring.selectors.scope import Asked

NARROWING = ("site", "team", "provider", "category", "product", "channel")


@dataclass(frozen=True)
class Question:
    """An address, understood. `ignored` names what meant nothing."""

    period: str
    first: date | None
    last: date | None
    codes: dict[str, str]
    asked: Asked
    ignored: tuple[str, ...]

    def span(self, today: date) -> Span:
        """Return the period as days."""
        return span_of(self.period, today, self.first, self.last)

    def query(self, **changes: str) -> str:
        """Return the address without its question mark; `changes` replace what it says."""
        pairs: dict[str, Any] = dict(self.codes)
        if self.period != LAST_30:
            pairs["period"] = self.period
        if self.period == OWN:
            pairs |= {"first": self.first, "last": self.last}
        pairs |= changes
        return urlencode({name: value for name, value in pairs.items() if value})


def question(data: QueryDict, known: Known, today: date) -> Question:
    """Read an address; what means nothing is left out and named.

    The form sends its dates along (`was` says for which period): changed ones are meant.
    """
    ignored: list[str] = []
    codes = {name: data.get(name, "").strip()[:200] for name in NARROWING}
    found: dict[str, Any] = {}
    for name in ("site", "team", "provider"):
        found[f"{name}_id"] = _id_of(codes, name, known, ignored)
    if codes["category"]:
        found["category_ids"] = known.below(codes["category"])
        if not found["category_ids"]:
            _drop(codes, "category", ignored)
    found["product"] = codes["product"] = product_key(codes["product"])
    if codes["channel"] and codes["channel"] not in Channel.values:
        _drop(codes, "channel", ignored)
    found["channel"] = codes["channel"]
    period = data.get("period", LAST_30)
    if period not in PERIODS:
        period = LAST_30
        ignored.append("period")
    first, last = (_day(data.get(name, "")) for name in ("first", "last"))
    if data.get("was") == period and _other_days(span_of(period, today), first, last):
        period = OWN
    if period == OWN and (first is None or last is None or first > last):
        period = LAST_30
        ignored.append("period")
    codes = {name: code for name, code in codes.items() if code}
    return Question(period, first, last, codes, Asked(**found), tuple(ignored))


def _id_of(codes: dict[str, str], name: str, known: Known, ignored: list[str]) -> int | None:
    if not codes[name]:
        return None
    places: Iterable[Any] = getattr(known, f"{name}s")
    pk = next((place.pk for place in places if place.code == codes[name]), None)
    if pk is None:
        _drop(codes, name, ignored)
    return pk


def _other_days(span: Span, first: date | None, last: date | None) -> bool:
    return bool(first and last) and (first, last) != (span.first, span.over - DAY)


def _drop(codes: dict[str, str], name: str, ignored: list[str]) -> None:
    codes[name] = ""
    ignored.append(name)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
