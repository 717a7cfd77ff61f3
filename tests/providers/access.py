"""Who may open the files of providers, their scorecards, and a provider's own pages."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.models import Provider
from accounts.services import system_user
from providers.models import ImprovementPlan
from providers.services.clients import create_client
from providers.services.contracts import approve_contract, submit_contract
from providers.services.file import Happened, note_breach
from providers.services.requirements import confirm_requirements
from providers.states import PlanState
from tests.accounts.factories import make_provider
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import make_complaint
from tests.providers import files

READING = ("manager", "quality_manager", "auditor", "top_management")
KEEPING = ("manager", "quality_manager")
APPROVING = ("quality_manager", "top_management")
DESK = ("agent", "handler")
NAMES = {"name_en": "New", "name_zh": "新"}


def _file(_world: World) -> Mapping[str, Any]:
    return {"code": files.begun().code}


def _kept(data: Mapping[str, Any] | None = None, **more: Any) -> Row:
    """Return the row of a form for those who keep files; without data it comes back."""
    gives = "redirect" if data else "422"
    return Row(
        get=only(*KEEPING),
        post=only(*KEEPING, gives=gives),
        kwargs=more.get("kwargs", _file),
        data=lambda _world: data or {},
    )


def _contract(state: str) -> Any:
    def made(_world: World) -> Mapping[str, Any]:
        provider = files.begun()
        files.selected(provider)
        wen = files.worker(provider)
        told = files.told(provider)
        confirm_requirements(requirements_id=told.pk, actor=wen, at=files.NOW)
        contract = files.drafted(provider, ends_on=date(2099, 1, 1))
        who: dict[str, Any] = {"at": files.NOW, "contract_id": contract.pk}
        if state != "draft":
            submit_contract(actor=files.keeper(), **who)
        if state == "approved":
            approve_contract(actor=files.approver(), **who)
        return {"code": provider.code, "pk": contract.pk}

    return made


def _person(_world: World) -> Mapping[str, Any]:
    provider = files.begun()
    return {"code": provider.code, "pk": files.worker(provider).pk}


def _breach(_world: World) -> Mapping[str, Any]:
    provider = files.begun()
    breach = note_breach(
        provider_id=provider.pk,
        happened=Happened("data_protection", "A list lay open.", files.NOW),
        actor=system_user(),
        at=files.NOW,
    )
    return {"code": provider.code, "pk": breach.pk}


def _theirs(_world: World) -> Provider:
    """Return the provider for which the matrix's provider staff works."""
    return make_provider()


def _told(world: World) -> Mapping[str, Any]:
    return {"pk": files.told(_theirs(world)).pk}


def _plan(state: str) -> Any:
    def made(world: World) -> Mapping[str, Any]:
        plan = ImprovementPlan.objects.create(
            provider=_theirs(world),
            because=["2026Q1"],
            state=state,
            raised_at=files.NOW,
            due_on=date(2099, 1, 1),
        )
        return {"pk": plan.pk}

    return made


def _of_theirs(world: World) -> Mapping[str, Any]:
    return {"code": _theirs(world).code}


def _measured(_world: World) -> Mapping[str, Any]:
    return {"code": files.begun().code, "measure": "handover"}


def _checked(world: World) -> Mapping[str, Any]:
    provider = files.begun()
    return {"reference": make_complaint(site=world.site, provider=provider).reference}


def _seen(*roles: str, own: str = "404") -> dict[str, str]:
    """Return who gets a scorecard: desk people see complaints, but no providers."""
    cells = only(*roles)
    return {**cells, **dict.fromkeys(DESK, "404"), "provider_staff": own}


def _post(kwargs: Any, *roles: str, gives: str = "redirect", **data: Any) -> Row:
    return Row(
        get=no_such_method(),
        post=only(*roles, gives=gives),
        kwargs=kwargs,
        data=lambda _world: data,
    )


def _client(_world: World) -> Mapping[str, Any]:
    provider = files.begun()
    made = create_client(
        name="Robot", provider=provider, scopes=["complaints:read"], actor=None, at=files.NOW
    )
    return {"code": provider.code, "pk": made.client.pk}


