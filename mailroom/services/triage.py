"""What a person decides about mail that waits: a complaint, part of one, none; and undoing it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint
from complaints.rules.letters import one_line
from complaints.services.incoming import withdraw_message
from complaints.services.intake import Intake
from complaints.states import Writer
from mailroom import events
from mailroom.errors import DecidedAlready
from mailroom.models import Mail
from mailroom.permissions import asks_for_reason, may_triage
from mailroom.selectors.matching import writer_of
from mailroom.services.files import withdraw_files_of
from mailroom.services.filing import file_on, make_of, note
from mailroom.states import Aside, MailState, Reason


def _taken(mail_id: int, *, actor: User, at: datetime, state: MailState) -> Mail:
    """Lock a mail for a decision.

    Raises Mail.DoesNotExist when it does not exist for the actor, NotAllowed when they may not
    decide or must give a reason first, DecidedAlready when it is somewhere else meanwhile.
    """
    mail = Mail.objects.select_for_update(of=("self",)).visible_to(actor).get(pk=mail_id)
    if not may_triage(actor):
        raise NotAllowed(_("Your role does not decide about mail."))
    _check_reason(mail, actor, at)
    if mail.state != state:
        raise DecidedAlready(_("Somebody has decided about this mail meanwhile."))
    return mail


def _check_reason(mail: Mail, actor: User, at: datetime) -> None:
    if asks_for_reason(mail, actor, at=at):
        raise NotAllowed(
            _("This complaint is confidential. Say on its page why you need to read it."),
            code="reason_needed",
        )


@transaction.atomic
def make_complaint(*, mail_id: int, intake: Intake, actor: User, at: datetime) -> Complaint:
    """Make a mail that waits a complaint, received when the mail arrived.

    Given again by the same person it is the same complaint. Raises what `receive_complaint` does,
    NotAllowed, DecidedAlready, Mail.DoesNotExist.
    """
    mail = Mail.objects.select_for_update(of=("self",)).visible_to(actor).get(pk=mail_id)
    made = mail.complaint
    if (
        mail.state == MailState.FILED
        and made is not None
        and made.idempotency_key == intake.idempotency_key
        and mail.decided_by_id == actor.pk
    ):
        return made
    mail = _taken(mail_id, actor=actor, at=at, state=MailState.WAITING)
    return make_of(mail, intake, actor=actor, at=at)


@transaction.atomic
def add_to_complaint(
    *, mail_id: int, reference: str, from_complainant: bool, actor: User, at: datetime
) -> Mail:
    """Put a mail that waits onto a complaint that exists for the actor.

    `from_complainant` is the person's word that the complainant wrote it, though the address says
    otherwise. Raises BadInput naming `reference`, NotAllowed, DecidedAlready, Mail.DoesNotExist.
    """
    mail = _taken(mail_id, actor=actor, at=at, state=MailState.WAITING)
    complaint = (
        Complaint.objects.visible_to(actor).filter(reference=reference.strip().upper()).first()
    )
    if complaint is None:
        raise BadInput(_("There is no complaint of this reference."), field="reference")
    writer = Writer.COMPLAINANT if from_complainant else writer_of(complaint, mail.sender)
    file_on(mail, complaint, writer=writer, actor=actor, at=at)
    return mail


@transaction.atomic
def put_aside(*, mail_id: int, why: Aside, remark: str = "", actor: User, at: datetime) -> Mail:
    """Say that a mail that waits is no complaint. It is kept, and can be taken back.

    Raises BadInput naming `why` or `remark`, NotAllowed, DecidedAlready, Mail.DoesNotExist.
    """
    mail = _taken(mail_id, actor=actor, at=at, state=MailState.WAITING)
    if not why:
        raise BadInput(_("Say why this is not a complaint."), field="why")
    if why == Aside.OTHER and not remark.strip():
        raise BadInput(_("Say in a few words why."), field="remark")
    mail.state, mail.reason = MailState.ASIDE, Reason.NONE
    mail.aside, mail.aside_note = why, one_line(remark)[:300]
    mail.decided_by, mail.decided_at = actor, at
    mail.save()
    note(events.MAIL_PUT_ASIDE, mail, actor=actor, at=at, why=str(why))
    return mail


@transaction.atomic
def take_back(*, mail_id: int, actor: User, at: datetime) -> Mail:
    """Undo a decision: what was put aside waits again; so do words put onto a wrong complaint.

    The files that came with such words are taken off with them.

    What has become a complaint of its own, and what reports about a letter, stays where it is.
    Raises DecidedAlready, NotAllowed, Mail.DoesNotExist.
    """
    mail = Mail.objects.select_for_update(of=("self",)).visible_to(actor).get(pk=mail_id)
    if not may_triage(actor):
        raise NotAllowed(_("Your role does not decide about mail."))
    _check_reason(mail, actor, at)
    if mail.state == MailState.FILED and mail.incoming_id is not None:
        withdraw_message(
            incoming_id=mail.incoming_id,
            reason=str(_("Filed here by mistake.")),
            actor=actor,
            at=at,
        )
        withdraw_files_of(
            mail,
            mail.files,
            on=mail.complaint_id or 0,
            since=mail.decided_at,
            actor=actor,
            at=at,
        )
        mail.files = [
            {name: entry[name] for name in ("name", "size", "type")} for entry in mail.files
        ]
        mail.incoming = mail.complaint = mail.letter = None
    elif mail.state != MailState.ASIDE:
        raise DecidedAlready(_("This mail can no longer be taken back."))
    mail.state, mail.reason = MailState.WAITING, Reason.TAKEN_BACK
    mail.suggestion = None
    mail.aside, mail.aside_note = Aside.NONE, ""
    mail.decided_by = mail.decided_at = None
    mail.save()
    note(events.MAIL_TAKEN_BACK, mail, actor=actor, at=at)
    return mail


@transaction.atomic
def open_raw(*, mail_id: int, actor: User, at: datetime) -> Mail:
    """Let a person have a mail as it came; that is recorded.

    Raises Mail.DoesNotExist when it does not exist for the actor or was erased, NotAllowed when a
    reason must be given first.
    """
    mail = Mail.objects.visible_to(actor).get(pk=mail_id, erased_at__isnull=True)
    _check_reason(mail, actor, at)
    note(events.MAIL_READ, mail, actor=actor, at=at, sha256=mail.sha256)
    return mail
