"""Beginning anew: reopen a complaint, or ask for it and have a person decide, once per closing."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, ReopenRequest
from complaints.permissions import may_decide_reopening
from complaints.selectors.involved import handlers_of
from complaints.selectors.people import people_with
from complaints.services.clocks import end_clocks, end_pause, refresh_next_due, start_clocks
from complaints.services.messages import put_out
from complaints.services.moves import digest, keep, make, note_down, take, take_for, write_down
from complaints.services.notices import tell
from complaints.services.response import drop_approval
from complaints.states import MessageChannel, Occasion, ReopenSource, ReopenVerdict, Stage
from complaints.workflow import ASKED_BEFORE, OTHERS_DECIDE, possible_moves, reasons_against

DECIDES = "complaints.decide_reopening"


@transaction.atomic
def reopen_complaint(
    *,
    complaint_id: int,
    reason: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Begin a new cycle with new clocks; what was measured in the earlier ones stays.

    A request of the complainant that still waits is overtaken by it. Raises MoveRefused, BadInput
    naming `reason`.
    """
    complaint = take_for("reopen", complaint_id, actor=actor, expected_version=expected_version)
    if not reason.strip():
        raise BadInput(_("Say why the complaint is reopened."), field="reason")
    waiting = complaint.reopenrequests.filter(verdict=ReopenVerdict.WAITING)
    waiting.update(verdict=ReopenVerdict.OVERTAKEN, decided_by=actor, decided_at=at)
    _begin_anew(complaint, reason, actor, at)
    return complaint


def _begin_anew(complaint: Complaint, reason: str, actor: User, at: datetime) -> None:
    end_pause(complaint, actor=actor, at=at)
    # A promised remedy stays owed, whatever is found out in the new cycle.
    end_clocks(complaint, at=at, stages=[stage for stage in Stage if stage != Stage.REMEDY])
    drop_approval(complaint)
    before = make("reopen", complaint)
    start_clocks(
        complaint,
        stages=[Stage.PROGRESS, Stage.RESPOND],
        started_at=at,
        says=complaint.policy.says,
    )
    refresh_next_due(complaint)
    keep(
        complaint,
        "finding",
        "answer",
        "closure_basis",
        "depth_done",
        "investigation_skipped",
        "decided_at",
        "decision_sent_at",
        "answered_at",
        "remedies_told_at",
        "closed_at",
        "followed_up_at",
        "pending_approval",
    )
    note_down(
        events.REOPENED,
        complaint,
        actor=actor,
        at=at,
        payload={"from": before, **write_down(complaint, reason, actor=actor, at=at)},
    )


@transaction.atomic
def reopen_after_decision(
    *, complaint_id: int, reason: str, actor: User, at: datetime
) -> Complaint:
    """Begin anew because somebody outside, or a review, overturned the decision.

    A person who did not handle the complaint decides so. Raises NotAllowed, MoveRefused, BadInput
    naming `reason`.
    """
    complaint = take(complaint_id, actor=actor, permission=DECIDES)
    if not actor.is_system and actor.pk in handlers_of(complaint):
        raise NotAllowed(OTHERS_DECIDE)
    if not reason.strip():
        raise BadInput(_("Say why the complaint is reopened."), field="reason")
    waiting = complaint.reopenrequests.filter(verdict=ReopenVerdict.WAITING)
    waiting.update(verdict=ReopenVerdict.OVERTAKEN, decided_by=actor, decided_at=at)
    _begin_anew(complaint, reason, actor, at)
    return complaint


# --- asking for it -------------------------------------------------------------------------------


