"""Shapes of what partners send (docs/users/partners.md tells them in words)."""

from complaints.states import (
    Answer,
    Channel,
    Complexity,
    Finding,
    FollowUpOutcome,
    Impact,
    MessageChannel,
    Occasion,
    RemedyKind,
    SafetyHazard,
    Severity,
    State,
)
from providers.api.fields import (
    Anything,
    Choice,
    Day,
    Flag,
    Items,
    Moment,
    Money,
    Strict,
    Text,
    Upload,
    Whole,
)
from providers.api.pages import PageQuery

MOST_AT_ONCE = 500
MOST_REFERENCES = 10_000
NARRATIVE = 100_000
WORDS = 20_000
BY_DATE = ("-received_at", "received_at", "next_due_at")
_WRITTEN = [choice for choice in Occasion.choices if choice[0] != Occasion.STAFF_NOTICE]
_ANSWERS = [choice for choice in Answer.choices if choice[0]]


class PersonGiven(Strict):
    """Who complains. Leave out what is not known."""

    name = Text(longest=200, required=False)
    organisation = Text(longest=200, required=False)
    phone = Text(longest=60, required=False)
    email = Text(longest=254, required=False)
    customer_number = Text(longest=80, required=False)
    address = Text(longest=400, required=False)
    language = Text(longest=10, required=False, help_text="As in BCP 47: `zh-hans`, `en`.")
    representative = Text(
        longest=200, required=False, help_text="Who speaks for the complainant, in what capacity."
    )


class EmergencyGiven(Strict):
    """Why this cannot wait: opens the fast channel (clocks of minutes, people on call)."""

    trigger = Text(
        longest=60,
        help_text="`personal_safety`, `property_loss`, `media_attention`, or one of the handling "
        "policy's own (GET handling-policy/).",
    )
    facts = Text(longest=WORDS)


class DangerGiven(EmergencyGiven):
    """Why a complaint that comes in cannot wait. A trigger that is not known here loses nothing."""

    facts = Text(
        longest=WORDS, required=False, help_text="If left out, how the description begins."
    )


class ComplaintGiven(Strict):
    """A complaint. Only channel and description are required; the rest completes the record."""

    channel = Choice(Channel.choices)
    description = Text(longest=NARRATIVE, help_text="What happened, in the complainant's words.")
    received_at = Moment(required=False, help_text="When it reached you; now, if left out.")
    occurred_at = Moment(required=False)
    external_id = Text(longest=120, required=False, help_text="Your reference, yours once only.")
    complainant = PersonGiven(required=False)
    anonymous = Flag(required=False, default=False)
    product = Text(longest=200, required=False)
    order_number = Text(longest=80, required=False)
    site = Text(longest=50, required=False, help_text="Code of a site.")
    category = Text(longest=60, required=False, help_text="Code of GET categories/.")
    remedy_sought = Text(longest=WORDS, required=False)
    emergency = DangerGiven(required=False)
    confidential = Flag(required=False, default=False)


class ManyGiven(Strict):
    """Complaints, each answered on its own."""

    complaints = Items(child=Anything(like=ComplaintGiven), min_length=1, max_length=MOST_AT_ONCE)


class ListQuery(PageQuery):
    """What a list of complaints may be narrowed to."""

    status = Choice(State.choices, required=False)
    category = Text(longest=60, required=False, help_text="A code; those below it count.")
    severity = Choice(Severity.choices, required=False)
    emergency = Flag(required=False)
    channel = Choice(Channel.choices, required=False)
    provider = Text(longest=50, required=False, help_text="A provider's code.")
    site = Text(longest=50, required=False, help_text="A site's code.")
    received_after = Moment(required=False)
    received_before = Moment(required=False)
    overdue = Flag(required=False)
    q = Text(longest=200, required=False, help_text="Words that must all occur; newest first.")
    external_id = Text(longest=120, required=False)
    ordering = Choice([(name, name) for name in BY_DATE], required=False)


class LetterGiven(Strict):
    """How the complainant is told. Without text, the organisation's own letter is sent."""

    channel = Choice(MessageChannel.choices)
    subject = Text(longest=200, required=False)
    text = Text(longest=WORDS, required=False)
    told_at = Moment(
        required=False,
        help_text="When it was told, for anything but e-mail; without it, it waits to be told.",
    )


