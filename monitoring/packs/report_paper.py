"""The paper of a month in the present language, and its figures as a table."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from monitoring.packs.report_words import (
    month_words,
    place_words,
    report_blocks,
    spoken,
    target_told,
    value_words,
    verdict_told,
)
from monitoring.rules.kpi import Unit
from monitoring.selectors.figure_words import REASONS


def organisation() -> str:
    """Return the name of the organisation in the present language."""
    chinese = (get_language() or "").startswith("zh")
    return settings.ORGANISATION_NAME_ZH if chinese else settings.ORGANISATION_NAME


def moment_words(at: datetime) -> str:
    """Return a moment in words, by our clocks."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def month_paper(
    data: Mapping[str, Any], *, frozen_at: datetime | None, sha256: str
) -> dict[str, Any]:
    """Return what stands on the report of a month; without a moment of freezing it says so."""
    month = date.fromisoformat(data["first"])
    as_of = moment_words(datetime.fromisoformat(data["as_of"]))
    return {
        "title": _("Monthly complaint report"),
        "subject": month_words(month),
        "place": place_words(data),
        "organisation": spoken(data["organisation"]),
        "about": _("Complaint handling: figures, trends and alerts of a month"),
        "mark": "" if frozen_at else provisional(),
        "foot": _("As of %(moment)s") % {"moment": as_of},
        "facts": month_facts(data, frozen_at=frozen_at, sha256=sha256),
        "contents": True,
        "blocks": report_blocks(data),
    }


def provisional() -> str:
    """Return the words that nobody may overlook on a report that is not frozen."""
    return _("Provisional: this month is not frozen, and figures will change.")


def month_facts(
    data: Mapping[str, Any], *, frozen_at: datetime | None, sha256: str
) -> list[tuple[str, str]]:
    """Return what a reader must know of a report before they read it."""
    first, last = (date_format(date.fromisoformat(data[name])) for name in ("first", "last"))
    return [
        (_("Period"), _("%(first)s – %(last)s") % {"first": first, "last": last}),
        (_("Time zone"), data["time_zone"]),
        (_("As of"), moment_words(datetime.fromisoformat(data["as_of"]))),
        (
            _("Frozen"),
            moment_words(frozen_at) if frozen_at else _("not yet"),
        ),
        (
            _("Confidential complaints"),
            pgettext("confidential complaints", "counted")
            if data["confidential"]
            else pgettext("confidential complaints", "left out"),
        ),
        (_("SHA-256 of the data"), sha256),
    ]


def month_table(data: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the figures of a month as rows, exact, with what it takes to judge them."""
    yield [
        _("Figure"),
        pgettext("figure", "Name"),
        _("Month"),
        _("Value"),
        _("Unit"),
        _("Numerator"),
        _("Denominator"),
        _("Left out"),
        _("from (95 %)"),
        _("to (95 %)"),
        _("90th percentile"),
        _("Few cases"),
        _("The month before"),
        _("Target"),
        _("Verdict"),
        _("Definition"),
        _("Edition"),
        _("Basis"),
        _("As of"),
    ]
    for one in data["figures"]:
        yield [
            one["code"],
            spoken(one["name"]),
            data["month"],
            _value(one, one),
            one["unit"],
            one["numerator"],
            one["denominator"],
            "; ".join(f"{REASONS[name]}: {count}" for name, count in one["excluded"].items()),
            one["low"],
            one["high"],
            one["p90"],
            _("yes") if one["few"] else _("no"),
            _value(one, one["before"]),
            target_told(one),
            verdict_told(one)[0],
            spoken(one["says"]),
            one["edition"],
            one["basis"],
            data["as_of"],
        ]


def _value(one: Mapping[str, Any], counted: Mapping[str, Any] | None) -> Any:
    if counted is None:
        return None
    return value_words(one["unit"], counted) if one["unit"] == Unit.MONEY else counted["value"]
