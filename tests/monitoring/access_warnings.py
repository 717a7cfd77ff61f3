"""Who may look at alerts, work on them, and set what is watched."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from monitoring.models import Alert
from monitoring.rules.watch_settings import default_settings
from monitoring.services.raising import Finding, raise_alert
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_complaint

WATCHERS = ("manager", "quality_manager", "auditor", "top_management")
WORKERS = ("manager", "quality_manager")


def make_alert(
    site: Any = None, *, complaints: Any = (), at: datetime = NOW, **fields: Any
) -> Alert:
    """Raise an alert of a series, as a scan would."""
    day = NOW.date() - timedelta(days=7)
    members = {"site": site.pk} if site else {}
    given = {
        "key": f"complaints:{'site' if site else 'all'}:{site.pk if site else ''}",
        "kind": "complaints",
        "level": "amber",
        "dimensions": "site" if site else "all",
        "members": members,
        "first": day,
        "last": day + timedelta(days=6),
        "observed": 12,
        "complaints": [one.pk for one in complaints],
        "step": 7,
        "expected": 4.0,
        "upper": 9.0,
        "p": 0.0021,
        "peak": 2.7,
        "series": {
            "dates": [(day - timedelta(days=7 * at)).isoformat() for at in (2, 1, 0)],
            "counts": [4, 5, 12],
            "hidden": [1, 2, 3],
            "expected": [4.0, 4.0],
            "upper": [9.0, 9.0],
        },
        **fields,
    }
    return raise_alert(Finding(**given), default_settings(), at=at, now=NOW)


def _here(world: World) -> Mapping[str, Any]:
    return {"reference": make_alert(world.site).reference}


def _elsewhere(world: World) -> Mapping[str, Any]:
    return {"reference": make_alert(world.elsewhere).reference}


def _secret(world: World) -> Mapping[str, Any]:
    complaint = make_complaint(site=world.site, confidential=True)
    alert = make_alert(
        world.site, kind="emergency", about=complaint, complaints=[complaint], series={}
    )
    return {"reference": alert.reference}


def _act(make: Any, name: str = "acknowledge") -> Any:
    return lambda world: {**make(world), "act": name}


_SEEN = only(*WATCHERS, others="404")
_WORKED = {**only(*WATCHERS, gives="403", others="404"), **dict.fromkeys(WORKERS, "redirect")}
# Whoever may not take a step is sent back to the page.
_ASKED = {**only(*WATCHERS, gives="redirect", others="404"), **dict.fromkeys(WORKERS, "ok")}
_SET = only("quality_manager", gives="422")

ROWS: dict[str, Row] = {
    "warnings:alerts": Row(get=only(*WATCHERS), post=no_such_method()),
    "warnings:digest": Row(
        get=only(*WATCHERS),
        post=only(*WATCHERS, gives="redirect"),
        data=lambda _world: {"rhythm": "weekly"},
    ),
    "warnings:settings": Row(get=only(*WATCHERS), post=_SET),
    "warnings:preview": Row(get=only("quality_manager"), post=no_such_method()),
    "warnings:exposure": Row(get=no_such_method(), post=_SET),
    "warnings:alert": Row(get=_SEEN, post=no_such_method(), kwargs=_here),
    "warnings:alert#elsewhere": Row(
        get={**_SEEN, "manager": "404"}, post=no_such_method(), kwargs=_elsewhere
    ),
    "warnings:alert#confidential": Row(
        get={**_SEEN, "top_management": "404"}, post=no_such_method(), kwargs=_secret
    ),
    "warnings:words": Row(get=_SEEN, post=no_such_method(), kwargs=_here),
    "warnings:words#elsewhere": Row(
        get={**_SEEN, "manager": "404"}, post=no_such_method(), kwargs=_elsewhere
    ),
    "warnings:act": Row(get=_ASKED, post=_WORKED, kwargs=_act(_here)),
    "warnings:act#elsewhere": Row(
        get={**_ASKED, "manager": "404"},
        post={**_WORKED, "manager": "404"},
        kwargs=_act(_elsewhere),
    ),
}
