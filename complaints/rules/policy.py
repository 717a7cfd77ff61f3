"""The content of a handling policy: every number and list that the desk works by, validated.

Stored as JSON with each version. A wrong value is refused with the path of the field at fault;
complaints/selectors/policy.py puts the codes of the faults into sentences.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_jsonable_python

from compliance.rules import Roll, Unit

CODE = r"^[a-z0-9][a-z0-9_.-]{0,59}$"
TOP_CLASSES = ("product", "service", "process", "person")
PriorityCode = Literal["P0", "P1", "P2", "P3"]
StageCode = Literal[
    "acknowledge", "assess", "first_action", "progress", "respond", "remedy", "follow_up"
]
ChannelCode = Literal[
    "phone", "email", "web", "letter", "in_person", "social", "regulator", "api", "other"
]
FieldCode = Literal[
    "complainant_name",
    "contact",
    "customer_number",
    "product",
    "order_number",
    "site",
    "category",
    "occurred_at",
    "remedy_sought",
]
ROUND_THE_CLOCK = "24x7"
TRIGGER_CODE = r"^[a-z][a-z0-9_]{0,19}$"
TRIGGERS = ("personal_safety", "property_loss", "media_attention")  # of the standard (CM-8.2b)
PRIORITIES = ("P0", "P1", "P2", "P3")
MUST_HAVE_CLOCKS = ("acknowledge", "respond")  # for every priority, in every channel and category
LONGEST_WORD = 60


@dataclass(frozen=True)
class Fault:
    """What is wrong with a policy and where: `clocks.3.amount`, a code, and its figures."""

    path: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def _refusal(*faults: Fault) -> PydanticCustomError:
    first = faults[0]
    return PydanticCustomError(
        "faults", "{where}: {why}", {"where": first.path, "why": first.code, "faults": faults}
    )


class Part(BaseModel):
    """A part of the policy: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Names(Part):
    """A text in both languages."""

    en: str = Field(min_length=1, max_length=300)
    zh: str = Field(min_length=1, max_length=300)

    def of(self, language: str) -> str:
        """Return the text for a language code."""
        return self.zh if language.startswith("zh") else self.en


class Texts(Names):
    """Longer sentences in both languages."""

    en: str = Field(min_length=1, max_length=1000)
    zh: str = Field(min_length=1, max_length=1000)


class CategoryDef(Part):
    """A class of complaint; the four top classes are fixed, others name their parent."""

    code: str = Field(pattern=CODE)
    parent: str | None = None
    names: Names
    team: str | None = None  # code of the team that owns such complaints


class PriorityDef(Part):
    """What a priority means here and how deep its investigation must go."""

    code: PriorityCode
    names: Names
    meaning: Texts
    depth: Literal["findings", "cause", "full"]
    needs_approval: bool = False


class ClockDef(Part):
    """A time limit: which stage, how long, counted how, for which complaints."""

    code: str = Field(pattern=CODE)
    stage: StageCode
    names: Names
    unit: Unit
    amount: int = Field(ge=1, le=3650)
    day0_counts: bool = False
    roll: Roll = Roll.NONE
    calendar: str = ROUND_THE_CLOCK  # a calendar's code, or 24x7
    hard: bool = False
    preset: str | None = None  # the preset it was taken from, with its source
    confirmed: str | None = Field(default=None, min_length=1, max_length=200)  # who checked it
    priorities: tuple[PriorityCode, ...] = ()  # empty: all
    channels: tuple[ChannelCode, ...] = ()
    categories: tuple[str, ...] = ()
    pause_reasons: tuple[Literal["complainant", "appraisal", "mediation"], ...] = ()
    extension_max: int | None = Field(default=None, ge=1)
    extension_needs_approval: bool = True

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.hard and "complainant" in self.pause_reasons:
            raise _refusal(Fault("pause_reasons", "hard_waits"))
        if self.roll is not Roll.NONE and not self.unit.runs_by_the_day:
            raise _refusal(Fault("roll", "hours_never_roll"))
        return self


class EscalationStep(Part):
    """A rung of the ladder: who is told, when, and what they are asked to decide."""

    level: int = Field(ge=1, le=9)
    names: Names
    permission: str = Field(min_length=1)  # people in scope with this permission are told
    at_percent: int | None = Field(default=None, ge=1, le=100)  # of a clock's time
    on_breach: bool = False
    decide: Texts


