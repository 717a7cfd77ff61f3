"""How many customers, orders or units there were while complaints came: what a rise is set against.

The past is told in the measure of the present: twice as many customers make twice as many
complaints usual. So a rise that customers explain is none, and a rise beyond them is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from monitoring.rules.series import Floats

CARRIED = 3  # months for which the last known one stands in; longer, counts are judged plainly
Months = Mapping[date, float]


@dataclass(frozen=True)
class Offset:
    """The exposure of a series: whose it is, how many in each period (0: unknown), known to when.

    `ratio` is what the present has for each of the past; None where the present is not known.
    """

    of: str
    amounts: Floats
    known_to: date
    ratio: Floats | None

    @property
    def told(self) -> dict[str, str | bool]:
        """Return what an alert keeps of it."""
        return {
            "of": self.of,
            "known_to": self.known_to.isoformat(),
            "used": self.ratio is not None,
        }


def offset_of(keys: Sequence[str], exposure: Mapping[str, Months], dates: Sequence[date]) -> Offset:
    """Return the exposure of the first of these keys that is known at the last date.

    Where none is, that of the first that was known once, without a ratio. Raises KeyError where
    none ever was.
    """
    found = [_offset(key, exposure[key], dates) for key in keys if key in exposure]
    if not found:
        raise KeyError(keys)
    return next((one for one in found if one.ratio is not None), found[0])


def _offset(key: str, months: Months, dates: Sequence[date]) -> Offset:
    amounts = np.array([_amount(months, day.replace(day=1)) for day in dates])
    return Offset(key, amounts, max(months), _ratio(amounts) if amounts[-1] > 0 else None)


def _amount(months: Months, month: date) -> float:
    """Return a month's amount, or that of one up to `CARRIED` months before."""
    for _ in range(CARRIED + 1):
        if month in months:
            return months[month]
        month = (month - timedelta(days=1)).replace(day=1)
    return 0.0


def _ratio(amounts: Floats) -> Floats:
    """Return the present amount for each period's; one that is not known is as the next known."""
    known = np.where(amounts > 0, np.arange(len(amounts)), len(amounts) - 1)
    following = np.minimum.accumulate(known[::-1])[::-1]
    ratio: Floats = amounts[-1] / amounts[following]
    return ratio
