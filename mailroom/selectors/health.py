"""How the mailroom stands, for the operators and for /readyz."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Min

from mailroom.models import Mail, Mailbox
from mailroom.states import MailState


@dataclass(frozen=True)
class MailroomState:
    """`fetching` says that the settings name a mailbox; `box` how far it has been read."""

    fetching: bool
    box: Mailbox | None
    waiting: int
    oldest_waiting_at: datetime | None
    unsorted: int
    oldest_unsorted_at: datetime | None


def mailbox_name() -> str:
    """Return what the mailbox that the settings name is called in our books."""
    user, host, folder = (
        settings.MAIL_IMAP_USER,
        settings.MAIL_IMAP_HOST,
        settings.MAIL_IMAP_FOLDER,
    )
    return f"{user}@{host}/{folder}"[:300]


def mailroom_state() -> MailroomState:
    """Return how the mailroom stands."""
    waiting = Mail.objects.filter(state=MailState.WAITING)
    unsorted = Mail.objects.filter(state=MailState.NEW)
    return MailroomState(
        fetching=bool(settings.MAIL_IMAP_HOST),
        box=Mailbox.objects.filter(name=mailbox_name()).first(),
        waiting=waiting.count(),
        oldest_waiting_at=waiting.aggregate(at=Min("arrived_at"))["at"],
        unsorted=unsorted.count(),
        oldest_unsorted_at=unsorted.aggregate(at=Min("taken_in_at"))["at"],
    )
