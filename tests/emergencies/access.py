"""Who may open the pages of the fast channel."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.emergencies import declare_emergency
from emergencies.models import Duty, Emergency, Exercise, Handover, Shift
from emergencies.services.addresses import add_address
from emergencies.services.reports import Verdict, decide_report
from emergencies.services.rota import offer_handover, plan_shift, set_duty
from emergencies.states import ExerciseKind, Reportable
from tests.architecture.access_row import Row, World, no_such_method, only, signed_in
from tests.complaints.factories import NOW, make_complaint, make_policy

SEERS = ("agent", "handler", "manager", "quality_manager", "auditor", "top_management")
TAKERS = ("agent", "handler", "manager", "quality_manager", "top_management")
KEEPERS = ("manager", "quality_manager")
NOBODY_ELSE = {"others": "404"}


def _emergency(world: World) -> Complaint:
    complaint = make_complaint(site=world.site, phone="13800001111", name="Li Ming")
    declare_emergency(
        complaint_id=complaint.pk,
        trigger="personal_safety",
        facts="Smoke",
        actor=system_user(),
        at=NOW,
    )
    Emergency.objects.create(
        complaint=complaint,
        trigger="personal_safety",
        declared_at=NOW,
        reports_due_at=NOW + timedelta(days=1),
    )
    return complaint


def _with_policy(_world: World) -> Mapping[str, Any]:
    make_policy()
    return {}


def _reference(world: World) -> Mapping[str, Any]:
    return {"reference": _emergency(world).reference}


def _elsewhere(world: World) -> Mapping[str, Any]:
    complaint = make_complaint(site=world.elsewhere, phone="13800001111", name="Li Ming")
    declare_emergency(
        complaint_id=complaint.pk, trigger="personal_safety", facts="S", actor=system_user(), at=NOW
    )
    return {"reference": complaint.reference}


def _step(name: str) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {**_reference(world), "step": name}


def _report(world: World) -> Mapping[str, Any]:
    complaint = _emergency(world)
    verdict = Verdict("CN-RECALL-REPORT", Reportable.NO, "No injury.")
    decision = decide_report(
        complaint_id=complaint.pk, verdict=verdict, actor=system_user(), at=NOW
    )
    return {"reference": complaint.reference, "pk": decision.pk, "act": "approve"}


def _shift(world: World) -> Shift:
    duty: Duty = set_duty(level=1, name_en="Duty", name_zh="值班", actor=system_user(), at=NOW)
    now = timezone.now()
    return plan_shift(
        duty=duty,
        person=world.users["handler"],
        deputy=None,
        starts_at=now,
        ends_at=now + timedelta(days=1),
        actor=system_user(),
        at=now,
    )


def _shift_key(world: World) -> Mapping[str, Any]:
    return {"pk": _shift(world).pk}


def _cancel(world: World) -> Mapping[str, Any]:
    return {"act": "cancel", "pk": _shift(world).pk}


def _offer(world: World) -> Mapping[str, Any]:
    offer: Handover = offer_handover(
        shift_id=_shift(world).pk,
        to_person=world.users["agent"],
        note="",
        actor=system_user(),
        at=timezone.now(),
    )
    return {"act": "accept", "pk": offer.pk}


def _test(world: World) -> Mapping[str, Any]:
    _shift(world)
    now = timezone.now()
    return {"pk": Exercise.objects.create(kind="rota_test", opened_at=now, due_at=now).pk}


def _drill(_world: World) -> Mapping[str, Any]:
    now = timezone.now()
    kind = ExerciseKind.DRILL
    return {"pk": Exercise.objects.create(kind=kind, opened_at=now, due_at=now).pk}


def _address(world: World) -> Mapping[str, Any]:
    handler = world.users["handler"]
    address = add_address(person=handler, text="a@b.example", actor=handler, at=NOW)
    return {"pk": address.pk}


def _takers(gives: str, *, seers: str) -> dict[str, str]:
    return {**only(*SEERS, gives=seers, others="404"), **dict.fromkeys(TAKERS, gives)}


ROWS: dict[str, Row] = {
    "emergencies:declare": Row(
        get=only(*TAKERS, "provider_staff"),
        post=only(*TAKERS, "provider_staff", gives="422"),
        kwargs=_with_policy,
    ),
    "emergencies:answer": Row(
        get=only(*SEERS, others="404"), post=no_such_method(), kwargs=_reference
    ),
    "emergencies:answer#elsewhere": Row(
        get=only("quality_manager", "auditor", "top_management", others="404"),
        post=no_such_method(),
        kwargs=_elsewhere,
    ),
    "emergencies:situation": Row(
        get=only(*SEERS, others="404"), post=no_such_method(), kwargs=_reference
    ),
    "emergencies:panel": Row(
        get=only(*SEERS, others="404"), post=no_such_method(), kwargs=_reference
    ),
    "emergencies:step": Row(
        get=no_such_method(),
        post=_takers("redirect", seers="403"),
        kwargs=_step("contain"),
        data=lambda _world: {"measure": "warn", "details": "Notice in the shop."},
    ),
    "emergencies:step#unknown": Row(
        get=no_such_method(), post=signed_in("404"), kwargs=_step("dance")
    ),
    "emergencies:report": Row(
        get=no_such_method(),
        post={
            **only(*SEERS, gives="403", others="404"),
            **dict.fromkeys(("manager", "quality_manager", "top_management"), "redirect"),
        },
        kwargs=_report,
    ),
    "emergencies:rota": Row(get=only(*SEERS), post=no_such_method()),
    "emergencies:reminders": Row(get=only(*SEERS), post=no_such_method()),
    "emergencies:rota_add": Row(
        get=no_such_method(),
        post={**only(*SEERS, gives="403"), **dict.fromkeys(KEEPERS, "redirect")},
        kwargs=lambda _world: {"what": "duty"},
        data=lambda _world: {"level": 1, "name_en": "Duty officer", "name_zh": "值班员"},
    ),
    "emergencies:rota_answer": Row(
        get=no_such_method(),
        post={**only(*SEERS, gives="403"), **dict.fromkeys(KEEPERS, "redirect")},
        kwargs=_cancel,
    ),
    "emergencies:rota_answer#offer": Row(
        get=no_such_method(),
        post={**only(*SEERS, gives="403"), "agent": "redirect"},
        kwargs=_offer,
    ),
    "emergencies:hand_over": Row(
        get=only(*SEERS),
        post={
            **only(*SEERS, gives="403"),
            **dict.fromkeys((*KEEPERS, "handler"), "redirect"),
        },
        kwargs=_shift_key,
        data=lambda world: {"to_person": world.users["agent"].pk},
    ),
    "emergencies:ways": Row(
        get=only(*SEERS, "administrator", others="404"),
        post=only(*SEERS, "administrator", gives="422", others="404"),
    ),
    "emergencies:ways_of": Row(
        get=only(*KEEPERS, "administrator", "handler", others="404"),
        post=only(*KEEPERS, "administrator", "handler", gives="422", others="404"),
        kwargs=lambda _world: {"username": "handler"},
    ),
    "emergencies:forget_way": Row(
        get=no_such_method(),
        post=only(*KEEPERS, "administrator", "handler", gives="redirect", others="404"),
        kwargs=_address,
    ),
    "emergencies:exercise": Row(get=only(*SEERS), post=no_such_method(), kwargs=_test),
    "emergencies:exercise_start": Row(
        get=no_such_method(),
        post={**only(*SEERS, gives="403"), **dict.fromkeys(KEEPERS, "redirect")},
        kwargs=_test,
    ),
    "emergencies:exercise_confirm": Row(
        get=no_such_method(), post=only(*SEERS, gives="403"), kwargs=_test
    ),
    "emergencies:exercise_close": Row(
        get=no_such_method(),
        post={**only(*SEERS, gives="403"), **dict.fromkeys(KEEPERS, "redirect")},
        kwargs=_drill,
        data=lambda world: {
            "scenario": "Fire in the shop",
            "held_on": "2026-01-15",
            "participants": [world.users["handler"].pk],
            "findings": "Nothing",
        },
    ),
}
