"""Which complaint a mail belongs to, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings

from accounts.models import User
from complaints.models import Complaint, Message
from complaints.rules.intake import email_key
from complaints.rules.reply_address import Token, plain, reference_in, token_in
from complaints.states import Writer
from mailroom.models import Mail
from mailroom.rules.checks import is_disowned
from mailroom.rules.parsing import Parsed

_ID_LENGTH = 36


@dataclass(frozen=True)
class Match:
    """What a mail belongs to. `by`: thread, address, subject, or empty for nothing.

    `message` is the letter of ours that it answers, where that is known; `to_colleague` says that
    it answers a notice to a colleague; `forged`, that it came to an address we did not sign;
    `named` is a reference that it names, whether there is such a complaint or not.
    """

    complaint: Complaint | None = None
    by: str = ""
    message: Message | None = None
    to_colleague: bool = False
    forged: bool = False
    named: str = ""


def match_of(parsed: Parsed) -> Match:
    """Return what a mail belongs to: by its thread, else its signed address, else its subject."""
    tokens = tokens_of(parsed)
    forged = any(not token.genuine for token in tokens)
    named = reference_in(parsed.subject) or _reference_in_thread(parsed.references)
    letter = _letter(parsed.references)
    if letter is not None and letter.to_user_id is not None:
        return Match(to_colleague=True, forged=forged)
    if letter is not None:
        return Match(letter.complaint, "thread", letter, forged=forged, named=named)
    earlier = _earlier(parsed.references)
    if earlier is not None:
        return Match(earlier, "thread", forged=forged, named=named)
    signed = _signed(tokens)
    if signed is not None:
        return Match(signed, "address", forged=forged, named=named)
    guessed = Complaint.objects.filter(reference=named).first() if named else None
    return Match(guessed, "subject" if guessed else "", forged=forged, named=named)


def tokens_of(parsed: Parsed) -> list[Token]:
    """Return the tokens of the addresses of ours that a mail was sent to."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    found = [
        token_in(address, keys)
        for address in parsed.recipients
        if plain(address) in our_addresses()
    ]
    return [token for token in found if token is not None]


def _letter(ids: Sequence[str]) -> Message | None:
    """Return the newest letter of ours that is named; a delivery id cannot be guessed."""
    wanted = [uuid for uuid in map(_uuid, ids) if uuid is not None]
    letters = {
        letter.delivery_id: letter
        for letter in Message.objects.filter(delivery_id__in=wanted[:50]).select_related(
            "complaint"
        )
    }
    return next((letters[uuid] for uuid in wanted if uuid in letters), None)


def letters_named(ids: Sequence[str]) -> list[Message]:
    """Return the letters to complainants with these delivery ids."""
    wanted = [uuid for uuid in map(_uuid, ids) if uuid is not None]
    return list(
        Message.objects.filter(delivery_id__in=wanted).select_related("complaint").order_by("pk")
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.partition("@")[0][:_ID_LENGTH])
    except ValueError:
        return None


def _earlier(ids: Sequence[str]) -> Complaint | None:
    known = {
        mail.message_id: mail.complaint
        for mail in Mail.objects.filter(
            message_id__in=[one for one in ids[:50] if one], complaint__isnull=False
        ).select_related("complaint")
    }
    return next((known[one] for one in ids if one in known), None)


def _signed(tokens: Sequence[Token]) -> Complaint | None:
    for token in tokens:
        if token.genuine and token.reference:
            return Complaint.objects.filter(reference=token.reference).first()
        if token.genuine and token.kind == "m":
            letter = Message.objects.filter(pk=int(token.name)).select_related("complaint").first()
            return letter.complaint if letter is not None else None
    return None


def _reference_in_thread(ids: Sequence[str]) -> str:
    """Return the reference that our letters carry as the root of their thread."""
    named = (reference_in(f"[{one.partition('@')[0]}]") for one in ids)
    return next((reference for reference in named if reference), "")


def returned_letter(parsed: Parsed) -> Message | None:
    """Return the letter that a report says did not arrive, or None where that is not known."""
    for token in tokens_of(parsed):
        if token.genuine and token.kind == "m":
            return Message.objects.filter(pk=int(token.name)).select_related("complaint").first()
    letters = letters_named(parsed.report.ids if parsed.report else ())
    return letters[-1] if letters else None


def our_addresses() -> frozenset[str]:
    """Return the addresses that letters of ours come from or that answers go to, folded."""
    own = [
        parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        parseaddr(settings.MAIL_REPLY_TO)[1],
        settings.MAIL_RETURN_ADDRESS,
        *settings.MAIL_COMPLAINT_ADDRESSES,
    ]
    if "@" in settings.MAIL_IMAP_USER:
        own.append(settings.MAIL_IMAP_USER)
    return frozenset(plain(address) for address in own if "@" in address)


def complaint_addresses() -> frozenset[str]:
    """Return the addresses at which complaints are received."""
    own = settings.MAIL_COMPLAINT_ADDRESSES or [
        parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        parseaddr(settings.MAIL_REPLY_TO)[1],
    ]
    return frozenset(plain(address) for address in own if "@" in address)


def writer_of(complaint: Complaint, sender: str) -> Writer:
    """Return who wrote, told by the address: the complainant of record, one added, or another."""
    key = email_key(sender)
    if complaint.complainant is not None and key and complaint.complainant.email_key == key:
        return Writer.COMPLAINANT
    added = complaint.correspondents.filter(address=key, removed_at__isnull=True)
    return Writer.THIRD_PARTY if key and added.exists() else Writer.OTHER


def is_colleague(sender: str) -> bool:
    """Return whether an address is a colleague's."""
    return bool(sender) and User.objects.filter(email__iexact=sender, is_active=True).exists()


def open_complaint_of(sender: str) -> Complaint | None:
    """Return the newest open complaint of the complainant with this address."""
    return (
        Complaint.objects.open()
        .filter(complainant__email_key=email_key(sender))
        .exclude(complainant__email_key="")
        .order_by("-received_at")
        .first()
    )


def is_ours(parsed: Parsed) -> bool:
    """Return whether a mail is a letter of ours that came back to us."""
    return plain(parsed.sender) in our_addresses() or bool(letters_named([parsed.delivery_id]))


def is_forged(parsed: Parsed) -> bool:
    """Return whether our mail server says that the sender's address is not the sender's."""
    return is_disowned(parsed.checks, settings.MAIL_AUTHSERV_ID)
