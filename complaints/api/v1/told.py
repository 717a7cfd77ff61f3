"""Shapes of what partners are told; only the description of the API reads them."""

from typing import Any

from rest_framework import serializers as s

from complaints.rules.causes import PARTIES
from complaints.states import (
    Channel,
    MessageChannel,
    MessageState,
    Occasion,
    Priority,
    Stage,
    State,
)
from providers.api.schema import ProblemShape

Shape = s.Serializer[Any]


class IssueShape(Shape):
    """Something that the handling policy wants and that nobody has said yet."""

    field = s.CharField()
    code = s.ChoiceField(
        [
            ("missing", "missing"),
            ("unknown_value", "unknown_value"),
            ("invalid_value", "invalid_value"),
        ]
    )
    detail = s.CharField()


class DeadlineShape(Shape):
    """A time limit."""

    stage = s.ChoiceField(Stage.choices)
    code = s.CharField()
    due_at = s.DateTimeField()
    hard = s.BooleanField(help_text="Set by law or contract.")
    stopped_at = s.DateTimeField(allow_null=True)
    met = s.BooleanField(allow_null=True)
    paused = s.BooleanField()


class NextDeadlineShape(Shape):
    """The time limit that ends first."""

    stage = s.ChoiceField(Stage.choices)
    due_at = s.DateTimeField()
    hard = s.BooleanField()


class DuplicateShape(Shape):
    """A complaint, among those you may see, that may be the same."""

    reference = s.CharField()
    reasons = s.ListField(child=s.CharField())


class ReceiptShape(Shape):
    """That the people on call are being told: recorded before you read this."""

    id = s.CharField()
    declared_at = s.DateTimeField()
    levels_told = s.IntegerField()
    people_told = s.IntegerField()


class ReceivedShape(Shape):
    """A complaint that was received."""

    reference = s.CharField()
    external_id = s.CharField(allow_null=True)
    status = s.ChoiceField(State.choices)
    version = s.IntegerField()
    received_at = s.DateTimeField()
    priority = s.ChoiceField(Priority.choices)
    deadlines = DeadlineShape(many=True)
    duplicates = DuplicateShape(many=True)
    completeness_issues = IssueShape(many=True)
    emergency_receipt = ReceiptShape(allow_null=True)


class TakenShape(Shape):
    """A complaint that was received among many; duplicates are not looked for there."""

    reference = s.CharField()
    external_id = s.CharField(allow_null=True)
    status = s.ChoiceField(State.choices)
    version = s.IntegerField()
    received_at = s.DateTimeField()
    priority = s.ChoiceField(Priority.choices)
    deadlines = DeadlineShape(many=True)
    completeness_issues = IssueShape(many=True)
    emergency_receipt = ReceiptShape(allow_null=True)


class RowShape(Shape):
    """A complaint in a list."""

    reference = s.CharField()
    external_id = s.CharField(allow_null=True)
    status = s.ChoiceField(State.choices)
    version = s.IntegerField()
    channel = s.ChoiceField(Channel.choices)
    summary = s.CharField(allow_null=True, help_text="How the description begins.")
    category = s.CharField(allow_null=True)
    product = s.CharField()
    order_number = s.CharField()
    site = s.CharField(allow_null=True)
    provider = s.CharField(allow_null=True)
    priority = s.ChoiceField(Priority.choices)
    emergency = s.BooleanField()
    confidential = s.BooleanField()
    anonymous = s.BooleanField()
    received_at = s.DateTimeField()
    occurred_at = s.DateTimeField(allow_null=True)
    recorded_at = s.DateTimeField()
    closed_at = s.DateTimeField(allow_null=True)
    next_deadline = NextDeadlineShape(allow_null=True)
    overdue = s.BooleanField()
    completeness_issues = s.ListField(child=s.CharField())


class PersonShape(Shape):
    """Who complains; null where your contract does not show it (see `masked`)."""

    name = s.CharField(allow_null=True)
    organisation = s.CharField(allow_null=True)
    phone = s.CharField(allow_null=True)
    email = s.CharField(allow_null=True)
    customer_number = s.CharField(allow_null=True)
    address = s.CharField(allow_null=True)
    language = s.CharField(allow_null=True)
    representative = s.CharField(allow_null=True)


class ActionShape(Shape):
    """An action of this client: possible now, or why not."""

    action = s.CharField()
    possible = s.BooleanField()
    reasons = s.ListField(child=s.CharField())


class EmergencyShape(Shape):
    """An emergency, and whether somebody has taken charge of it."""

    trigger = s.CharField()
    declared_at = s.DateTimeField(allow_null=True)
    taken_at = s.DateTimeField(allow_null=True)


