"""The sentences of the timeline: how each kind of entry is told, and the words for its codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from complaints import events
from complaints.selectors.policy_words import WANTED_WORDS
from complaints.states import (
    Answer,
    ApprovalKind,
    Channel,
    ClosureBasis,
    Depth,
    Finding,
    FollowUpHold,
    FollowUpOutcome,
    LinkPurpose,
    MessageChannel,
    Occasion,
    PauseReason,
    Priority,
    RemedyKind,
    ReopenSource,
    Stage,
    Trigger,
    Writer,
)


@dataclass(frozen=True)
class Telling:
    """How one kind of entry is told: its sentence, its mark, and which filter shows it."""

    words: Any
    icon: str = "dot"
    tone: str = ""
    group: str = "moves"  # messages, notes, moves or system


TELLINGS: dict[str, Telling] = {
    events.RECEIVED: Telling(gettext_lazy("Received (%(channel)s)"), "plus", "info"),
    events.IMPORTED: Telling(gettext_lazy("Brought in by an import (%(channel)s)"), "download"),
    events.CORRECTED: Telling(gettext_lazy("Facts completed or corrected: %(fields)s"), "edit"),
    events.ASSIGNED: Telling(gettext_lazy("Assigned to %(to)s"), "user"),
    events.HANDED_BACK: Telling(
        gettext_lazy("Given back to the team: %(from)s no longer works on it"), "user", "warn"
    ),
    events.ACKNOWLEDGED: Telling(gettext_lazy("Receipt acknowledged (%(channel)s)"), "check", "ok"),
    events.ASSESSED: Telling(gettext_lazy("Assessed: %(priority)s, %(category)s"), "scale", "info"),
    events.REASSESSED: Telling(
        gettext_lazy("Assessed anew: %(priority)s, %(category)s"), "scale", "info"
    ),
    events.INVESTIGATED: Telling(gettext_lazy("Investigation begun"), "search", "info"),
    events.RESPONSE_PROPOSED: Telling(
        gettext_lazy("Asked for approval: %(kind)s"), "approve", "warn"
    ),
    events.RESPONSE_RETURNED: Telling(gettext_lazy("Response returned"), "undo", "warn"),
    events.RESPONDED: Telling(gettext_lazy("Answered: %(finding)s"), "send", "ok"),
    events.DECISION_RECORDED: Telling(gettext_lazy("The complainant's answer: %(answer)s"), "user"),
    events.REMEDIES_TOLD: Telling(gettext_lazy("Other remedies told"), "branch", "ok"),
    events.REMEDY_DONE: Telling(gettext_lazy("Remedy carried out"), "check", "ok"),
    events.REMEDY_ORDERED: Telling(gettext_lazy("Remedy owed after a decision outside"), "scale"),
    events.CLOSED: Telling(gettext_lazy("Closed: %(basis)s"), "check", "ok"),
    events.FOLLOW_UP_ATTEMPTED: Telling(
        gettext_lazy("Follow-up tried: %(outcome)s"), "phone", "warn"
    ),
    events.FOLLOWED_UP: Telling(gettext_lazy("Followed up: %(outcome)s"), "phone", "ok"),
    events.REOPENED: Telling(gettext_lazy("Reopened"), "refresh", "warn"),
    events.REOPENING_ASKED: Telling(
        gettext_lazy("The complainant asks to reopen (%(source)s)"), "refresh", "warn"
    ),
    events.REOPENING_GRANTED: Telling(gettext_lazy("Decided to reopen"), "approve", "ok"),
    events.REOPENING_DECLINED: Telling(gettext_lazy("Decided not to reopen"), "stop", "warn"),
    events.CONTACT_STOPPED: Telling(
        gettext_lazy("The complainant wants no further contact"), "stop", "warn"
    ),
    events.CONTACT_RESUMED: Telling(
        gettext_lazy("The complainant may be contacted again"), "check", "ok"
    ),
    events.FOLLOW_UP_HELD: Telling(
        gettext_lazy("Follow-up held back: %(hold)s"), "pause", "", "system"
    ),
    events.FOLLOW_UP_RELEASED: Telling(
        gettext_lazy("Follow-up no longer held back: %(hold)s"), "clock", "", "system"
    ),
    events.WITHDRAWN: Telling(gettext_lazy("Withdrawn by the complainant"), "undo"),
    events.DISMISSAL_PROPOSED: Telling(
        gettext_lazy("Proposed that this is not a complaint"), "flag", "warn"
    ),
    events.DISMISSED: Telling(gettext_lazy("Confirmed: not a complaint"), "flag"),
    events.APPROVAL_GRANTED: Telling(gettext_lazy("Approved: %(kind)s"), "approve", "ok"),
    events.APPROVAL_RETURNED: Telling(gettext_lazy("Returned: %(kind)s"), "undo", "warn"),
    events.MERGED: Telling(gettext_lazy("Merged into %(into)s"), "merge"),
    events.MERGE_RECEIVED: Telling(gettext_lazy("%(merged)s was merged into this one"), "merge"),
    events.UNMERGED: Telling(gettext_lazy("The merge was undone"), "branch", "warn"),
    events.ESCALATED: Telling(gettext_lazy("Escalated to level %(level)s"), "up", "warn"),
    events.ESCALATION_TAKEN: Telling(
        gettext_lazy("Took the escalation to level %(level)s"), "check", "ok"
    ),
    events.EMERGENCY_DECLARED: Telling(
        gettext_lazy("Declared an emergency: %(trigger)s"), "emergency", "bad"
    ),
    events.EMERGENCY_CALLED: Telling(
        gettext_lazy("Called again: nobody has taken the emergency yet"), "emergency", "bad"
    ),
    events.EMERGENCY_TAKEN: Telling(gettext_lazy("Took charge of the emergency"), "check", "ok"),
    events.EMERGENCY_DOWNGRADED: Telling(
        gettext_lazy("No emergency after all: %(priority)s"), "down", "warn"
    ),
    events.PAUSED: Telling(gettext_lazy("Clocks paused: %(reason)s"), "pause", "warn"),
    events.RESUMED: Telling(gettext_lazy("Clocks go on"), "clock"),
    events.EXTENDED: Telling(
        gettext_lazy("Time limit extended: %(clock)s, now until %(until)s"), "calendar", "warn"
    ),
    events.CLOCK_WARNED: Telling(
        gettext_lazy("%(percent)s %% of the time is used: %(clock)s"), "clock", "warn", "system"
    ),
    events.CLOCK_BREACHED: Telling(
        gettext_lazy("Time limit missed: %(clock)s"), "stop", "bad", "system"
    ),
    events.HELD: Telling(gettext_lazy("Put on legal hold (no. %(hold)s)"), "lock", "warn"),
    events.RELEASED: Telling(gettext_lazy("Released from legal hold (no. %(hold)s)"), "unlock"),
    events.ANONYMISED: Telling(
        gettext_lazy("Disposed of: texts and personal data erased (%(under)s)"), "shield", "info"
    ),
    events.QUALITY_CHECKED: Telling(gettext_lazy("Quality checked"), "eye", group="system"),
    events.NOTE_ADDED: Telling(gettext_lazy("Note"), "note", "warn", "notes"),
    events.ATTACHED: Telling(gettext_lazy("File attached"), "paperclip", "", "notes"),
    events.ATTACHMENT_SCANNED: Telling(
        gettext_lazy("File looked at for malicious code"), "shield", "", "system"
    ),
    events.ATTACHMENT_READ: Telling(gettext_lazy("File opened"), "eye", "", "system"),
    events.ATTACHMENT_WITHDRAWN: Telling(
        gettext_lazy("File taken off: it does not belong here"), "paperclip", "", "notes"
    ),
    events.CONFIDENTIAL_READ: Telling(
        gettext_lazy("Read this confidential complaint"), "eye", "private", "system"
    ),
    events.INFORMATION_ADDED: Telling(
        gettext_lazy("The complainant added something"), "user", "info", "messages"
    ),
    events.CONTACT_REFUSED: Telling(gettext_lazy("Wants no further contact"), "user", "warn"),
    events.CONTACT_ALLOWED: Telling(gettext_lazy("May be contacted again"), "user"),
    events.REOPENING_ASKED: Telling(gettext_lazy("Asked to reopen"), "refresh", "warn"),
    events.REOPENING_DECLINED: Telling(gettext_lazy("Not reopened"), "stop"),
    events.SUSPECTED: Telling(
        gettext_lazy("A program may have filled in the form"), "flag", "warn", "system"
    ),
    events.FOUND_GENUINE: Telling(gettext_lazy("A person complains here"), "check"),
    events.LINK_ISSUED: Telling(
        gettext_lazy("Personal link issued: %(link_purpose)s"), "link", "", "system"
    ),
    events.LINKS_REVOKED: Telling(gettext_lazy("Personal links revoked"), "link", "warn", "system"),
    events.REPEAT_LINKED: Telling(gettext_lazy("Linked as a repeat"), "link"),
    events.MESSAGE_QUEUED: Telling(
        gettext_lazy("%(occasion)s written (%(channel)s)"), "mail", "info", "messages"
    ),
    events.MESSAGE_NOTED: Telling(
        gettext_lazy("%(occasion)s told (%(channel)s)"), "phone", "ok", "messages"
    ),
    events.MESSAGE_SENT: Telling(gettext_lazy("%(occasion)s sent"), "send", "ok", "messages"),
    events.MESSAGE_FAILED: Telling(
        gettext_lazy("%(occasion)s could not be sent"), "stop", "bad", "messages"
    ),
    events.MESSAGE_BOUNCED: Telling(
        gettext_lazy("%(occasion)s came back"), "undo", "bad", "messages"
    ),
    events.MESSAGE_UNCERTAIN: Telling(
        gettext_lazy("%(occasion)s was interrupted while being sent"), "alert", "bad", "messages"
    ),
    events.MESSAGE_RECEIVED: Telling(
        gettext_lazy("%(writer)s wrote (%(channel)s)"), "mail", "ok", "messages"
    ),
    events.MESSAGE_WITHDRAWN: Telling(
        gettext_lazy("Message taken off: it belongs elsewhere"), "undo", "warn", "messages"
    ),
    events.CORRESPONDENT_ADDED: Telling(
        gettext_lazy("Third party added to the correspondence"), "user-plus", "warn"
    ),
    events.CORRESPONDENT_REMOVED: Telling(
        gettext_lazy("Third party taken out of the correspondence"), "user", ""
    ),
}
UNTOLD = Telling(gettext_lazy("Entry of the kind %(kind_code)s"), "dot", "", "system")
# The same kind told otherwise, because of what its payload holds.
CANNOT_REACH = Telling(gettext_lazy("Receipt not acknowledged: nobody can be reached"), "alert")
RELEASED = Telling(gettext_lazy("Nobody owns it any more"), "user", "warn")
FINDINGS = Telling(gettext_lazy("Findings recorded: %(depth)s"), "search", "info")
AUTOMATIC = Telling(gettext_lazy("Automatic reply received (%(channel)s)"), "mail", "", "messages")
STAFF_NOTICE = Telling(gettext_lazy("Colleague told: %(to)s"), "bell", "", "system")
DOORS: Mapping[str, Any] = {
    "web": pgettext_lazy("door", "on a page"),
    "api": pgettext_lazy("door", "by a partner system"),
    "import": pgettext_lazy("door", "by an import"),
    "demo": pgettext_lazy("door", "in the demo's story"),
    "scheduler": pgettext_lazy("door", "by the clock"),
    "command": pgettext_lazy("door", "from the command line"),
    "relay": pgettext_lazy("door", "by the outbox"),
    "mail": pgettext_lazy("door", "by mail"),
    "complainant": pgettext_lazy("door", "by the complainant, on their own page"),
    "outsider": pgettext_lazy("door", "by somebody outside, by a link that works once"),
    "public": pgettext_lazy("door", "by the complainant, on the public form"),
}
FIELD_WORDS: Mapping[str, Any] = {
    **WANTED_WORDS,
    "name": gettext_lazy("Name of the complainant"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "subject_person": gettext_lazy("Person complained about"),
    "confidential": gettext_lazy("Confidential"),
}
LABELS: dict[str, Mapping[str, Any]] = {
    "occasion": dict(Occasion.choices),
    "finding": dict(Finding.choices),
    "remedy": dict(RemedyKind.choices),
    "answer": dict(Answer.choices),
    "basis": dict(ClosureBasis.choices),
    "priority": dict(Priority.choices),
    "derived": dict(Priority.choices),
    "trigger": dict(Trigger.choices),
    "stage": dict(Stage.choices),
    "reason": dict(PauseReason.choices),
    "kind": dict(ApprovalKind.choices),
    "outcome": dict(FollowUpOutcome.choices),
    "link_purpose": dict(LinkPurpose.choices),
    "depth": dict(Depth.choices),
    "source": dict(ReopenSource.choices),
    "hold": dict(FollowUpHold.choices),
    "writer": dict(Writer.choices),
    "channel": {**dict(MessageChannel.choices), **dict(Channel.choices)},
}


def teach(tellings: Mapping[str, Telling], labels: Mapping[str, Mapping[str, Any]]) -> None:
    """Let a higher floor say how its own kinds of entry on a complaint's chain are told.

    `labels` puts the codes of a payload's key into words.
    """
    TELLINGS.update(tellings)
    LABELS.update(labels)


def telling_of(kind: str, payload: Mapping[str, Any]) -> Telling:
    """Return how an entry is told."""
    special = {
        events.ACKNOWLEDGED: CANNOT_REACH if payload.get("unreachable") else None,
        events.ASSIGNED: RELEASED if payload.get("to") is None else None,
        events.INVESTIGATED: FINDINGS if payload.get("investigation") else None,
        events.MESSAGE_RECEIVED: AUTOMATIC if payload.get("automatic") else None,
    }.get(kind)
    if kind.startswith("message.") and payload.get("occasion") == Occasion.STAFF_NOTICE:
        return STAFF_NOTICE
    return special or TELLINGS.get(kind, UNTOLD)


def listed(words: Iterable[str]) -> str:
    """Return words as the present language lists them."""
    return pgettext("between the items of a list", ", ").join(words)


def day(at: datetime) -> str:
    """Return an instant as a day."""
    return formats.date_format(timezone.localtime(at), "DATE_FORMAT")


def moment(at: datetime) -> str:
    """Return an instant with its time of day."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def day_before(text: str) -> str:
    """Return the last day of a limit that ends at midnight after it."""
    end = parse_datetime(text) if text else None
    return day(end - timedelta(seconds=1)) if end else ""
