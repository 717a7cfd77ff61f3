"""How a call leaves the house: by Django's mail, or by a service that Apprise knows.

What an address hides stays hidden: it is decrypted here, handed to the library and forgotten. A
failure is told by a code; what a service or the library says about it may hold the key.
"""

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from uuid import UUID

import apprise
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.encoding import force_bytes

from emergencies.models import Address, Page
from emergencies.rules.addresses import scheme_of
from emergencies.states import Service

_PURPOSE = b"emergencies.addresses"
_URGENT = {"Importance": "high", "X-Priority": "1"}


class NotSentError(Exception):
    """The call did not leave, or nobody knows. The message is a code without any data."""


@dataclass(frozen=True)
class Letter:
    """What is said in a call, in the language of whom it is for."""

    subject: str
    body: str
    language: str


def seal(text: str) -> str:
    """Return a text encrypted with the installation's key."""
    return _cipher().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Return what was encrypted. Raises NotSentError when no present or former key opens it."""
    try:
        return _cipher().decrypt(sealed).decode()
    except InvalidToken as error:
        raise NotSentError("unreadable_address") from error


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(_PURPOSE + force_bytes(key)).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def understands(url: str) -> bool:
    """Return whether the library can make something of an address."""
    return apprise.Apprise.instantiate(url, suppress_exceptions=True) is not None


def anybody_may_use(url: str) -> bool:
    """Return whether the address calls a service whose host is fixed by its scheme."""
    return scheme_of(url) in settings.PAGING_SCHEMES


def administrators_may_use(url: str) -> bool:
    """Return whether an administrator may enter such an address, whose host is free."""
    return scheme_of(url) in {*settings.PAGING_SCHEMES, *settings.PAGING_GENERIC_SCHEMES}


def hand_over(page: Page, letter: Letter) -> None:
    """Call one person at one address. Raises NotSentError with a code."""
    if page.address is None:
        mail(page.person.email, letter, delivery=page.delivery_id, headers=_URGENT)
    elif page.address.service == Service.EMAIL:
        to = unseal(page.address.secret)
        mail(to, letter, delivery=page.delivery_id, headers=_URGENT)
    else:
        _by_apprise(unseal(page.address.secret), letter)


def mail(
    address: str, letter: Letter, *, delivery: UUID, headers: Mapping[str, str] | None = None
) -> None:
    """Give a letter of the system to the mail backend. Raises NotSentError with a code.

    A repeat is recognised by its delivery, which names the mail.
    """
    if not address:
        raise NotSentError("no_address")
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage(
        subject=letter.subject,
        body=letter.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={
            "Message-ID": f"<{delivery}@{domain}>",
            "X-Delivery-ID": str(delivery),
            "Content-Language": letter.language,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            **(headers or {}),
        },
    )
    connection = get_connection()
    try:
        connection.open()
        accepted = connection.send_messages([message])
    except Exception as error:  # noqa: BLE001 - whatever it says may hold the key: only its name
        raise NotSentError(type(error).__name__) from None
    finally:
        with suppress(Exception):
            connection.close()
    if accepted != 1:
        raise NotSentError("not_accepted")


def send_quietly(address: Address, letter: Letter) -> None:
    """Send what is no alarm to one messaging service. Raises NotSentError with a code."""
    _by_apprise(unseal(address.secret), letter, apprise.NotifyType.INFO)


def _by_apprise(
    url: str, letter: Letter, kind: apprise.NotifyType = apprise.NotifyType.FAILURE
) -> None:
    # Asked again at each call: an installation may have become stricter since it was entered.
    if not administrators_may_use(url):
        raise NotSentError("scheme_not_allowed")
    caller = apprise.Apprise()
    try:
        known = caller.add(url)
        accepted = known and caller.notify(
            title=letter.subject,
            body=letter.body,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=kind,
        )
    except Exception as error:  # noqa: BLE001 - whatever it says may hold the key: only its name
        raise NotSentError(type(error).__name__) from None
    if not known:
        raise NotSentError("not_understood")
    if not accepted:
        raise NotSentError("not_accepted")
