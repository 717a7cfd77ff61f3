"""The content of a retention schedule, validated, and the arithmetic of its periods.

Stored as JSON with each version. The longest period that applies to a complaint wins: it is due on
the day after the last of them has run.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

Kind = Literal["complaint", "part", "loose", "kept"]
Unit = Literal["days", "months", "years"]
CONFIDENCES = ("P", "S", "M", "R")
MONTHS_A_YEAR = 12
MOST: Mapping[str, int] = {"days": 36_500, "months": 1_200, "years": 100}
# What a complaint that has come to its end always is, by its state; the rest comes on top.
BASE: Mapping[str, str] = {
    "closed": "closed",
    "followed_up": "closed",
    "merged": "closed",
    "withdrawn": "withdrawn",
    "not_a_complaint": "not_a_complaint",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """A text in both languages."""

    en: str = Field(min_length=1, max_length=600)
    zh: str = Field(min_length=1, max_length=600)

    def of(self, language: str) -> str:
        """Return it in a language."""
        return self.zh if language.startswith("zh") else self.en


class Rule(_Strict):
    """How long one class of records is kept, and why. Codes never change."""

    code: str
    kind: Kind
    names: Words
    count: int = Field(ge=0)
    unit: Unit
    basis: Words
    source: str = Field(default="", max_length=120)
    confidence: Literal["P", "S", "M", "R"] = "R"

    @property
    def action(self) -> str:
        """Return what happens in the end: anonymise, delete or keep."""
        return {"loose": "delete", "kept": "keep"}.get(self.kind, "anonymise")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.kind != "kept" and self.count < 1:
            raise PydanticCustomError("too_short", "a period")
        if self.count > MOST[self.unit]:
            raise PydanticCustomError("too_long", "a period")
        return self


class ScheduleContent(_Strict):
    """All classes with their periods, and how quickly a request about personal data is answered."""

    rules: tuple[Rule, ...]
    rights_work_days: int = Field(default=15, ge=1, le=250)
    rights_preset: str = "CN-PIPL-RIGHTS"

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        codes = [rule.code for rule in self.rules]
        if len(codes) != len(set(codes)) or not set(BASE.values()) <= set(codes):
            raise PydanticCustomError("classes", "each class once, and all that must be there")
        return self

    def rule(self, code: str) -> Rule | None:
        """Return the rule of a class, or None where the schedule does not know it."""
        return next((rule for rule in self.rules if rule.code == code), None)

    def of_kind(self, *kinds: str) -> list[Rule]:
        """Return the rules of these kinds, in their order."""
        return [rule for rule in self.rules if rule.kind in kinds]


@dataclass(frozen=True)
class Fault:
    """What is wrong and where: `rules.3.count` and a code."""

    path: str
    code: str


def faults_of(content: Any) -> list[Fault]:
    """Return what is wrong with a schedule; empty when it can be worked by."""
    try:
        ScheduleContent.model_validate(content)
    except ValidationError as error:
        return [
            Fault(".".join(map(str, item["loc"])), str(item["type"])) for item in error.errors()
        ]
    return []


@dataclass(frozen=True)
class DueBy:
    """The class that keeps a complaint the longest, since when it counts, and when it is over."""

    code: str
    since: date
    due_on: date


def last_day(since: date, count: int, unit: Unit) -> date:
    """Return the last day of a period that begins at the end of `since`.

    Months end on the same day of the month, or on its last: six months after 31 August is
    28 February.
    """
    if unit == "days":
        return since + timedelta(days=count)
    months = count if unit == "months" else count * MONTHS_A_YEAR
    year, month = divmod(since.year * MONTHS_A_YEAR + since.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(since.day, monthrange(year, month + 1)[1]))


def first_day_back(today: date, count: int, unit: Unit) -> date:
    """Return the last day on which something may have ended to be due today."""
    if unit == "days":
        return today - timedelta(days=count + 1)
    months = count if unit == "months" else count * MONTHS_A_YEAR
    year, month = divmod(today.year * MONTHS_A_YEAR + today.month - 1 - months, MONTHS_A_YEAR)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def due_by(content: ScheduleContent, starts: Iterable[tuple[str, date]]) -> DueBy | None:
    """Return which of the classes that apply ends last; None when none is known.

    `starts` are codes of classes with the day from which each counts. Due is the day after.
    """
    found = [
        DueBy(code, since, last_day(since, rule.count, rule.unit) + timedelta(days=1))
        for code, since in starts
        if (rule := content.rule(code)) is not None
    ]
    return max(found, key=lambda item: item.due_on, default=None)
