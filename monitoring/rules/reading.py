"""A text as it is read for its words: which terms it has, and whether it holds one. Pure.

A reading keeps the words of a text in order: words of letters between spaces, Chinese runs as they
are, a line's end where a sentence or a clause ends. A text holds a term where its reading contains
the term's: the only rule by which terms are counted and found.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from complaints.rules.bigrams import fold
from monitoring.rules.stop_words import ENGLISH, IDLE_TAGS, IDLE_WORDS

LONGEST_TEXT = 2_000  # characters that are read of a text
LONGEST_PHRASE = 3  # words
_SHORTEST = 3  # letters of a word that stands alone
_SHORTEST_HAN = 2
_MOST_DIGITS = 3  # in a word: more are an order, an account, a telephone
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Addresses and numbers of people are no words of a matter; what they stand between is cut apart.
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S+|[a-z]*\+?\d(?:[\s().-]*\d){5,}[a-z]*"
)
_PIECE = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)*)|(\s+)|(.)", re.DOTALL)
_NAME = "nr"  # how names of people are tagged


def reading(text: str) -> str:
    """Return a text as it is read."""
    return "".join(_read(text))


def needle(term: str) -> str:
    """Return a term as it stands in the reading of a text that holds it."""
    return reading(term).strip("\n")


def _read(text: str) -> Iterator[str]:
    folded = _PERSONAL.sub("|", fold(text[:LONGEST_TEXT]))
    for run, word, space, _other in _PIECE.findall(folded):
        if run:
            yield run
        elif word:
            yield f" {word} "
        elif not space:
            yield "\n"


@dataclass(frozen=True)
class Word:
    """A word of a reading; an idle one neither begins nor ends a term, a secret one is in none."""

    text: str
    idle: bool
    secret: bool
    alone: bool  # says something by itself

    @property
    def read(self) -> str:
        """Return the word as it stands in a reading."""
        return self.text if is_han(self.text) else f" {self.text} "


def is_han(text: str) -> bool:
    """Return whether a word is of Chinese characters."""
    return bool(text) and _HAN_ONLY.fullmatch(text) is not None


_HAN_ONLY = re.compile(f"[{_HAN}]+")


@cache
def _segmenter() -> Any:
    """Return the Chinese dictionary, some thirty megabytes: fetched when somebody asks."""
    return import_module("rjieba")


def words_of(read: str) -> Iterator[list[Word]]:
    """Yield the words of a reading, clause by clause."""
    for clause in read.split("\n"):
        words: list[Word] = []
        for run, word, _space, _other in _PIECE.findall(clause):
            if run:
                words += [_han(text, tag) for text, tag in _segmenter().tag(run)]
            elif word:
                words.append(_latin(word))
        if words:
            yield words


def _latin(text: str) -> Word:
    digits = sum(letter.isdigit() for letter in text)
    number = digits == len(text)
    idle = number or text in ENGLISH or len(text) == 1
    alone = not idle and len(text) >= _SHORTEST
    return Word(text, idle, digits > _MOST_DIGITS, alone)


def _han(text: str, tag: str) -> Word:
    idle = tag in IDLE_TAGS or text in IDLE_WORDS
    return Word(text, idle, tag.startswith(_NAME), not idle and len(text) >= _SHORTEST_HAN)


def terms_of(clauses: Iterable[list[Word]], known: frozenset[str] | None = None) -> set[str]:
    """Return the terms of a text as they are read: words, and phrases of up to three.

    With `known`, phrases only of words that are among these, or idle ones between two of them.
    """
    found: set[str] = set()
    for words in clauses:
        if known is None:
            found.update(word.read for word in words if word.alone and not word.secret)
            continue
        for first in range(len(words)):
            for length in range(2, LONGEST_PHRASE + 1):
                part = words[first : first + length]
                if len(part) == length and _is_phrase(part, known):
                    found.add("".join(word.read for word in part))
    return found


def _is_phrase(words: list[Word], known: frozenset[str]) -> bool:
    """Return whether words make a phrase: it begins and ends with a word that says something."""
    if words[0].idle or words[-1].idle or any(word.secret for word in words):
        return False
    said = [word for word in words if word.alone]
    return bool(said) and all(word.read in known for word in said)


def display(read: str) -> str:
    """Return a term as people write it."""
    return re.sub(r"\s+", " ", read).strip() if not _HAN_ANY.search(read) else _closed(read)


_HAN_ANY = re.compile(f"[{_HAN}]")


def _closed(read: str) -> str:
    """Return a term with Chinese in it: a space only between two words of letters."""
    return re.sub(rf"(?<=[{_HAN}]) | (?=[{_HAN}])", "", re.sub(r"\s+", " ", read).strip())
