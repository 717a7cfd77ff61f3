"""THE state machine of a case outside. A move sets fields in memory; the verbs lock, save, record.

opened → answered → decided | settled | ended → closed; from opened, too, it may be decided at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, transition

from referrals.states import ASKS_FOR_AN_EFFECT, PENDING, STATE_OF, CaseState, Effect, Result

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """A condition of a move, with the sentence that explains it to the person who is stopped."""

    reason: Any
    test: Callable[[Any], bool]

    def __call__(self, case: "CaseWorkflow") -> bool:
        """Return whether the condition holds."""
        return self.test(case)


EFFECT_SAID = Guard(
    _("Somebody must say first what the result means for the complaint."),
    lambda case: bool(case.effect) or case.result not in ASKS_FOR_AN_EFFECT,
)
_ENDS = (CaseState.DECIDED, CaseState.SETTLED, CaseState.ENDED)


def move(**how: Any) -> Callable[[Method], Method]:
    """Declare a method as a move of the machine; django-fsm's decorator, with its type kept."""
    decorate: Callable[[Method], Method] = transition(field="state", **how)
    return decorate


class CaseWorkflow(FSMModelMixin, models.Model):  # type: ignore[misc]
    """The machine of a case outside and the moments it sets."""

    state = FSMField(
        _("state"), default=CaseState.OPENED, choices=CaseState.choices, protected=True
    )
    result = models.CharField(_("result"), max_length=12, choices=Result, blank=True)
    effect = models.CharField(_("effect"), max_length=10, choices=Effect, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        """Only a base; the case is the table."""

        abstract = True

    @move(source=CaseState.OPENED, target=CaseState.ANSWERED)
    def answer(self, *, at: datetime) -> None:
        """We have answered; the body has the next word."""
        self.answered_at = at

    @move(
        source=list(PENDING),
        target=RETURN_VALUE(*[str(state) for state in _ENDS]),
    )
    def decide(self, *, result: Result, at: datetime) -> str:
        """The body has decided, both sides have settled, or it has ended otherwise."""
        self.result, self.decided_at = result, at
        return str(STATE_OF[result])

    @move(source=list(_ENDS), target=CaseState.CLOSED, conditions=[EFFECT_SAID])
    def close(self, *, at: datetime) -> None:
        """What was to be drawn from it has been drawn."""
        self.closed_at = at
        self.effect = self.effect or Effect.RECORDED


def reasons_against(case: CaseWorkflow, name: str) -> list[Any]:
    """Return why a move is not possible now, as translatable sentences; empty when it is."""
    meta = getattr(case, name)._django_fsm  # noqa: SLF001 - the library offers no public way
    if not meta.has_transition(case.state):
        return [_("This step does not follow from where the case stands.")]
    found = meta.get_transition(case.state)
    return [guard.reason for guard in found.conditions if not guard(case)]
