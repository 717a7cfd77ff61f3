"""Why a clock ends when it does, in sentences of the present language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from compliance.rules import (
    ClockSpec,
    Deadline,
    Pause,
    Step,
    StepCode,
    Unit,
    WorkCalendar,
    deadline,
)

STEP_TEXTS: Mapping[str, Any] = {
    StepCode.START: gettext_lazy("The clock starts on %(at)s, %(tz)s time."),
    StepCode.ALLOWED: gettext_lazy("Time allowed: %(length)s."),
    StepCode.DAY0_EXCLUDED: gettext_lazy("The first day, %(at)s, is not counted."),
    StepCode.DAY0_COUNTED: gettext_lazy("The first day, %(at)s, is counted."),
    StepCode.DAY0_DAY_OFF: gettext_lazy("The first day, %(at)s, is a day off and not counted."),
    StepCode.OPENS: gettext_lazy("Working time begins on %(at)s."),
    StepCode.DAYS_OFF: ngettext_lazy(
        "%(days)s weekly day off is not counted.",
        "%(days)s weekly days off are not counted.",
        "days",
    ),
    StepCode.HOLIDAYS: gettext_lazy("%(at)s to %(until)s are holidays and not counted."),
    StepCode.MAKEUP_DAY: gettext_lazy("%(at)s is a make-up working day and counted."),
    StepCode.MONTH_END: gettext_lazy("That month has no such day: its last day, %(at)s, is taken."),
    StepCode.PAUSED_DAYS: ngettext_lazy(
        "The clock stood still from %(at)s to %(until)s: %(days)s day is added.",
        "The clock stood still from %(at)s to %(until)s: %(days)s days are added.",
        "days",
    ),
    StepCode.PAUSED_TIME: gettext_lazy("The clock stood still from %(at)s until %(until)s."),
    StepCode.PAUSE_RUNNING: gettext_lazy(
        "A pause has not ended yet: the due date moves on until it does."
    ),
    StepCode.ROLLED_HOLIDAY: gettext_lazy("%(origin)s is a holiday: the last day moves to %(at)s."),
    StepCode.ROLLED_DAY_OFF: gettext_lazy("%(origin)s is a day off: the last day moves to %(at)s."),
    StepCode.ROLL_NOT_FOR_HOURS: gettext_lazy(
        "Time limits in hours or minutes do not move when they end on a day off."
    ),
    StepCode.DUE_DAY: gettext_lazy("Due by 24:00 on %(at)s."),
    StepCode.DUE_INSTANT: gettext_lazy("Due before %(at)s."),
}
# A sentence of its own: one without plural forms would read "from the 1st to the 1st".
_ONE_HOLIDAY = gettext_lazy("%(at)s is a holiday and not counted.")


@dataclass(frozen=True)
class ExplainedStep:
    """A step with its sentence."""

    code: str
    at: datetime | date
    text: str


@dataclass(frozen=True)
class Explanation:
    """A due date, the clock and the calendar it comes from, and why."""

    spec: ClockSpec
    calendar: WorkCalendar
    deadline: Deadline
    steps: tuple[ExplainedStep, ...]


def explain(
    spec: ClockSpec,
    start: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    now: datetime | None = None,
) -> Explanation:
    """Return when a clock ends and why; the page of a complaint and the command ask the same.

    Raises what `compliance.rules.deadline` raises.
    """
    answer = deadline(spec, start, calendar, pauses, now)
    steps = tuple(ExplainedStep(step.code, step.at, step_text(step)) for step in answer.steps)
    return Explanation(spec, calendar, answer, steps)


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data for JSON."""
    answer = explanation.deadline
    return {
        "due_at": answer.due_at.isoformat(),
        "due_date": answer.due_date.isoformat(),
        "spec": {
            **explanation.spec.to_dict(),
            "calendar": explanation.calendar.code,
            "calendar_revision": explanation.calendar.revision,
            "tz": explanation.calendar.tz,
        },
        "steps": [
            {
                "code": str(step.code),
                "at": step.at.isoformat(),
                **{name: _plain(value) for name, value in step.params.items()},
                "text": explained.text,
            }
            for step, explained in zip(answer.steps, explanation.steps, strict=True)
        ],
    }


def step_text(step: Step) -> str:
    """Return the sentence of a step in the present language."""
    values = {"at": step.at, **step.params}
    if step.code == StepCode.ALLOWED:
        values["length"] = spec_text(ClockSpec(Unit(step.params["unit"]), step.params["amount"]))
    one_holiday = step.code == StepCode.HOLIDAYS and values["until"] == step.at
    text = _ONE_HOLIDAY if one_holiday else STEP_TEXTS[step.code]
    return str(text % {name: _spoken(value) for name, value in values.items()})


def spec_text(spec: ClockSpec) -> str:
    """Return a time limit in words: 10 working days."""
    amount = spec.amount
    texts = {
        Unit.MINUTE: ngettext("%(n)s minute", "%(n)s minutes", amount),
        Unit.HOUR: ngettext("%(n)s hour", "%(n)s hours", amount),
        Unit.BUSINESS_HOUR: ngettext("%(n)s working hour", "%(n)s working hours", amount),
        Unit.WORK_DAY: ngettext("%(n)s working day", "%(n)s working days", amount),
        Unit.CAL_DAY: ngettext("%(n)s calendar day", "%(n)s calendar days", amount),
        Unit.WEEK: ngettext("%(n)s week", "%(n)s weeks", amount),
        Unit.MONTH: ngettext("%(n)s month", "%(n)s months", amount),
    }
    return texts[spec.unit] % {"n": amount}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _spoken(value: Any) -> Any:
    if not isinstance(value, date):
        return value
    words = {"date": date_format(value, "DATE_FORMAT"), "weekday": date_format(value, "l")}
    if isinstance(value, datetime):
        return _("%(date)s (%(weekday)s) %(time)s") % {**words, "time": f"{value:%H:%M}"}
    return _("%(date)s (%(weekday)s)") % words
