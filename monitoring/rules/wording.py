"""Which terms are new or much more frequent in some texts than in others. Pure.

Counted is in how many texts a term occurs. By how much that differs is told by Dunning's
log-likelihood ratio G² (1993), by which terms are ordered; how likely chance alone would do it, by
Fisher's exact test, with Benjamini and Hochberg's control over all terms that were looked at.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, lgamma, log

from monitoring.rules.reading import Word, display, needle, terms_of, words_of

LEAST = 3  # texts of different people
FALSE_SHARE = 0.05  # of the terms told, borne as chance
RISEN = 1.5  # times as frequent, or it is not worth telling
_LOOKED_INTO = 150  # terms that are counted exactly
_MOST = 40  # told
_ALIKE = 0.7  # of the texts shared: two terms with a word in common say the same
_TOGETHER = 0.9  # of the texts shared: two terms are told in one line
_ALSO = 5


@dataclass(frozen=True)
class Text:
    """A text: of which complaint, of whom (something different for each whom nobody knows)."""

    complaint: int
    who: object
    read: str


@dataclass(frozen=True)
class Change:
    """A term with the number of texts that hold it now and before.

    `also` are other terms of nearly the same texts.
    """

    term: str
    now: int
    before: int
    ratio: float | None  # of the shares; None where it is new
    p: float
    score: float
    also: tuple[str, ...] = ()


def holding(texts: Iterable[Text], term: str) -> list[Text]:
    """Return the texts that hold a term."""
    wanted = needle(term)
    return [text for text in texts if wanted and wanted in text.read]


def changes(now: Sequence[Text], before: Sequence[Text], names: Iterable[str] = ()) -> list[Change]:
    """Return the terms that are new or much more frequent now, the most telling first.

    Neither digits, addresses nor names are told: not those that the segmenter takes for one, and
    not the `names` of people who are known.
    """
    counted_now, counted_before = _terms(now, before)
    candidates = {term: n for term, n in counted_now.items() if n >= LEAST}
    ranked = sorted(
        candidates,
        key=lambda term: (
            -surprise(candidates[term], len(now), counted_before[term], len(before)),
            term,
        ),
    )
    private = _Private(names)
    told = [term for term in ranked[:_LOOKED_INTO] if not private.tells(term)]
    found = [change for term in told if (change := _change(term, now, before)) is not None]
    found = _discoveries(found, len(candidates))
    return _apart(found, now)[:_MOST]


def _terms(now: Sequence[Text], before: Sequence[Text]) -> tuple[Counter[str], Counter[str]]:
    """Return in how many texts each term occurs; phrases only of words that occur often enough."""
    sides: list[list[list[list[Word]]]] = [
        [list(words_of(text.read)) for text in texts] for texts in (now, before)
    ]
    counts = [Counter[str](), Counter[str]()]
    for count, texts in zip(counts, sides, strict=True):
        for clauses in texts:
            count.update(terms_of(clauses))
    known = frozenset(term for term, n in counts[0].items() if n >= LEAST)
    for count, texts in zip(counts, sides, strict=True):
        for clauses in texts:
            count.update(terms_of(clauses, known))
    return counts[0], counts[1]


class _Private:
    """The names of people who are known: no term that is part of one, or holds one."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = {read for read in map(needle, names) if read.strip()}
        self.all = "\n".join(self.names)

    def tells(self, term: str) -> bool:
        """Return whether a term tells of somebody."""
        return term in self.all or any(name in term for name in self.names)


def _change(term: str, now: Sequence[Text], before: Sequence[Text]) -> Change | None:
    holds = [text for text in now if term in text.read]
    if len({text.who for text in holds}) < LEAST:
        return None
    a, b = len(holds), sum(term in text.read for text in before)
    ratio = (a / len(now)) / (b / len(before)) if b else None
    if ratio is not None and ratio < RISEN:
        return None
    p = tail(a, len(now), b, len(before))
    return Change(display(term), a, b, ratio, p, surprise(a, len(now), b, len(before)))


def _discoveries(found: Sequence[Change], tested: int) -> list[Change]:
    """Return what stands among all that was tested (Benjamini and Hochberg 1995)."""
    ordered = sorted(found, key=lambda change: change.p)
    stands = 0
    for number, change in enumerate(ordered, 1):
        if change.p <= FALSE_SHARE * number / max(tested, 1):
            stands = number
    return ordered[:stands]


def _apart(found: Sequence[Change], now: Sequence[Text]) -> list[Change]:
    """Leave out what another term of the same texts says with more words; tell the rest together.

    Who writes of the same matter uses several words for it: one line for all of them.
    """
    held = {change.term: {text.complaint for text in holding(now, change.term)} for change in found}
    kept: list[Change] = []
    for change in sorted(found, key=lambda change: (-len(needle(change.term)), -change.score)):
        if not any(_same(change, other, held) for other in kept):
            kept.append(change)
    told: list[Change] = []
    for change in sorted(kept, key=_telling):
        place = next(
            (at for at, one in enumerate(told) if _share(one, change, held) >= _TOGETHER), None
        )
        if place is None:
            told.append(change)
        elif len(told[place].also) < _ALSO:
            told[place] = replace(told[place], also=(*told[place].also, change.term))
    return told


def _telling(change: Change) -> tuple[float, int, str]:
    """Return the order of terms: the most telling first, of equals the plainest."""
    return -round(change.score, 1), len(change.term), change.term


def _share(one: Change, other: Change, held: Mapping[str, set[int]]) -> float:
    """Return which share of the texts of two terms holds both."""
    a, b = held[one.term], held[other.term]
    return len(a & b) / len(a | b)


def _same(one: Change, other: Change, held: Mapping[str, set[int]]) -> bool:
    return _overlap(one.term, other.term) and _share(one, other, held) >= _ALIKE


def _overlap(one: str, other: str) -> bool:
    """Return whether two terms have a word in common, or one is in the other."""
    a, b = needle(one), needle(other)
    words = set(a.split())
    return a in b or b in a or bool(words & set(b.split())) or _shares_pair(a, b)


def _shares_pair(a: str, b: str) -> bool:
    pairs = {a[at : at + 2] for at in range(len(a) - 1) if " " not in a[at : at + 2]}
    return any(pair in b for pair in pairs if not pair.isascii())


def surprise(a: int, of_a: int, b: int, of_b: int) -> float:
    """Return G² of a in `of_a` texts against b in `of_b`; 0 where it is no more frequent now."""
    if not of_a or not of_b or a * of_b <= b * of_a:
        return 0.0
    share = (a + b) / (of_a + of_b)
    cells = (
        (a, of_a * share),
        (of_a - a, of_a * (1 - share)),
        (b, of_b * share),
        (of_b - b, of_b * (1 - share)),
    )
    return 2 * sum(seen * log(seen / due) for seen, due in cells if seen)


def tail(a: int, of_a: int, b: int, of_b: int) -> float:
    """Return how likely chance puts at least a of the a + b texts that hold a term into now."""
    held, whole = a + b, of_a + of_b
    base = _choices(whole, held)
    return min(
        1.0,
        sum(
            exp(_choices(of_a, k) + _choices(of_b, held - k) - base)
            for k in range(a, min(held, of_a) + 1)
            if held - k <= of_b
        ),
    )


def _choices(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
