"""What may be shown of an address that holds a key."""

import re

SHOWN = 4
_SCHEME = re.compile(r"^([a-z0-9+.-]{2,20})://\S+$", re.IGNORECASE)


def scheme_of(url: str) -> str:
    """Return the scheme of an Apprise address in small letters; empty when it is none."""
    found = _SCHEME.match(url.strip())
    return found.group(1).lower() if found else ""


def tail_of(url: str) -> str:
    """Return an address so that its owner knows it and nobody else can use it."""
    scheme = scheme_of(url)
    kept = re.sub(r"\W", "", url.partition("?")[0])[-SHOWN:]
    return f"{scheme}://…{kept}" if scheme else f"…{kept}"


def mail_tail(address: str) -> str:
    """Return an e-mail address with most of its name left out."""
    name, _at, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"
