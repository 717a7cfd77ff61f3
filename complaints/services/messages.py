"""Messages to complainants: written, queued or noted, and what follows once they arrived."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint, Message
from complaints.rules.letters import gaps, one_line, written_language
from complaints.services.clocks import refresh_next_due, restart_clocks, start_clocks, stop_clocks
from complaints.services.moves import digest, keep, note_down, take
from complaints.states import (
    OPEN_STATES,
    Answer,
    MessageChannel,
    MessageState,
    Occasion,
    Stage,
    State,
)

MAX_SUBJECT = 200
MILESTONES = (
    "acknowledged_at",
    "decision_sent_at",
    "remedies_told_at",
)
# Whoever is told the decision knows by it that the complaint was received (domain brief, K03).
_STAGES_OF = {
    Occasion.ACKNOWLEDGEMENT: (Stage.ACKNOWLEDGE,),
    Occasion.DECISION: (Stage.RESPOND, Stage.ACKNOWLEDGE),
    Occasion.PROGRESS: (Stage.PROGRESS,),
}
_MILESTONES_OF = {
    Occasion.ACKNOWLEDGEMENT: ("acknowledged_at",),
    Occasion.DECISION: ("decision_sent_at", "acknowledged_at"),
    Occasion.REMEDIES: ("remedies_told_at",),
}
_STAGE_OF_MILESTONE = {"acknowledged_at": Stage.ACKNOWLEDGE, "decision_sent_at": Stage.RESPOND}
_BEFORE_THE_ANSWER = {state for state in OPEN_STATES if state != State.RESPONDED}
ARRIVED = (MessageState.SENT, MessageState.NOTED)
ON_ITS_WAY = (MessageState.QUEUED, MessageState.SENDING)


def put_out(
    complaint: Complaint,
    *,
    occasion: Occasion,
    channel: MessageChannel,
    subject: str,
    body: str,
    actor: User,
    at: datetime,
    told_at: datetime | None = None,
) -> Message:
    """Queue an e-mail, or note what was told otherwise. The caller holds and keeps the complaint.

    Anything but an e-mail counts once a person says when it was told (`told_at`); without that it
    waits, queued, for `confirm_told`. Raises BadInput naming `channel`, `subject`, `text` or
    `told_at`.
    """
    check_text(subject, body)
    _check_told(complaint, told_at, at)
    by_mail = channel == MessageChannel.EMAIL
    if by_mail and not reachable_by_mail(complaint):
        raise BadInput(
            _("No usable e-mail address is known for this complainant."), field="channel"
        )
    told = told_at is not None and not by_mail
    language = language_of(complaint)
    message = Message.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        occasion=occasion,
        channel=channel,
        state=MessageState.NOTED if told else MessageState.QUEUED,
        language=language,
        to_address=address_of(complaint) if by_mail else "",
        copy_to=copies_of(complaint) if by_mail else "",
        subject=one_line(subject) or (_plain_subject(complaint, language) if by_mail else ""),
        body=body.replace("\r\n", "\n").strip(),
        written_by=actor,
        queued_at=at,
        sent_at=told_at if told else None,
    )
    note_down(
        events.MESSAGE_NOTED if told else events.MESSAGE_QUEUED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "message": message.pk,
            "occasion": str(occasion),
            "channel": str(channel),
            "sha256": digest(message.subject, message.body),
        },
    )
    if told and told_at is not None:
        settle(complaint, message, at=told_at)
    return message


def check_text(subject: str, body: str) -> None:
    """Refuse what cannot go out: no words, too long a subject, a gap nobody filled in.

    Raises BadInput naming `text` or `subject`.
    """
    if not body.strip():
        raise BadInput(_("Say what the complainant is told."), field="text")
    if len(one_line(subject)) > MAX_SUBJECT:
        raise BadInput(_("The subject line is too long."), field="subject")
    for field, text in (("subject", subject), ("text", body)):
        for left_open in gaps(text):
            raise BadInput(
                _("The text still has a gap: “%(gap)s”. Fill it in, or take it out.")
                % {"gap": left_open},
                field=field,
            )


def _check_told(complaint: Complaint, told_at: datetime | None, at: datetime) -> None:
    if told_at is None:
        return
    if told_at > at:
        raise BadInput(_("This lies in the future."), field="told_at")
    began = complaint.received_at
    if complaint.cycle > 1:
        clocks = complaint.clocks.filter(cycle=complaint.cycle)
        began = clocks.aggregate(first=Min("started_at"))["first"] or began
    if told_at < began:
        raise BadInput(
            _("This lies before the complaint was received or reopened."), field="told_at"
        )


def _plain_subject(complaint: Complaint, language: str) -> str:
    with override(language):
        return gettext("Your complaint %(reference)s") % {"reference": complaint.reference}


def language_of(complaint: Complaint) -> str:
    """Return the language, among those of the house, in which the complainant is written to."""
    person = complaint.complainant
    wanted = complaint.language or (person.language if person else "")
    available = tuple(code for code, _name in settings.LANGUAGES)
    return written_language(wanted, available, settings.LANGUAGE_CODE)


def address_of(complaint: Complaint) -> str:
    """Return the e-mail address of the complainant of record, the only one written to."""
    return complaint.complainant.email.strip() if complaint.complainant else ""


def copies_of(complaint: Complaint) -> str:
    """Return the third parties who get copies, by commas: only those a person has added."""
    copied = complaint.correspondents.filter(copied=True, removed_at__isnull=True)
    return ", ".join(copied.values_list("address", flat=True))


def reachable_by_mail(complaint: Complaint) -> bool:
    """Return whether the complainant has an address that a letter can be sent to."""
    try:
        validate_email(address_of(complaint))
    except ValidationError:
        return False
    return True


def settle(complaint: Complaint, message: Message, *, at: datetime) -> None:
    """Draw the consequences of a message having reached its way out: milestones and clocks."""
    if message.cycle != complaint.cycle:
        return
    occasion = Occasion(message.occasion)
    for milestone in _MILESTONES_OF.get(occasion, ()):
        if getattr(complaint, milestone) is None:
            setattr(complaint, milestone, at)
    for stage in _STAGES_OF.get(occasion, ()):
        stop_clocks(complaint, stage, at=at)
    if occasion == Occasion.PROGRESS and complaint.state in _BEFORE_THE_ANSWER:
        start_clocks(complaint, stages=[Stage.PROGRESS], started_at=at, says=complaint.policy.says)
    refresh_next_due(complaint)


def unsettle(complaint: Complaint, message: Message) -> None:
    """Take the consequences back: an acknowledgement that bounced is no acknowledgement.

    What was told in another way stays told, from the moment of that telling on. A decision that
    the complainant has answered did arrive, and what is closed is not opened by a bounce: the
    people responsible are told and decide.
    """
    occasion = Occasion(message.occasion)
    answered = complaint.answer in {Answer.ACCEPTED, Answer.REFUSED}
    if message.cycle != complaint.cycle or complaint.state not in OPEN_STATES or answered:
        return
    for milestone in _MILESTONES_OF.get(occasion, ()):
        if getattr(complaint, milestone) == message.sent_at:
            _take_back(complaint, message, milestone)
    refresh_next_due(complaint)


def _take_back(complaint: Complaint, message: Message, milestone: str) -> None:
    """Set a milestone, and the clock that waits for it, to what was told in another way."""
    telling = [occasion for occasion, told in _MILESTONES_OF.items() if milestone in told]
    otherwise = (
        complaint.messages.filter(occasion__in=telling, cycle=message.cycle, state__in=ARRIVED)
        .exclude(pk=message.pk)
        .order_by("sent_at")
        .first()
    )
    told_at = otherwise.sent_at if otherwise else None
    setattr(complaint, milestone, told_at)
    stage = _STAGE_OF_MILESTONE.get(milestone)
    if stage is not None:
        restart_clocks(complaint, stage)
        if told_at is not None:
            stop_clocks(complaint, stage, at=told_at)


@transaction.atomic
def write_message(  # noqa: PLR0913 - what, how, when told, by whom, against which version
    *,
    complaint_id: int,
    occasion: Occasion,
    channel: MessageChannel,
    subject: str,
    text: str,
    told_at: datetime | None = None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Message:
    """Write to the complainant outside a move: progress, a question, a reminder, other.

    Also an acknowledgement or a decision again, when the one that went with its step came back.
    Raises MoveRefused when the occasion does not fit, and BadInput as `put_out` does.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.message",
        expected_version=expected_version,
    )
    _check_occasion(complaint, occasion)
    message = put_out(
        complaint,
        occasion=occasion,
        channel=channel,
        subject=subject,
        body=text,
        actor=actor,
        at=at,
        told_at=told_at,
    )
    keep(complaint, *MILESTONES)
    return message