ROWS: dict[str, Row] = {
    "providers:client_new": _kept(),
    "providers:client_rotate": _post(_client, *KEEPING, gives="ok"),
    "providers:client_end": _post(_client, *KEEPING),
    "providers:list": Row(get=only(*READING), post=no_such_method()),
    "providers:new": _kept({**NAMES, "code": "fresh"}, kwargs=lambda _world: {}),
    "providers:file": Row(get=only(*READING), post=no_such_method(), kwargs=_file),
    "providers:change": _kept(NAMES),
    "providers:requirements": _kept(),
    "providers:selection": _kept(),
    "providers:evaluation": _kept(),
    "providers:suspend": _kept({"reason": "Data leaked."}),
    "providers:resume": Row(
        # It is not suspended: the form says so.
        get=only(*KEEPING),
        post=only(*KEEPING, gives="409"),
        kwargs=_file,
        data=lambda _world: {"reason": "Mended."},
    ),
    "providers:test_twin": Row(
        get=no_such_method(), post=only(*KEEPING, gives="redirect"), kwargs=_file
    ),
    "providers:person_new": _kept(),
    "providers:person_release": _post(_person, *KEEPING),
    "providers:breach_new": _kept(),
    "providers:breach_close": _kept({"measures": "Trained."}, kwargs=_breach),
    "providers:contract_new": _kept(),
    "providers:contract": Row(
        get=only(*READING), post=no_such_method(), kwargs=_contract("submitted")
    ),
    "providers:contract_edit": _kept(kwargs=_contract("draft")),
    "providers:contract_submit": _post(_contract("draft"), *KEEPING),
    "providers:contract_discard": _post(_contract("draft"), *KEEPING),
    "providers:contract_approve": _post(_contract("submitted"), *APPROVING),
    "providers:contract_return": _post(_contract("submitted"), *APPROVING, note="Shorter."),
    "providers:contract_end": _post(_contract("approved"), *KEEPING, reason="Moved."),
    # A provider's own pages, and plans, which both sides work on.
    "providers:own": Row(get=only("provider_staff"), post=no_such_method()),
    "providers:confirm": _post(_told, "provider_staff"),
    "providers:plan": Row(
        get=only(*READING, "provider_staff", others="404"),
        post=no_such_method(),
        kwargs=_plan(PlanState.OPEN),
    ),
    "providers:plan_agree": Row(
        get=only(*KEEPING, "provider_staff", others="404"),
        post=only(*KEEPING, "provider_staff", gives="422", others="404"),
        kwargs=_plan(PlanState.OPEN),
    ),
    "providers:plan_done": Row(
        get=no_such_method(),
        post=only(*KEEPING, "provider_staff", gives="redirect", others="404"),
        kwargs=_plan(PlanState.PLANNED),
    ),
    "providers:plan_check": Row(
        get=only(*KEEPING, others="404"),
        post=only(*KEEPING, gives="422", others="404"),
        kwargs=_plan(PlanState.DONE),
    ),
    # Scorecards stand with the complaints they are worked out from.
    "complaints:scorecard": Row(get=_seen(*READING), post=no_such_method(), kwargs=_file),
    "complaints:scorecard#own": Row(
        get=_seen(*READING, own="ok"), post=no_such_method(), kwargs=_of_theirs
    ),
    "complaints:scorecard_missed": Row(get=_seen(*READING), post=no_such_method(), kwargs=_file),
    "complaints:scorecard_measure": Row(
        get=_seen(*READING), post=no_such_method(), kwargs=_measured
    ),
    "complaints:quality_sample": Row(
        get={**only(*KEEPING), **dict.fromkeys(DESK, "404"), "provider_staff": "404"},
        post=no_such_method(),
        kwargs=_file,
    ),
    "complaints:quality_check": Row(
        get=only(*KEEPING), post=only(*KEEPING, gives="422"), kwargs=_checked
    ),
}
