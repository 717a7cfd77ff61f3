"""Complaints in the words of the API, as far as this client may know them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from accounts.models import User
from complaints.models import Clock, Complaint
from complaints.permissions import may_know_complainant, needs_reason
from complaints.selectors.access import readable_now
from complaints.selectors.emergencies import receipt_of
from complaints.selectors.partners import Deadline, Listed, deadlines_of, shown_fields
from complaints.services.partners import PERSON, Issue, issues_of

PERSONAL = (*PERSON, "representative")
_TOLD_ONLY_WITH_REASON = ("description", "remedy_sought")

# Called for every row of a page: plain dictionaries, made once.
_ISO = datetime.isoformat


def rows_told(lines: Sequence[Listed], actor: User, *, now: datetime) -> list[dict[str, Any]]:
    """Return rows of a list."""
    secret = [line.pk for line in lines if needs_reason(actor, line)]
    closed = set(secret) - readable_now(secret, actor, at=now) if secret else set()
    return [_row(line, now=now, readable=line.pk not in closed) for line in lines]


def _row(line: Listed, *, now: datetime, readable: bool) -> dict[str, Any]:
    due = line.next_due_at
    return {
        "reference": line.reference,
        "external_id": line.external_id or None,
        "status": line.state,
        "version": line.version,
        "channel": line.channel,
        "summary": line.said if readable else None,
        "category": line.category,
        "product": line.product,
        "order_number": line.order_number,
        "site": line.site,
        "provider": line.provider,
        "priority": line.priority,
        "emergency": line.emergency,
        "confidential": line.confidential,
        "anonymous": line.anonymous,
        "received_at": _ISO(line.received_at),
        "occurred_at": line.occurred_at and _ISO(line.occurred_at),
        "recorded_at": _ISO(line.recorded_at),
        "closed_at": line.closed_at and _ISO(line.closed_at),
        "next_deadline": due
        and {"stage": line.next_due_stage, "due_at": _ISO(due), "hard": line.next_due_hard},
        "overdue": line.is_open and due is not None and due <= now,
        "completeness_issues": line.missing,
    }


def complaint_told(
    complaint: Complaint, actor: User, *, readable: bool, **more: Any
) -> dict[str, Any]:
    """Return a complaint, whole, but for what its reader may not know; that is named."""
    hidden = [] if readable else list(_TOLD_ONLY_WITH_REASON)
    person, kept_back = _person(complaint, actor, readable=readable)
    told = {
        "reference": complaint.reference,
        "external_id": complaint.external_id or None,
        "status": str(complaint.state),
        "version": complaint.version,
        "cycle": complaint.cycle,
        "channel": complaint.channel,
        "description": complaint.description,
        "remedy_sought": complaint.remedy_sought,
        "complainant": person,
        "masked": hidden + kept_back,
        "anonymous": complaint.anonymous,
        "confidential": complaint.confidential,
        "category": complaint.category.code if complaint.category else None,
        "product": complaint.product,
        "order_number": complaint.order_number,
        "site": complaint.site.code if complaint.site else None,
        "provider": complaint.provider.code if complaint.provider else None,
        "priority": complaint.priority,
        "emergency": {
            "trigger": complaint.emergency_trigger,
            "declared_at": complaint.emergency_declared_at,
            "taken_at": complaint.emergency_taken_at,
        }
        if complaint.emergency
        else None,
        "finding": complaint.finding or None,
        "decision": complaint.answer or None,
        **{name: getattr(complaint, name) for name in MILESTONES},
        **more,
    }
    return told | dict.fromkeys(hidden)


MILESTONES = (
    "received_at",
    "occurred_at",
    "recorded_at",
    "acknowledged_at",
    "assessed_at",
    "decided_at",
    "decision_sent_at",
    "answered_at",
    "closed_at",
    "followed_up_at",
)


def _person(
    complaint: Complaint, actor: User, *, readable: bool
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return who complains, with null where the reader may not know it, and the names of that."""
    known = complaint.complainant
    says: dict[str, Any] = {name: getattr(known, name, "") or None for name in PERSON}
    says["representative"] = complaint.representative or None
    shown = shown_fields(actor.provider)
    if not (readable and may_know_complainant(actor, complaint)):
        shown = frozenset()
    hidden = [name for name in PERSONAL if shown is not None and name not in shown]
    says |= dict.fromkeys(hidden)
    masked = [f"complainant.{name}" for name in hidden]
    return (says if known or complaint.representative else None), masked


def deadlines_told(deadlines: Iterable[Deadline]) -> list[dict[str, Any]]:
    """Return time limits."""
    return [deadline._asdict() for deadline in deadlines]


def issues_told(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    """Return what is missing or means nothing."""
    return [{"field": issue.field, "code": issue.code, "detail": issue.detail} for issue in issues]


def received_told(
    complaint: Complaint, clocks: Iterable[Clock], noted: Sequence[Issue]
) -> dict[str, Any]:
    """Return what a partner is told of a complaint that came in."""
    receipt = receipt_of(complaint) if complaint.emergency else None
    return {
        "reference": complaint.reference,
        "external_id": complaint.external_id or None,
        "status": str(complaint.state),
        "version": complaint.version,
        "received_at": complaint.received_at,
        "priority": complaint.priority,
        "deadlines": deadlines_told(deadlines_of(clocks)),
        "completeness_issues": issues_told(issues_of(complaint, noted)),
        "emergency_receipt": receipt and receipt._asdict(),
    }
