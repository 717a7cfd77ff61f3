"""The verbs of people's rights: take a request, recognise them, correct, answer, forget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complainant
from complaints.services.moves import digest
from complaints.services.triage import Correction, correct_complaint
from journal.services import record
from retention import events
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import DisposalRun, SubjectRequest
from retention.permissions import demand_everywhere
from retention.selectors.rights import complaints_of, due_for, people_found
from retention.selectors.schedule import content_in_force
from retention.services.disposal import propose_early_disposal
from retention.states import Answer, Ground, Proof, RequestKind, RequestState

CORRECTED = ("name", "phone", "email", "customer_number", "product", "order_number")
_MAY_NOT = _("Your role does not answer requests about personal data.")
_ERASING = (RequestKind.ERASURE, RequestKind.OBJECTION)


@dataclass(frozen=True)
class Asked:
    """What came in: what is asked for, by whom as they say, when, and in what words."""

    kind: str
    name: str
    contact: str
    received_at: datetime
    text: str = ""


@transaction.atomic
def take_request(*, asked: Asked, actor: User, at: datetime) -> SubjectRequest:
    """Write a request down; its due date is worked out. Raises NotAllowed, BadInput."""
    demand_everywhere(actor, "retention.subjects", _MAY_NOT)
    if asked.kind not in RequestKind.values:
        raise BadInput(_("Choose what is asked for."), field="kind")
    if not (asked.name.strip() or asked.contact.strip()):
        raise BadInput(_("Say who asks: a name, a phone number or an e-mail."), field="name")
    if asked.received_at > at:
        raise BadInput(_("This lies in the future."), field="received_at")
    request = SubjectRequest.objects.create(
        kind=asked.kind,
        name=asked.name.strip(),
        contact=asked.contact.strip(),
        text=asked.text.strip(),
        received_at=asked.received_at,
        due_at=due_for(asked.received_at, content_in_force()),
        taken_by=actor,
    )
    _note(events.REQUEST_RECEIVED, request, actor, at, asked=request.kind)
    return request


@transaction.atomic
def verify_identity(
    *,
    request_id: int,
    people: Sequence[int],
    proof: str,
    proof_note: str = "",
    actor: User,
    at: datetime,
) -> SubjectRequest:
    """Say which complainants the person is, and how they were recognised.

    Nobody is meant when nothing is held about them. Raises NotAllowed, Conflict, BadInput naming
    `proof` or `people`.
    """
    request = _taken(request_id, actor)
    if proof not in Proof.values:
        raise BadInput(_("Say how the person was recognised."), field="proof")
    known = Complainant.objects.filter(pk__in=people)
    meant = [person for person in known if _is_known_to(actor, person)]
    if len(meant) != len(set(people)):
        raise BadInput(_("Choose from the people found."), field="people")
    request.people.set(meant)
    request.state, request.proof, request.proof_note = RequestState.VERIFIED, proof, proof_note
    request.verified_by, request.verified_at = actor, at
    request.save(update_fields=["state", "proof", "proof_note", "verified_by", "verified_at"])
    _note(
        events.REQUEST_VERIFIED,
        request,
        actor,
        at,
        proof=proof,
        people=sorted(person.pk for person in meant),
    )
    return request


def _is_known_to(actor: User, person: Complainant) -> bool:
    words = person.phone or person.email or person.customer_number or person.name
    return any(found.person.pk == person.pk for found in people_found(actor, words))


@transaction.atomic
def rectify(
    *,
    request_id: int,
    complaint_id: int,
    changes: Mapping[str, str],
    reason: str,
    actor: User,
    at: datetime,
) -> SubjectRequest:
    """Correct what is recorded, old to new, through the desk's own verb.

    Raises NotAllowed, Conflict (not verified yet, answered), BadInput naming the field; what a
    legal hold keeps is not written over.
    """
    request = _taken(request_id, actor)
    _demand_verified(request)
    complaint = complaints_of(request, actor).filter(pk=complaint_id).first()
    if complaint is None:
        raise BadInput(_("Choose one of their complaints."), field="complaint")
    person = complaint.complainant
    old = {
        name: str(getattr(person if hasattr(person, name) else complaint, name))
        for name in CORRECTED
    }
    new: dict[str, Any] = {
        name: value.strip()
        for name, value in changes.items()
        if name in old and value.strip() != old[name]
    }
    if not new:
        raise BadInput(_("Nothing was changed."), field="complaint")
    correct_complaint(
        complaint_id=complaint.pk, correction=Correction(**new), reason=reason, actor=actor, at=at
    )
    request.rectified = [
        *request.rectified,
        *(
            {"complaint": complaint.reference, "field": name, "old": old[name], "new": value}
            for name, value in new.items()
        ),
    ]
    request.save(update_fields=["rectified"])
    _note(events.REQUEST_RECTIFIED, request, actor, at, complaint=complaint.pk, fields=sorted(new))
    return request


@dataclass(frozen=True)
class Reply:
    """How a request is answered; a ground and reasons wherever something is refused."""

    answer: str
    ground: str = ""
    reasons: str = ""
    complaints: tuple[int, ...] = ()  # to be disposed of early, where erasure is granted


@transaction.atomic
def answer_request(
    *, request_id: int, reply: Reply, actor: User, at: datetime
) -> tuple[SubjectRequest, DisposalRun | None]:
    """Answer a request. Granted erasure becomes a list that two others review.

    Raises NotAllowed, Conflict, BadInput naming `answer`, `ground`, `reasons` or `complaints`.
    """
    request = _taken(request_id, actor)
    _check_reply(request, reply)
    run = None
    if request.kind in _ERASING and reply.answer != Answer.REFUSED:
        mine = set(complaints_of(request, actor).values_list("pk", flat=True))
        run = propose_early_disposal(
            request=request,
            complaint_ids=[pk for pk in reply.complaints if pk in mine],
            actor=actor,
            at=at,
        )
    request.state, request.answer = RequestState.ANSWERED, reply.answer
    request.ground, request.reasons = reply.ground, reply.reasons.strip()
    request.answered_by, request.answered_at = actor, at
    request.save(
        update_fields=["state", "answer", "ground", "reasons", "answered_by", "answered_at"]
    )
    _note(
        events.REQUEST_ANSWERED,
        request,
        actor,
        at,
        answer=reply.answer,
        ground=reply.ground,
        run=run.pk if run else None,
        sha256=digest(request.reasons),
    )
    return request, run


def _check_reply(request: SubjectRequest, reply: Reply) -> None:
    if reply.answer not in {Answer.GRANTED, Answer.PARTLY, Answer.REFUSED}:
        raise BadInput(_("Choose how the request is answered."), field="answer")
    if reply.answer != Answer.GRANTED:
        if reply.ground not in Ground.values or not reply.ground:
            raise BadInput(_("Name the ground on which it is refused."), field="ground")
        if not reply.reasons.strip():
            raise BadInput(_("The law asks for reasons: give them."), field="reasons")
        return
    _demand_verified(request)
    if request.kind == RequestKind.RECTIFICATION and not request.rectified:
        raise BadInput(_("Nothing was corrected yet."), field="answer")
    if request.kind == RequestKind.ACCESS and not request.exports.exists():
        raise BadInput(_("No copy was prepared yet."), field="answer")


@transaction.atomic
def forget_requests(*, before: datetime, at: datetime) -> int:
    """Empty what names people in requests that were answered before a moment; return how many."""
    old = SubjectRequest.objects.select_for_update(of=("self",)).filter(
        answered_at__lt=before, forgotten_at__isnull=True
    )
    count = 0
    for request in old:
        request.name = request.contact = request.text = request.proof_note = request.reasons = ""
        request.rectified, request.forgotten_at = [], at
        request.save(
            update_fields=[
                *("name", "contact", "text", "proof_note", "reasons", "rectified"),
                "forgotten_at",
            ]
        )
        request.people.clear()
        _note(events.REQUEST_FORGOTTEN, request, None, at)
        count += 1
    return count


def _taken(request_id: int, actor: User) -> SubjectRequest:
    demand_everywhere(actor, "retention.subjects", _MAY_NOT)
    request = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if request.answered_at is not None:
        raise Conflict(_("This request was answered already."))
    return request


def _demand_verified(request: SubjectRequest) -> None:
    if request.state != RequestState.VERIFIED:
        raise NotAllowed(_("Make sure first who asks."), code="not_verified")


def _note(
    kind: str, request: SubjectRequest, actor: User | None, at: datetime, **payload: Any
) -> None:
    record(kind=kind, subject=request, actor=actor, occurred_at=at, payload=payload)
