"""A copy of somebody's data as they read it: what data.json holds, in words, row by row.

The keys are those of retention.selectors.rights and of the `tell` functions of other apps; a test
compares (tests/retention/test_what_is_told.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

PARTS: Mapping[str, Any] = {
    "messages": pgettext_lazy("copy of data", "Messages to you"),
    "incomingmessages": pgettext_lazy("copy of data", "Messages from you"),
    "assessments": pgettext_lazy("copy of data", "Assessments"),
    "investigations": pgettext_lazy("copy of data", "Investigations"),
    "responses": pgettext_lazy("copy of data", "Decisions"),
    "remedys": pgettext_lazy("copy of data", "Remedies"),
    "followupattempts": pgettext_lazy("copy of data", "Follow-up"),
    "reopenrequests": pgettext_lazy("copy of data", "Requests to look at it again"),
    "clocks": pgettext_lazy("copy of data", "Time limits"),
    "pauses": pgettext_lazy("copy of data", "Waiting times"),
    "approvals": pgettext_lazy("copy of data", "Approvals"),
    "escalations": pgettext_lazy("copy of data", "Escalations"),
    "accesses": pgettext_lazy("copy of data", "Readings of the confidential complaint"),
    "notes": pgettext_lazy("copy of data", "Notes"),
}
WORDS: Mapping[str, Any] = {
    "reference": pgettext_lazy("copy of data", "Reference"),
    "state": pgettext_lazy("copy of data", "State"),
    "channel": pgettext_lazy("copy of data", "Channel"),
    "language": pgettext_lazy("copy of data", "Language"),
    "priority": pgettext_lazy("copy of data", "Priority"),
    "product": pgettext_lazy("copy of data", "Product or service"),
    "order_number": pgettext_lazy("copy of data", "Order number"),
    "external_id": pgettext_lazy("copy of data", "Number elsewhere"),
    "description": pgettext_lazy("copy of data", "What was said"),
    "remedy_sought": pgettext_lazy("copy of data", "What was asked for"),
    "representative": pgettext_lazy("copy of data", "Representative"),
    "anonymous": pgettext_lazy("copy of data", "Anonymous"),
    "occurred_at": pgettext_lazy("copy of data", "Occurred"),
    "received_at": pgettext_lazy("copy of data", "Received"),
    "acknowledged_at": pgettext_lazy("copy of data", "Acknowledged"),
    "assessed_at": pgettext_lazy("copy of data", "Assessed"),
    "decided_at": pgettext_lazy("copy of data", "Decided"),
    "decision_sent_at": pgettext_lazy("copy of data", "Decision sent"),
    "answered_at": pgettext_lazy("copy of data", "Answered by you"),
    "closed_at": pgettext_lazy("copy of data", "Closed"),
    "followed_up_at": pgettext_lazy("copy of data", "Followed up"),
    "finding": pgettext_lazy("copy of data", "Finding"),
    "answer": pgettext_lazy("copy of data", "Answer"),
    "closure_basis": pgettext_lazy("copy of data", "Why it was closed"),
    "cause_code": pgettext_lazy("copy of data", "Class of cause"),
    "lessons": pgettext_lazy("copy of data", "Lessons"),
    "no_contact_at": pgettext_lazy("copy of data", "No further contact since"),
    "emergency": pgettext_lazy("copy of data", "Emergency"),
    "category": pgettext_lazy("copy of data", "Category"),
    "name": pgettext_lazy("copy of data", "Name"),
    "organisation": pgettext_lazy("copy of data", "Organisation"),
    "phone": pgettext_lazy("copy of data", "Phone"),
    "email": pgettext_lazy("copy of data", "E-mail"),
    "customer_number": pgettext_lazy("copy of data", "Customer number"),
    "address": pgettext_lazy("copy of data", "Address"),
    "needs": pgettext_lazy("copy of data", "Needs to be considered"),
    "occasion": pgettext_lazy("copy of data", "Occasion"),
    "to_address": pgettext_lazy("copy of data", "Sent to"),
    "subject": pgettext_lazy("copy of data", "Subject"),
    "subject_line": pgettext_lazy("copy of data", "Subject"),
    "body": pgettext_lazy("copy of data", "Text or body"),
    "queued_at": pgettext_lazy("copy of data", "Written"),
    "sent_at": pgettext_lazy("copy of data", "Sent"),
    "sender": pgettext_lazy("copy of data", "Address of the sender"),
    "text": pgettext_lazy("copy of data", "Text"),
    "quoted": pgettext_lazy("copy of data", "Repeated from our letter"),
    "at": pgettext_lazy("copy of data", "When"),
    "severity": pgettext_lazy("copy of data", "Severity"),
    "safety_hazard": pgettext_lazy("copy of data", "Safety hazard"),
    "complexity": pgettext_lazy("copy of data", "Complexity"),
    "impact": pgettext_lazy("copy of data", "Impact"),
    "immediate_action": pgettext_lazy("copy of data", "Immediate action"),
    "priority_reason": pgettext_lazy("copy of data", "Why another priority"),
    "findings": pgettext_lazy("copy of data", "What was found out"),
    "cause": pgettext_lazy("copy of data", "Cause"),
    "evidence": pgettext_lazy("copy of data", "Evidence"),
    "reasons": pgettext_lazy("copy of data", "Reasons"),
    "remedy_kind": pgettext_lazy("copy of data", "Remedy"),
    "remedy_detail": pgettext_lazy("copy of data", "Remedy in detail"),
    "amount": pgettext_lazy("copy of data", "Amount"),
    "currency": pgettext_lazy("copy of data", "Currency"),
    "kind": pgettext_lazy("copy of data", "Kind"),
    "detail": pgettext_lazy("copy of data", "Detail"),
    "due_at": pgettext_lazy("copy of data", "Due"),
    "done_at": pgettext_lazy("copy of data", "Done"),
    "proof": pgettext_lazy("copy of data", "Proof"),
    "outcome": pgettext_lazy("copy of data", "Outcome"),
    "handling_score": pgettext_lazy("copy of data", "Score for the handling"),
    "outcome_score": pgettext_lazy("copy of data", "Score for the result"),
    "comment": pgettext_lazy("copy of data", "Comment"),
    "source": pgettext_lazy("copy of data", "Through"),
    "reason": pgettext_lazy("copy of data", "Reason"),
    "verdict": pgettext_lazy("copy of data", "Decision"),
    "stage": pgettext_lazy("copy of data", "Time limit for"),
    "started_at": pgettext_lazy("copy of data", "Began"),
    "stopped_at": pgettext_lazy("copy of data", "Stopped"),
    "met": pgettext_lazy("copy of data", "Kept"),
    "extended_reason": pgettext_lazy("copy of data", "Why it was extended"),
    "ended_at": pgettext_lazy("copy of data", "Ended"),
    "decision_note": pgettext_lazy("copy of data", "Remark on the decision"),
    "level": pgettext_lazy("copy of data", "Level"),
    "granted_at": pgettext_lazy("copy of data", "From"),
    "until": pgettext_lazy("copy of data", "Until"),
    "opened_by": pgettext_lazy("copy of data", "Opened by"),
    "opened_at": pgettext_lazy("copy of data", "Opened"),
    "reference_there": pgettext_lazy("copy of data", "Reference there"),
    "asked_at": pgettext_lazy("copy of data", "Asked"),
    "question": pgettext_lazy("copy of data", "Question"),
    "passage": pgettext_lazy("copy of data", "What was quoted"),
    "demand": pgettext_lazy("copy of data", "What is demanded"),
    "result": pgettext_lazy("copy of data", "Result"),
    "decision": pgettext_lazy("copy of data", "What was decided"),
    "effect": pgettext_lazy("copy of data", "Effect"),
    "effect_note": pgettext_lazy("copy of data", "Remark on the effect"),
    "dates": pgettext_lazy("copy of data", "Dates"),
    "documents": pgettext_lazy("copy of data", "Documents"),
    "place": pgettext_lazy("copy of data", "Place"),
    "done_note": pgettext_lazy("copy of data", "How it went"),
    "handed_at": pgettext_lazy("copy of data", "Handed over"),
    "title": pgettext_lazy("copy of data", "Title"),
    "linked_at": pgettext_lazy("copy of data", "Linked"),
    "unlinked_at": pgettext_lazy("copy of data", "Link undone"),
    "unlink_reason": pgettext_lazy("copy of data", "Why the link was undone"),
    "batch": pgettext_lazy("copy of data", "Batch or order"),
    "added_at": pgettext_lazy("copy of data", "Listed"),
    "outreaches": pgettext_lazy("copy of data", "Tries to reach you"),
    "note": pgettext_lazy("copy of data", "Remark"),
    "scope": pgettext_lazy("copy of data", "What the mandate covers"),
    "named_at": pgettext_lazy("copy of data", "Named"),
    "end_reason": pgettext_lazy("copy of data", "Why it ended"),
    "consents": pgettext_lazy("copy of data", "What you agreed to"),
    "deeds": pgettext_lazy("copy of data", "What was agreed for you"),
    "act": pgettext_lazy("copy of data", "Act"),
    "given_at": pgettext_lazy("copy of data", "Given"),
    "how": pgettext_lazy("copy of data", "How"),
    "trigger": pgettext_lazy("copy of data", "What made it an emergency"),
    "declared_at": pgettext_lazy("copy of data", "Declared"),
    "taken_at": pgettext_lazy("copy of data", "Taken on"),
    "first_action_at": pgettext_lazy("copy of data", "First action"),
    "contained_at": pgettext_lazy("copy of data", "Contained"),
    "ended_how": pgettext_lazy("copy of data", "How it ended"),
    "measure": pgettext_lazy("copy of data", "Measure"),
    "details": pgettext_lazy("copy of data", "In words"),
    "confirmed": pgettext_lazy("copy of data", "Confirmed"),
    "unconfirmed": pgettext_lazy("copy of data", "Not confirmed"),
    "reached": pgettext_lazy("copy of data", "Reached"),
    "reportable": pgettext_lazy("copy of data", "To be reported"),
    "returned_why": pgettext_lazy("copy of data", "Why it was returned"),
    "reported_at": pgettext_lazy("copy of data", "Reported"),
    "went_well": pgettext_lazy("copy of data", "What went well"),
    "went_badly": pgettext_lazy("copy of data", "What went badly"),
    "actions": pgettext_lazy("copy of data", "What is done about it"),
    "sender_name": pgettext_lazy("copy of data", "Name of the sender"),
    "to": pgettext_lazy("copy of data", "To"),
    "arrived_at": pgettext_lazy("copy of data", "Arrived"),
    "files": pgettext_lazy("copy of data", "Files"),
    "suspected": pgettext_lazy("copy of data", "Thought to be a program"),
    "checked_at": pgettext_lazy("copy of data", "Checked by a person"),
}


@dataclass(frozen=True)
class Line:
    """One thing that is held: what it is, and what it says."""

    label: str
    value: str


@dataclass(frozen=True)
class Section:
    """What belongs under one heading, row by row."""

    heading: str
    rows: list[list[Line]]


def lines_of(row: Mapping[str, Any]) -> list[Line]:
    """Return what a row says, without what it does not."""
    told = ((key, value) for key, value in row.items() if key != "record")
    return [Line(str(WORDS[key]), said) for key, value in told if (said := in_words(value))]


def in_words(value: Any) -> str:
    """Return a value as people read it; empty for nothing."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return "\n".join(said for item in value if (said := in_words(item)))
    if isinstance(value, Mapping):
        return "; ".join(f"{line.label}: {line.value}" for line in lines_of(value))
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value[:11] else None
    if moment is not None:
        return date_format(localtime(moment), "DATETIME_FORMAT")
    return "" if value is None else str(value)


def sections_of(complaint: Mapping[str, Any]) -> Iterator[Section]:
    """Yield what is held about a complaint: itself, what was written, what other floors hold."""
    own = {key: value for key, value in complaint.items() if key in WORDS}
    yield Section("", [lines_of(own)])
    for key, heading in PARTS.items():
        if complaint[key]:
            yield Section(str(heading), [lines_of(row) for row in complaint[key]])
    yield from other_records_of(complaint)


def other_records_of(held: Mapping[str, Any]) -> Iterator[Section]:
    """Yield what other floors hold, a section for each kind of record."""
    for rows in held["other_records"].values():
        for record in dict.fromkeys(row["record"] for row in rows):
            told = [lines_of(row) for row in rows if row["record"] == record]
            yield Section(record, told)
