"""What the font can show. PDF/A and PDF/UA forbid a character without a glyph, and customers send
emoji; so what the font lacks is shown as its number, 〔U+1F600〕, and nothing is lost silently.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_SEGMENTS = 12  # the format of a character map that covers all of Unicode
_LEAST = 0x20  # below are control characters
_KEPT = "\n\t"
# Say how the character before is drawn, or where a line may break: nothing is lost without them.
_SILENT = {0xAD, 0xFEFF, 0x2060, *range(0x200B, 0x2010), *range(0x202A, 0x202F)}
_SILENT |= {*range(0x2066, 0x206A), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}

Ranges = Sequence[tuple[int, int]]  # first and last character, in order


def ranges_of(font: bytes) -> list[tuple[int, int]]:
    """Return which characters an OpenType font has glyphs for: its character map (format 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    for number in range(tables):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if tag == b"cmap":
            return _segments(font, offset)
    raise ValueError("the font has no character map")


def _segments(font: bytes, at: int) -> list[tuple[int, int]]:
    (maps,) = struct.unpack_from(">H", font, at + 2)
    for number in range(maps):
        (offset,) = struct.unpack_from(">I", font, at + 4 + 8 * number + 4)
        begin = at + offset
        if struct.unpack_from(">H", font, begin)[0] == _SEGMENTS:
            (groups,) = struct.unpack_from(">I", font, begin + 12)
            triples = struct.iter_unpack(">III", font[begin + 16 : begin + 16 + 12 * groups])
            return [(first, last) for first, last, _glyph in triples]
    raise ValueError("the font maps no characters beyond the first plane")


class Glyphs:
    """Makes text legible in a font."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Know which characters there are."""
        pairs = sorted(ranges)
        self._first = [first for first, _last in pairs]
        self._last = [last for _first, last in pairs]

    def has(self, character: str) -> bool:
        """Return whether the font shows a character."""
        code = ord(character)
        place = bisect_right(self._first, code) - 1
        return place >= 0 and code <= self._last[place]

    def legible(self, text: str) -> str:
        """Return a text in which each character that the font lacks is told by its number."""
        lacking = {
            character
            for character in set(text)
            if not self.has(character) or ord(character) < _LEAST
        }
        if not lacking - set(_KEPT):
            return text
        return text.translate({ord(character): _told(character) for character in lacking})

    def legible_in(self, data: Any) -> Any:
        """Return the same data with all its texts legible."""
        if isinstance(data, str):
            return self.legible(data)
        if isinstance(data, Mapping):
            return {key: self.legible_in(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.legible_in(value) for value in data]
        return data


def _told(character: str) -> str:
    code = ord(character)
    if character in _KEPT:
        return character
    return "" if code < _LEAST or code in _SILENT else f"〔U+{code:04X}〕"
