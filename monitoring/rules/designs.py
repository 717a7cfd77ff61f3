"""What is expected to move a series: trend, season, weekday, days off; and how far, at most."""

from dataclasses import dataclass

import numpy as np

from monitoring.rules.day_kinds import DAY_OFF, MAKE_UP, SATURDAY, weekdays, working_as
from monitoring.rules.series import DAY, WEEK, Days, Floats, Kinds

DAYS_OF_YEAR = 365.2425
_LEVEL = 1e-4  # hardly any prior on the level


@dataclass(frozen=True)
class Span:
    """What is looked at for one period: how long a past, how much left out, which sums are tested.

    `windows` are the numbers of periods whose sums are tested, `stakes` the factors on their
    p-values, which share the false alarms out among them. `local` is the recent past whose level
    is compared with the long one, `local_gap` what is left out before the period itself. `chart` is
    the factor on the p-value of the slow-drift chart over what is left out; 0 where none is drawn.
    """

    past: int
    gap: int
    least: int
    windows: tuple[int, ...]
    stakes: tuple[float, ...]
    local: int
    local_gap: int
    trend: float
    seasons: tuple[float, ...]
    chart: float = 0.0


WEEKLY = Span(
    past=260, gap=8, least=8, windows=(1, 2), stakes=(4.0, 1.2),
    local=26, local_gap=2, trend=0.2, seasons=(0.5, 0.25), chart=12.0,
)  # fmt: skip
YOUNG_WEEKLY = Span(
    past=104, gap=2, least=8, windows=(1, 2), stakes=(2.0, 0.7),
    local=26, local_gap=2, trend=0.1, seasons=(0.4, 0.2),
)  # fmt: skip
DAILY = Span(
    past=730, gap=7, least=14, windows=(1, 2, 7), stakes=(1.6, 4.0, 4.0),
    local=28, local_gap=2, trend=0.2, seasons=(0.3, 0.15),
)  # fmt: skip
YOUNG_DAILY = Span(
    past=365, gap=3, least=14, windows=(1, 2, 7), stakes=(1.6, 4.0, 4.0),
    local=28, local_gap=2, trend=0.1, seasons=(0.15,),
)  # fmt: skip
GROWN = {WEEK: 112, DAY: 400}  # periods after which a series is young no longer


def span_for(periods: int, step: int) -> Span:
    """Return what to look at, for a series with so many periods of past."""
    if step == WEEK:
        return WEEKLY if periods >= GROWN[WEEK] else YOUNG_WEEKLY
    return DAILY if periods >= GROWN[DAY] else YOUNG_DAILY


def design(days: Days, span: Span, step: int, kinds: Kinds) -> tuple[Floats, Floats]:
    """Return the design matrix over these days and the precision of the prior on each column."""
    age = (days - days[-1]).astype(np.float64) / DAYS_OF_YEAR
    columns, scales = [np.ones(len(days)), age], [_LEVEL**-0.5, span.trend]
    for harmonic, scale in enumerate(span.seasons, 1):
        angle = 2 * np.pi * harmonic * age
        columns += [np.cos(angle), np.sin(angle)]
        scales += [scale, scale]
    if step == DAY:
        _add_weekdays(columns, scales, days, kinds)
    return np.stack(columns, axis=1), np.array(scales) ** -2.0


def _add_weekdays(columns: list[Floats], scales: list[float], days: Days, kinds: Kinds) -> None:
    worked = working_as(days, kinds)
    for weekday in range(1, WEEK):
        columns.append((worked == weekday).astype(np.float64))
        scales.append(1.5)
    off = (kinds == DAY_OFF) & (weekdays(days) < SATURDAY)
    for special in (off, kinds == MAKE_UP):
        columns.append(special.astype(np.float64))
        scales.append(0.5)
