"""Questions to outsiders without an account: asked, answered once by a link, or met by silence."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.rules import digest_of
from accounts.services import system_user
from complaints.errors import BadInput, Conflict
from complaints.models import Attachment, Complaint
from complaints.permissions import may_see
from complaints.services.attachments import attach_file, may_leave
from complaints.services.moves import digest, note_down, take
from complaints.services.notices import tell
from journal.origin import origin
from referrals import events
from referrals.models import OutsideQuestion
from referrals.permissions import RECORD
from referrals.selectors.questions import open_question
from referrals.states import Expert

LONGEST_DAYS = 90
LONGEST = 20_000
MOST_FILES = 10


@dataclass(frozen=True)
class Wish:
    """Whom to ask what, what they are shown, and by when they answer."""

    to_kind: str
    to_name: str
    question: str
    ends_at: datetime
    quoted: str = ""
    attachments: Sequence[int] = ()
    language: str = "en"


@dataclass(frozen=True)
class Asked:
    """A question with the secret of its link, which exists nowhere else."""

    question: OutsideQuestion
    secret: str

    @property
    def address(self) -> str:
        """Return the whole address to hand on."""
        return f"{settings.PUBLIC_URL}/complain/answer/{self.secret}/"


@transaction.atomic
def ask_outsider(*, complaint_id: int, wish: Wish, actor: User, at: datetime) -> Asked:
    """Ask somebody outside one question; the address of the answer is told this once.

    Raises NotAllowed, BadInput naming `to_kind`, `to_name`, `question`, `ends_at` or `attachments`.
    """
    complaint = take(complaint_id, actor=actor, permission=RECORD)
    _check(wish, at)
    files = list(complaint.attachments.filter(pk__in=wish.attachments))
    if len(files) != len(set(wish.attachments)) or not all(map(may_leave, files)):
        raise BadInput(_("Choose files of this complaint."), field="attachments")
    secret = secrets.token_urlsafe(32)
    question = OutsideQuestion.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        to_kind=wish.to_kind,
        to_name=wish.to_name.strip(),
        question=wish.question.strip(),
        quoted=wish.quoted.strip(),
        language=wish.language,
        asked_by=actor,
        asked_at=at,
        ends_at=wish.ends_at,
        digest=digest_of(secret),
    )
    question.files.set(files)
    _note(
        events.QUESTION_ASKED,
        question,
        actor,
        at,
        ends_at=wish.ends_at.isoformat(),
        attachments=[file.pk for file in files],
        sha256=digest(question.to_name, question.question, question.quoted),
    )
    return Asked(question, secret)


def _check(wish: Wish, at: datetime) -> None:
    if wish.to_kind not in Expert.values:
        raise BadInput(_("Say whom you ask."), field="to_kind")
    if not wish.to_name.strip():
        raise BadInput(_("Say whom you ask."), field="to_name")
    if not wish.question.strip():
        raise BadInput(_("Write the question."), field="question")
    if not at < wish.ends_at <= at + timedelta(days=LONGEST_DAYS):
        raise BadInput(
            _("Choose a time ahead, within %(days)s days.") % {"days": LONGEST_DAYS},
            field="ends_at",
        )
    if wish.language not in dict(settings.LANGUAGES):
        raise BadInput(_("These pages do not speak that language."), field="language")


@dataclass(frozen=True)
class Enclosed:
    """A file that comes with an answer."""

    name: str
    content: Iterable[bytes]


@transaction.atomic
def answer_question(
    *, secret: str, answer: str, files: Sequence[Enclosed] = (), at: datetime
) -> OutsideQuestion:
    """Keep the answer of somebody outside; the link works no more. Whoever asked is told.

    Its files become internal ones of the complaint, under the checks of every upload; one that is
    refused refuses the whole, so that the link still works for another try. Raises Conflict when
    the link has ended, BadInput naming `answer` or `uploads`.
    """
    question = _waiting(secret, at)
    if not answer.strip():
        raise BadInput(_("Write your answer."), field="answer")
    if len(answer) > LONGEST:
        raise BadInput(_("This is too long."), field="answer")
    kept = _attached(question, files, at)
    question.answer, question.answered_at = answer.strip(), at
    question.save(update_fields=["answer", "answered_at"])
    question.answer_files.set(kept)
    said = {"sha256": digest(question.answer), "attachments": [file.pk for file in kept]}
    _note(events.QUESTION_ANSWERED, question, system_user(), at, **said)
    _tell_asker(question, "outside_answer", at)
    return question


def _attached(
    question: OutsideQuestion, files: Sequence[Enclosed], at: datetime
) -> list[Attachment]:
    if len(files) > MOST_FILES:
        raise BadInput(
            _("No more than %(most)s files, please.") % {"most": MOST_FILES}, field="uploads"
        )
    kept = []
    for file in files:
        try:
            kept.append(
                attach_file(
                    complaint_id=question.complaint_id,
                    file=file.content,
                    name=file.name,
                    internal=True,
                    actor=system_user(),
                    at=at,
                )
            )
        except BadInput as refusal:
            raise BadInput(f"{file.name}: {refusal}", field="uploads") from None
    return kept


@transaction.atomic
def open_question_file(*, secret: str, attachment_id: int, at: datetime) -> Attachment:
    """Let somebody outside open a file that was chosen for them, and record it.

    Raises Conflict when the link has ended, Attachment.DoesNotExist for any other file.
    """
    question = _waiting(secret, at)
    file = question.files.get(pk=attachment_id)
    if not may_leave(file):
        raise Attachment.DoesNotExist
    _note(events.QUESTION_FILE_READ, question, system_user(), at, attachment=file.pk)
    return file


def _waiting(secret: str, at: datetime) -> OutsideQuestion:
    """Lock the complaint first, as every verb does, then the question of a link."""
    found = open_question(secret, at=at)
    if found is not None:
        complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=found.complaint_id)
        question = OutsideQuestion.objects.select_for_update(of=("self",)).get(pk=found.pk)
        question.complaint = complaint
        if question.waits:
            return question
    raise Conflict(_("This link does not work any more."))


@transaction.atomic
def revoke_question(*, question_id: int, actor: User, at: datetime) -> OutsideQuestion:
    """Take a question back: its link works no more. Raises NotAllowed, Conflict."""
    found = OutsideQuestion.objects.get(pk=question_id)
    complaint = take(found.complaint_id, actor=actor, permission=RECORD)
    question = OutsideQuestion.objects.select_for_update(of=("self",)).get(pk=question_id)
    if not question.waits:
        raise Conflict(_("This question does not wait for an answer any more."))
    question.complaint, question.revoked_at = complaint, at
    question.save(update_fields=["revoked_at"])
    _note(events.QUESTION_REVOKED, question, actor, at)
    return question


def sweep_outside_questions(*, now: datetime) -> int:
    """Note on the record which questions nobody answered in time; return how many. By the clock."""
    over = OutsideQuestion.objects.filter(
        ends_at__lte=now, answered_at__isnull=True, silent_at__isnull=True, revoked_at__isnull=True
    ).order_by("pk")
    noted = 0
    with origin("scheduler"):
        for pk, complaint_id in over.values_list("pk", "complaint_id"):
            noted += _note_silence(pk, complaint_id, now)
    return noted


@transaction.atomic
def _note_silence(pk: int, complaint_id: int, now: datetime) -> bool:
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    question = OutsideQuestion.objects.select_for_update(of=("self",)).get(pk=pk)
    if not question.waits:
        return False
    question.complaint, question.silent_at = complaint, now
    question.save(update_fields=["silent_at"])
    _note(events.QUESTION_SILENT, question, system_user(), now)
    _tell_asker(question, "outside_silent", now)
    return True


def _tell_asker(question: OutsideQuestion, kind: str, at: datetime) -> None:
    people = {question.asked_by, question.complaint.owner}
    told = [who for who in people if who and who.is_active and may_see(who, question.complaint)]
    tell(told, question.complaint, kind=kind, by=system_user(), at=at)


def _note(kind: str, question: OutsideQuestion, actor: User, at: datetime, **payload: Any) -> None:
    own = {"question": question.pk, "expert": question.to_kind}
    note_down(kind, question.complaint, actor=actor, at=at, payload={**own, **payload})
