"""What a preset of time limits may say; all else is refused, naming the file and the field."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from compliance.rules.clocks import MAX_AMOUNT, ClockSpec, Roll, Unit

Code = Annotated[str, Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]


class PresetError(ValueError):
    """A preset file says what it may not; the message names file, preset and field."""


class Jurisdiction(StrEnum):
    """Whose rule it is; OWN is the organisation's promise."""

    CHINA = "CN"
    KINGDOM = "UK"
    AUSTRALIA = "AU"
    STATES = "US"
    UNION = "EU"
    HONG_KONG = "HK"
    OWN = "OWN"


class Confidence(StrEnum):
    """How well a figure is founded."""

    PRIMARY = "P"  # the text itself was read
    SECONDARY = "S"  # a page about it said so: the source should be checked
    MEMORY = "M"  # not confirmed: off until a person confirms it
    RECOMMENDED = "R"  # no source demands it: a default to be edited


class Stage(StrEnum):
    """What a clock is about."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_ACTION = "first_action"
    ASSESS = "assess"
    RESPOND = "respond"
    PROGRESS = "progress"
    REMEDY = "remedy"
    EXTERNAL = "external"
    REPORT = "report"
    APPEAL = "appeal"


class StartEvent(StrEnum):
    """What sets a clock going."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    FORWARDED = "forwarded"  # an authority or body passed it on
    RESPONDED = "responded"
    TRIGGER = "trigger"  # the demand, the agreed expiry or the goods' return
    DISCOVERED = "discovered"
    SUSPECTED = "suspected"
    OCCURRED = "occurred"
    DECIDED = "decided"
    PLANNED = "planned"
    COMPLETED = "completed"
    NOTIFIED = "notified"


class PauseReason(StrEnum):
    """What may stop a clock."""

    APPRAISAL = "appraisal"
    MEDIATION = "mediation"
    WAITING_FOR_COMPLAINANT = "waiting_for_complainant"  # own promises only


class MetBy(StrEnum):
    """What counts as done in time."""

    SENT = "sent"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bilingual(_Strict):
    """A text in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _in_both(self) -> Self:
        if self.zh.isascii():
            raise ValueError("zh: must be Chinese")
        return self


class Extension(_Strict):
    """How far a limit may be extended: the whole length from the original start."""

    max_amount: Amount
    unit: Annotated[Unit, Field(strict=False)]
    needs_approval: bool = False
    needs_notice: bool = False


class AppliesIf(_Strict):
    """For which complaints a clock is meant; an empty list means all."""

    sector: list[Slug] = []
    product: list[Slug] = []
    complainant_type: list[Slug] = []
    channel: list[Slug] = []
    complexity: list[Slug] = []


class Clock(_Strict):
    """One time limit of a preset."""

    code: Slug
    stage: Annotated[Stage, Field(strict=False)]
    name: Bilingual
    unit: Annotated[Unit, Field(strict=False)]
    amount: Amount
    day0_counts: bool = False
    roll: Annotated[Roll, Field(strict=False)] = Roll.NONE
    calendar: Literal["CN", "weekdays"]
    hard: bool
    repeats: bool = False
    extension: Extension | None = None
    pause_reasons: list[Annotated[PauseReason, Field(strict=False)]] = []
    met_by: Annotated[MetBy, Field(strict=False)] = MetBy.SENT
    start_event: Annotated[StartEvent, Field(strict=False)]
    applies_if: AppliesIf = AppliesIf()
    confidence: Annotated[Confidence, Field(strict=False)] | None = None
    note: Bilingual | None = None

    @property
    def spec(self) -> ClockSpec:
        """Return the time limit for the arithmetic."""
        return ClockSpec(self.unit, self.amount, self.day0_counts, self.roll)

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.roll is not Roll.NONE and not self.unit.runs_by_the_day:
            raise ValueError("roll: only limits in days, weeks or months roll")
        # Waiting for an answer stops no legal clock, in no rule that was read.
        if self.hard and PauseReason.WAITING_FOR_COMPLAINANT in self.pause_reasons:
            raise ValueError("pause_reasons: waiting for the complainant stops no hard clock")
        return self


class Preset(_Strict):
    """A known regime: where it comes from, how sure that is, and its clocks."""

    code: Code
    names: Bilingual
    jurisdiction: Annotated[Jurisdiction, Field(strict=False)]
    legal_source: Bilingual
    article: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    confidence: Annotated[Confidence, Field(strict=False)]
    enabled: bool = True
    verified_by: Annotated[str, Field(min_length=1)] | None = None
    verified_on: date | None = None
    principal: Slug | None = None
    duty: Bilingual | None = None
    notes: Bilingual | None = None
    clocks: list[Clock] = []

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        codes = [clock.code for clock in self.clocks]
        if len(set(codes)) < len(codes):
            raise ValueError("clocks: two clocks have the same code")
        if self.clocks and self.principal not in codes:
            raise ValueError("principal: must be the code of one of the clocks")
        if not self.clocks and self.duty is None:
            raise ValueError("duty: a preset without clocks must say what is to be done")
        if self.confidence is Confidence.MEMORY and self.enabled:
            raise ValueError("enabled: must be false until a person has confirmed the figures")
        if self.enabled and not (self.verified_by and self.verified_on):
            raise ValueError("verified_by: who checked the source, and when (verified_on)")
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to: lies before effective_from")
        return self

    def clock(self, code: str | None = None) -> Clock:
        """Return a clock, or the principal one. Raises LookupError."""
        wanted = code or self.principal
        for clock in self.clocks:
            if clock.code == wanted:
                return clock
        raise LookupError(wanted)

    def confidence_in(self, clock: Clock) -> Confidence:
        """Return how well a clock's figure is founded."""
        return clock.confidence or self.confidence

    def is_enabled(self, clock: Clock) -> bool:
        """Return whether the clock may be used without a person confirming it first."""
        return self.enabled and self.confidence_in(clock) is not Confidence.MEMORY

    def in_force(self, day: date) -> bool:
        """Return whether the regime holds on this day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)


def read_presets(files: Iterable[tuple[str, Any]]) -> Mapping[str, Preset]:
    """Build presets from (file name, parsed content). Raises PresetError."""
    found: dict[str, Preset] = {}
    for name, content in files:
        if not isinstance(content, dict) or set(content) != {"presets"}:
            raise PresetError(f"{name}: must hold one list called presets")
        for number, data in enumerate(content["presets"] or [], start=1):
            preset = _preset(name, number, data)
            if preset.code in found:
                raise PresetError(f"{name}: {preset.code}: code: used twice")
            found[preset.code] = preset
    return found


def _preset(name: str, number: int, data: Any) -> Preset:
    code = data.get("code", f"#{number}") if isinstance(data, dict) else f"#{number}"
    try:
        return Preset.model_validate(data)
    except ValidationError as fault:
        first = fault.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        where = f"{name}: {code}: {field}" if field else f"{name}: {code}"
        raise PresetError(f"{where}: {message}") from fault
