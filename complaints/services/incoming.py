"""Words that come in on a complaint: filed, told to whoever is responsible, taken off again."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint, IncomingMessage, Notice
from complaints.rules.letters import one_line
from complaints.selectors.people import Circle
from complaints.services.clocks import end_pause
from complaints.services.moves import digest, keep, note_down, take, write_down
from complaints.services.notices import tell
from complaints.states import MessageChannel, PauseReason, State, Writer

_LONGEST_CHAIN = 10  # of merges: A into B into C …


@dataclass(frozen=True)
class Incoming:
    """What came in. `received_at` is when it reached us, not when somebody files it."""

    received_at: datetime
    text: str
    subject: str = ""
    sender: str = ""  # as the sender is to be shown: an address, a name
    quoted: str = ""
    channel: MessageChannel = MessageChannel.EMAIL
    writer: Writer = Writer.COMPLAINANT
    automatic: bool = False  # a machine sent it: nobody's answer
    absence: bool = False  # nothing but a note of absence: not even worth telling anybody


@transaction.atomic
def receive_message(
    *, complaint_id: int, incoming: Incoming, actor: User, at: datetime
) -> IncomingMessage:
    """File what came in on a complaint; of a merged one, where it is handled now.

    What the complainant writes ends the time of waiting for them. Whoever is responsible is told;
    of a complaint at its end they are told that reopening is theirs to decide. What a machine sent
    ends no waiting, and a note of absence is told to nobody. Raises NotAllowed, and BadInput naming
    `received_at`.
    """
    complaint = take(_living(complaint_id), actor=actor, permission="complaints.message")
    if incoming.received_at > at:
        raise BadInput(_("This lies in the future."), field="received_at")
    row = IncomingMessage.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=incoming.received_at,
        channel=incoming.channel,
        writer=incoming.writer,
        sender=one_line(incoming.sender)[:254],
        subject=one_line(incoming.subject)[:300],
        text=incoming.text.strip(),
        quoted=incoming.quoted.strip(),
        automatic=incoming.automatic,
    )
    note_down(
        events.MESSAGE_RECEIVED,
        complaint,
        actor=actor,
        at=incoming.received_at,
        payload={
            "incoming": row.pk,
            "channel": str(incoming.channel),
            "writer": str(incoming.writer),
            "automatic": incoming.automatic,
            "sha256": digest(row.subject, row.text, row.quoted),
        },
    )
    if not incoming.automatic:
        _end_waiting(complaint, row, actor=actor, at=at)
        keep(complaint)
    if not incoming.absence:
        _tell(complaint, actor=actor, at=at)
    return row


def _living(complaint_id: int) -> int:
    """Return where a merged complaint is handled now; any other is handled where it is."""
    for _step in range(_LONGEST_CHAIN):
        row = Complaint.objects.filter(pk=complaint_id, state=State.MERGED)
        into = row.values_list("merged_into", flat=True).first()
        if into is None:
            break
        complaint_id = into
    return complaint_id


def _end_waiting(complaint: Complaint, row: IncomingMessage, *, actor: User, at: datetime) -> None:
    waiting = complaint.pauses.filter(
        ended_at__isnull=True, reason=PauseReason.COMPLAINANT, started_at__lte=at
    )
    if row.writer != Writer.OTHER and complaint.paused and waiting.exists():
        end_pause(complaint, actor=actor, at=max(row.at, waiting[0].started_at))


def _tell(complaint: Complaint, *, actor: User, at: datetime) -> None:
    kind = "message_in" if complaint.is_open else "message_after_end"
    people = [person for person in _responsible(complaint) if person != actor]
    # Ten mails in a row are one piece of news until somebody has read it.
    heard = set(
        Notice.objects.filter(
            complaint=complaint, kind=kind, user__in=people, read_at__isnull=True
        ).values_list("user", flat=True)
    )
    tell(
        [person for person in people if person.pk not in heard],
        complaint,
        kind=kind,
        by=system_user(),
        at=at,
    )


def _responsible(complaint: Complaint) -> list[User]:
    """Return who hears of it: the owner, else who recorded it, else those who assign."""
    near = [person for person in (complaint.owner, complaint.recorded_by) if person is not None]
    people = [person for person in near if person.is_active and not person.is_system][:1]
    circle = Circle()
    return (
        people
        or circle.of("complaints.assign", complaint)
        or circle.of("complaints.message", complaint)
    )


@transaction.atomic
def withdraw_message(
    *, incoming_id: int, reason: str, actor: User, at: datetime
) -> IncomingMessage:
    """Take words off a complaint that they do not belong to: they are no longer shown there.

    Raises MoveRefused when that was done already, BadInput naming `reason`.
    """
    complaint_id = IncomingMessage.objects.values_list("complaint_id", flat=True).get(
        pk=incoming_id
    )
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    row = IncomingMessage.objects.select_for_update(of=("self",)).get(pk=incoming_id)
    if row.withdrawn_at is not None:
        raise MoveRefused([_("This message was taken off already.")])
    if not reason.strip():
        raise BadInput(_("Say why it does not belong here."), field="reason")
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    keep(complaint)
    note_down(
        events.MESSAGE_WITHDRAWN,
        complaint,
        actor=actor,
        at=at,
        payload={
            "incoming": row.pk,
            **write_down(complaint, reason, actor=actor, at=at),
        },
    )
    return row
