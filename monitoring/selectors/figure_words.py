"""Figures in words: rounded half up, for display only; exact values stay in the results."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from accounts.states import Role
from monitoring.models import Target
from monitoring.rules.exposure import CUSTOMERS, Exposed
from monitoring.rules.intervals import half_up
from monitoring.rules.kpi import Basis, Result, Unit
from monitoring.selectors.running import Running
from monitoring.selectors.targets import reached
from monitoring.states import Direction, ExposureUnit

NO_VALUE = "–"
_HOUR, _DAY = 60, 1440
BASES = {
    Basis.RECEIVED: gettext_lazy("by the day of receipt"),
    Basis.DUE: gettext_lazy("by the last day of the time limit"),
    Basis.CLOSED: gettext_lazy("by the day of closing"),
    Basis.SNAPSHOT: gettext_lazy("as it stands at the end of the period"),
    Basis.EVENT: gettext_lazy("by the day on which it happened"),
}
REASONS = {
    "dismissed": pgettext_lazy("left out", "found to be no complaint"),
    "merged": pgettext_lazy("left out", "merged into another"),
    "not_due": pgettext_lazy("left out", "last day not yet over"),
    "unreachable": pgettext_lazy("left out", "anonymous and not to be reached"),
    "immature": pgettext_lazy("left out", "too young to be judged"),
    "undetermined": pgettext_lazy("left out", "could not be determined"),
    "not_taken": pgettext_lazy("left out", "nobody has taken charge yet"),
    "not_acted": pgettext_lazy("left out", "no first action yet"),
    "not_contained": pgettext_lazy("left out", "not contained yet"),
    "undecided": pgettext_lazy("left out", "not decided on yet"),
    "unacknowledged": pgettext_lazy("left out", "nobody has taken it yet"),
    "unended": pgettext_lazy("left out", "still being worked on"),
    "stood_down": pgettext_lazy("left out", "turned out to be no incident"),
}
BANDS = {
    "3_working_days": gettext_lazy("within three working days"),
    "4_weeks": gettext_lazy("within four weeks"),
    "8_weeks": gettext_lazy("within eight weeks"),
    "later": gettext_lazy("later than eight weeks"),
    "by_time": gettext_lazy("because time ran out"),
    "by_staff": gettext_lazy("by somebody of the staff"),
    "by_emergency": gettext_lazy("as an emergency"),
    "level_2": gettext_lazy("up to level 2"),
    "level_3": gettext_lazy("up to level 3"),
    "level_4": gettext_lazy("up to level 4"),
    "level_5": gettext_lazy("up to level 5 or higher"),
    "0_7": gettext_lazy("0–7 days"),
    "8_15": gettext_lazy("8–15 days"),
    "16_30": gettext_lazy("16–30 days"),
    "31_60": gettext_lazy("31–60 days"),
    "over_60": gettext_lazy("over 60 days"),
    "on_hold": gettext_lazy("of all of them, on hold"),
}


def figure(value: Fraction | None, unit: str) -> str:
    """Return a value as it is shown."""
    if value is None:
        return NO_VALUE
    if unit == Unit.PERCENT:
        return f"{number_format(_rounded(value, 1), 1, force_grouping=True)} %"
    if unit == Unit.PER_THOUSAND:
        return number_format(_rounded(value, 2), 2, force_grouping=True)
    if unit == Unit.MINUTES:
        return _time(int(half_up(value, 0)))
    if unit == Unit.DAYS:
        places = 0 if value.denominator == 1 else 1
        shown = number_format(_rounded(value, places), places)
        return ngettext("%(days)s day", "%(days)s days", 1 if value == 1 else 2) % {"days": shown}
    return number_format(int(half_up(value, 0)), force_grouping=True)


def change_words(change: Fraction, unit: str) -> str:
    """Return by how much a figure has changed, with its sign; of shares in percentage points."""
    sign = "+" if change > 0 else "−"
    if unit == Unit.PERCENT:
        points = number_format(_rounded(abs(change), 1), 1)
        return _("%(points)s percentage points") % {"points": f"{sign}{points}"}
    return f"{sign}{figure(abs(change), unit)}"


def _rounded(value: Fraction, places: int) -> str:
    return f"{float(half_up(value, places)):.{places}f}"


def _time(minutes: int) -> str:
    if minutes < _HOUR:
        return _("%(minutes)s min") % {"minutes": minutes}
    if minutes < 2 * _DAY:
        return _("%(hours)s h %(minutes)s min") % {
            "hours": minutes // _HOUR,
            "minutes": minutes % _HOUR,
        }
    return _("%(days)s d %(hours)s h") % {
        "days": minutes // _DAY,
        "hours": minutes % _DAY // _HOUR,
    }


def value_of(result: Result) -> str:
    """Return the value of a result; sums of several currencies beside each other."""
    if result.kpi.unit == Unit.MONEY:
        return money(result.sums)
    return figure(result.value, result.kpi.unit)


def money(sums: Mapping[str, Fraction]) -> str:
    """Return sums by currency, beside each other."""
    told = [
        f"{number_format(int(half_up(total, 0)), force_grouping=True)} {currency}"
        for currency, total in sums.items()
    ]
    return " · ".join(told) or NO_VALUE


def interval_of(result: Result) -> str:
    """Return the 95 % interval of a share in words; nothing where there is none."""
    if result.low is None or result.high is None:
        return ""
    return interval_words(result.low, result.high)


def interval_words(low: Fraction, high: Fraction) -> str:
    """Return a 95 % interval in words."""
    return _("%(low)s to %(high)s with 95 %% certainty") % {
        "low": figure(low, Unit.PERCENT),
        "high": figure(high, Unit.PERCENT),
    }


def days_between(low: int | None, high: int | None) -> str:
    """Return the 95 % interval of a number of days in words; nothing where it has no beginning."""
    if low is None:
        return ""
    least = figure(Fraction(low), Unit.DAYS)
    if high is None:
        return _("at least %(low)s with 95 %% certainty") % {"low": least}
    most = figure(Fraction(high), Unit.DAYS)
    return _("%(low)s to %(high)s with 95 %% certainty") % {"low": least, "high": most}


def fraction_of(result: Result) -> str:
    """Return of how many a figure is, in words."""
    if result.exposed is not None:
        return exposed_words(result.numerator, result.exposed)
    return share_words(result.kpi.unit, result.numerator, result.denominator)


def share_words(unit: str, numerator: int, denominator: int | None) -> str:
    """Return of how many a figure of this unit is, in words."""
    if unit in {Unit.DAYS, Unit.MINUTES}:
        return ngettext("from %(n)s case", "from %(n)s cases", numerator) % {"n": numerator}
    if unit == Unit.MONEY:
        return _money_of(numerator, denominator)
    if denominator is None:
        return ""
    return pgettext("share", "%(part)s of %(whole)s") % {
        "part": number_format(numerator, force_grouping=True),
        "whole": number_format(denominator, force_grouping=True),
    }


_MOST_MONTHS = 3


def exposed_words(count: int, exposed: Exposed) -> str:
    """Return what complaints are set against, or why that is not known."""
    if exposed.missing:
        named = [date_format(month, "YEAR_MONTH_FORMAT") for month in exposed.missing]
        more = ["…"] if len(named) > _MOST_MONTHS else []
        return _("not known how many there were in %(months)s") % {
            "months": ", ".join([*named[:_MOST_MONTHS], *more])
        }
    if exposed.mixed:
        return _("the months are counted in different units")
    if exposed.amount is None:
        return _("known for everything, a site or a product only")
    told = {
        "n": number_format(count, force_grouping=True),
        "amount": number_format(int(half_up(exposed.amount, 0)), force_grouping=True),
    }
    if exposed.unit == CUSTOMERS:
        return _("%(n)s received, %(amount)s customers on average") % told
    if exposed.unit == ExposureUnit.ORDERS:
        return _("%(n)s received, %(amount)s orders") % told
    return _("%(n)s received, %(amount)s units") % told


def _money_of(payments: int, upheld: int | None) -> str:
    """Return in how many payments money went out, and for how many complaints."""
    paid = ngettext("%(n)s payment", "%(n)s payments", payments) % {
        "n": number_format(payments, force_grouping=True)
    }
    if upheld is None:
        return paid
    whole = number_format(upheld, force_grouping=True)
    return _("%(paid)s, %(whole)s upheld") % {"paid": paid, "whole": whole}


def running_words(running: Running | None) -> str:
    """Return in words what is known of the running week; nothing where it is not told."""
    if running is None:
        return ""
    told = {
        "day": date_format(running.first),
        "seen": number_format(running.seen, force_grouping=True),
        "likely": number_format(running.likely, force_grouping=True),
    }
    if running.likely == running.seen:
        return (
            _("This week so far, since %(day)s: %(seen)s recorded (provisional; little is late).")
            % told
        )
    return (
        _(
            "This week so far, since %(day)s: %(seen)s recorded, about %(likely)s once all that "
            "has come in is entered (provisional)."
        )
        % told
    )


def target_words(target: Target, unit: str) -> str:
    """Return a target in words."""
    return aim_words(target.direction, Fraction(target.value), unit)


def aim_words(direction: str, value: Fraction, unit: str) -> str:
    """Return what is meant to be reached, in words."""
    if direction == Direction.AT_LEAST:
        return _("target: at least %(value)s") % {"value": figure(value, unit)}
    return _("target: at most %(value)s") % {"value": figure(value, unit)}


def owner_of(result: Result) -> str:
    """Return who looks at a figure."""
    return str(Role(result.kpi.owner).label)


def judged(result: Result, target: Target | None) -> dict[str, Any]:
    """Return tone, icon and words of a figure against its target; few cases are no judgement."""
    if target is None:
        return {}
    words = target_words(target, result.kpi.unit)
    good = None if result.small_n else reached(target, result.value)
    if good is None:
        return {"target": words}
    if good:
        return {
            "target": words,
            "tone": "ok",
            "icon": "check",
            "verdict": pgettext("target", "reached"),
        }
    return {
        "target": words,
        "tone": "bad",
        "icon": "alert",
        "verdict": pgettext("target", "missed"),
    }
