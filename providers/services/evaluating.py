"""The verb that judges a provider, before it is chosen and while it works (CM-8.7 b, c)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from providers import events
from providers.errors import BadInput
from providers.models import Evaluation
from providers.permissions import MANAGE, demand_file
from providers.rules.evaluating import ENOUGH, faults_in, result_of
from providers.services.noting import digest, locked, note
from providers.states import DECISIONS_OF, Decision, EvaluationKind


@dataclass(frozen=True)
class Judgement:
    """What somebody found: marks 1 to 5 by criterion, what follows, why, and when again."""

    kind: str
    marks: Mapping[str, int]
    decision: str
    reason: str
    next_due_on: date | None = None


@transaction.atomic
def evaluate_provider(
    *, provider_id: int, judgement: Judgement, actor: User, at: datetime
) -> Evaluation:
    """Record an evaluation with its result and decision.

    It decides nothing by itself: to suspend a provider or end its contract is a verb of its own.
    Raises NotAllowed, BadInput naming `kind`, a criterion, `decision`, `reason`, `next_due_on`.
    """
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    result = _checked(judgement, at)
    evaluation = Evaluation.objects.create(
        provider=provider,
        kind=judgement.kind,
        marks=dict(judgement.marks),
        result=result,
        decision=judgement.decision,
        reason=judgement.reason.strip(),
        next_due_on=judgement.next_due_on,
        by=actor,
        at=at,
    )
    payload = {
        "evaluation": evaluation.pk,
        "of": evaluation.kind,
        "result": result,
        "decision": evaluation.decision,
        "sha256": digest([evaluation.marks, evaluation.reason]),
    }
    note(events.EVALUATED, provider, actor, at, payload)
    return evaluation


def _checked(judgement: Judgement, at: datetime) -> int:
    if judgement.kind not in EvaluationKind.values:
        raise BadInput(_("Say what kind of evaluation it is."), field="kind")
    for criterion in faults_in(judgement.marks):
        raise BadInput(_("Give a mark from 1 to 5."), field=criterion)
    result = result_of(judgement.marks)
    if result is None:
        raise BadInput(_("Mark at least one criterion."), field="kind")
    _check_decision(judgement, result)
    _check_day(judgement, at)
    return result


def _check_decision(judgement: Judgement, result: int) -> None:
    if judgement.decision not in DECISIONS_OF[EvaluationKind(judgement.kind)]:
        raise BadInput(_("This decision does not belong to this evaluation."), field="decision")
    if not judgement.reason.strip():
        raise BadInput(_("Say why."), field="reason")
    if judgement.decision == Decision.SELECTED and result < ENOUGH:
        raise BadInput(
            _("With a result below %(enough)s nobody is selected.") % {"enough": ENOUGH},
            field="decision",
        )


def _check_day(judgement: Judgement, at: datetime) -> None:
    goes_on = judgement.decision not in {Decision.NOT_SELECTED, Decision.END}
    if goes_on and judgement.next_due_on is None:
        raise BadInput(_("Say when to look again."), field="next_due_on")
    if judgement.next_due_on is not None and judgement.next_due_on <= timezone.localdate(at):
        raise BadInput(_("This day must lie ahead."), field="next_due_on")