def fitting_occasions(complaint: Complaint) -> list[Occasion]:
    """Return for what one may write freely as the complaint stands, the likeliest first."""
    decided = complaint.state == State.RESPONDED
    fits = {
        Occasion.PROGRESS: complaint.is_open and not decided,
        Occasion.REMINDER: decided and not complaint.answer and bool(complaint.decision_sent_at),
        Occasion.CLOSING: not complaint.is_open and complaint.state != State.MERGED,
        Occasion.INFORMATION_REQUEST: complaint.is_open,
        Occasion.FOLLOW_UP: decided or complaint.state in {State.CLOSED, State.FOLLOWED_UP},
        Occasion.OTHER: True,
    }
    return [occasion for occasion, fit in fits.items() if fit]


def _check_occasion(complaint: Complaint, occasion: Occasion) -> None:
    if occasion in fitting_occasions(complaint):
        return
    own_step = (*_MILESTONES_OF, Occasion.STAFF_NOTICE)
    if occasion not in own_step:
        raise MoveRefused([_("A message of this kind does not fit where the complaint stands.")])
    came_back = {
        Occasion.ACKNOWLEDGEMENT: complaint.state != State.RECEIVED
        and complaint.acknowledged_at is None,
        Occasion.DECISION: complaint.state == State.RESPONDED
        and complaint.decision_sent_at is None,
    }
    if not came_back.get(occasion):
        raise MoveRefused([_("This goes out with its own step, not as a free message.")])
    on_its_way = complaint.messages.filter(
        occasion=occasion, cycle=complaint.cycle, state__in=ON_ITS_WAY
    )
    if on_its_way.exists():
        raise MoveRefused([_("Such a message is on its way already.")])
