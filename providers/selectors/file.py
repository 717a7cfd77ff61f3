"""The file of a provider: what holds, what is missing, what falls due (CM-8.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import Provider, User
from accounts.permissions import has
from providers.models import (
    ApiClient,
    BreachNote,
    Contract,
    Evaluation,
    ImprovementPlan,
    QuarterResult,
    Requirements,
    Suspension,
)
from providers.permissions import MANAGE, VIEW, works_for
from providers.rules.standing import WARN_DAYS, reasons_against
from providers.states import ContractState, Decision, EvaluationKind, PlanState

OPEN_PLANS = (PlanState.OPEN, PlanState.PLANNED, PlanState.DONE)


def providers_visible_to(actor: User) -> QuerySet[Provider]:
    """Return the providers whose file, or an excerpt of it, exists for the actor."""
    if actor.is_system or has(actor, VIEW):
        return Provider.objects.all()
    if actor.provider is not None and works_for(actor, actor.provider):
        return Provider.objects.filter(pk=actor.provider.pk)
    return Provider.objects.none()


def providers_rated_for(actor: User) -> QuerySet[Provider]:
    """Return the providers whose scorecard the actor may read: people by file, software its own.

    Software of the organisation itself reads all of them, as far as it sees their complaints.
    """
    if not actor.is_client:
        return providers_visible_to(actor)
    own = actor.provider
    return Provider.objects.all() if own is None else Provider.objects.filter(pk=own.pk)


def contract_on(provider: Provider, day: date) -> Contract | None:
    """Return the contract that holds on a day: of several approved ones the newest."""
    approved = provider.contracts.filter(state=ContractState.APPROVED).order_by("-pk")
    return next((one for one in approved if one.agreed.holds_on(day)), None)


def open_contract(provider: Provider) -> Contract | None:
    """Return the contract that is being written or waits for approval; there is one at most."""
    return provider.contracts.filter(
        state__in=[ContractState.DRAFT, ContractState.SUBMITTED]
    ).first()


def is_confirmed(provider: Provider) -> bool:
    """Return whether somebody of the provider has confirmed what it was told, in any version."""
    return provider.requirements.filter(confirmed_at__isnull=False).exists()


def newest_requirements(provider: Provider) -> Requirements | None:
    """Return what the provider was told last."""
    return provider.requirements.order_by("-version").first()


def open_suspension(provider: Provider) -> Suspension | None:
    """Return the suspension that lasts, if any."""
    return provider.suspensions.filter(ended_at__isnull=True).first()


def open_plan(provider: Provider) -> ImprovementPlan | None:
    """Return the improvement plan that runs, if any."""
    return provider.plans.filter(state__in=OPEN_PLANS).first()


def is_selected(provider: Provider) -> bool:
    """Return whether the last selection chose the provider (CM-8.7 b)."""
    last = provider.evaluations.filter(kind=EvaluationKind.SELECTION).first()
    return last is not None and last.decision == Decision.SELECTED


def evaluation_due_on(provider: Provider) -> date | None:
    """Return when the next evaluation falls due."""
    newest = provider.evaluations.first()
    return newest.next_due_on if newest else None


@dataclass(frozen=True)
class Standing:
    """How a provider stands today, in one row of the list."""

    provider: Provider
    contract: Contract | None
    waiting: Contract | None  # written or handed in
    because: Sequence[str]  # why nothing is granted
    evaluation_due: date | None
    plan: ImprovementPlan | None
    quarter: QuarterResult | None
    today: date

    @property
    def contract_ends_soon(self) -> bool:
        """Return whether the contract runs out within the time of the first warning."""
        return (
            self.contract is not None and (self.contract.ends_on - self.today).days <= WARN_DAYS[0]
        )

    @property
    def evaluation_late(self) -> bool:
        """Return whether an evaluation is overdue."""
        return self.evaluation_due is not None and self.evaluation_due < self.today

    @property
    def plan_late(self) -> bool:
        """Return whether an improvement plan is overdue."""
        return (
            self.plan is not None
            and self.plan.state != PlanState.DONE
            and self.plan.due_on < self.today
        )


def standing_of(provider: Provider, today: date) -> Standing:
    """Return how a provider stands on a day."""
    contract = contract_on(provider, today)
    return Standing(
        provider=provider,
        contract=contract,
        waiting=open_contract(provider),
        because=reasons_against(
            contract=contract is not None,
            confirmed=is_confirmed(provider),
            suspended=open_suspension(provider) is not None,
        ),
        evaluation_due=evaluation_due_on(provider),
        plan=open_plan(provider),
        quarter=provider.quarters.first(),
        today=today,
    )


@dataclass(frozen=True)
class File:
    """Everything in the file of one provider."""

    standing: Standing
    requirements: Sequence[Requirements]
    evaluations: Sequence[Evaluation]
    contracts: Sequence[Contract]
    suspensions: Sequence[Suspension]
    breaches: Sequence[BreachNote]
    plans: Sequence[ImprovementPlan]
    quarters: Sequence[QuarterResult]
    people: Sequence[User]
    clients: Sequence[ApiClient]


def file_of(provider: Provider, today: date) -> File:
    """Return the file of a provider."""
    return File(
        standing=standing_of(provider, today),
        requirements=list(provider.requirements.select_related("told_by", "confirmed_by")),
        evaluations=list(provider.evaluations.select_related("by")),
        contracts=list(
            provider.contracts.exclude(state=ContractState.DISCARDED).select_related(
                "author", "approved_by", "ended_by"
            )
        ),
        suspensions=list(provider.suspensions.select_related("began_by", "ended_by")),
        breaches=list(provider.breaches.select_related("noted_by", "closed_by")),
        plans=list(provider.plans.select_related("agreed_by", "done_by", "checked_by")),
        quarters=list(provider.quarters.all()),
        people=people_of(provider),
        clients=list(provider.api_clients.order_by("name", "pk")),
    )


def people_of(provider: Provider) -> list[User]:
    """Return who works for a provider, those whose account is closed last."""
    people = User.objects.filter(memberships__provider=provider, is_client=False).distinct()
    return list(people.order_by("-is_active", "display_name", "username"))


def file_keepers() -> list[User]:
    """Return the people who keep the files of providers and can be written to, by id."""
    people = User.objects.filter(is_active=True, is_system=False, is_client=False).exclude(email="")
    with_grants = people.prefetch_related("memberships").order_by("pk")
    return [person for person in with_grants if has(person, MANAGE)]
