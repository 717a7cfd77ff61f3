"""Which mails of a complaint are its complainant's own, for a copy of their data."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from complaints.models import Complaint
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
        {
            "record": _("Mail that came in"),
            "sender_name": mail.sender_name,
            "sender": mail.sender,
            "to": mail.to_line,
            "subject": mail.subject,
            "arrived_at": mail.arrived_at,
            "text": mail.text,
            "quoted": mail.quoted,
            "files": [entry["name"] for entry in mail.files],
        }
        for mail in own_mails(complaint_id)
    ]


def other_people(complaint_id: int) -> set[str]:
    """Return the names of those who wrote on a complaint without being its complainant."""
    own = {mail.pk for mail in own_mails(complaint_id)}
    return {
        mail.sender_name for mail in _filed(complaint_id) if mail.pk not in own and mail.sender_name
    }
