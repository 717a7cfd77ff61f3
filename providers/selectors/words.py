"""How codes of the file read: steps, permissions, fields, criteria, topics, reasons, entries."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from journal.models import Entry
from providers import events
from providers.models import Evaluation, Requirements
from providers.rules.matrix import Duty
from providers.rules.scorecard import Scheme

SCHEME = Path(__file__).resolve().parent.parent / "defaults" / "scorecard.yaml"

STEP_WORDS: Mapping[str, Any] = {
    "receive": pgettext_lazy("step", "Receive and record"),
    "acknowledge": pgettext_lazy("step", "Acknowledge"),
    "assess": pgettext_lazy("step", "Assess"),
    "investigate": pgettext_lazy("step", "Investigate"),
    "respond": pgettext_lazy("step", "Respond"),
    "record_decision": pgettext_lazy("step", "Record the answer of the complainant"),
    "close": pgettext_lazy("step", "Close"),
    "follow_up": pgettext_lazy("step", "Follow up"),
    "reopen": pgettext_lazy("step", "Reopen"),
    "withdraw": pgettext_lazy("step", "Record a withdrawal"),
    "escalate": pgettext_lazy("step", "Escalate"),
    "declare_emergency": pgettext_lazy("step", "Pass on an emergency"),
}
EXTRA_WORDS: Mapping[str, Any] = {
    "complaints.note": _("Write notes"),
    "complaints.message": _("Write to complainants"),
    "complaints.attach": _("Add files"),
    "complaints.assign_self": _("Take complaints that nobody owns"),
    "complaints.export": _("Export lists"),
    "complaints.import": _("Import tables"),
    "webhooks.manage": _("Keep webhooks"),
}
FIELD_WORDS: Mapping[str, Any] = {
    "name": _("Name"),
    "organisation": _("Organisation"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "customer_number": _("Customer number"),
    "address": _("Postal address"),
    "needs": _("Needs to be considered"),
    "representative": _("Representative"),
}
PARTY_WORDS: Mapping[str, Any] = {
    "organisation": pgettext_lazy("party", "Organisation"),
    "provider": pgettext_lazy("party", "Provider"),
    "both": pgettext_lazy("party", "Both"),
}
UNIT_WORDS: Mapping[str, Any] = {
    "minutes": _("minutes"),
    "hours": _("hours"),
    "days": _("days"),
    "working_days": _("working days"),
}
TOPIC_WORDS: Mapping[str, Any] = {
    "time_limits": _("Time limits"),
    "record_format": _("Format of records"),
    "confidentiality": _("Confidentiality"),
    "escalation": _("Escalation and emergencies"),
}
CRITERION_WORDS: Mapping[str, Any] = {
    "competence": _("Competence of its people"),
    "capacity": _("Capacity and hours of service"),
    "confidentiality": _("Confidentiality"),
    "data_protection": _("Protection of personal data"),
    "systems": _("Systems and their security"),
    "references": _("Experience and references"),
    "independence": _("Independence, no conflict of interest"),
    "value": _("Price and conditions"),
}
REASON_WORDS: Mapping[str, Any] = {
    "no_contract": _("No approved contract is in force today."),
    "not_confirmed": _("Nobody there has confirmed yet what is required."),
    "suspended": _("It is suspended."),
}
GATE_WORDS: Mapping[str, Any] = {
    "unreported_emergency": _("An emergency was not passed on."),
    "privacy_breach": _("Personal data was disclosed or lost."),
}
ENTRY_WORDS: Mapping[str, Any] = {
    events.CREATED: _("The file was begun"),
    events.CHANGED: _("The name was changed"),
    events.REQUIREMENTS_TOLD: _("Told what is required"),
    events.REQUIREMENTS_CONFIRMED: _("Requirements confirmed by the provider"),
    events.EVALUATED: _("Evaluated"),
    events.CONTRACT_DRAFTED: _("A contract was written"),
    events.CONTRACT_CHANGED: _("The draft of the contract was changed"),
    events.CONTRACT_SUBMITTED: _("The contract was handed in for approval"),
    events.CONTRACT_RETURNED: _("The contract was given back"),
    events.CONTRACT_APPROVED: _("The contract was approved"),
    events.CONTRACT_DISCARDED: _("The draft of the contract was discarded"),
    events.CONTRACT_ENDING: _("Warning: the contract runs out soon"),
    events.CONTRACT_ENDED: _("The contract was ended; accounts closed, secrets erased"),
    events.EVALUATION_DUE: _("Warning: an evaluation falls due"),
    events.EVALUATION_LATE: _("Reminder: an evaluation is overdue"),
    events.REQUIREMENTS_WAITING: _("Reminder: the provider has not confirmed what it was told"),
    events.GRANTED: _("May work: rights as the contract says"),
    events.STOPPED: _("Stopped: no rights any more, tokens ended"),
    events.SUSPENDED: _("Suspended"),
    events.RESUMED: _("Resumed"),
    events.PERSON_ENGAGED: _("A person was let in"),
    events.PERSON_RELEASED: _("The account of a person was closed"),
    events.BREACH_NOTED: _("A breach was written down"),
    events.BREACH_CLOSED: _("A breach was closed"),
    events.QUARTER_RATED: _("A quarter was rated"),
    events.PLAN_RAISED: _("An improvement plan was asked for"),
    events.PLAN_AGREED: _("Measures of the improvement plan agreed"),
    events.PLAN_DONE: _("Measures of the improvement plan carried out"),
    events.PLAN_CHECKED: _("The improvement plan was checked"),
}
_WITHIN: Mapping[str, Any] = {
    "minutes": ngettext_lazy("within %(count)s minute", "within %(count)s minutes", "count"),
    "hours": ngettext_lazy("within %(count)s hour", "within %(count)s hours", "count"),
    "days": ngettext_lazy("within %(count)s day", "within %(count)s days", "count"),
    "working_days": ngettext_lazy(
        "within %(count)s working day", "within %(count)s working days", "count"
    ),
}


@cache
def scheme_in_force() -> Scheme:
    """Return the scorecard that comes with the product."""
    return Scheme.model_validate(yaml.safe_load(SCHEME.read_text(encoding="utf-8")))


def within_words(duty: Duty) -> str:
    """Return the time limit of a duty in words, or nothing where none is agreed."""
    return str(_WITHIN[duty.unit] % {"count": duty.within}) if duty.within else ""


def matrix_words(duties: Sequence[Duty]) -> list[tuple[Any, str, Any, str]]:
    """Return the matrix as rows: the step, who does it as a code and in words, the time limit."""
    return [
        (STEP_WORDS[duty.step], duty.by, PARTY_WORDS[duty.by], within_words(duty))
        for duty in duties
    ]


def extras_in(granted: Sequence[str]) -> list[Any]:
    """Return what is granted beside the steps, in words."""
    return [words for code, words in EXTRA_WORDS.items() if code in granted]


def fields_in(shown: Sequence[str]) -> list[Any]:
    """Return the fields that are shown, in words."""
    return [words for code, words in FIELD_WORDS.items() if code in shown]


def topics_in(told: Requirements | None) -> list[tuple[Any, str]]:
    """Return what was told, topic by topic, in the present language."""
    if told is None:
        return []
    return [(words, told.text_of(topic)) for topic, words in TOPIC_WORDS.items()]


def marks_in(evaluation: Evaluation) -> list[tuple[Any, int]]:
    """Return the marks of an evaluation, in the order of the criteria."""
    marks = evaluation.marks
    return [(words, marks[code]) for code, words in CRITERION_WORDS.items() if code in marks]


def entry_words(entry: Entry) -> Any:
    """Return what an entry of the file says; unknown kinds by their code."""
    return ENTRY_WORDS.get(entry.kind, entry.kind)
