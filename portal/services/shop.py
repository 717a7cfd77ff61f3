"""Taking down what waited on a shop's device: received when it was heard, recorded when it came."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from complaints.errors import Conflict
from complaints.models import Complaint
from complaints.rules.suggestions import written_in
from complaints.services.attachments import attach_file
from complaints.services.drafts import became, idempotency_key
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.states import Trigger
from journal.errors import Refusal


@dataclass(frozen=True)
class Words:
    """What a colleague wrote down, standing before the complainant."""

    key: UUID
    channel: str
    description: str
    remedy_sought: str = ""
    product: str = ""
    order_number: str = ""
    person: Person = field(default_factory=Person)
    site: Site | None = None
    danger: bool = False


@dataclass(frozen=True)
class Received:
    """The complaint, whether it is new, and why photos were refused."""

    complaint: Complaint
    new: bool
    refused: list[str]


def take_from_shop(
    *,
    words: Words,
    captured_at: datetime,
    captured_by: int | None,
    take_over: bool = False,
    files: "Iterable[UploadedFile[Any]]" = (),
    actor: User,
    at: datetime,
) -> Received:
    """Receive a complaint that was taken down earlier.

    Time limits count from `captured_at`, not from when the line came back. Somebody else's words
    are sent in one's own name only on purpose (`take_over`): else Conflict, and they wait. A photo
    never keeps a complaint from being received. Raises NotAllowed, BadInput as
    `receive_complaint` does.
    """
    if captured_by is not None and captured_by != actor.pk and not take_over:
        raise Conflict(
            _("Somebody else wrote this down. Let them sign in, or send it in your name."),
            code="somebody_else",
        )
    known = became(key=words.key, actor=actor)
    if known is None and _taken_by_another(words.key):
        raise Conflict(_("A colleague has sent this complaint already."), code="sent_already")
    complaint = receive_complaint(
        intake=Intake(
            channel=words.channel,
            description=words.description,
            received_at=captured_at,
            person=words.person,
            anonymous=not words.person.reachable,
            remedy_sought=words.remedy_sought,
            product=words.product,
            order_number=words.order_number,
            language=written_in(words.description),
            site=words.site or _own_site(actor),
            emergency_trigger=Trigger.PERSONAL_SAFETY if words.danger else "",
            idempotency_key=idempotency_key(words.key, actor),
        ),
        actor=actor,
        at=at,
    )
    refused = [why for file in files if (why := _attach(complaint, file, actor=actor, at=at))]
    return Received(complaint, known is None, refused)


def _own_site(actor: User) -> Site | None:
    """Return the site of somebody who works at one only: that is where they heard it."""
    sites = {grant.site for grant in actor.grants}
    return sites.pop() if len(sites) == 1 else None


def _taken_by_another(key: UUID) -> bool:
    """Return whether the key of a device has become a complaint of anybody."""
    return Complaint.objects.filter(
        idempotency_key__startswith="intake:", idempotency_key__endswith=f":{key}"
    ).exists()


def _attach(complaint: Complaint, file: "UploadedFile[Any]", *, actor: User, at: datetime) -> str:
    """Attach a photo; return why not, where it is refused."""
    try:
        attach_file(
            complaint_id=complaint.pk,
            file=file.chunks(),
            name=file.name or "",
            internal=False,
            actor=actor,
            at=at,
        )
    except (Refusal, Complaint.DoesNotExist) as refusal:
        return f"{file.name}: {refusal}"
    return ""
