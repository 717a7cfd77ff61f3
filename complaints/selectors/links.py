"""Which complaint a personal link or a code opens. Only keyed digests of them are kept."""

import secrets
from datetime import datetime

from django.conf import settings
from django.utils.crypto import salted_hmac

from complaints.models import Complaint, PersonalLink

_TOKEN, _CODE, _CODE_OF = "personal-link", "personal-code", "personal-code-of"
_TOKEN_BYTES = 24
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing that looks alike
_CODE_LENGTH, _CODE_GROUP = 12, 4
_LONGEST = 200  # of anything somebody may try


def new_token() -> str:
    """Return a token of 192 random bits that fits into an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def code_for(token: str) -> str:
    """Return the code that goes with a token: three groups of four, 60 bits, easy to write down.

    It follows from the token, so that the page of the receipt can show it again and again.
    """
    draw = salted_hmac(_CODE_OF, token, algorithm="sha256").digest()
    letters = "".join(_CODE_ALPHABET[byte % len(_CODE_ALPHABET)] for byte in draw[:_CODE_LENGTH])
    return "-".join(letters[at : at + _CODE_GROUP] for at in range(0, _CODE_LENGTH, _CODE_GROUP))


def token_digest(token: str, secret: str | None = None) -> str:
    """Return what is kept of a token: it cannot be turned back, nor made without our key."""
    return salted_hmac(_TOKEN, token, secret=secret, algorithm="sha256").hexdigest()


def code_digest(reference: str, code: str, secret: str | None = None) -> str:
    """Return what is kept of a code; of no use for another complaint."""
    said = f"{reference}\x1f{_plain(code)}"
    return salted_hmac(_CODE, said, secret=secret, algorithm="sha256").hexdigest()


def _plain(code: str) -> str:
    """Return a code as it was meant: case and dashes do not matter, O is 0, I and L are 1."""
    kept = "".join(letter for letter in code[:_LONGEST].upper() if letter.isalnum())
    return kept.replace("O", "0").replace("I", "1").replace("L", "1")


def _secrets() -> list[str]:
    # After a change of the key, links made before go on working.
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def find_link(token: str) -> PersonalLink | None:
    """Return the link of a token, whether it still works or not."""
    digests = [token_digest(token[:_LONGEST], secret) for secret in _secrets()]
    return (
        PersonalLink.objects.filter(token_hash__in=digests)
        .select_related("complaint__complainant", "complaint__policy")
        .first()
    )


def opens(link: PersonalLink, *, at: datetime) -> bool:
    """Return whether a link still works."""
    return link.revoked_at is None and at < link.expires_at


def complaint_of_code(reference: str, code: str, *, at: datetime) -> Complaint | None:
    """Return the complaint that a reference and its code open, or None.

    One query whether the reference exists or not: the answer takes the same time.
    """
    reference = tidy_reference(reference)
    digests = [code_digest(reference, code, secret) for secret in _secrets()]
    link = (
        PersonalLink.objects.filter(
            complaint__reference=reference,
            code_hash__in=digests,
            revoked_at__isnull=True,
            expires_at__gt=at,
        )
        .select_related("complaint__policy")
        .first()
    )
    return link.complaint if link else None


def tidy_reference(text: str) -> str:
    """Return a reference as we write it, however it was typed: `c26 7qk2 9xwd`."""
    kept = "".join(letter for letter in text[:_LONGEST].upper() if letter.isalnum())
    if len(kept) != 11:  # noqa: PLR2004 - C, two digits of the year, eight letters
        return kept[:20]
    return f"{kept[:3]}-{kept[3:7]}-{kept[7:]}"


def links_of(complaint: Complaint) -> list[PersonalLink]:
    """Return a complaint's newest links, for the desk to see what is out there."""
    return list(complaint.links.all()[:10])
