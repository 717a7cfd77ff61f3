"""Sending: letters handed over once, noted as told, bounced, and decided about by people.

A letter is handed over at most once by the machine: the intent is committed before the hand-over.
If the process dies in between, or the line goes dead while the letter is on the wire, the letter is
`uncertain` and a person decides, unless the transport recognises a repeat: then it is simply handed
over again.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint, Message, Notice
from complaints.rules.letters import one_line
from complaints.selectors.people import Circle
from complaints.services.links import with_personal_link
from complaints.services.messages import (
    ARRIVED,
    MILESTONES,
    ON_ITS_WAY,
    address_of,
    copies_of,
    reachable_by_mail,
    settle,
    unsettle,
)
from complaints.services.moves import keep, note_down, stamp, take
from complaints.states import MessageChannel, MessageState, Occasion
from complaints.transports import (
    NotAcceptedError,
    UnansweredError,
    hand_over,
    is_handed_over,
    recognises_repeats,
)

STALE = timedelta(minutes=5)  # a hand-over takes seconds; after this its process is gone
GIVE_UP_AFTER = 8  # attempts: with the outbox's pauses some five hours
_MAY_COME_BACK = {MessageChannel.EMAIL, MessageChannel.SMS, MessageChannel.LETTER}


class BeingSentError(RuntimeError):
    """Another worker is handing this letter over right now; the outbox asks again later."""


def send_message(*, message_id: int, at: datetime) -> None:
    """Hand one queued message over. Called by the outbox, which calls again until it is settled.

    Each step has its own transaction, so that the intent is on disk before the letter leaves.
    Raises NotAcceptedError or BeingSentError while it is worth trying again.
    """
    message = _intend(message_id, at)
    if message is None:
        return
    try:
        hand_over(message)
    except UnansweredError as error:
        _unanswered(message_id, error, at)
    except NotAcceptedError as error:
        if not _not_accepted(message_id, error, at):
            raise
    else:
        _accepted(message_id, at)


def _intend(message_id: int, at: datetime) -> Message | None:
    """Commit the intent to hand a letter over; return None when nothing is left to do."""
    with transaction.atomic():
        complaint, message = _both(message_id)
        by_mail = message.channel == MessageChannel.EMAIL
        if not by_mail or message.state not in ON_ITS_WAY:
            return None
        if message.state == MessageState.SENDING and not recognises_repeats():
            # A process died between intent and note, or is at it right now.
            if message.sending_at is not None and at - message.sending_at < STALE:
                raise BeingSentError
            _mark_uncertain(complaint, message, at)
            return None
        if not is_handed_over(message):
            message.state = MessageState.SENDING
            message.sending_at = at
            message.attempts += 1
            message.save(update_fields=["state", "sending_at", "attempts"])
            # In memory only: what lies in the database opens nobody's page.
            message.body = with_personal_link(complaint, message, at=at)
            return message
    _accepted(message_id, at)
    return None


def _accepted(message_id: int, at: datetime) -> None:
    with transaction.atomic():
        complaint, message = _both(message_id)
        if message.state == MessageState.SENT:
            return
        message.state, message.sent_at, message.error = MessageState.SENT, at, ""
        message.save(update_fields=["state", "sent_at", "error"])
        if message.occasion != Occasion.STAFF_NOTICE:
            settle(complaint, message, at=at)
            stamp(complaint, *MILESTONES)
        note_down(
            events.MESSAGE_SENT,
            complaint,
            actor=None,
            at=at,
            payload={"message": message.pk, "delivery": str(message.delivery_id)},
        )


def _not_accepted(message_id: int, error: NotAcceptedError, at: datetime) -> bool:
    """Note a refusal; return whether it is final."""
    with transaction.atomic():
        complaint, message = _both(message_id)
        if message.state != MessageState.SENDING:
            return True  # somebody has decided about it meanwhile
        final = error.permanent or message.attempts >= GIVE_UP_AFTER
        message.state = MessageState.FAILED if final else MessageState.QUEUED
        message.error = str(error)[:300]
        message.failed_at = at if final else None
        message.save(update_fields=["state", "error", "failed_at"])
        if final:
            note_down(
                events.MESSAGE_FAILED, complaint, actor=None, at=at, payload={"message": message.pk}
            )
            tell_about_message(complaint, at)
        return final


def _unanswered(message_id: int, error: UnansweredError, at: datetime) -> None:
    with transaction.atomic():
        complaint, message = _both(message_id)
        if message.state == MessageState.SENDING:
            message.error = str(error)[:300]
            _mark_uncertain(complaint, message, at)


def _mark_uncertain(complaint: Complaint, message: Message, at: datetime) -> None:
    message.state = MessageState.UNCERTAIN
    message.save(update_fields=["state", "error"])
    note_down(
        events.MESSAGE_UNCERTAIN, complaint, actor=None, at=at, payload={"message": message.pk}
    )
    tell_about_message(complaint, at)


def _both(message_id: int) -> tuple[Complaint, Message]:
    """Lock complaint, then message: the same order everywhere, so that nobody waits in a circle."""
    complaint_id = Message.objects.values_list("complaint_id", flat=True).get(pk=message_id)
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    return complaint, _locked(message_id)


def _locked(message_id: int) -> Message:
    return Message.objects.select_for_update(of=("self",)).get(pk=message_id)


def _take_both(message_id: int, actor: User) -> tuple[Complaint, Message]:
    """Lock both for a person who may write to this complainant."""
    complaint_id = Message.objects.values_list("complaint_id", flat=True).get(pk=message_id)
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    return complaint, _locked(message_id)


def tell_about_message(complaint: Complaint, at: datetime) -> None:
    """Tell who is responsible that a letter did not get through; on the page, as mail failed.

    The owner, else who recorded the complaint; where neither is a person at work, those who assign.
    """
    near = [person for person in (complaint.owner, complaint.recorded_by) if person is not None]
    people = [person for person in near if person.is_active and not person.is_system][:1]
    circle = Circle()
    people = (
        people
        or circle.of("complaints.assign", complaint)
        or circle.of("complaints.message", complaint)
    )
    Notice.objects.bulk_create(
        Notice(user=person, complaint=complaint, kind="message_failed", created_at=at)
        for person in people
    )


@transaction.atomic
def note_bounce(*, message_id: int, reason: str, actor: User | None, at: datetime) -> None:
    """Note that a message came back: it no longer counts, its clock runs again, someone is told.

    `actor` is the person who says so, or None for the machine that read the bounce. Raises
    MoveRefused when the message has not gone out or cannot come back, BadInput naming `reason`.
    """
    complaint, message = _both(message_id) if actor is None else _take_both(message_id, actor)
    # What was interrupted on its way and comes back did go out: only the machine can know.
    gone_out = ARRIVED if actor is not None else (*ARRIVED, MessageState.UNCERTAIN)
    if message.state not in gone_out or message.channel not in _MAY_COME_BACK:
        raise MoveRefused([_("Only a message that was sent can come back.")])
    if not reason.strip():
        raise BadInput(_("Say what came back, and why."), field="reason")
    message.state, message.failed_at = MessageState.BOUNCED, at
    message.error = one_line(reason)[:300]
    message.save(update_fields=["state", "failed_at", "error"])
    if message.occasion != Occasion.STAFF_NOTICE:
        unsettle(complaint, message)
        stamp(complaint, *MILESTONES)
    note_down(
        events.MESSAGE_BOUNCED, complaint, actor=actor, at=at, payload={"message": message.pk}
    )
    tell_about_message(complaint, at)


@transaction.atomic
def confirm_told(*, message_id: int, told_at: datetime, actor: User, at: datetime) -> Message:
    """Say when a letter was posted or a text read out. Raises BadInput naming `told_at`."""
    complaint, message = _take_both(message_id, actor)
    if message.state != MessageState.QUEUED or message.channel == MessageChannel.EMAIL:
        raise MoveRefused([_("This message does not wait for somebody to tell it.")])
    if not message.queued_at <= told_at <= at:
        raise BadInput(_("This must lie between its writing and now."), field="told_at")
    message.state, message.sent_at = MessageState.NOTED, told_at
    message.save(update_fields=["state", "sent_at"])
    settle(complaint, message, at=told_at)
    keep(complaint, *MILESTONES)
    note_down(events.MESSAGE_NOTED, complaint, actor=actor, at=at, payload={"message": message.pk})
    return message


@transaction.atomic
def resolve_message(*, message_id: int, was_sent: bool, actor: User, at: datetime) -> Message:
    """Decide about a message that hangs; return the one that counts from now on.

    Interrupted while sending: it did go out, or it goes again under the same delivery id. Failed:
    it goes again. Bounced: it did arrive after all, or a fresh copy goes to the address known now.
    Raises MoveRefused, and BadInput naming `channel` when there is no usable address.
    """
    complaint, message = _take_both(message_id, actor)
    if message.state not in {MessageState.UNCERTAIN, MessageState.FAILED, MessageState.BOUNCED}:
        raise MoveRefused([_("This message is on its way or has arrived.")])
    if was_sent and message.state == MessageState.FAILED:
        raise MoveRefused([_("This message certainly did not go out: send it again.")])
    if was_sent:
        _declare_sent(complaint, message, at)
    else:
        message = _requeue(complaint, message, actor, at)
    keep(complaint, *MILESTONES)
    note_down(
        events.MESSAGE_SENT if was_sent else events.MESSAGE_QUEUED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "message": message.pk,
            "resolved": message_id,
            "occasion": message.occasion,
            "delivery": str(message.delivery_id),
        },
    )
    return message


def _declare_sent(complaint: Complaint, message: Message, at: datetime) -> None:
    noted = message.channel != MessageChannel.EMAIL
    message.state = MessageState.NOTED if noted else MessageState.SENT
    message.sent_at = message.sent_at or message.sending_at or at
    message.failed_at, message.error = None, ""
    message.save(update_fields=["state", "sent_at", "failed_at", "error"])
    if message.occasion != Occasion.STAFF_NOTICE:
        settle(complaint, message, at=message.sent_at)


def _requeue(complaint: Complaint, message: Message, actor: User, at: datetime) -> Message:
    if message.state == MessageState.BOUNCED:
        # The letter that came back is a fact; what goes out now is another letter.
        message = Message(
            complaint=complaint,
            cycle=message.cycle,
            occasion=message.occasion,
            channel=message.channel,
            language=message.language,
            to_user=message.to_user,
            subject=message.subject,
            body=message.body,
            written_by=actor,
            copy_to=message.copy_to and copies_of(complaint),
        )
    if message.channel == MessageChannel.EMAIL:
        if message.to_user is not None:
            message.to_address = message.to_user.email
        elif reachable_by_mail(complaint):
            message.to_address = address_of(complaint)
        else:
            raise BadInput(
                _("No usable e-mail address is known for this complainant."), field="channel"
            )
    message.state, message.queued_at = MessageState.QUEUED, at
    message.attempts, message.error, message.failed_at = 0, "", None
    message.save()
    return message
