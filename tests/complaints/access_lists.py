"""Who may open the lists of the desk, and act on what stands in them."""

from collections.abc import Mapping
from typing import Any

from accounts.models import Membership
from complaints.models import BulkItem, BulkRun, Notice, SavedFilter
from complaints.services.response import propose_dismissal
from tests.architecture.access_row import Row, World, no_such_method, only, signed_in
from tests.complaints.factories import NOW, make_complaint

READERS = (
    *("agent", "handler", "manager", "quality_manager", "auditor", "top_management"),
    "provider_staff",  # their lists are empty: nothing here belongs to their provider
)
DOERS = ("agent", "handler", "manager", "provider_staff")
APPROVERS = ("manager", "quality_manager")


def _request(world: World) -> Mapping[str, Any]:
    complaint = make_complaint(site=world.site)
    asker = world.users["handler"]
    approval = propose_dismissal(
        complaint_id=complaint.pk, reason="A question", actor=asker, at=NOW
    )
    return {"pk": approval.pk}


def _request_elsewhere(world: World) -> Mapping[str, Any]:
    complaint = make_complaint(site=world.elsewhere)
    asker = world.somebody
    Membership.objects.create(user=asker, role="handler", site=world.elsewhere)
    approval = propose_dismissal(
        complaint_id=complaint.pk, reason="A question", actor=asker, at=NOW
    )
    return {"pk": approval.pk}


def _filter(world: World) -> Mapping[str, Any]:
    agent = world.users["agent"]
    kept = SavedFilter.objects.create(user=agent, name="Late", query="due=overdue", saved_at=NOW)
    return {"pk": kept.pk}


def _notice(world: World) -> Mapping[str, Any]:
    complaint = make_complaint(site=world.site)
    notice = Notice.objects.create(
        user=world.users["agent"], complaint=complaint, kind="assigned", created_at=NOW
    )
    return {"pk": notice.pk}


def _run(world: World) -> Mapping[str, Any]:
    run = BulkRun.objects.create(
        by=world.users["agent"],
        created_at=NOW,
        action="withdraw",
        given={},
        language="en",
        total=1,
        finished_at=NOW,
    )
    BulkItem.objects.create(run=run, complaint=make_complaint(site=world.site), outcome="done")
    return {"pk": run.pk}


def _choice(world: World) -> Mapping[str, Any]:
    complaint = make_complaint(site=world.site)
    return {"action": "withdraw", "ids": [complaint.pk], "reason": "One shop"}


def _readers(gives: str = "ok", **others: str) -> dict[str, str]:
    return {**only(*READERS, gives=gives), **others}


HANDING = ("manager", "administrator")


def _leaver(world: World) -> Mapping[str, Any]:
    """Return somebody with one open complaint."""
    Membership.objects.create(user=world.somebody, role="handler", site=world.site)
    make_complaint(site=world.site, owner=world.somebody)
    return {"pk": world.somebody.pk}


ROWS: dict[str, Row] = {
    "complaints:handovers": Row(get=only(*HANDING), post=no_such_method()),
    "complaints:handover": Row(
        get=only(*HANDING),
        # An administrator gives back; whom work goes to, a manager decides.
        post=only("manager", gives="redirect"),
        kwargs=_leaver,
        data=lambda world: {"owner": world.users["handler"].pk},
    ),
    "complaints:handover_return": Row(
        get=no_such_method(), post=only("administrator", gives="redirect"), kwargs=_leaver
    ),
    "complaints:handover_panel": Row(get=only(*HANDING), post=no_such_method(), kwargs=_leaver),
    "complaints:queue": Row(
        get={**signed_in("redirect"), **dict.fromkeys(READERS, "ok")}, post=no_such_method()
    ),
    "complaints:queue_head": Row(get=_readers(), post=no_such_method()),
    "complaints:emergencies": Row(get=signed_in(), post=no_such_method()),
    "complaints:list": Row(get=_readers(), post=no_such_method()),
    "complaints:filter_panel": Row(get=_readers(), post=no_such_method()),
    "complaints:filter_save": Row(
        get=no_such_method(),
        post=_readers("redirect"),
        data=lambda _world: {"name": "Late", "query": "due=overdue"},
    ),
    "complaints:filter_drop": Row(
        get=no_such_method(),
        post={**_readers("404"), "agent": "redirect"},
        kwargs=_filter,
    ),
    "complaints:bulk": Row(
        get=no_such_method(),
        post={**_readers("redirect"), **dict.fromkeys(DOERS, "ok")},
        data=_choice,
    ),
    "complaints:bulk_start": Row(
        get=no_such_method(), post=_readers("redirect", provider_staff="422"), data=_choice
    ),
    "complaints:bulk_run": Row(
        get={**_readers("404"), "agent": "ok"}, post=no_such_method(), kwargs=_run
    ),
    "complaints:search": Row(get=_readers(), post=no_such_method()),
    "complaints:approvals": Row(get=only(*APPROVERS), post=no_such_method()),
    "complaints:approval_grant": Row(
        get=no_such_method(), post=only(*APPROVERS, gives="redirect"), kwargs=_request
    ),
    "complaints:approval_grant#elsewhere": Row(
        get=no_such_method(),
        post={**only(*APPROVERS, gives="redirect"), "manager": "404"},
        kwargs=_request_elsewhere,
    ),
    "complaints:approval_return": Row(
        get=no_such_method(),
        post=only(*APPROVERS, gives="redirect"),
        kwargs=_request,
        data=lambda _world: {"note": "Ask the complainant first."},
    ),
    "complaints:approval_return#elsewhere": Row(
        get=no_such_method(),
        post={**only(*APPROVERS, gives="redirect"), "manager": "404"},
        kwargs=_request_elsewhere,
        data=lambda _world: {"note": "Ask the complainant first."},
    ),
    "complaints:follow_ups": Row(get=_readers(), post=no_such_method()),
    "complaints:reopenings": Row(get=only(*APPROVERS), post=no_such_method()),
    "complaints:notices": Row(get=_readers(), post=no_such_method()),
    "complaints:notices_read": Row(get=no_such_method(), post=_readers("redirect")),
    "complaints:notice_read": Row(
        get=no_such_method(), post={**_readers("404"), "agent": "redirect"}, kwargs=_notice
    ),
}
