"""The responsibility matrix (CM-8.7 d): who does which step, and what a provider is granted for it.

What is granted follows from the matrix, so the two can never contradict each other.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

Party = Literal["organisation", "provider", "both"]
Unit = Literal["minutes", "hours", "days", "working_days"]
MOST_WITHIN = 9_999

# Each step of the workflow (spec/workflow.md) and the permission that it takes.
STEPS: Mapping[str, str] = {
    "receive": "complaints.receive",
    "acknowledge": "complaints.acknowledge",
    "assess": "complaints.assess",
    "investigate": "complaints.investigate",
    "respond": "complaints.respond",
    "record_decision": "complaints.record_decision",
    "close": "complaints.close",
    "follow_up": "complaints.follow_up",
    "reopen": "complaints.reopen",
    "withdraw": "complaints.withdraw",
    "escalate": "complaints.escalate",
    "declare_emergency": "complaints.declare_emergency",
}
# What is granted beside the steps; without the first nobody could work at all.
ALWAYS = "complaints.view"
EXTRAS: tuple[str, ...] = (
    "complaints.note",
    "complaints.message",
    "complaints.attach",
    "complaints.assign_self",
    "complaints.export",
    "complaints.import",
    "webhooks.manage",
)
# What is known of a complainant, field by field; a contract names those that are shown.
PERSONAL_FIELDS: tuple[str, ...] = (
    "name",
    "organisation",
    "phone",
    "email",
    "customer_number",
    "address",
    "needs",
    "representative",
)


class Duty(BaseModel):
    """Who does one step, and within what time; no time means that none is agreed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str
    by: Party
    within: int | None = Field(default=None, ge=1, le=MOST_WITHIN)
    unit: Unit = "minutes"

    @property
    def is_providers(self) -> bool:
        """Return whether the provider takes part in it."""
        return self.by != "organisation"


class Matrix(BaseModel):
    """Every step once. An emergency is passed on by whoever hears of it, so never withheld."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duties: tuple[Duty, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if [duty.step for duty in self.duties] != list(STEPS):
            raise PydanticCustomError("steps", "each step once, in order")
        if not self.of("declare_emergency").is_providers:
            raise PydanticCustomError("emergency", "everybody passes on an emergency")
        return self

    def of(self, step: str) -> Duty:
        """Return who does a step."""
        return next(duty for duty in self.duties if duty.step == step)


def fault_of(duties: Any) -> tuple[str, str]:
    """Return what is wrong with a matrix as (step, code); two empty words where nothing is."""
    try:
        Matrix.model_validate({"duties": duties})
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if isinstance(part, int)]
        steps = list(STEPS)
        known = place and place[0] < len(steps)
        step = steps[place[0]] if known else "declare_emergency"
        return step, str(first["type"])
    return "", ""


def granted_by(matrix: Matrix, extras: Collection[str]) -> list[str]:
    """Return the permissions that a matrix and the extras beside it come to."""
    steps = [STEPS[duty.step] for duty in matrix.duties if duty.is_providers]
    return sorted({ALWAYS, *steps, *(extra for extra in EXTRAS if extra in extras)})
