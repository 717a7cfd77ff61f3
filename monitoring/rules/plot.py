"""Where the points of a chart lie: an observed line over an expected band, in plain SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 36, 8, 10, 22


@dataclass(frozen=True)
class Plot:
    """Coordinates as SVG takes them; `ticks` are heights with the number that stands there."""

    observed: str
    expected: str
    band: str
    last_x: float
    last_y: float
    ticks: Sequence[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def plot(
    counts: Sequence[float],
    expected: Sequence[float | None],
    upper: Sequence[float | None],
) -> Plot:
    """Return the chart of some periods; expected and upper may be missing at the beginning."""
    top = nice(max([*counts, *(value for value in upper if value is not None), 1]))
    step = (WIDTH - LEFT - RIGHT) / max(len(counts) - 1, 1)

    def x_of(at: int) -> float:
        return round(LEFT + step * at, 1)

    def y_of(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    known = [at for at, value in enumerate(expected) if value is not None]
    over = [f"{x_of(at)},{y_of(upper[at] or 0)}" for at in known]
    under = [f"{x_of(at)},{y_of(0)}" for at in reversed(known)]
    return Plot(
        observed=" ".join(f"{x_of(at)},{y_of(value)}" for at, value in enumerate(counts)),
        expected=" ".join(f"{x_of(at)},{y_of(expected[at] or 0)}" for at in known),
        band=" ".join([*over, *under]),
        last_x=x_of(len(counts) - 1),
        last_y=y_of(counts[-1]),
        ticks=[(y_of(top * part / 2), int(top * part / 2)) for part in range(3)],
    )


def nice(most: float) -> int:
    """Return a round even number not below."""
    size = 1
    while True:
        for factor in (2, 4, 6, 10):
            if factor * size >= most:
                return factor * size
        size *= 10
