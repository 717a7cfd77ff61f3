"""What can be said of a complaint as it comes in: keys, what is missing, words of danger."""

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher

import phonenumbers

from complaints.rules.policy import PolicyContent

_SPACE = re.compile(r"\s+")
COMPARED = 600  # characters of a narrative that are enough to tell a duplicate


def phone_key(text: str, region: str) -> str:
    """Return a phone number in its one international form (E.164), or its digits if it has none."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text)
    if not phonenumbers.is_possible_number(number):
        return re.sub(r"\D", "", text)
    formatted: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted


def email_key(text: str) -> str:
    """Return an e-mail address as it is compared: folded, no display name."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def customer_key(text: str) -> str:
    """Return a customer number as it is compared: no spaces or dashes, upper case."""
    return re.sub(r"[\s\-_/.]", "", unicodedata.normalize("NFKC", text)).upper()


def completeness_issues(given: Mapping[str, object], wanted: tuple[str, ...]) -> list[str]:
    """Return which wanted fields are missing: they mark a record, never refuse it (CM-8.2)."""
    return [field for field in wanted if not given.get(field)]


def emergency_hints(text: str, says: PolicyContent) -> dict[str, list[str]]:
    """Return per trigger the words of danger found in the text; a person confirms (CM-8.2b)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: dict[str, list[str]] = {}
    for trigger in says.triggers:
        hits = [word for word in says.words_of(trigger) if _has_word(folded, word.casefold())]
        if hits:
            found[trigger] = hits
    return found


def _has_word(text: str, word: str) -> bool:
    if word.isascii():
        return re.search(rf"\b{re.escape(word)}", text) is not None
    return word in text


def likeness(one: str, other: str) -> float:
    """Return how alike two narratives are, 0 to 1 (Ratcliff-Obershelp on the folded beginnings)."""
    return SequenceMatcher(None, _beginning(one), _beginning(other), autojunk=False).ratio()


def overlap(one: str, other: str) -> float:
    """Return how many pairs of characters two narratives share, 0 to 1: a quick first look."""
    a, b = (
        {beginning[at : at + 2] for at in range(len(beginning) - 1)}
        for beginning in (_beginning(one), _beginning(other))
    )
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _beginning(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).casefold()[:COMPARED]
