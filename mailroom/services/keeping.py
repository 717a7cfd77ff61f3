"""Erasing mails at the end of their time: words and bytes go, rows and entries stay."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.errors import NotAllowed
from complaints.models import Complainant
from mailroom import events
from mailroom.models import Mail
from mailroom.selectors.keeping import loose_mails, own_mails
from mailroom.services.filing import note
from mailroom.services.raw import raw_file
from mailroom.states import MailState


@transaction.atomic
def erase_mails(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase the words and bytes of a complaint's mails, as its retention ends; return how many.

    Only the system does so, for a disposal run that was approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    return _erase(Mail.objects.filter(complaint=complaint_id), actor, at)


@transaction.atomic
def clean_mails(*, before: datetime, at: datetime) -> int:
    """Erase mails put aside as no complaint before a moment; return how many."""
    aside = Mail.objects.filter(
        state=MailState.ASIDE, complaint__isnull=True, decided_at__lt=before
    )
    return _erase(aside, system_user(), at)


def _erase(mails: "QuerySet[Mail]", actor: User, at: datetime) -> int:
    rows = list(mails.filter(erased_at__isnull=True).select_for_update(of=("self",)).order_by("pk"))
    for mail in rows:
        mail.sender_name = mail.sender = mail.to_line = mail.subject = ""
        mail.text = mail.quoted = mail.message_id = mail.aside_note = ""
        mail.files, mail.erased_at = [], at
        mail.save()
        note(events.MAIL_ERASED, mail, actor=actor, at=at)
        transaction.on_commit(partial(_delete, mail.path))
    return len(rows)


def _delete(path: str) -> None:
    """Delete the bytes once the change is certain, unless another mail has the very same."""
    if not Mail.objects.filter(path=path, erased_at__isnull=True).exists():
        raw_file(path).unlink(missing_ok=True)


def raw_mails_on_no_complaint(
    people: Sequence[Complainant], asked_by: User
) -> list[tuple[str, Path]]:
    """Return people's mails that lie on no complaint as they came, for a copy of their data."""
    return [(f"mails/{mail.pk}.eml", raw_file(mail.path)) for mail in loose_mails(people, asked_by)]


def raw_mails(complaint_id: int) -> list[tuple[str, Path]]:
    """Return a complainant's own mails as they came, for a copy of their data."""
    return [(f"mails/{mail.pk}.eml", raw_file(mail.path)) for mail in own_mails(complaint_id)]
