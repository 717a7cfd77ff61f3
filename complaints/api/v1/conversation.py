"""Notes, messages and files of a complaint: read them, add to them."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404

from complaints.api.v1 import given, told
from complaints.api.v1.finding import found
from complaints.api.v1.reading import texts_shown
from complaints.errors import BadInput, TooLarge
from complaints.models import Attachment, Complaint
from complaints.services.attachments import attach_file, file_of, open_attachment
from complaints.services.messages import write_message
from complaints.services.notes import add_note
from complaints.states import MessageChannel, Occasion
from providers.api.operations import Answer, Call, operation
from providers.api.views import ApiView
from providers.states import Scope

TAG = "conversation"


class Notes(ApiView):
    """Remarks for those who work on a complaint."""

    @operation(
        "note_list", "Read the notes", scope=Scope.READ, gives={200: told.NotesShape}, tag=TAG
    )
    def get(self, call: Call, reference: str) -> Answer:
        """Oldest first."""
        complaint = found(call.actor, reference)
        shown = texts_shown(complaint, call)
        notes = complaint.notes.select_related("by")
        return Answer(
            {
                "results": [
                    {
                        "id": str(note.pk),
                        "at": note.at,
                        "by": str(note.by),
                        "text": note.text if shown or note.by_id == call.actor.pk else None,
                    }
                    for note in notes
                ]
            }
        )

    @operation(
        "note_add",
        "Add a note",
        scope=Scope.HANDLE,
        takes=given.NoteGiven,
        gives={201: told.NotedShape},
        refuses=(409,),
        tag=TAG,
    )
    def post(self, call: Call, reference: str) -> Answer:
        """It can never be changed or taken back."""
        complaint = found(call.actor, reference)
        note = add_note(
            complaint_id=complaint.pk, text=call.given["text"], actor=call.actor, at=call.at
        )
        return Answer({"id": str(note.pk), "at": note.at}, HTTPStatus.CREATED)


class Messages(ApiView):
    """Words between the organisation and the complainant."""

    @operation(
        "message_list",
        "Read the messages",
        scope=Scope.READ,
        gives={200: told.MessagesShape},
        tag=TAG,
    )
    def get(self, call: Call, reference: str) -> Answer:
        """Oldest first, both ways."""
        complaint = found(call.actor, reference)
        rows = sorted(_messages(complaint, call), key=lambda row: row["at"])
        return Answer({"results": rows})

    @operation(
        "message_write",
        "Write to the complainant",
        scope=Scope.HANDLE,
        takes=given.MessageGiven,
        gives={201: told.WrittenShape},
        versioned=True,
        tag=TAG,
    )
    def post(self, call: Call, reference: str) -> Answer:
        """An e-mail is sent; what was told otherwise is noted with `told_at`."""
        complaint = found(call.actor, reference)
        said = call.given
        message = write_message(
            complaint_id=complaint.pk,
            occasion=Occasion(said["occasion"]),
            channel=MessageChannel(said["channel"]),
            subject=said.get("subject", ""),
            text=said["text"],
            told_at=said.get("told_at"),
            actor=call.actor,
            at=call.at,
        )
        return Answer(
            {
                "id": str(message.delivery_id),
                "state": message.state,
                "occasion": message.occasion,
                "channel": message.channel,
            },
            HTTPStatus.CREATED,
        )


def _messages(complaint: Complaint, call: Call) -> Iterator[dict[str, Any]]:
    shown = texts_shown(complaint, call)
    written = complaint.messages.exclude(occasion=Occasion.STAFF_NOTICE)
    for message in written:
        yield {
            "id": str(message.delivery_id),
            "direction": "out",
            "at": message.queued_at,
            "occasion": message.occasion,
            "channel": message.channel,
            "state": message.state,
            "sent_at": message.sent_at,
            "subject": message.subject if shown else None,
            "text": message.body if shown else None,
        }
    for came in complaint.incomingmessages.filter(withdrawn_at__isnull=True):
        yield {
            "id": f"in-{came.pk}",
            "direction": "in",
            "at": came.at,
            "occasion": None,
            "channel": None,
            "state": None,
            "sent_at": None,
            "subject": None,
            "text": came.text if shown else None,
        }


class Attachments(ApiView):
    """Files of a complaint."""

    @operation(
        "attachment_list",
        "List the files",
        scope=Scope.READ,
        gives={200: told.AttachmentsShape},
        tag=TAG,
    )
    def get(self, call: Call, reference: str) -> Answer:
        """Oldest first."""
        complaint = found(call.actor, reference)
        return Answer({"results": [_file(row) for row in complaint.attachments.all()]})

    @operation(
        "attachment_add",
        "Add a file",
        scope=Scope.ATTACH,
        takes=given.FileGiven,
        takes_files=True,
        gives={201: told.AttachmentShape},
        refuses=(409,),
        tag=TAG,
        opens={"reference": "$request.path.reference", "attachment": "$response.body#/id"},
    )
    def post(self, call: Call, reference: str) -> Answer:
        """Checked by its content. The same file sent again is the one that is there already."""
        complaint = found(call.actor, reference)
        file: UploadedFile[Any] = call.given["file"]
        try:
            attachment = attach_file(
                complaint_id=complaint.pk,
                file=file.chunks(),
                name=file.name or "",
                internal=call.given["internal"] == "true",
                actor=call.actor,
                at=call.at,
            )
        except BadInput as refusal:
            if refusal.code == TooLarge.code:
                raise TooLarge(refusal.message, field="file") from None
            raise
        return Answer(_file(attachment), HTTPStatus.CREATED)


class OneAttachment(ApiView):
    """The bytes of a file."""

    @operation(
        "attachment_read",
        "Download a file",
        scope=Scope.READ,
        gives={200: None},
        gives_file=True,
        tag=TAG,
    )
    def get(self, call: Call, reference: str, attachment: int) -> Any:
        """As it was sent."""
        complaint = found(call.actor, reference)
        wanted = complaint.attachments.filter(pk=attachment).first()
        if wanted is None:
            raise Http404
        opened = open_attachment(attachment_id=wanted.pk, actor=call.actor, at=call.at)
        try:
            content = file_of(opened).open("rb")
        except FileNotFoundError:
            raise Http404 from None
        return FileResponse(
            content,
            as_attachment=True,
            filename=opened.name,
            content_type="application/octet-stream",
        )


def _file(attachment: Attachment) -> Mapping[str, Any]:
    return {
        "id": str(attachment.pk),
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "scan": attachment.scan,
        "internal": attachment.internal,
        "at": attachment.at,
    }
