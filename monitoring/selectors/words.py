"""Alerts in words of the present language: what series, how unlikely, since when."""

from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.states import Channel
from monitoring.models import Alert
from monitoring.rules.series import WEEK
from monitoring.states import AlertKind

MANY = 1_000_000
_TWO_DIGITS = 100


def series_words(alert: Alert) -> str:
    """Return which series it is: its members, or all complaints."""
    parts: list[Any] = [
        alert.category,
        alert.product,
        alert.site,
        Channel(alert.channel).label if alert.channel else "",
        alert.provider,
    ]
    return " · ".join(str(part) for part in parts if part) or _("All complaints")


def times_in(p: float) -> int:
    """Return once in how many periods chance alone would do this, in round figures."""
    times = 1 / max(p, 1e-12)
    digits = max(len(str(int(times))) - (1 if times < _TWO_DIGITS else 2), 0)
    return min(int(round(times / 10**digits) * 10**digits), MANY)


def chance_words(alert: Alert) -> str:
    """Return the p-value in words."""
    if alert.p is None:
        return ""
    if alert.kind == AlertKind.SILENCE:
        return _("By chance alone, silence like this is hardly possible.")
    times = times_in(alert.p)
    if times >= MANY:
        return _("By chance alone this would hardly ever happen.")
    shown = {"count": number_format(times, force_grouping=True)}
    if alert.step == WEEK:
        return (
            ngettext(
                "By chance alone this would happen about once in %(count)s week.",
                "By chance alone this would happen about once in %(count)s weeks.",
                times,
            )
            % shown
        )
    return (
        ngettext(
            "By chance alone this would happen about once in %(count)s day.",
            "By chance alone this would happen about once in %(count)s days.",
            times,
        )
        % shown
    )


def exposure_words(alert: Alert) -> str:
    """Return what the series was set against; nothing where no exposure was ever known."""
    told = alert.parameters.get("exposure")
    if not told:
        return ""
    _measure, dimension, _member = told["of"].split(":", 2)
    names = {"product": _("of the product"), "site": _("of the site"), "all": _("of everything")}
    known = {
        "of": names.get(dimension, ""),
        "month": date_format(date.fromisoformat(told["known_to"]), "YEAR_MONTH_FORMAT"),
    }
    if told["used"]:
        return _("customers, orders or units %(of)s, known up to %(month)s") % known
    return _("known only up to %(month)s: judged by number alone") % known


def seen_words(alert: Alert, observed: int) -> str:
    """Return what was seen, as far as the reader may know, of what was expected."""
    period = {
        "from": date_format(alert.period_from, "SHORT_DATE_FORMAT"),
        "to": date_format(alert.period_to, "SHORT_DATE_FORMAT"),
    }
    if alert.kind == AlertKind.EMERGENCY:
        return _("Declared on %(from)s.") % period
    if alert.expected is None:
        return _("%(seen)s from %(from)s to %(to)s.") % {**period, "seen": observed}
    words = {
        **period,
        "seen": number_format(observed),
        "expected": number_format(alert.expected, 1),
    }
    if alert.period_from == alert.period_to:
        return _("%(seen)s on %(from)s, where %(expected)s were expected.") % words
    return _("%(seen)s from %(from)s to %(to)s, where %(expected)s were expected.") % words


def key_words(key: str, names: dict[tuple[str, str], str]) -> str:
    """Return what a key names; `names` says by dimension and member how they are called."""
    _measure, dimensions, members = key.split(":", 2)
    if dimensions == "all":
        return _("All complaints")
    pairs = zip(dimensions.split("."), members.split("|"), strict=True)
    return " · ".join(names.get(pair, pair[1]) for pair in pairs)
