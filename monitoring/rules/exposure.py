"""How many customers, orders or units there were in a period, from what is known of its months."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

CUSTOMERS = "customers"
# Of one month: what is counted, how many.
Known = tuple[str, int]


@dataclass(frozen=True)
class Exposed:
    """The exposure of a period: an amount, or why there is none.

    `missing` are months of which nothing is known; `mixed` says that its months are in different
    units. Without unit, missing months and mixture nothing is kept along what was asked for.
    """

    unit: str = ""
    amount: Fraction | None = None
    missing: tuple[date, ...] = ()
    mixed: bool = False


def exposed_over(months: Mapping[date, Known], first: date, after: date) -> Exposed:
    """Return the exposure from `first` up to but not including `after`, of the months it touches.

    Customers are the average of the months. Orders and units come in over a month: of one that is
    touched only in part, they count by its days. No month ever stands for another.
    """
    touched = list(_months(first, after))
    missing = tuple(month for month, _ in touched if month not in months)
    units = sorted({months[month][0] for month, _ in touched if month in months})
    if missing or len(units) != 1:
        return Exposed(units[0] if len(units) == 1 else "", None, missing, len(units) > 1)
    amounts = [(Fraction(months[month][1]), share) for month, share in touched]
    if units[0] == CUSTOMERS:
        return Exposed(CUSTOMERS, sum((n for n, _ in amounts), Fraction(0)) / len(amounts))
    return Exposed(units[0], sum((n * share for n, share in amounts), Fraction(0)))


def _months(first: date, after: date) -> Iterator[tuple[date, Fraction]]:
    """Yield the months that some days touch, with the share of each month that they are."""
    month = first.replace(day=1)
    while month < after:
        length = monthrange(month.year, month.month)[1]
        following = month + timedelta(days=length)
        days = (min(after, following) - max(first, month)).days
        if days > 0:
            yield month, Fraction(days, length)
        month = following
