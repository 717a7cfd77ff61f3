"""Bytes to text, whatever the mail says they are: half of the world's mail lies about it. Pure."""

import codecs
import re

_SUPERSET = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
# Every byte means something in these, so that they are believed last.
_BELIEVES_ALL = {"cp1252", "iso-8859-15", "cp1251", "koi8-r", "cp437", "cp850"}
_ENOUGH_HAN = 0.8
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def text_of(raw: bytes, declared: str = "") -> str:
    """Return bytes as text: as declared if that works, else as what they look like."""
    for name in _candidates(raw, declared):
        try:
            return cleaned(raw.decode(name))
        except (UnicodeError, LookupError):
            continue
    return cleaned(raw.decode("utf-8", "replace"))


def cleaned(text: str) -> str:
    """Return a text without what no database takes and nobody can see, lines ended by a newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return _REORDERING.sub("", _FORBIDDEN.sub("", text))


def _candidates(raw: bytes, declared: str) -> list[str]:
    name = _known(declared)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16", name, "utf-8", "gb18030"]
    believable = [name] if name and name not in _BELIEVES_ALL else []
    guesses = ["utf-8"]
    if looks_chinese(raw):
        guesses.append("gb18030")
    if name in _BELIEVES_ALL:
        guesses.append(name)
    return [*believable, *guesses, "gb18030", "big5", "cp1252"]


def _known(declared: str) -> str:
    name = declared.strip().strip("\"'").lower()
    name = _SUPERSET.get(name, name)
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # Codecs that are no text at all (base64, zip …) come under names of their own.
    return codec.name if codec._is_text_encoding else ""  # noqa: SLF001 - no public way to ask


def looks_chinese(raw: bytes) -> bool:
    """Return whether bytes that are no UTF-8 make sense as Chinese in GB18030."""
    try:
        text = raw.decode("gb18030")
    except UnicodeError:
        return False
    beyond = [char for char in text if not char.isascii()]
    if not beyond:
        return False
    return sum(map(_is_usual, beyond)) / len(beyond) >= _ENOUGH_HAN


def _is_usual(char: str) -> bool:
    """Return whether a character is one of the few thousand that people write with.

    Western letters with accents, taken two by two, give rare ones.
    """
    try:
        char.encode("gb2312")
    except UnicodeError:
        return False
    return True
