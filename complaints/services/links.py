"""Personal links: handed out, put into letters, sent again, revoked.

The secrets themselves are nowhere kept. A letter names the plain address of the status page, and
only while it is handed over does that address become the complainant's own link.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override

from accounts.models import User
from complaints import events
from complaints.models import Complaint, Message, PersonalLink
from complaints.selectors.links import code_digest, code_for, new_token, token_digest
from complaints.services.letters import draft_letter
from complaints.services.messages import language_of, put_out, reachable_by_mail
from complaints.services.moves import keep, note_down, take
from complaints.states import LinkPurpose, MessageChannel, Occasion

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A new link with its secrets, which exist nowhere else."""

    link: PersonalLink
    token: str = field(repr=False)

    @property
    def code(self) -> str:
        """Return the code to be written down beside the reference."""
        return code_for(self.token)

    @property
    def address(self) -> str:
        """Return the whole address."""
        return f"{settings.STATUS_PAGE}{self.token}/"


@transaction.atomic
def issue_link(*, complaint_id: int, purpose: LinkPurpose, actor: User, at: datetime) -> Issued:
    """Hand out a link and its code; earlier ones go on working until they expire or are revoked.

    Raises Complaint.DoesNotExist and NotAllowed.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    issued = _make(complaint, purpose, at=at)
    note_down(
        events.LINK_ISSUED,
        complaint,
        actor=actor,
        at=at,
        payload={"link": issued.link.pk, "link_purpose": str(purpose)},
    )
    return issued


def _make(
    complaint: Complaint, purpose: LinkPurpose, *, at: datetime, message: Message | None = None
) -> Issued:
    token = new_token()
    says = complaint.policy.says.public
    by_code = purpose == LinkPurpose.CODE
    works_for = timedelta(hours=says.code_link_hours) if by_code else _DAY * says.link_days
    link = PersonalLink.objects.create(
        complaint=complaint,
        purpose=purpose,
        message=message,
        token_hash=token_digest(token),
        code_hash=code_digest(complaint.reference, code_for(token)),
        created_at=at,
        expires_at=at + works_for,
    )
    return Issued(link, token)


def with_personal_link(complaint: Complaint, message: Message, *, at: datetime) -> str:
    """Return the text of a letter on its way out, with the complainant's own link in it.

    The caller holds the complaint. What goes to a colleague names the plain page.
    """
    if message.occasion == Occasion.STAFF_NOTICE or settings.STATUS_PAGE not in message.body:
        return message.body
    issued = _make(complaint, LinkPurpose.LETTER, at=at, message=message)
    return message.body.replace(settings.STATUS_PAGE, issued.address)


@transaction.atomic
def revoke_links(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Let no link and no code of this complaint work any more; return how many there were.

    Raises Complaint.DoesNotExist and NotAllowed.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    working = complaint.links.filter(revoked_at__isnull=True, expires_at__gt=at)
    revoked = working.update(revoked_at=at)
    if revoked:
        note_down(events.LINKS_REVOKED, complaint, actor=actor, at=at, payload={"count": revoked})
    return revoked


@transaction.atomic
def send_link(*, complaint_id: int, actor: User, at: datetime) -> Message | None:
    """Send a fresh link to the address of record; None when there is none, or enough went today.

    Raises Complaint.DoesNotExist and NotAllowed.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    if not reachable_by_mail(complaint):
        return None
    letters = complaint.links.filter(message__occasion=Occasion.OTHER, created_at__gt=at - _DAY)
    waiting = complaint.messages.filter(
        occasion=Occasion.OTHER, queued_at__gt=at - _DAY, body__contains=settings.STATUS_PAGE
    )
    if max(letters.count(), waiting.count()) >= complaint.policy.says.public.links_a_day:
        return None
    subject, text = draft_letter(
        complaint,
        Occasion.OTHER,
        MessageChannel.EMAIL,
        actor=None,
        extra={"news": _news(complaint)},
    )
    message = put_out(
        complaint,
        occasion=Occasion.OTHER,
        channel=MessageChannel.EMAIL,
        subject=subject,
        body=text,
        actor=actor,
        at=at,
    )
    keep(complaint)
    return message


def _news(complaint: Complaint) -> str:
    days = complaint.policy.says.public.link_days
    with override(language_of(complaint)):
        said = gettext(
            "Here is your personal link to the page of your complaint:\n\n%(page)s\n\n"
            "It works for %(days)s days. Whoever has it sees the page: keep it to yourself."
        )
        return said % {"page": settings.STATUS_PAGE, "days": days}


def mark_link_used(*, link_id: int, at: datetime) -> None:
    """Note that somebody did something by this link; merely opening it leaves no trace."""
    PersonalLink.objects.filter(pk=link_id).update(used_at=at)
