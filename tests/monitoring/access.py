"""Who may open the pages of monitoring."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.services import system_user
from complaints.services.policy import install_default_policy
from monitoring.services.analyses import save_analysis
from monitoring.services.targets import set_target
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_user

SEEING = ("manager", "quality_manager", "auditor", "top_management")
LISTING = ("agent", "handler", *SEEING, "provider_staff")
_FIGURES = only(*SEEING)
_NOT_THEIRS = {**only(), **dict.fromkeys(SEEING, "404")}


def _target(_world: World) -> Mapping[str, Any]:
    target = set_target(
        kpi="K06",
        direction="at_least",
        value=Decimal(90),
        first=date(2026, 1, 1),
        actor=system_user(),
        at=NOW,
    )
    return {"pk": target.pk}


def _with_policy(_world: World) -> Mapping[str, Any]:
    """Install the policy that each installation has: it names causes and the working calendar."""
    install_default_policy(at=NOW)
    return {}


def _this_month(world: World) -> Mapping[str, Any]:
    _with_policy(world)
    return {"month": f"{timezone.localdate():%Y-%m}"}


def _kept(*, shared: bool) -> Mapping[str, Any]:
    kept = save_analysis(
        name="Products by site",
        kind="table",
        query="rows=product&columns=site",
        shared=shared,
        actor=make_user("manager"),
        at=NOW,
    )
    return {"pk": kept.pk}


def _shared(_world: World) -> Mapping[str, Any]:
    return _kept(shared=True)


def _own(_world: World) -> Mapping[str, Any]:
    return _kept(shared=False)


ROWS: dict[str, Row] = {
    "monitoring:dashboard": Row(get=_FIGURES, post=no_such_method()),
    "monitoring:filters": Row(get=_FIGURES, post=no_such_method()),
    "monitoring:catalogue": Row(get=_FIGURES, post=no_such_method()),
    "monitoring:export": Row(get=no_such_method(), post=_FIGURES),
    "monitoring:board_paper": Row(get=no_such_method(), post=_FIGURES, kwargs=_with_policy),
    "monitoring:chart_paper": Row(
        get=no_such_method(),
        post=_FIGURES,
        kwargs=lambda _world: {"name": "heat"},
        data=lambda _world: {"format": "png"},
    ),
    "monitoring:reports": Row(get=_FIGURES, post=no_such_method(), kwargs=_with_policy),
    "monitoring:report": Row(get=_FIGURES, post=no_such_method(), kwargs=_this_month),
    "monitoring:report_file": Row(
        get=no_such_method(),
        post=_FIGURES,
        kwargs=_this_month,
        data=lambda _world: {"format": "csv"},
    ),
    "monitoring:figure": Row(
        get=_FIGURES, post=no_such_method(), kwargs=lambda _world: {"code": "K06"}
    ),
    "monitoring:trend": Row(
        get=_FIGURES, post=no_such_method(), kwargs=lambda _world: {"code": "K06"}
    ),
    "monitoring:chart": Row(
        get=_FIGURES, post=no_such_method(), kwargs=lambda _world: {"name": "heat"}
    ),
    "monitoring:analysis": Row(get=_FIGURES, post=no_such_method()),
    "monitoring:analysis_complaints": Row(get=_FIGURES, post=no_such_method()),
    "monitoring:analysis_export": Row(get=no_such_method(), post=_FIGURES),
    "monitoring:words": Row(get=_FIGURES, post=no_such_method()),
    "monitoring:words_complaints": Row(
        get=_NOT_THEIRS,  # without a term there is nothing to list
        post=no_such_method(),
    ),
    "monitoring:analyses": Row(
        get=_FIGURES,
        post=only(*SEEING, gives="redirect"),
        data=lambda _world: {
            "kind": "table",
            "name": "Products by site",
            "query": "rows=product&columns=site",
        },
    ),
    # Shared by somebody else: everyone who sees figures opens it, only its owner changes it.
    "monitoring:analysis_kept": Row(
        get=only(*SEEING, gives="redirect"),
        post=only(),
        kwargs=_shared,
        data=lambda _world: {"name": "Mine now"},
    ),
    "monitoring:analysis_kept#own": Row(get=_NOT_THEIRS, post=_NOT_THEIRS, kwargs=_own),
    "monitoring:analysis_delete": Row(
        get=no_such_method(), post=only("quality_manager", gives="redirect"), kwargs=_shared
    ),
    "monitoring:workload": Row(get=only(*LISTING), post=no_such_method()),
    "monitoring:targets": Row(
        get=_FIGURES,
        post=only("quality_manager", gives="redirect"),
        data=lambda _world: {
            "kpi": "K06",
            "direction": "at_least",
            "value": "90",
            "first": "2026-01-01",
        },
    ),
    "monitoring:target_end": Row(
        get=no_such_method(), post=only("quality_manager", gives="redirect"), kwargs=_target
    ),
}
