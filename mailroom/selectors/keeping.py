"""Which mails are a complainant's own, on a complaint or on none, for a copy of their data."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.models import Complainant, Complaint
from complaints.rules.intake import email_key
from complaints.states import Writer
from mailroom.models import Mail


def own_mails(complaint_id: int) -> list[Mail]:
    """Return the mails of a complaint that its complainant wrote, oldest first.

    By the address of record, or by the word of whoever filed it. What others sent, and what
    machines reported about our letters, is not theirs.
    """
    person = Complaint.objects.select_related("complainant").get(pk=complaint_id).complainant
    key = person.email_key if person is not None else ""
    return [
        mail
        for mail in _filed(complaint_id)
        if (key and email_key(mail.sender) == key)
        or (mail.incoming is not None and mail.incoming.writer == Writer.COMPLAINANT)
    ]


def _filed(complaint_id: int) -> QuerySet[Mail]:
    gone = Q(erased_at__isnull=False) | Q(incoming__withdrawn_at__isnull=False)
    rows = Mail.objects.filter(complaint=complaint_id).exclude(gone)
    return rows.select_related("incoming").order_by("pk")


def what_is_held(complaint_id: int) -> list[dict[str, Any]]:
    """Return the complainant's own mails as they were read; the raw ones go along as files."""
    return [
        {"record": _("Mail that came in"), **_as_read(mail)} for mail in own_mails(complaint_id)
    ]


def _as_read(mail: Mail) -> dict[str, Any]:
    return {
        "sender_name": mail.sender_name,
        "sender": mail.sender,
        "to": mail.to_line,
        "subject": mail.subject,
        "arrived_at": mail.arrived_at,
        "text": mail.text,
        "quoted": mail.quoted,
        "files": [entry["name"] for entry in mail.files],
    }


# --- what lies on no complaint -------------------------------------------------------------------


def loose_mails(people: Sequence[Complainant], asked_by: User) -> list[Mail]:
    """Return the mails on no complaint that came from an address of these people, oldest first.

    They wait for a person, or were put aside as no complaint. One that may belong to a complaint
    which does not exist for `asked_by` is left out, as that complaint is.
    """
    keys = {person.email_key for person in people} - {""}
    if not keys:
        return []
    seen = Complaint.objects.visible_to(asked_by).values("pk")
    loose = Mail.objects.filter(complaint=None, erased_at=None).filter(
        Q(suggestion=None) | Q(suggestion__in=seen)
    )
    theirs = [pk for pk, sender in loose.values_list("pk", "sender") if email_key(sender) in keys]
    return list(Mail.objects.filter(pk__in=theirs).order_by("pk"))


def what_lies_on_no_complaint(
    people: Sequence[Complainant], asked_by: User
) -> list[dict[str, Any]]:
    """Return people's mails on no complaint as they were read, with where they lie and why.

    That somebody else may have used the address stands with the mail, as its reason.
    """
    return [
        {
            "record": _("Mail on no complaint"),
            "state": str(mail.get_state_display()),
            "reason": str(mail.get_aside_display() if mail.aside else mail.get_reason_display()),
            "note": mail.aside_note,
            **_as_read(mail),
        }
        for mail in loose_mails(people, asked_by)
    ]


def what_cannot_be_found(people: Sequence[Complainant]) -> str:
    """Return that mails on no complaint cannot be found for people without a known address."""
    if any(person.email_key for person in people):
        return ""
    return _(
        "Mails that lie on no complaint can only be found by the sender's address, and no e-mail "
        "address of this person is on record. Look through the mails that wait before you hand "
        "the copy over."
    )


def other_people(complaint_id: int) -> set[str]:
    """Return the names of those who wrote on a complaint without being its complainant."""
    own = {mail.pk for mail in own_mails(complaint_id)}
    return {
        mail.sender_name for mail in _filed(complaint_id) if mail.pk not in own and mail.sender_name
    }