class RedressLimits(Part):
    """Up to which amount who may promise redress."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    owner: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    approver: Decimal = Field(ge=0, max_digits=12, decimal_places=2)

    @model_validator(mode="after")
    def _approvers_may_more(self) -> Self:
        if self.approver < self.owner:
            raise _refusal(Fault("approver", "approver_below_owner"))
        return self


class Silence(Part):
    """When no reply may be taken as the end: days after the decision and reminders before it."""

    days: int = Field(ge=1, le=365)
    reminders: int = Field(ge=1, le=9)
    first_reminder_after_days: int = Field(ge=1, le=365)

    @model_validator(mode="after")
    def _reminders_come_first(self) -> Self:
        if self.first_reminder_after_days >= self.days:
            raise _refusal(Fault("first_reminder_after_days", "reminder_after_end"))
        return self


class Windows(Part):
    """How far back repeats and duplicates are looked for, in days (domain brief K13)."""

    repeat_days: int = Field(default=90, ge=1, le=3650)
    same_person_days: int = Field(default=365, ge=1, le=3650)
    duplicate_days: int = Field(default=30, ge=1, le=365)
    unmerge_days: int = Field(default=30, ge=1, le=365)


class FollowUp(Part):
    """When and how the complainant is asked afterwards."""

    gate: Literal["after_close", "before_close"] = "after_close"
    attempts: int = Field(default=3, ge=1, le=9)
    dissatisfied_at_most: int = Field(default=5, ge=1, le=10)  # of 10
    # Days from closing to the invitation by e-mail; none: nobody is invited, people call.
    invite_after_days: int | None = Field(default=None, ge=0, le=90)
    remind_after_days: int = Field(default=5, ge=1, le=60)  # after the invitation went out
    answer_days: int = Field(default=5, ge=1, le=60)  # after the reminder; then somebody calls


class Outside(Part):
    """How cases outside are kept an eye on."""

    warn_days: int = Field(default=3, ge=1, le=60)  # before a deadline or hearing


class Route(Part):
    """Another way to seek redress, told when a response is refused (CM-8.6d)."""

    code: str = Field(pattern=CODE)
    kind: Literal["internal", "mediation", "regulator", "arbitration", "court"]
    names: Names
    how: Texts


class CauseDef(Part):
    """A class of root cause."""

    code: str = Field(pattern=CODE)
    names: Names


class EmergencyPhone(Part):
    """A number that a complainant in danger calls before anything else."""

    names: Names
    number: str = Field(min_length=1, max_length=40, pattern=r"^[0-9+*#() -]+$")


class Way(Part):
    """How one complains through a channel, as the public page says it."""

    channel: ChannelCode
    how: Texts


class PublicSide(Part):
    """What complainants are offered without an account."""

    link_days: int = Field(default=180, ge=1, le=3650)  # how long a personal link works
    code_link_hours: int = Field(default=4, ge=1, le=720)  # … one that a reference and code open
    links_a_day: int = Field(default=3, ge=1, le=50)  # sent again for one complaint
    reopen_days: int = Field(default=180, ge=1, le=3650)  # after closing


Word = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_WORD)]


class EmergencyWords(Part):
    """Words at intake that suggest an emergency; a person confirms."""

    personal_safety: tuple[Word, ...] = ()
    property_loss: tuple[Word, ...] = ()
    media_attention: tuple[Word, ...] = ()


AudienceCode = Literal["staff", "regulator", "customers", "media"]


class StatementStep(Part):
    """A link of the chain that approves what is said about an incident, with its time limit."""

    code: str = Field(pattern=CODE)
    names: Names
    permission: str = Field(min_length=1)  # people in scope with this permission decide
    minutes: int = Field(ge=1, le=1440)
    audiences: tuple[AudienceCode, ...] = ()  # empty: all


_STATEMENT_STEPS = (
    StatementStep(
        code="legal",
        names=Names(en="Legal", zh="法务"),
        permission="incidents.approve_legal",
        minutes=60,
        audiences=("regulator", "customers", "media"),
    ),
    StatementStep(
        code="quality",
        names=Names(en="Quality management", zh="质量管理"),
        permission="incidents.approve_quality",
        minutes=30,
    ),
    StatementStep(
        code="top_management",
        names=Names(en="Top management", zh="最高管理者"),
        permission="incidents.approve_top",
        minutes=60,
        audiences=("regulator", "media"),
    ),
)


class Incidents(Part):
    """When many complaints suggest one cause, and how many may speak for all (CM-7.4)."""

    complaints: int = Field(default=5, ge=2, le=1000)
    within_days: int = Field(default=7, ge=1, le=90)
    persons: int = Field(default=20, ge=2, le=1000)  # jointly
    growth: int = Field(default=3, ge=1, le=1000)  # new ones that bring a dismissed one back
    alike: tuple[Literal["product", "site"], ...] = ("product", "site")
    representatives: int = Field(default=2, ge=1, le=20)


class MailRules(Part):
    """What may happen by itself when a mail comes in."""

    automatic_complaints: bool = True  # a plausible mail to a complaints address becomes one
    automatic_letters: int = Field(default=3, ge=0, le=50)  # to one sender within a day


class TriggerDef(Part):
    """What else makes an emergency in this organisation, and the words that suggest it."""

    code: str = Field(pattern=TRIGGER_CODE)
    names: Names
    words: tuple[Word, ...] = ()


class FastChannel(Part):
    """How emergencies are called, reported and learnt from (CM-8.2b, domain brief 5.3)."""

    call_every_minutes: int = Field(default=15, ge=1, le=240)  # each time one level higher
    decide_reports_hours: int = Field(default=24, ge=1, le=240)  # whether an authority is told
    review_work_days: int = Field(default=10, ge=1, le=90)
    test_every_months: int = Field(default=3, ge=1, le=24)  # the rota is called as a test
    drill_every_months: int = Field(default=12, ge=1, le=36)
    # Presets of duties to report, each decided about in every emergency.
    reports: tuple[str, ...] = ("CN-RECALL-REPORT",)


class PolicyContent(Part):
    """Everything a version of the handling policy says."""

    calendar: str = Field(min_length=1)
    default_priority: PriorityCode = "P2"
    categories: tuple[CategoryDef, ...]
    wanted: dict[ChannelCode, tuple[FieldCode, ...]]
    priorities: tuple[PriorityDef, ...]
    clocks: tuple[ClockDef, ...]
    escalation: tuple[EscalationStep, ...]
    redress: RedressLimits
    silence: Silence
    windows: Windows
    follow_up: FollowUp
    routes: tuple[Route, ...] = Field(min_length=1)
    causes: tuple[CauseDef, ...] = Field(min_length=1)
    emergency_words: EmergencyWords
    emergency_triggers: tuple[TriggerDef, ...] = ()  # beside the three of the standard
    fast_channel: FastChannel = FastChannel()
    auto_acknowledge: tuple[ChannelCode, ...] = ()
    outside: Outside = Outside()
    incidents: Incidents = Incidents()
    statement_steps: tuple[StatementStep, ...] = _STATEMENT_STEPS
    mail: MailRules = MailRules()
    emergency_phones: tuple[EmergencyPhone, ...] = ()
    ways: tuple[Way, ...] = ()
    public: PublicSide = PublicSide()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        faults = list(_contradictions(self))
        if faults:
            raise _refusal(*faults)
        return self

    def clocks_for(
        self,
        *,
        stage: str,
        priority: str,
        channel: str = "",
        categories: frozenset[str] = frozenset(),
    ) -> list[ClockDef]:
        """Return the clocks of a stage that apply; category codes include the ancestors'."""
        return [
            clock
            for clock in self.clocks
            if clock.stage == stage
            and (not clock.priorities or priority in clock.priorities)
            and (not clock.channels or channel in clock.channels)
            and (not clock.categories or categories & frozenset(clock.categories))
        ]

    @property
    def triggers(self) -> tuple[str, ...]:
        """Return the codes of all that makes an emergency: the standard's three and our own."""
        return (*TRIGGERS, *(item.code for item in self.emergency_triggers))

    def words_of(self, trigger: str) -> tuple[str, ...]:
        """Return the words that suggest an emergency of this kind."""
        if trigger in TRIGGERS:
            found: tuple[str, ...] = getattr(self.emergency_words, trigger)
            return found
        return next((own.words for own in self.emergency_triggers if own.code == trigger), ())

    def priority(self, code: str) -> PriorityDef:
        """Return what is said of a priority."""
        return next(item for item in self.priorities if item.code == code)

    def statement_steps_for(self, audience: str) -> list[StatementStep]:
        """Return the chain of approvals of a statement to an audience, in order."""
        return [
            step
            for step in self.statement_steps
            if not step.audiences or audience in step.audiences
        ]


