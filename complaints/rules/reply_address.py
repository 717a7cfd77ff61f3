"""Addresses and subjects that lead an answer back to its complaint. Pure.

A signed address is `reply+<token>@domain`: whoever has one was written to by us. A subject's token
is the reference in brackets: whoever heard or guessed the reference can write it, so it proves
nothing about the sender.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

MARK = "+"
_MAC_LENGTH = 16  # hex digits: 64 bits, and the local part stays far below its 64 characters
_REFERENCE = re.compile(r"C\d{2}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", re.IGNORECASE)
_TOKEN = re.compile(r"(?P<kind>[cm])(?P<name>[0-9a-z]{1,20})-(?P<mac>[0-9a-f]{16})")
_BRACKETED = re.compile(
    rf"[\[【［(（]\s*(?P<reference>{_REFERENCE.pattern})\s*[\]】］)）]", re.IGNORECASE
)
_SPLIT_REFERENCE = re.compile(r"(\d{2})(\w{4})(\w{4})")
# Prefixes that mail programs put before a subject, in the languages people write to us in.
_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|sv|vs|antw|fw|fwd|wg|tr|回复|回覆|答复|答覆|转发|轉發|回)"
    r"\s*(?:\[\d+\]|\(\d+\)|（\d+）)?\s*[:：]\s*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Token:
    """What a signed address says: `kind` c (a complaint's reference) or m (a message's key)."""

    kind: str
    name: str
    genuine: bool

    @property
    def reference(self) -> str:
        """Return the complaint's reference as people write it; empty for another kind."""
        parts = _SPLIT_REFERENCE.fullmatch(self.name) if self.kind == "c" else None
        return f"C{parts[1]}-{parts[2]}-{parts[3]}".upper() if parts else ""


def _mac(kind: str, name: str, key: str) -> str:
    text = f"mail-address:{kind}:{name}".encode()
    return hmac.new(key.encode(), text, "sha256").hexdigest()[:_MAC_LENGTH]


def _with_token(address: str, kind: str, name: str, key: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}{MARK}{kind}{name}-{_mac(kind, name, key)}@{domain}"


def signed_reply(address: str, reference: str, key: str) -> str:
    """Return an address of ours by which an answer finds its complaint."""
    return _with_token(address, "c", reference.replace("-", "").lower()[1:], key)


def signed_return(address: str, message_pk: int, key: str) -> str:
    """Return an address of ours to which a letter comes back, naming the letter."""
    return _with_token(address, "m", str(message_pk), key)


def token_in(address: str, keys: Sequence[str]) -> Token | None:
    """Return the token of an address, or None where it carries none.

    `keys` are the present secret and former ones. What looks like a token of ours but is not
    signed by any of them is returned as not genuine. Mail servers may fold the case.
    """
    local = address.rpartition("@")[0].lower()
    _before, mark, tail = local.rpartition(MARK)
    if not mark:
        return None
    found = _TOKEN.fullmatch(tail)
    if found is None:
        resembles = re.match(r"c?-?\d{2}-?\w{4}-?\w{4}", tail)
        return Token("", tail, genuine=False) if resembles else None
    kind, name = found["kind"], found["name"]
    genuine = any(hmac.compare_digest(_mac(kind, name, key), found["mac"]) for key in keys)
    return Token(kind, name, genuine)


def plain(address: str) -> str:
    """Return an address folded, without what stands behind a plus sign."""
    local, at, domain = address.strip().lower().rpartition("@")
    return f"{local.partition(MARK)[0]}{at}{domain}"


def subject_with_token(subject: str, reference: str) -> str:
    """Return a subject that carries the reference in brackets, once."""
    if reference_in(subject) == reference:
        return subject
    return f"{subject} [{reference}]".strip()


def reference_in(subject: str) -> str:
    """Return the reference that stands in brackets in a subject, upper case; empty for none."""
    found = _BRACKETED.search(subject)
    return found["reference"].upper() if found else ""


def bare_subject(subject: str) -> str:
    """Return a subject without the prefixes of answering and forwarding, and without our token."""
    bare = _BRACKETED.sub("", subject).strip()
    while (cut := _PREFIX.sub("", bare, count=1) if _PREFIX.match(bare) else bare) != bare:
        bare = cut.strip()
    return bare
