"""Masking what free texts say of others, before a person is given what is held about them."""

import re
from collections.abc import Collection

MASK = "■■■"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(
    r"(?<![\w.])(?:(?P<day>\d{4}-\d{1,2}-\d{1,2}(?!\d))|\+?\d(?:[ -]?\d){6,18}(?!\w))"
)
_SHORTEST = 2  # letters of a name that is looked for


def masked(text: str, *, own: Collection[str], names: Collection[str]) -> str:
    """Return a text without other people's names, addresses and numbers.

    `own` are the person's own names, addresses and numbers: they stay. `names` are those of
    others (colleagues, the person complained about). Amounts and dates are too short to be taken
    for numbers; what cannot be recognised has to be read by a person before it is handed over.
    """
    kept = {_plain(word) for word in own if word}
    text = _MAIL.sub(lambda hit: hit[0] if _plain(hit[0]) in kept else MASK, text)
    text = _NUMBER.sub(lambda hit: hit[0] if hit["day"] or _is_own(hit[0], kept) else MASK, text)
    for name in sorted(names, key=len, reverse=True):
        if len(name) >= _SHORTEST and _plain(name) not in kept:
            text = re.sub(_whole(name), MASK, text, flags=re.IGNORECASE)
    return text


def _plain(word: str) -> str:
    return re.sub(r"[\s-]", "", word).casefold()


def _is_own(number: str, kept: Collection[str]) -> bool:
    plain = _plain(number)
    return any(plain.endswith(word.lstrip("+")) or word.endswith(plain) for word in kept if word)


def _whole(name: str) -> str:
    edge = r"\b" if name.isascii() else ""
    return f"{edge}{re.escape(name)}{edge}"
