"""Where the marks of a chart stand. Pure geometry; templates write the SVG, colours are classes."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 200
LEFT, TOP, BOTTOM = 36, 8, 24
_STEPS = (1, 2, 5)
_LINES = 4


@dataclass(frozen=True)
class Bar:
    """A bar with what it stands for."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True)
class Chart:
    """Bars of one series, the line of another, a grid with figures, words below."""

    bars: list[Bar]
    points: list[tuple[float, float, str]]
    path: str
    grid: list[tuple[float, int]]
    labels: list[tuple[float, str]]


def top_of(values: Sequence[int]) -> int:
    """Return a round number that no value exceeds, with whole steps below it."""
    most, scale = max(values, default=0), 1
    while True:
        for step in _STEPS:
            if step * scale * _LINES >= most:
                return step * scale * _LINES
        scale *= 10


def bars_and_line(
    bars: Sequence[tuple[int, str]], line: Sequence[tuple[int, str]], labels: Sequence[str]
) -> Chart:
    """Return where bars and line stand; each value comes with the words that tell it."""
    top = top_of([value for value, _ in (*bars, *line)])
    wide, high = WIDTH - LEFT, HEIGHT - TOP - BOTTOM
    step = wide / max(1, len(bars))

    def at(value: int) -> float:
        return round(TOP + high * (1 - value / top), 1)

    points = [
        (round(LEFT + (number + 0.5) * step, 1), at(value), words)
        for number, (value, words) in enumerate(line)
    ]
    return Chart(
        bars=[
            Bar(
                round(LEFT + number * step + step * 0.15, 1),
                at(value),
                round(step * 0.7, 1),
                round(TOP + high - at(value), 1),
                words,
            )
            for number, (value, words) in enumerate(bars)
        ],
        points=points,
        path=" ".join(f"{x},{y}" for x, y, _ in points),
        grid=[(at(top * part // _LINES), top * part // _LINES) for part in range(_LINES + 1)],
        labels=[
            (round(LEFT + (number + 0.5) * step, 1), words)
            for number, words in enumerate(labels)
            if words
        ],
    )


def heat(value: int, most: int) -> int:
    """Return one of six steps from 0 (nothing) to 5 (the most)."""
    return 0 if value <= 0 or most <= 0 else max(1, -(-5 * value // most))


def share_of(value: int, most: int) -> float:
    """Return a length of up to 100 for a bar that lies."""
    return round(100 * value / most, 1) if most > 0 else 0.0
