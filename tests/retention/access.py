"""Who may open the pages of retention."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.closure import withdraw_complaint
from retention.models import DisposalRun, Hold, Schedule, SubjectRequest
from retention.rules.schedule import ScheduleContent
from retention.selectors.schedule import default_content
from retention.services.disposal import carry_out_disposal, propose_disposal, review_disposal
from retention.services.holds import Wish, place_hold
from retention.services.packages import ask_for_package, prepare_packages
from retention.services.rights import Asked, take_request, verify_identity
from retention.services.schedule import approve_schedule, draft_schedule, submit_schedule
from retention.states import VersionState
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_complaint

READING = ("manager", "quality_manager", "auditor", "top_management")
EVERYWHERE = ("quality_manager", "auditor", "top_management")  # the manager works at one site
HOLDING = ("manager", "quality_manager")
SUBJECTS = ("quality_manager", "auditor")
ROWS: dict[str, Row] = {}


def _system() -> User:
    return system_user()


def _version(state: str) -> Any:
    def made(world: World) -> Mapping[str, Any]:
        schedule = draft_schedule(actor=_system(), at=NOW)
        Schedule.objects.filter(pk=schedule.pk).update(change_note="Ours.")
        if state != VersionState.DRAFT:
            submit_schedule(schedule_id=schedule.pk, actor=_system(), at=NOW)
        if state == VersionState.APPROVED:
            approve_schedule(schedule_id=schedule.pk, actor=world.users["top_management"], at=NOW)
        return {"version": schedule.version}

    return made


def _ended(world: World, **fields: Any) -> Complaint:
    then = datetime.now(UTC) - timedelta(days=7 * 366)
    complaint = make_complaint(site=world.site, name="Li Ming", phone="13800001111", **fields)
    withdraw_complaint(complaint_id=complaint.pk, reason="Settled.", actor=_system(), at=NOW)
    Complaint.objects.filter(pk=complaint.pk).update(closed_at=then)
    return complaint


def _hold(world: World, **fields: Any) -> Hold:
    complaint = make_complaint(**{"site": world.site, **fields})
    return place_hold(
        wish=Wish(
            "A court asked.", "District court", NOW.date() + timedelta(days=90), complaint.pk
        ),
        actor=_system(),
        at=NOW,
    )


def _one_hold(world: World) -> Mapping[str, Any]:
    return {"pk": _hold(world).pk}


def _run(world: World) -> DisposalRun:
    _version(VersionState.APPROVED)(world)
    _ended(world)
    run = propose_disposal(actor=None, at=datetime.now(UTC))
    assert run is not None
    return run


def _finished(world: World) -> Mapping[str, Any]:
    run = _run(world)
    for reviewer in ("quality_manager", "top_management"):
        review_disposal(run_id=run.pk, actor=world.users[reviewer], at=datetime.now(UTC))
    carry_out_disposal(now=datetime.now(UTC))
    return {"pk": run.pk}


def _request(world: World) -> SubjectRequest:
    complaint = _ended(world)
    request = take_request(
        asked=Asked("access", "Li Ming", "13800001111", NOW), actor=_system(), at=NOW
    )
    return verify_identity(
        request_id=request.pk,
        people=[complaint.complainant_id or 0],
        proof="document",
        actor=_system(),
        at=NOW,
    )


def _package(world: World) -> Mapping[str, Any]:
    request = _request(world)
    export = ask_for_package(
        request_id=request.pk,
        language="en",
        with_internal_files=False,
        actor=_system(),
        at=datetime.now(UTC),
    )
    prepare_packages(now=datetime.now(UTC))
    return {"pk": request.pk, "export": export.pk}


def _of_request(world: World) -> Mapping[str, Any]:
    return {"pk": _request(world).pk}


def _draft_form(_world: World | None = None) -> Mapping[str, Any]:
    content: ScheduleContent = default_content()
    form: dict[str, Any] = {"rights_work_days": 15, "note": "Ours."}
    for rule in content.of_kind("complaint", "part", "loose"):
        form |= {
            f"{rule.code}-count": rule.count,
            f"{rule.code}-unit": rule.unit,
            f"{rule.code}-basis_en": rule.basis.en,
            f"{rule.code}-basis_zh": rule.basis.zh,
            f"{rule.code}-confidence": rule.confidence,
        }
    return form


def _writer(gives: str = "redirect") -> dict[str, str]:
    return only("quality_manager", gives=gives)


def _reviewer(gives: str = "redirect") -> dict[str, str]:
    return only("quality_manager", "top_management", gives=gives)


ROWS |= {
    "retention:schedule": Row(get=only(*READING), post=no_such_method()),
    "retention:draft": Row(get=no_such_method(), post=_writer()),
    "retention:version": Row(
        get=only(*READING), post=no_such_method(), kwargs=_version(VersionState.SUBMITTED)
    ),
    "retention:edit": Row(
        get=_writer("ok"), post=_writer(), kwargs=_version(VersionState.DRAFT), data=_draft_form
    ),
    "retention:submit": Row(
        get=no_such_method(), post=_writer(), kwargs=_version(VersionState.DRAFT)
    ),
    "retention:discard": Row(
        get=no_such_method(), post=_writer(), kwargs=_version(VersionState.DRAFT)
    ),
    "retention:approve": Row(
        get=no_such_method(),
        post=only("top_management", gives="redirect"),
        kwargs=_version(VersionState.SUBMITTED),
    ),
    "retention:return": Row(
        get=no_such_method(),
        post=only("top_management", gives="redirect"),
        kwargs=_version(VersionState.SUBMITTED),
        data=lambda _world: {"note": "Longer."},
    ),
    "retention:holds": Row(get=only(*READING), post=no_such_method()),
    "retention:hold_new": Row(get=only(*HOLDING), post=only(*HOLDING, gives="422")),
    "retention:hold_new#said": Row(
        get=only(*HOLDING),
        post=only(*HOLDING, gives="redirect"),
        data=lambda world: {
            "complaint": make_complaint(site=world.site).reference,
            "reason": "A court asked.",
            "authority": "District court",
            "review_on": (datetime.now(UTC) + timedelta(days=60)).date().isoformat(),
        },
    ),
    "retention:hold_new#elsewhere": Row(
        get=only(*HOLDING),
        post={**only(*HOLDING, gives="redirect"), "manager": "422"},
        data=lambda world: {
            "complaint": make_complaint(site=world.elsewhere).reference,
            "reason": "A court asked.",
            "authority": "District court",
            "review_on": (datetime.now(UTC) + timedelta(days=60)).date().isoformat(),
        },
    ),
    "retention:hold": Row(get=only(*READING), post=no_such_method(), kwargs=_one_hold),
    "retention:hold#elsewhere": Row(
        get={**only(*READING), "manager": "404"},
        post=no_such_method(),
        kwargs=lambda world: {"pk": _hold(world, site=world.elsewhere).pk},
    ),
    "retention:hold#confidential": Row(
        get={**only(*READING), "top_management": "404"},
        post=no_such_method(),
        kwargs=lambda world: {"pk": _hold(world, confidential=True).pk},
    ),
    "retention:hold_release": Row(
        get=no_such_method(),
        post=only(*HOLDING, gives="redirect"),
        kwargs=_one_hold,
        data=lambda _world: {"reason": "Case dropped."},
    ),
    "retention:hold_review": Row(
        get=no_such_method(),
        post=only(*HOLDING, gives="redirect"),
        kwargs=_one_hold,
        data=lambda _world: {
            "review_on": (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
        },
    ),
    "retention:panel": Row(
        get=only("agent", "handler", *READING, others="404"),
        post=no_such_method(),
        kwargs=lambda world: {"reference": make_complaint(site=world.site).reference},
    ),
    "retention:panel#confidential": Row(
        # Those who may read it have not said yet why they need to.
        get=only(others="404"),
        post=no_such_method(),
        kwargs=lambda world: {
            "reference": make_complaint(site=world.site, confidential=True).reference
        },
    ),
    "retention:runs": Row(get=only(*EVERYWHERE), post=no_such_method()),
    "retention:propose": Row(get=no_such_method(), post=_writer("409")),
    "retention:propose#due": Row(
        get=no_such_method(),
        post=_writer(),
        # The address needs nothing, but the schedule must be approved and something due.
        data=lambda world: {"made": _version(VersionState.APPROVED)(world)["version"]},
    ),
    "retention:run": Row(
        get=only(*EVERYWHERE), post=no_such_method(), kwargs=lambda world: {"pk": _run(world).pk}
    ),
    "retention:run_review": Row(
        get=no_such_method(), post=_reviewer(), kwargs=lambda world: {"pk": _run(world).pk}
    ),
    "retention:run_reject": Row(
        get=no_such_method(),
        post=_reviewer(),
        kwargs=lambda world: {"pk": _run(world).pk},
        data=lambda _world: {"note": "Not now."},
    ),
    "retention:take_out": Row(
        get=no_such_method(),
        post=_reviewer(),
        kwargs=lambda world: {"pk": (run := _run(world)).pk, "item": run.items.all()[0].pk},
        data=lambda _world: {"reason": "Still needed."},
    ),
    "retention:certificate": Row(get=only(*EVERYWHERE), post=no_such_method(), kwargs=_finished),
    "retention:run_log": Row(get=only(*EVERYWHERE), post=no_such_method(), kwargs=_finished),
    "retention:requests": Row(get=only(*SUBJECTS), post=no_such_method()),
    "retention:request_new": Row(get=_writer("ok"), post=_writer("422")),
    "retention:request": Row(get=only(*SUBJECTS), post=no_such_method(), kwargs=_of_request),
    "retention:request_verify": Row(
        get=no_such_method(),
        post=_writer(),
        kwargs=_of_request,
        data=lambda _world: {"proof": "document"},
    ),
    "retention:request_rectify": Row(
        get=no_such_method(),
        post=_writer(),
        kwargs=_of_request,
        data=lambda _world: {
            "complaint": Complaint.objects.get().pk,
            "name": "Li Min",
            "reason": "Misspelt.",
        },
    ),
    "retention:request_package": Row(
        get=no_such_method(),
        post=_writer(),
        kwargs=_of_request,
        data=lambda _world: {"language": "en"},
    ),
    "retention:package_open": Row(get=no_such_method(), post=_writer("ok"), kwargs=_package),
    "retention:request_answer": Row(
        get=no_such_method(),
        post=_writer(),
        kwargs=_of_request,
        data=lambda _world: {"answer": "refused", "ground": "duty", "reasons": "Six years."},
    ),
}