class ComplaintShape(Shape):
    """A complaint, whole."""

    reference = s.CharField()
    external_id = s.CharField(allow_null=True)
    status = s.ChoiceField(State.choices)
    version = s.IntegerField()
    cycle = s.IntegerField()
    channel = s.ChoiceField(Channel.choices)
    description = s.CharField(allow_null=True)
    remedy_sought = s.CharField(allow_null=True)
    complainant = PersonShape(allow_null=True)
    masked = s.ListField(child=s.CharField(), help_text="Fields that are kept from you.")
    anonymous = s.BooleanField()
    confidential = s.BooleanField()
    category = s.CharField(allow_null=True)
    product = s.CharField()
    order_number = s.CharField()
    site = s.CharField(allow_null=True)
    provider = s.CharField(allow_null=True)
    priority = s.ChoiceField(Priority.choices)
    severity = s.CharField(allow_null=True)
    emergency = EmergencyShape(allow_null=True)
    finding = s.CharField(allow_null=True)
    decision = s.CharField(allow_null=True, help_text="What the complainant says to it.")
    received_at = s.DateTimeField()
    occurred_at = s.DateTimeField(allow_null=True)
    recorded_at = s.DateTimeField()
    acknowledged_at = s.DateTimeField(allow_null=True)
    assessed_at = s.DateTimeField(allow_null=True)
    decided_at = s.DateTimeField(allow_null=True)
    decision_sent_at = s.DateTimeField(allow_null=True)
    answered_at = s.DateTimeField(allow_null=True)
    closed_at = s.DateTimeField(allow_null=True)
    followed_up_at = s.DateTimeField(allow_null=True)
    deadlines = DeadlineShape(many=True)
    actions = ActionShape(many=True)
    completeness_issues = IssueShape(many=True)


class CategoryShape(Shape):
    """A category; codes are what is sent."""

    code = s.CharField()
    parent = s.CharField(allow_null=True)  # type: ignore[assignment]
    name = s.CharField()


class CategoriesShape(Shape):
    """All categories that may be chosen, parents first."""

    results = CategoryShape(many=True)


class ActedShape(Shape):
    """How a complaint stands after a step."""

    reference = s.CharField()
    status = s.ChoiceField(State.choices)
    version = s.IntegerField()
    cycle = s.IntegerField()
    priority = s.ChoiceField(Priority.choices)
    approval_pending = s.BooleanField(help_text="A second person is asked first.")
    deadlines = DeadlineShape(many=True)
    emergency_receipt = ReceiptShape(allow_null=True)


class LeaveShape(Shape):
    """Until when a confidential complaint may be read."""

    reference = s.CharField()
    until = s.DateTimeField()


class EntryShape(Shape):
    """An entry of the record."""

    seq = s.IntegerField()
    kind = s.CharField()
    at = s.DateTimeField()
    title = s.CharField()
    who = s.CharField(allow_blank=True)
    door = s.CharField()
    cycle = s.IntegerField()
    texts = s.ListField(child=s.CharField(), help_text="What was written, where you may read it.")


class TimelineShape(Shape):
    """The record, oldest first."""

    results = EntryShape(many=True)


class NoteShape(Shape):
    """A remark for those who work on the complaint."""

    id = s.CharField()
    at = s.DateTimeField()
    by = s.CharField()
    text = s.CharField(allow_null=True)


class NotesShape(Shape):
    """Notes, oldest first."""

    results = NoteShape(many=True)


class NotedShape(Shape):
    """A note that was kept."""

    id = s.CharField()
    at = s.DateTimeField()


class MessageShape(Shape):
    """A message to the complainant (`out`) or from them (`in`)."""

    id = s.CharField()
    direction = s.ChoiceField([("out", "out"), ("in", "in")])
    at = s.DateTimeField()
    occasion = s.CharField(allow_null=True)
    channel = s.CharField(allow_null=True)
    state = s.CharField(allow_null=True)
    sent_at = s.DateTimeField(allow_null=True)
    subject = s.CharField(allow_null=True)
    text = s.CharField(allow_null=True)


class MessagesShape(Shape):
    """Messages, oldest first."""

    results = MessageShape(many=True)


class WrittenShape(Shape):
    """A message that was queued or noted."""

    id = s.CharField()
    state = s.ChoiceField(MessageState.choices)
    occasion = s.ChoiceField(Occasion.choices)
    channel = s.ChoiceField(MessageChannel.choices)


class AttachmentShape(Shape):
    """A file."""

    id = s.CharField()
    name = s.CharField()
    content_type = s.CharField()
    size = s.IntegerField()
    sha256 = s.CharField()
    scan = s.CharField()
    internal = s.BooleanField()
    at = s.DateTimeField()


class AttachmentsShape(Shape):
    """Files, oldest first."""

    results = AttachmentShape(many=True)


class BulkItemShape(Shape):
    """What came of one item: `complaint` where the status is 201, else `problem`."""

    index = s.IntegerField()
    status = s.IntegerField()
    complaint = TakenShape(allow_null=True)
    problem = ProblemShape(allow_null=True)