class AcknowledgeGiven(Strict):
    """The complainant was told of the receipt, of what follows, and by when."""

    message = LetterGiven()


class AssessGiven(Strict):
    """The five criteria and the category; priority and time limits follow from them."""

    category = Text(longest=60)
    severity = Choice(Severity.choices)
    safety_hazard = Choice(SafetyHazard.choices)
    complexity = Choice(Complexity.choices)
    impact = Choice(Impact.choices)
    immediate_action_needed = Flag(required=False, default=False)
    immediate_action_possible = Flag(required=False, default=False)
    immediate_action = Text(longest=WORDS, required=False)


class InvestigateGiven(Strict):
    """Begin the investigation; with findings, also write down what was found out."""

    findings = Text(longest=WORDS, required=False)
    cause = Text(longest=WORDS, required=False)
    cause_code = Text(longest=60, required=False, help_text="Of the handling policy's causes.")
    evidence = Text(longest=WORDS, required=False)
    similar_cases = Text(longest=WORDS, required=False)


class RemedyGiven(Strict):
    """What is done for the complainant."""

    kind = Choice(RemedyKind.choices)
    detail = Text(longest=WORDS, required=False)
    amount = Money(required=False)
    due_at = Moment(required=False)


class RespondGiven(Strict):
    """The decision, and how the complainant is told. Above the policy's limits it is approved."""

    finding = Choice(Finding.choices)
    reasons = Text(longest=WORDS)
    remedy = RemedyGiven(required=False)
    message = LetterGiven()


class DecisionGiven(Strict):
    """What the complainant says to the decision."""

    decision = Choice(_ANSWERS)
    note = Text(longest=WORDS, required=False)


class CloseGiven(Strict):
    """The end, on the basis that the answer gives."""

    lessons = Text(longest=WORDS, required=False)
    cause_code = Text(longest=60, required=False)


class FollowUpGiven(Strict):
    """An attempt to ask how it went; scores from 1 to 10."""

    channel = Choice(MessageChannel.choices)
    outcome = Choice(FollowUpOutcome.choices)
    handling_score = Whole(least=1, most=10, required=False)
    outcome_score = Whole(least=1, most=10, required=False)
    comment = Text(longest=WORDS, required=False)
    next_at = Moment(required=False)


class ReasonGiven(Strict):
    """Why."""

    reason = Text(longest=WORDS)


class EscalateGiven(Strict):
    """What is to be decided, and why; without a level, the next one is told."""

    reason = Text(longest=WORDS)
    level = Whole(least=1, most=9, required=False)


class NoteGiven(Strict):
    """A remark for those who work on the complaint."""

    text = Text(longest=WORDS)


class MessageGiven(Strict):
    """Words to the complainant beside the steps."""

    occasion = Choice(_WRITTEN)
    channel = Choice(MessageChannel.choices)
    subject = Text(longest=200, required=False)
    text = Text(longest=WORDS)
    told_at = Moment(required=False)


class FileGiven(Strict):
    """A file, as multipart/form-data."""

    file = Upload()
    internal = Choice([("true", "true"), ("false", "false")], required=False, default="true")


class ReconcileGiven(Strict):
    """Your references; and optionally a time of which you want to know what else we hold."""

    references = Items(
        child=Text(longest=120), allow_empty=True, max_length=MOST_REFERENCES, default=list
    )
    received_from = Moment(required=False)
    received_until = Moment(required=False)


class PeriodQuery(Strict):
    """Of which days; the last 30 if left out."""

    first = Day(required=False)
    last = Day(required=False)


class QuarterQuery(Strict):
    """Of which quarter, as 2026Q3; the present one if left out."""

    quarter = Text(required=False, longest=6, letters="^(20[0-9]{2}Q[1-4])?$")


# What the verbs call an input, where a shape calls it otherwise.
RECEIPT_NAMES = {
    "emergency_trigger": "emergency.trigger",
    "email": "complainant.email",
    "contact": "complainant",
}
STEP_NAMES = {
    "text": "message.text",
    "subject": "message.subject",
    "told_at": "message.told_at",
    "channel": "message.channel",
    "amount": "remedy.amount",
    "remedy_kind": "remedy.kind",
    "remedy_due_at": "remedy.due_at",
}
DECISION_NAMES = {"answer": "decision"}
