"""The verbs on rated quarters and improvement plans. Who counts complaints stands above."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.services import system_user
from providers import events
from providers.errors import BadInput, Conflict, NotAllowed
from providers.models import ImprovementPlan, QuarterResult
from providers.permissions import MANAGE, demand_file, works_for
from providers.rules.scorecard import Scheme, Scorecard, asks_for_plan, rounded
from providers.selectors.file import open_plan
from providers.services.noting import digest, locked, note
from providers.states import PlanState


@transaction.atomic
def freeze_quarter(
    *, provider_id: int, quarter: str, card: Scorecard, scheme: Scheme, at: datetime
) -> QuarterResult:
    """Keep the scorecard of a quarter that is over, once; bad quarters raise an improvement plan.

    By the scheduler. A quarter that is frozen already stays as it is.
    """
    provider = locked(provider_id)
    found = provider.quarters.filter(quarter=quarter).first()
    if found is not None:
        return found
    result = QuarterResult.objects.create(
        provider=provider,
        quarter=quarter,
        score=card.shown_score,
        band=card.band,
        complaints=card.complaints,
        scheme=scheme.edition,
        measures=_kept(card),
        gates=list(card.gates),
        rated_at=at,
    )
    content = [result.measures, result.gates, result.complaints]
    payload = {"quarter": quarter, "band": card.band, "sha256": digest(content)}
    note(events.QUARTER_RATED, provider, system_user(), at, payload)
    _raise_plan(provider, scheme, at)
    return result


def _kept(card: Scorecard) -> list[dict[str, Any]]:
    return [
        {
            "code": one.measure.code,
            "part": one.count.part,
            "whole": one.count.whole,
            "points": None if one.points is None else str(rounded(one.points)),
            "weight": one.measure.weight,
            "floor": one.measure.floor,
            "target": one.measure.target,
        }
        for one in card.measures
    ]


def _raise_plan(provider: Provider, scheme: Scheme, at: datetime) -> None:
    """Raise a plan where the last quarters ask for one, none is under way, and none is for them."""
    rated = list(provider.quarters.exclude(band="").order_by("quarter"))
    asking = asks_for_plan([result.band for result in rated])
    if not asking or open_plan(provider) is not None:
        return
    because = [result.quarter for result in rated[-asking:]]
    if any(because == plan.because for plan in provider.plans.all()):
        return
    plan = ImprovementPlan.objects.create(
        provider=provider,
        because=because,
        raised_at=at,
        due_on=timezone.localdate(at) + timedelta(days=scheme.plan_days),
    )
    payload = {"plan": plan.pk, "because": because}
    note(events.PLAN_RAISED, provider, system_user(), at, payload)


@transaction.atomic
def agree_plan(
    *, plan_id: int, cause: str, measures: str, due_on: date, actor: User, at: datetime
) -> ImprovementPlan:
    """Write down the cause, what is done, and by when: the provider, or who keeps its file.

    Raises NotAllowed, Conflict, BadInput naming `cause`, `measures` or `due_on`.
    """
    plan = _locked(plan_id, (PlanState.OPEN, PlanState.PLANNED))
    _demand_plan(plan, actor)
    if not cause.strip():
        raise BadInput(_("Say what it came from."), field="cause")
    if not measures.strip():
        raise BadInput(_("Say what is done about it."), field="measures")
    if due_on < timezone.localdate(at):
        raise BadInput(_("This day must lie ahead."), field="due_on")
    plan.cause, plan.measures, plan.due_on = cause.strip(), measures.strip(), due_on
    plan.state, plan.agreed_by = PlanState.PLANNED, actor
    plan.save(update_fields=["cause", "measures", "due_on", "state", "agreed_by"])
    payload = {"plan": plan.pk, "sha256": digest([plan.cause, plan.measures, str(due_on)])}
    note(events.PLAN_AGREED, plan.provider, actor, at, payload)
    return plan


@transaction.atomic
def finish_plan(*, plan_id: int, actor: User, at: datetime) -> ImprovementPlan:
    """Say that the measures of a plan are carried out. Raises NotAllowed, Conflict."""
    plan = _locked(plan_id, (PlanState.PLANNED,))
    _demand_plan(plan, actor)
    plan.state, plan.done_by, plan.done_at = PlanState.DONE, actor, at
    plan.save(update_fields=["state", "done_by", "done_at"])
    note(events.PLAN_DONE, plan.provider, actor, at, {"plan": plan.pk})
    return plan


@transaction.atomic
def check_plan(
    *, plan_id: int, effective: bool, finding: str, actor: User, at: datetime
) -> ImprovementPlan:
    """Say whether a plan helped: somebody of the organisation, never who carried it out.

    Raises NotAllowed, Conflict, BadInput naming `finding`.
    """
    demand_file(actor, MANAGE)
    plan = _locked(plan_id, (PlanState.DONE,))
    if plan.done_by_id == actor.pk:
        raise NotAllowed(_("Whoever carried a plan out does not check it."))
    if not finding.strip():
        raise BadInput(_("Say what the check showed."), field="finding")
    plan.state = PlanState.EFFECTIVE if effective else PlanState.NOT_EFFECTIVE
    plan.finding, plan.checked_by, plan.checked_at = finding.strip(), actor, at
    plan.save(update_fields=["state", "finding", "checked_by", "checked_at"])
    payload = {"plan": plan.pk, "effective": effective, "sha256": digest(plan.finding)}
    note(events.PLAN_CHECKED, plan.provider, actor, at, payload)
    return plan


def _demand_plan(plan: ImprovementPlan, actor: User) -> None:
    if not works_for(actor, plan.provider):
        demand_file(actor, MANAGE)


def _locked(plan_id: int, states: Sequence[str]) -> ImprovementPlan:
    found = ImprovementPlan.objects.get(pk=plan_id)
    provider = locked(found.provider_id)
    plan = ImprovementPlan.objects.select_for_update(of=("self",)).get(pk=plan_id)
    if plan.state not in states:
        raise Conflict(_("This plan is no longer where you saw it. Look at it again."))
    plan.provider = provider
    return plan