@transaction.atomic
def request_reopening(
    *,
    complaint_id: int,
    reason: str,
    source: ReopenSource,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> ReopenRequest:
    """Ask, for the complainant, that the complaint be looked at again; a person decides.

    The system account acts where the complainant does. Raises MoveRefused when it cannot be
    reopened or was asked for this closing before, BadInput naming `reason`.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.follow_up",
        expected_version=expected_version,
    )
    request = ask_to_reopen(complaint, reason, source, actor=actor, at=at)
    keep(complaint)
    return request


def ask_to_reopen(
    complaint: Complaint, reason: str, source: ReopenSource, *, actor: User, at: datetime
) -> ReopenRequest:
    """Write the wish down and tell those who decide. The caller holds and keeps the complaint."""
    reasons = reasons_against(complaint, "reopen")
    if reasons:
        raise MoveRefused(reasons, possible=possible_moves(complaint))
    if complaint.reopenrequests.filter(cycle=complaint.cycle).exists():
        raise MoveRefused([ASKED_BEFORE])
    if not reason.strip():
        raise BadInput(_("Say why the complainant wants it reopened."), field="reason")
    request = ReopenRequest.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        reason=reason.strip(),
        source=source,
    )
    note_down(
        events.REOPENING_ASKED,
        complaint,
        actor=actor,
        at=at,
        payload={"request": request.pk, "source": str(source), "sha256": digest(request.reason)},
    )
    complaint.reopening_waits = True
    apart = handlers_of(complaint) | {actor.pk}
    deciders = [who for who in people_with(DECIDES, complaint) if who.pk not in apart]
    tell(deciders, complaint, kind="reopening", by=actor, at=at)
    return request


@dataclass(frozen=True)
class Telling:
    """How the complainant is told of a decision."""

    channel: MessageChannel
    text: str
    subject: str = ""
    told_at: datetime | None = None


@transaction.atomic
def grant_reopening(
    *,
    request_id: int,
    reason: str,
    telling: Telling | None = None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> ReopenRequest:
    """Reopen as the complainant asked. `reason` is the decider's; `telling` the letter, if any.

    Raises NotAllowed for whoever handled or asked, MoveRefused when it is decided already.
    """
    complaint, request = _decide(request_id, actor, expected_version)
    _settle(request, ReopenVerdict.GRANTED, reason, actor, at)
    note_down(
        events.REOPENING_GRANTED,
        complaint,
        actor=actor,
        at=at,
        payload={"request": request.pk, "sha256": digest(request.answer)},
    )
    if telling is not None:  # the answer belongs to the closing that was asked about
        _tell(complaint, Occasion.REOPENING_GRANTED, telling, actor, at)
    _begin_anew(complaint, request.reason, actor, at)
    return request


@transaction.atomic
def decline_reopening(
    *,
    request_id: int,
    reason: str,
    telling: Telling | None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> ReopenRequest:
    """Leave it closed, and tell the complainant why and which other remedies there are (CM-8.6d).

    Raises NotAllowed for whoever handled or asked, MoveRefused when it is decided already, BadInput
    naming `reason`, or `text` when somebody who can be reached would not be told.
    """
    complaint, request = _decide(request_id, actor, expected_version)
    if not reason.strip():
        raise BadInput(_("Say why the complaint is not reopened."), field="reason")
    if telling is None and not complaint.unreachable:
        raise BadInput(_("Say what the complainant is told."), field="text")
    _settle(request, ReopenVerdict.DECLINED, reason, actor, at)
    note_down(
        events.REOPENING_DECLINED,
        complaint,
        actor=actor,
        at=at,
        payload={"request": request.pk, "sha256": digest(request.answer)},
    )
    if telling is not None:
        _tell(complaint, Occasion.REOPENING_DECLINED, telling, actor, at)
    complaint.reopening_waits = False
    keep(complaint)
    return request


def _decide(
    request_id: int, actor: User, expected_version: int | None
) -> tuple[Complaint, ReopenRequest]:
    """Lock both for somebody who may decide."""
    complaint_id = ReopenRequest.objects.values_list("complaint_id", flat=True).get(pk=request_id)
    complaint = take(
        complaint_id, actor=actor, permission=DECIDES, expected_version=expected_version
    )
    request = ReopenRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if request.verdict != ReopenVerdict.WAITING:
        raise MoveRefused([_("This request has been answered already.")])
    apart = handlers_of(complaint)
    if not may_decide_reopening(actor, complaint, handlers=apart, asked_by_id=request.by_id):
        raise NotAllowed(OTHERS_DECIDE)
    return complaint, request


def _settle(
    request: ReopenRequest, verdict: ReopenVerdict, reason: str, actor: User, at: datetime
) -> None:
    request.verdict, request.answer = verdict, reason.strip()
    request.decided_by, request.decided_at = actor, at
    request.save(update_fields=["verdict", "answer", "decided_by", "decided_at"])


def _tell(
    complaint: Complaint, occasion: Occasion, telling: Telling, actor: User, at: datetime
) -> None:
    put_out(
        complaint,
        occasion=occasion,
        channel=telling.channel,
        subject=telling.subject,
        body=telling.text,
        actor=actor,
        at=at,
        told_at=telling.told_at,
    )
