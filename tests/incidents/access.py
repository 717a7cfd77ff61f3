"""Who may open the pages of incidents."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import Site
from complaints.models import Complaint
from complaints.states import State
from incidents.models import Incident
from incidents.services.findings import Position, approve_finding, propose_finding
from incidents.services.joint import prepare_joint
from incidents.services.lifecycle import Scope, open_incident
from incidents.services.linking import link_complaints
from incidents.services.suggesting import report_joint_complaint
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_user

READERS = ("agent", "handler", "manager", "quality_manager", "auditor", "top_management")
LINKERS = ("agent", "handler", "manager", "quality_manager")
OVERSEERS = ("manager", "quality_manager", "auditor", "top_management")
MANAGERS = ("manager", "quality_manager")
NEWS = {"en": {"subject": "News", "body": "{reference}: we test."}}
Made = Callable[[World], Mapping[str, Any]]


def _incident(world: World, site: Site, state: str = State.RECEIVED) -> tuple[Incident, Complaint]:
    quality = make_user("quality_manager")
    if state == State.RECEIVED:
        complaint = make_complaint(site=site)
    else:
        complaint = Desk().case(state, site=site)
    scope = Scope(title="Leaks", severity="high", hypothesis="Seals.", commander=quality, site=site)
    incident = open_incident(scope=scope, actor=quality, at=NOW)
    ids = [complaint.pk]
    link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=quality, at=NOW)
    return incident, complaint


def _here(world: World) -> Mapping[str, Any]:
    return {"reference": _incident(world, world.site)[0].reference}


def _elsewhere(world: World) -> Mapping[str, Any]:
    return {"reference": _incident(world, world.elsewhere)[0].reference}


def _act(name: str, made: Made = _here) -> Made:
    return lambda world: {**made(world), "act": name}


def _run(world: World) -> Mapping[str, Any]:
    incident, _complaint = _incident(world, world.site)
    run = prepare_joint(
        incident_id=incident.pk,
        kind="progress",
        texts=NEWS,
        language="en",
        actor=make_user("quality_manager"),
        at=NOW,
    )
    return {"reference": incident.reference, "pk": run.pk}


def _finding(incident: Incident) -> int:
    position = Position(
        findings="The seals crack.",
        cause="Rubber.",
        cause_code="supplier",
        finding="upheld",
        reasons="The seal was faulty.",
        remedy_kind="replacement",
    )
    author = make_user("quality_manager")
    return propose_finding(incident_id=incident.pk, position=position, actor=author, at=NOW).pk


def _to_approve(world: World) -> Mapping[str, Any]:
    incident, _complaint = _incident(world, world.site)
    return {
        "reference": incident.reference,
        "act": "finding_approve",
        "pk": _finding(incident),
    }


def _proposed(world: World) -> Mapping[str, Any]:
    incident, complaint = _incident(world, world.site, State.ASSESSED)
    finding = _finding(incident)
    approve_finding(finding_id=finding, actor=make_user("quality_manager"), at=NOW)
    world.__dict__["finding"] = finding
    return {"reference": complaint.reference}


def _answer(world: World) -> Mapping[str, Any]:
    return {"finding": world.__dict__["finding"], "reason": "Another batch."}


def _suggestion(site: str) -> Made:
    def made(world: World) -> Mapping[str, Any]:
        complaint = make_complaint(site=getattr(world, site))
        by = make_user("agent")
        found = report_joint_complaint(complaint_id=complaint.pk, persons=30, actor=by, at=NOW)
        return {"pk": found.pk}

    return made


def _loose(world: World) -> Mapping[str, Any]:
    incident, _complaint = _incident(world, world.site)
    world.__dict__["incident"] = incident.reference
    return {"reference": make_complaint(site=world.site).reference}


def _linked(world: World) -> Mapping[str, Any]:
    return {"reference": _incident(world, world.site)[1].reference}


def _strange(world: World) -> Mapping[str, Any]:
    return {"reference": make_complaint(site=world.elsewhere).reference}


def _new(_world: World) -> Mapping[str, Any]:
    return {"title": "Leaks", "severity": "high"}


def _page(readers: tuple[str, ...] = READERS) -> dict[str, str]:
    """Return what a page of an incident gives: 404 to readers of complaints who may not see it."""
    cells = only(*readers)
    return {**cells, **{role: "404" for role in READERS if role not in readers}}


# Incidents out of scope do not exist for those who work at another site.
_AWAY = {"agent": "404", "handler": "404", "manager": "404"}

ROWS: dict[str, Row] = {
    "incidents:list": Row(get=only(*READERS), post=no_such_method()),
    "incidents:new": Row(
        get=only(*MANAGERS),
        # A manager of one site opens incidents of that site only.
        post={**only(*MANAGERS, gives="redirect"), "manager": "403"},
        data=_new,
    ),
    "incidents:suggestions": Row(get=only(*MANAGERS), post=no_such_method()),
    "incidents:suggestion": Row(
        get=only(*MANAGERS),
        post={**only(*MANAGERS, gives="redirect"), "manager": "403"},
        kwargs=_suggestion("site"),
        data=_new,
    ),
    "incidents:suggestion#elsewhere": Row(
        get={**only(*MANAGERS), "manager": "404"},
        post={**only(*MANAGERS, gives="redirect"), "manager": "404"},
        kwargs=_suggestion("elsewhere"),
        data=_new,
    ),
    "incidents:suggestion_dismiss": Row(
        get=no_such_method(),
        post=only(*MANAGERS, gives="redirect"),
        kwargs=_suggestion("site"),
        data=lambda _world: {"reason": "Five causes."},
    ),
    "incidents:panel": Row(get=only(*READERS), post=no_such_method(), kwargs=_linked),
    "incidents:panel#elsewhere": Row(
        get={**only(*READERS), **_AWAY}, post=no_such_method(), kwargs=_strange
    ),
    "incidents:panel_link": Row(
        get=no_such_method(),
        post=only(*READERS, gives="redirect"),  # who may not is told so on the page
        kwargs=_loose,
        data=lambda world: {"incident": world.__dict__["incident"]},
    ),
    "incidents:panel_unlink": Row(
        get=no_such_method(),
        post=only(*LINKERS, gives="redirect"),
        kwargs=_linked,
        data=lambda _world: {"reason": "Another product."},
    ),
    "incidents:panel_jointly": Row(
        get=no_such_method(),
        post=only(*LINKERS, gives="redirect"),
        kwargs=_loose,
        data=lambda _world: {"persons": "25"},
    ),
    "incidents:panel_confirm": Row(
        get=no_such_method(),
        post=only("manager", gives="redirect"),  # a handler, where it is theirs or their team's
        kwargs=_proposed,
        data=_answer,
    ),
    "incidents:panel_reject": Row(
        get=no_such_method(),
        post=only("manager", gives="redirect"),
        kwargs=_proposed,
        data=_answer,
    ),
    "incidents:incident": Row(get=only(*READERS), post=no_such_method(), kwargs=_here),
    "incidents:incident#elsewhere": Row(
        get={**only(*READERS), **_AWAY}, post=no_such_method(), kwargs=_elsewhere
    ),
    "incidents:complaints": Row(get=only(*READERS), post=no_such_method(), kwargs=_here),
    "incidents:finding": Row(get=only(*READERS), post=no_such_method(), kwargs=_here),
    "incidents:record": Row(get=only(*READERS), post=no_such_method(), kwargs=_here),
    "incidents:messages": Row(get=_page(OVERSEERS), post=no_such_method(), kwargs=_here),
    "incidents:message": Row(get=_page(OVERSEERS), post=no_such_method(), kwargs=_run),
    "incidents:statements": Row(get=_page(OVERSEERS), post=no_such_method(), kwargs=_here),
    "incidents:customers": Row(get=_page(OVERSEERS), post=no_such_method(), kwargs=_here),
    "incidents:representatives": Row(get=_page(OVERSEERS), post=no_such_method(), kwargs=_here),
    "incidents:link": Row(
        get=only(*MANAGERS),
        post=only(*MANAGERS, gives="redirect"),
        kwargs=_here,
    ),
    "incidents:export": Row(
        get=no_such_method(),
        post=only("agent", "handler", "manager", "quality_manager", "auditor"),
        kwargs=_here,
        data=lambda _world: {"format": "csv"},
    ),
    "incidents:act": Row(
        get=only(*MANAGERS),
        post=only(*MANAGERS, gives="redirect"),
        kwargs=_act("declare"),
    ),
    "incidents:act#elsewhere": Row(
        get={**only(*MANAGERS), **_AWAY},
        post={**only(*MANAGERS, gives="redirect"), **_AWAY},
        kwargs=_act("declare", _elsewhere),
    ),
    "incidents:act#unknown": Row(
        get={**only(*READERS, gives="404")},
        post={**only(*READERS, gives="404")},
        kwargs=_act("explode"),
    ),
    "incidents:act_on": Row(
        # Approvals ask their own people: the page opens, the verb says no to all others.
        get=only(*READERS),
        post=only(*MANAGERS, gives="redirect"),
        kwargs=_to_approve,
    ),
}
