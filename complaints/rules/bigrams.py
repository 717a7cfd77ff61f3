"""Text as the search index sees it, and what people type as a query over it. Pure.

Chinese, Japanese and Korean are written without spaces, so a run of such characters becomes its
overlapping pairs and, last, its last character: 退款了 is 退款, 款了, 了. A pair is then one word
of the index, a longer run a phrase of pairs, and a single character the beginning of a pair. All
else is words: letters and digits between anything else, without regard to case and width.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_WORD = 40
LONGEST_QUERY = 200
MAX_BYTES = 800_000  # what one entry of the index may hold; PostgreSQL refuses one above 1 MiB
PHONE_TAILS = range(4, 13)  # the last digits people give, and a number without its country code
FEWEST_PHONE_DIGITS = 5
_ROOMY = 3_000  # so few tokens never come near MAX_BYTES

_CJK = (
    "\u3005-\u3007\u3021-\u3029\u3038-\u303b"  # 々〆〇 and numerals
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u3105-\u312f\u31a0-\u31bf"  # bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # hangul
)
_PIECE = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_PHONE = re.compile(r"[+(]*\d[\d\s()+./-]*")


@dataclass(frozen=True)
class Phrase:
    """Tokens that follow each other; with `prefix` the last one may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class AllOf:
    """Every part is found."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part is found."""

    parts: tuple["Node", ...]


Node = Phrase | AllOf | AnyOf


def fold(text: str) -> str:
    """Return the text as it is compared: one form per character, no case."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def tokens(text: str) -> list[str]:
    """Return the tokens of a text in its order."""
    return _in_order(_PIECE.findall(fold(text)))


def code_tokens(text: str) -> list[str]:
    """Return the tokens of a reference or number, and the whole of it without its dashes."""
    pieces = _PIECE.findall(fold(text))
    found = _in_order(pieces)
    if len(found) > 1 and not any(run for run, _ in pieces):
        found.append("".join(word for _, word in pieces)[:LONGEST_WORD])
    return found


def _in_order(pieces: Iterable[tuple[str, str]]) -> list[str]:
    """Return the tokens of runs of characters and of words."""
    found: list[str] = []
    for run, word in pieces:
        if run:
            found.extend(map("".join, itertools.pairwise(run)))
            found.append(run[-1])
        else:
            found.append(word[:LONGEST_WORD])
    return found


def phone_tokens(numbers: Iterable[str]) -> list[str]:
    """Return the digits of telephone numbers and their last digits, each once."""
    found: dict[str, None] = {}
    for number in numbers:
        digits = re.sub(r"\D", "", fold(number))
        if digits:
            found[digits[:LONGEST_WORD]] = None
        for length in PHONE_TAILS:
            if length < len(digits):
                found[digits[-length:]] = None
    return list(found)


def bounded(found: Sequence[str]) -> list[str]:
    """Return the tokens that fit into one entry of the index; only an enormous text is cut."""
    if len(found) <= _ROOMY:
        return list(found)
    room = MAX_BYTES
    for place, token in enumerate(found):
        room -= len(token.encode()) + 8
        if room < 0:
            return list(found[:place])
    return list(found)


def parse(text: str) -> AllOf:
    """Return what a typed query asks: every term, the last word as the beginning of one.

    There are no operators: quotes, signs and words like OR are text like any other. A query
    without letters or digits has no parts, and finds nothing.
    """
    folded = fold(text[: 2 * LONGEST_QUERY])[:LONGEST_QUERY]
    chunks = [chunk for chunk in folded.split() if _PIECE.search(chunk)]
    parts = tuple(
        node
        for place, chunk in enumerate(chunks, start=1)
        for node in _of_chunk(chunk, last=place == len(chunks))
    )
    digits = re.sub(r"\D", "", folded)
    if len(parts) > 1 and len(digits) >= FEWEST_PHONE_DIGITS and _PHONE.fullmatch(folded.strip()):
        return AllOf((AnyOf((AllOf(parts), Phrase((digits[:LONGEST_WORD],), prefix=True))),))
    return AllOf(parts)


def _of_chunk(chunk: str, *, last: bool) -> list[Node]:
    """Return the terms of text without spaces: runs of characters, and words bound by dashes."""
    pieces = _PIECE.findall(chunk)
    nodes: list[Node] = []
    words: list[str] = []
    for place, (run, word) in enumerate(pieces, start=1):
        if word:
            words.append(word[:LONGEST_WORD])
        if words and (run or place == len(pieces)):
            nodes.append(_of_words(tuple(words), prefix=last and not run))
            words = []
        if run:
            nodes.append(_of_run(run))
    return nodes


def _of_run(run: str) -> Phrase:
    if len(run) == 1:
        return Phrase((run,), prefix=True)
    return Phrase(tuple(map("".join, itertools.pairwise(run))))


def _of_words(words: tuple[str, ...], *, prefix: bool) -> Node:
    phrase = Phrase(words, prefix)
    joined = "".join(words)
    if len(words) == 1 or joined.isalpha():
        return phrase
    return AnyOf((phrase, Phrase((joined[:LONGEST_WORD],), prefix)))


# --- how the two databases spell it ----------------------------------------------------------

_LAST_POSITION = 16_383  # PostgreSQL counts no further
_MOST_POSITIONS = 255
BUCKET_ROWS = 16_384


def bucket_token(complaint_id: int) -> str:
    """Return the token that says in which stretch of ids a row lies; no text can contain it."""
    return bucket_name(complaint_id // BUCKET_ROWS)


def bucket_name(number: int) -> str:
    """Return the token of a stretch of ids by its number."""
    return f"#{number}"


def as_vector(found: Sequence[str], bucket: str) -> str:
    """Return tokens as the text of a PostgreSQL tsvector."""
    places: dict[str, list[str]] = {}
    for position, token in enumerate(found, start=1):
        held = places.setdefault(token, [])
        if position <= _LAST_POSITION and len(held) < _MOST_POSITIONS:
            held.append(str(position))
    lexemes = [
        f"'{token}':{','.join(held)}" if held else f"'{token}'" for token, held in places.items()
    ]
    return " ".join((*lexemes, f"'{bucket}'"))


def as_tsquery(node: Node) -> str:
    """Return a query as the text of a PostgreSQL tsquery. Tokens hold letters and digits only."""
    if isinstance(node, Phrase):
        words = [f"'{token}'" for token in node.tokens]
        return "(" + " <-> ".join(words) + (":*)" if node.prefix else ")")
    sign = " & " if isinstance(node, AllOf) else " | "
    return "(" + sign.join(map(as_tsquery, node.parts)) + ")"


def as_match(node: Node) -> str:
    """Return a query as SQLite's FTS5 reads it. Tokens hold letters and digits only."""
    if isinstance(node, Phrase):
        return '"' + " ".join(node.tokens) + ('" *' if node.prefix else '"')
    sign = " AND " if isinstance(node, AllOf) else " OR "
    return "(" + sign.join(map(as_match, node.parts)) + ")"


def exact(query: AllOf) -> AllOf:
    """Return the terms without an open end, which an index finds without reading many words."""
    return AllOf(tuple(part for part in query.parts if not _open_ended(part)))


def _open_ended(node: Node) -> bool:
    return node.prefix if isinstance(node, Phrase) else any(map(_open_ended, node.parts))
