"""Suggesting a category from the words of a complaint; a person decides. Pure.

Nothing is learned and nothing is hidden: a category is suggested because words of its names stand
in the text, the rarer among the names the weightier, and the suggestion says which words they were.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FEWEST_LETTERS = 4
_ENDING = re.compile(r"(ings?|ed|es|s|e|ies|y)$")  # refund, refunds, refunded are one word
_LATIN = re.compile(r"[a-z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_BINDING = re.compile("[或与和及的、，,“”]|以及|其他|问题")
_EMPTY_WORDS = frozenset({"other", "about", "what", "that", "were", "with", "only", "partly"})


@dataclass(frozen=True)
class Suggestion:
    """A category's code, how well it fits, and the words that speak for it."""

    code: str
    weight: float
    words: tuple[str, ...]


def suggest(text: str, names: Mapping[str, Sequence[str]], *, at_most: int = 3) -> list[Suggestion]:
    """Return the categories whose names stand in the text, best first. `names` is by code."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    present = {stem(word) for word in _LATIN.findall(folded)}
    terms_of = {code: frozenset(terms(" / ".join(own))) for code, own in names.items()}
    shared: dict[str, int] = {}
    for own in terms_of.values():
        for term in own:
            shared[term] = shared.get(term, 0) + 1
    found = []
    for code, own in terms_of.items():
        hits = sorted(term for term in own if term in present or (_is_han(term) and term in folded))
        if hits:
            weight = sum(len(term) / shared[term] for term in hits)
            found.append(Suggestion(code, weight, tuple(_as_written(hits, folded))))
    found.sort(key=lambda item: (-item.weight, item.code))
    return found[:at_most]


def terms(name: str) -> list[str]:
    """Return the terms of a name: stems of words, and pairs of Chinese characters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    stems = [
        stem(word)
        for word in _LATIN.findall(folded)
        if len(word) >= FEWEST_LETTERS and word not in _EMPTY_WORDS
    ]
    pairs = [
        run[place : place + 2]
        for part in _BINDING.split(folded)
        for run in _HAN.findall(part)
        for place in range(len(run) - 1)
    ]
    return list(dict.fromkeys((*stems, *pairs)))


def stem(word: str) -> str:
    """Return what the forms of an English word have in common, more or less."""
    return _ENDING.sub("", word)


def _is_han(term: str) -> bool:
    return _HAN.fullmatch(term) is not None


def _as_written(hits: Sequence[str], folded: str) -> list[str]:
    """Return the words of the text that the stems were found in, each once."""
    words: list[str] = []
    for hit in hits:
        if _is_han(hit):
            words.append(hit)
        else:
            words += [word for word in _LATIN.findall(folded) if stem(word) == hit][:1]
    return list(dict.fromkeys(words))


def written_in(text: str) -> str:
    """Return the language a text is written in, as far as its characters tell: zh-hans or en."""
    han = sum(len(run) for run in _HAN.findall(text))
    latin = sum(len(word) for word in _LATIN.findall(text.casefold()))
    return "zh-hans" if han * 2 > latin else "en"
