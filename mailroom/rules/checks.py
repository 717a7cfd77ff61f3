"""What our own mail server found out about a sender (RFC 8601). Pure."""

import re
from collections.abc import Sequence


def is_disowned(checks: Sequence[str], trusted: str) -> bool:
    """Return whether the server that we trust says that the sender's domain disowns the mail.

    Only fields that begin with the trusted server's name count: anybody can write the others.
    """
    if not trusted:
        return False
    for value in checks:
        server, _semicolon, results = value.strip().partition(";")
        if server.split()[:1] == [trusted]:
            return re.search(r"\bdmarc\s*=\s*fail\b", results, re.IGNORECASE) is not None
    return False
