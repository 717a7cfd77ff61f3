"""Evaluations of a provider: criteria, marks and their average (CM-8.7 b, c)."""

from collections.abc import Iterable, Mapping

CRITERIA: tuple[str, ...] = (
    "competence",
    "capacity",
    "confidentiality",
    "data_protection",
    "systems",
    "references",
    "independence",
    "value",
)
LOWEST, HIGHEST = 1, 5
ENOUGH = 60  # of 100; below it nobody is selected without a word why


def result_of(marks: Mapping[str, int]) -> int | None:
    """Return the result of 100: the average of the marks 1 to 5; None where nothing was marked."""
    if not marks:
        return None
    share = sum(mark - LOWEST for mark in marks.values()) / (len(marks) * (HIGHEST - LOWEST))
    return round(share * 100)


def faults_in(marks: Mapping[str, int]) -> Iterable[str]:
    """Return the criteria that are unknown or whose mark lies outside the scale."""
    return [
        name
        for name, mark in marks.items()
        if name not in CRITERIA or not LOWEST <= mark <= HIGHEST
    ]