def completed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored content with what later editions of the policy say by default."""
    later = {
        name: to_jsonable_python(definition.default)
        for name, definition in PolicyContent.model_fields.items()
        if name not in content and not definition.is_required()
    }
    return {**content, **later}


def faults_in(content: Any) -> list[Fault]:
    """Return everything that is wrong with a content, in the order of its fields."""
    try:
        PolicyContent.model_validate(content)
    except ValidationError as error:
        return [fault for detail in error.errors(include_url=False) for fault in _faults_of(detail)]
    return []


def _faults_of(detail: Mapping[str, Any]) -> Iterator[Fault]:
    """Turn one error of the validator into faults: our own carry theirs, relative to their part."""
    where = ".".join(str(part) for part in detail["loc"])
    context = dict(detail.get("ctx", {}))
    own: tuple[Fault, ...] = context.pop("faults", ())
    for fault in own:
        yield Fault(f"{where}.{fault.path}" if where else fault.path, fault.code, fault.params)
    if not own:
        yield Fault(where, str(detail["type"]), context)


def _contradictions(content: PolicyContent) -> Iterator[Fault]:
    """Find what no part can see alone: doubles, gaps, names that lead nowhere."""
    for name in (
        *("categories", "clocks", "routes", "causes"),
        *("statement_steps", "emergency_triggers"),
    ):
        yield from _doubles(name, [item.code for item in getattr(content, name)])
    if sorted(item.code for item in content.priorities) != list(PRIORITIES):
        yield Fault("priorities", "priorities_incomplete")
    yield from _tree_faults(content.categories)
    yield from _clock_faults(content)
    for index, trigger in enumerate(content.emergency_triggers):
        if trigger.code in TRIGGERS:
            yield Fault(f"emergency_triggers.{index}.code", "twice", {"value": trigger.code})
    yield from _doubles("ways", [way.channel for way in content.ways], key="channel")
    for index, step in enumerate(content.escalation):
        if step.level != index + 1:
            yield Fault(f"escalation.{index}.level", "level_gap", {"expected": index + 1})


def _doubles(where: str, codes: Sequence[str], *, key: str = "code") -> Iterator[Fault]:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            yield Fault(f"{where}.{index}.{key}", "twice", {"value": code})


def _clock_faults(content: PolicyContent) -> Iterator[Fault]:
    known = {item.code for item in content.categories}
    for index, clock in enumerate(content.clocks):
        for unknown in sorted(set(clock.categories) - known):
            yield Fault(f"clocks.{index}.categories", "unknown_category", {"value": unknown})
    for priority in PRIORITIES:
        for stage in MUST_HAVE_CLOCKS:
            if not content.clocks_for(stage=stage, priority=priority):
                yield Fault("clocks", f"no_{stage}_clock", {"priority": priority})


def _tree_faults(categories: tuple[CategoryDef, ...]) -> Iterator[Fault]:
    by_code = {item.code: item for item in categories}
    for top in TOP_CLASSES:
        if top not in by_code or by_code[top].parent is not None:
            yield Fault("categories", "top_class_missing", {"value": top})
    for index, item in enumerate(categories):
        code = _why_astray(item, by_code)
        if code:
            yield Fault(f"categories.{index}.parent", code, {"value": item.parent or ""})


def _why_astray(item: CategoryDef, by_code: Mapping[str, CategoryDef]) -> str:
    """Return why a class does not hang under one of the four top classes; empty when it does."""
    seen = set()
    while item.parent is not None:
        seen.add(item.code)
        if item.parent in seen:
            return "under_itself"
        if item.parent not in by_code:
            return "unknown_parent"
        item = by_code[item.parent]
    return "" if item.code in TOP_CLASSES else "not_under_top_class"
