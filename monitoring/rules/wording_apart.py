"""Words reckoned in a process of their own: `python -m monitoring.rules.wording_apart`. Pure.

The dictionary of the Chinese segmenter takes some forty megabytes, which no web process should hold
for good, and the reckoning would hold up its other threads. Texts come in by standard input,
terms go out by standard output, and with the process everything it has read is gone.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple

from monitoring.rules.wording import Change, Text, changes


def packed(now: Sequence[Text], before: Sequence[Text], names: Iterable[str]) -> bytes:
    """Return what the process is given."""
    sides = [[astuple(text) for text in texts] for texts in (now, before)]
    return json.dumps([*sides, list(names)]).encode()


def unpacked(answer: bytes) -> list[Change]:
    """Return what the process has told."""
    return [Change(**{**row, "also": tuple(row["also"])}) for row in json.loads(answer)]


def main() -> None:
    """Read texts, tell which terms are new."""
    now, before, names = json.load(sys.stdin.buffer)
    found = changes([Text(*row) for row in now], [Text(*row) for row in before], names)
    sys.stdout.write(json.dumps([asdict(change) for change in found]))


if __name__ == "__main__":
    main()
