"""What belongs below an entry of the timeline: the words and facts it points at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints import events
from complaints.models import (
    Approval,
    Assessment,
    Attachment,
    ConfidentialAccess,
    Escalation,
    FollowUpAttempt,
    IncomingMessage,
    Investigation,
    Pause,
    Remedy,
    ReopenRequest,
    Response,
)
from complaints.selectors.approvals import why_asked
from complaints.selectors.timeline_words import day, moment
from complaints.states import MessageChannel, Writer


@dataclass(frozen=True)
class Said:
    """Words somebody wrote: `kind` out (to the complainant), in, note, or plain; with a label."""

    text: str
    kind: str = ""
    label: str = ""


@dataclass(frozen=True)
class Below:
    """What stands below a line: words, and facts as pairs of label and value."""

    said: tuple[Said, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def _assessment(_kind: str, row: Assessment, _causes: Mapping[str, str]) -> Below:
    other = row.priority != row.priority_derived
    return Below(
        said=(
            Said(row.immediate_action, label=_("Done at once")),
            Said(row.priority_reason, label=_("Why another priority")),
        ),
        facts=(
            (_("Severity"), str(row.get_severity_display())),
            (_("Safety hazard"), str(row.get_safety_hazard_display())),
            (_("Complexity"), str(row.get_complexity_display())),
            (_("Impact"), str(row.get_impact_display())),
            (_("Immediate action"), _immediate(row)),
            (_("By the criteria"), str(row.get_priority_derived_display()) if other else ""),
        ),
    )


def _immediate(row: Assessment) -> str:
    if not row.immediate_action_needed:
        return pgettext("immediate action", "not needed")
    if not row.immediate_action_possible:
        return pgettext("immediate action", "needed, but not possible")
    return pgettext("immediate action", "needed and possible")


def _investigation(_kind: str, row: Investigation, causes: Mapping[str, str]) -> Below:
    return Below(
        said=(
            Said(row.findings, label=_("Findings")),
            Said(row.cause, label=_("Cause")),
            Said(row.evidence, label=_("Evidence")),
            Said(row.similar_cases, label=_("Similar cases looked for")),
            Said(row.subject_statement, label=_("Statement of the person concerned")),
        ),
        facts=((_("Class of cause"), causes.get(row.cause_code, row.cause_code)),),
    )


def _response(_kind: str, row: Response, _causes: Mapping[str, str]) -> Below:
    money = formats.number_format(row.amount, decimal_pos=2, force_grouping=True)
    return Below(
        said=(
            Said(row.reasons, label=_("Reasons")),
            Said(row.remedy_detail, label=_("Remedy in detail")),
        ),
        facts=(
            (_("Remedy"), str(row.get_remedy_kind_display())),
            (_("Amount"), f"{row.currency} {money}" if row.amount else ""),
            (_("Due"), day(row.remedy_due_at) if row.remedy_due_at else ""),
        ),
    )


def _approval(kind: str, row: Approval, causes: Mapping[str, str]) -> Below:
    if kind in {events.APPROVAL_GRANTED, events.APPROVAL_RETURNED}:
        return Below(said=(Said(row.decision_note),))
    if kind == events.DISMISSED:
        return Below()
    asked = Said(why_asked(row), label=_("Why"))
    if row.response is None:
        return Below(said=(asked,))
    proposed = _response(kind, row.response, causes)
    finding = (_("Finding"), str(row.response.get_finding_display()))
    return Below(said=(asked, *proposed.said), facts=(finding, *proposed.facts))


def _escalation(kind: str, row: Escalation, _causes: Mapping[str, str]) -> Below:
    # The facts of an emergency stand with its declaration, not again at every rung.
    told_already = row.trigger == "emergency"
    if kind != events.ESCALATED or told_already:
        return Below()
    return Below(said=(Said(row.reason),))


def _remedy(_kind: str, row: Remedy, _causes: Mapping[str, str]) -> Below:
    return Below(
        said=(Said(row.proof, label=_("Proof")),),
        facts=((_("Remedy"), str(row.get_kind_display())),),
    )


def _attempt(_kind: str, row: FollowUpAttempt, _causes: Mapping[str, str]) -> Below:
    channel = str(dict(MessageChannel.choices).get(row.channel, row.channel))
    scored = row.handling_score is not None
    return Below(
        said=(Said(row.comment, "in"),),
        facts=(
            (_("Channel"), channel),
            (_("Satisfied with the handling"), f"{row.handling_score} / 10" if scored else ""),
            (_("Satisfied with the result"), f"{row.outcome_score} / 10" if scored else ""),
            (_("Not satisfied"), _("reopening is offered") if row.reopen_offered else ""),
            (_("To be tried again"), moment(row.next_at) if row.next_at else ""),
        ),
    )


def _request(kind: str, row: ReopenRequest, _causes: Mapping[str, str]) -> Below:
    if kind == events.REOPENING_ASKED:
        return Below(said=(Said(row.reason, "in"),))
    return Below(said=(Said(row.answer, label=_("Reasons")),))


def _attachment(_kind: str, row: Attachment, _causes: Mapping[str, str]) -> Below:
    if row.withdrawn_at is not None:
        return Below(said=(Said(_("Taken off this complaint; the file is no longer shown here.")),))
    return Below(facts=((_("File"), row.name),))


def _pause(kind: str, row: Pause, _causes: Mapping[str, str]) -> Below:
    if kind != events.PAUSED:
        return Below()
    told = moment(row.told_at) if row.told_at else ""
    return Below(said=(Said(row.evidence),), facts=((_("Complainant told"), told),))


def _incoming(kind: str, row: IncomingMessage, _causes: Mapping[str, str]) -> Below:
    if kind != events.MESSAGE_RECEIVED:
        return Below()
    if row.withdrawn_at is not None:
        return Below(said=(Said(_("Taken off this complaint; the text is no longer shown here.")),))
    stranger = row.writer == Writer.OTHER
    return Below(
        said=(Said(row.text or _("(no text)"), "in"),),
        facts=((_("From"), row.sender if stranger else ""), (_("Subject"), row.subject)),
    )


def _access(_kind: str, row: ConfidentialAccess, _causes: Mapping[str, str]) -> Below:
    return Below(said=(Said(row.reason, label=_("Reason")),))


# By the key of the payload that points at it.
CONTENTS: Mapping[str, Callable[[str, Any, Mapping[str, str]], Below]] = {
    "assessment": _assessment,
    "investigation": _investigation,
    "response": _response,
    "approval": _approval,
    "escalation": _escalation,
    "remedy": _remedy,
    "attempt": _attempt,
    "request": _request,
    "attachment": _attachment,
    "pause": _pause,
    "access": _access,
    "incoming": _incoming,
}