class BulkShape(Shape):
    """One answer for each item, in their order."""

    received = s.IntegerField()
    refused = s.IntegerField()
    results = BulkItemShape(many=True)


class HeldShape(Shape):
    """What is held under a reference of yours."""

    external_id = s.CharField()
    reference = s.CharField()
    status = s.ChoiceField(State.choices)
    version = s.IntegerField()
    received_at = s.DateTimeField()


class ReconciledShape(Shape):
    """Both sides compared."""

    held = HeldShape(many=True)
    missing = s.ListField(child=s.CharField(), help_text="Sent by you, not held here.")
    extra = s.ListField(child=s.CharField(), help_text="Held here in that time, not sent by you.")
    extra_truncated = s.BooleanField()


class ClockRuleShape(Shape):
    """A time limit of the handling policy."""

    code = s.CharField()
    stage = s.ChoiceField(Stage.choices)
    name = s.CharField()
    amount = s.IntegerField()
    unit = s.CharField()
    calendar = s.CharField()
    hard = s.BooleanField()
    priorities = s.ListField(child=s.CharField(), help_text="Empty: all.")
    channels = s.ListField(child=s.CharField(), help_text="Empty: all.")
    categories = s.ListField(child=s.CharField(), help_text="Empty: all.")


class NamedShape(Shape):
    """A code with its name."""

    code = s.CharField()
    name = s.CharField()


class LevelShape(Shape):
    """A rung of the ladder of escalation."""

    level = s.IntegerField()
    name = s.CharField()


class PolicyShape(Shape):
    """What should be filled in, and the time limits in force."""

    version = s.IntegerField()
    in_force_since = s.DateTimeField(allow_null=True)
    wanted = s.DictField(
        child=s.ListField(child=s.CharField()), help_text="Wanted fields of each channel."
    )
    time_limits = ClockRuleShape(many=True)
    causes = NamedShape(many=True)
    emergency_triggers = NamedShape(many=True)
    escalation = LevelShape(many=True)
    currency = s.CharField()
    scopes = s.ListField(child=s.CharField(), help_text="What this token may be used for.")
    permissions = s.ListField(child=s.CharField(), help_text="What your contract grants.")
    shown_fields = s.ListField(
        child=s.CharField(), allow_null=True, help_text="Of the complainant; null: all."
    )


class OnTimeShape(Shape):
    """How many were on time; `percent` is null where none was measured."""

    met = s.IntegerField()
    missed = s.IntegerField()
    percent = s.FloatField(allow_null=True)


class FiguresShape(Shape):
    """Figures of the complaints you may see."""

    first = s.DateField()
    last = s.DateField()
    received = s.IntegerField()
    closed = s.IntegerField()
    emergencies = s.IntegerField()
    reopened = s.IntegerField()
    open_now = s.IntegerField()
    overdue_now = s.IntegerField()
    acknowledged_on_time = OnTimeShape()
    responded_on_time = OnTimeShape()


class AlertShape(Shape):
    """Something that needs somebody now."""

    kind = s.ChoiceField([(name, name) for name in ("emergency_untaken", "overdue")])
    reference = s.CharField()
    since = s.DateTimeField()
    stage = s.CharField(allow_null=True)


class MeasureShape(Shape):
    """One measure of a scorecard; null where there was nothing to count."""

    code = s.CharField()
    name = s.CharField()
    weight = s.IntegerField()
    floor = s.IntegerField(help_text="Per cent at which points begin.")
    target = s.IntegerField(help_text="Per cent at which points are full.")
    part = s.IntegerField()
    whole = s.IntegerField()
    actual = s.FloatField(allow_null=True, help_text="Per cent.")
    points = s.FloatField(allow_null=True, help_text="Of 100.")


class MissedShape(Shape):
    """How many time limits of a stage were missed because of one party."""

    stage = s.ChoiceField(Stage.choices)
    caused_by = s.ChoiceField([(party, party) for party in PARTIES])
    complaints = s.IntegerField()


class ScorecardShape(Shape):
    """A quarter of a provider, from the complaints this client may see."""

    provider = s.CharField()
    quarter = s.CharField()
    first = s.DateField()
    until = s.DateField(help_text="The first day after it.")
    complaints = s.IntegerField()
    band = s.CharField(allow_null=True, help_text="A to D; null: insufficient data.")
    score = s.FloatField(allow_null=True)
    gates = s.ListField(child=s.CharField(), help_text="What makes it D whatever the score.")
    measures = MeasureShape(many=True)
    missed = MissedShape(many=True)
    frozen_band = s.CharField(allow_null=True, help_text="As it was rated after the quarter.")
    frozen_at = s.DateTimeField(allow_null=True)


class AlertsShape(Shape):
    """What needs somebody now, the longest waiting first; `more` says that there are others."""

    results = AlertShape(many=True)
    more = s.BooleanField()
