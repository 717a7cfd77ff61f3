"""What a statement cites, and its words with the facts written in. Pure."""

import re
from collections.abc import Mapping

_CITED = re.compile(r"\[F(\d{1,4})\]")


def cited(text: str) -> list[int]:
    """Return the numbers of the facts that a text cites as [F1], each once, in order."""
    return list(dict.fromkeys(int(number) for number in _CITED.findall(text)))


def written_in(text: str, facts: Mapping[int, str]) -> str:
    """Return a text with each [F1] replaced by the words of that fact."""
    return _CITED.sub(lambda found: facts[int(found.group(1))], text)
