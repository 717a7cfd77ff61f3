"""THE state machine of an alert. A move sets fields in memory; the verbs lock, save, record.

open → acknowledged → investigating → action → closed; dismissed from any state before the action.
tests/monitoring/test_alert_workflow.py writes the machine down a second time, by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition

from monitoring.states import AlertState as State
from monitoring.states import Dismissal, Effect

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """A condition of a move, with the sentence that explains it to the person who is stopped."""

    reason: Any
    test: Callable[[Any], bool]

    def __call__(self, alert: "AlertWorkflow") -> bool:
        """Return whether the condition holds."""
        return self.test(alert)


NO_EFFECT_YET = Guard(
    _("What came of the action is noted already."), lambda alert: not alert.effect
)


def move(**how: Any) -> Callable[[Method], Method]:
    """Declare a method as a move of the machine; django-fsm's decorator, with its type kept."""
    decorate: Callable[[Method], Method] = transition(field="state", **how)
    return decorate


class AlertWorkflow(FSMModelMixin, models.Model):  # type: ignore[misc]
    """The machine of an alert, and what its moves set."""

    state = FSMField(_("state"), default=State.OPEN, choices=State.choices, protected=True)
    is_open = models.BooleanField(default=True, editable=False)
    cause = models.TextField(_("cause"), blank=True)
    action = models.TextField(_("corrective action"), blank=True)
    result = models.TextField(_("what was done"), blank=True)
    dismissal = models.CharField(_("why it is none"), max_length=10, choices=Dismissal, blank=True)
    dismissal_note = models.TextField(_("in words"), blank=True)
    effect = models.CharField(_("effect"), max_length=13, choices=Effect, blank=True)
    effect_note = models.TextField(_("what shows it"), blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    investigated_at = models.DateTimeField(_("investigation begun"), null=True)
    acted_at = models.DateTimeField(_("action decided"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    effect_at = models.DateTimeField(_("effect noted"), null=True)

    class Meta:
        """Only a base; the alert is the table."""

        abstract = True

    @move(source=State.OPEN, target=State.ACKNOWLEDGED)
    def acknowledge(self, *, at: datetime) -> None:
        """Somebody has it."""
        self.acknowledged_at = at

    @move(source=[State.OPEN, State.ACKNOWLEDGED], target=State.INVESTIGATING)
    def investigate(self, *, at: datetime) -> None:
        """The cause is being looked for."""
        self.acknowledged_at = self.acknowledged_at or at
        self.investigated_at = at

    @move(source=State.INVESTIGATING, target=State.ACTION)
    def act(self, *, at: datetime, cause: str, action: str) -> None:
        """The cause is known, and somebody does something about it by a day."""
        self.acted_at, self.cause, self.action = at, cause, action

    @move(source=State.ACTION, target=State.CLOSED)
    def close(self, *, at: datetime, result: str) -> None:
        """What was to be done is done; whether it worked is looked at later."""
        self.closed_at, self.result, self.is_open = at, result, False
        self.effect = Effect.NOT_LOOKED_AT

    @move(source=[State.OPEN, State.ACKNOWLEDGED, State.INVESTIGATING], target=State.DISMISSED)
    def dismiss(self, *, at: datetime, why: Dismissal, note: str) -> None:
        """It needs no action."""
        self.closed_at, self.is_open = at, False
        self.acknowledged_at = self.acknowledged_at or at
        self.dismissal, self.dismissal_note = why, note

    @move(source=State.CLOSED, target=State.CLOSED, conditions=[NO_EFFECT_YET])
    def confirm(self, *, at: datetime, effect: Effect, note: str) -> None:
        """The action worked, or it cannot be told."""
        self.effect, self.effect_note, self.effect_at = effect, note, at

    @move(source=State.CLOSED, target=State.INVESTIGATING, conditions=[NO_EFFECT_YET])
    def resume(self, *, at: datetime, note: str) -> None:
        """The action did not work: the cause is looked for again."""
        self.effect, self.effect_note, self.effect_at = Effect.NOT_EFFECTIVE, note, at
        self.closed_at, self.is_open = None, True


def reasons_against(alert: AlertWorkflow, name: str) -> list[Any]:
    """Return why a move is not possible now, as translatable sentences; empty when it is."""
    meta = getattr(alert, name)._django_fsm  # noqa: SLF001 - the library offers no public way
    if not meta.has_transition(alert.state):
        return [_("This step does not follow from where the alert stands.")]
    found = meta.get_transition(alert.state)
    return [guard.reason for guard in found.conditions if not guard(alert)]


MOVES: dict[str, Any] = {
    "acknowledge": pgettext_lazy("alert", "Take it"),
    "investigate": pgettext_lazy("alert", "Begin to investigate"),
    "act": pgettext_lazy("alert", "Note cause and action"),
    "close": pgettext_lazy("alert", "Close"),
    "dismiss": pgettext_lazy("alert", "Dismiss"),
    "confirm": pgettext_lazy("alert", "Note the effect"),
    "resume": pgettext_lazy("alert", "Investigate again"),
}
