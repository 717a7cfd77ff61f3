"""Who may open the pages of templates, letters, messages and files."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.models import Complaint, Message
from complaints.services.attachments import attach_file
from complaints.services.messages import put_out
from complaints.states import MessageChannel, Occasion
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_complaint

READERS = ("agent", "handler", "manager", "quality_manager", "auditor", "top_management")
WRITERS = ("agent", "handler", "manager")
_PDF = b"%PDF-1.7\n"


def _writers_only() -> dict[str, str]:
    """Who may write gets on; who may only read is told so; for all others nothing is there."""
    cells = only(*READERS, gives="403", others="404")
    return {**cells, **dict.fromkeys(WRITERS, "redirect")}


def _readers_only() -> dict[str, str]:
    return only(*READERS, others="404")


def _complaint(world: World) -> Complaint:
    return make_complaint(site=world.site, email="ann@example.com")


def _message(world: World, channel: MessageChannel, state: str) -> Message:
    message = put_out(
        _complaint(world),
        occasion=Occasion.OTHER,
        channel=channel,
        subject="About your complaint",
        body="Good news.",
        actor=world.users["manager"],
        at=NOW,
    )
    Message.objects.filter(pk=message.pk).update(state=state)
    return message


def _reference(world: World) -> Mapping[str, Any]:
    return {"reference": _complaint(world).reference}


def _letter_to_print(world: World) -> Mapping[str, Any]:
    message = _message(world, MessageChannel.LETTER, "queued")
    return {"reference": message.complaint.reference, "pk": message.pk}


def _file(world: World) -> Mapping[str, Any]:
    complaint = _complaint(world)
    attachment = attach_file(
        complaint_id=complaint.pk,
        file=[_PDF],
        name="bill.pdf",
        internal=True,
        actor=world.users["manager"],
        at=NOW,
    )
    return {"reference": complaint.reference, "pk": attachment.pk}


def _template(_world: World) -> Mapping[str, Any]:
    return {"occasion": "acknowledgement", "channel": "email", "language": "en"}


ROWS: dict[str, Row] = {
    "complaints:templates": Row(get=only("quality_manager"), post=no_such_method()),
    "complaints:template": Row(
        get=only("quality_manager"),
        post=only("quality_manager", gives="redirect"),
        kwargs=_template,
        data=lambda _world: {
            "subject": "About {reference}",
            "body": "{reference} {process} {respond_by}",
        },
    ),
    "complaints:template_preview": Row(
        get=no_such_method(), post=only("quality_manager"), kwargs=_template
    ),
    "complaints:messages_unsettled": Row(
        get=only(*READERS, "provider_staff"), post=no_such_method()
    ),
    "complaints:message_print": Row(
        get=_readers_only(), post=no_such_method(), kwargs=_letter_to_print
    ),
    "complaints:message_resolve": Row(
        get=no_such_method(),
        post=_writers_only(),
        kwargs=lambda world: {"pk": _message(world, MessageChannel.EMAIL, "uncertain").pk},
        data=lambda _world: {"was_sent": "yes"},
    ),
    "complaints:message_bounce": Row(
        get=no_such_method(),
        post=_writers_only(),
        kwargs=lambda world: {"pk": _message(world, MessageChannel.EMAIL, "sent").pk},
        data=lambda _world: {"reason": "mailbox full"},
    ),
    "complaints:message_told": Row(
        get=no_such_method(),
        post=_writers_only(),
        kwargs=lambda world: {"pk": _message(world, MessageChannel.LETTER, "queued").pk},
        data=lambda _world: {"told_at": "2026-03-04T10:00"},
    ),
    "complaints:attach": Row(
        get=no_such_method(),
        post=_writers_only(),
        kwargs=_reference,
        data=lambda _world: {"files": SimpleUploadedFile("bill.pdf", _PDF)},
    ),
    "complaints:attachment": Row(get=_readers_only(), post=no_such_method(), kwargs=_file),
}
