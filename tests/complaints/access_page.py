"""Who may take complaints down, open one, and take which step of it."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import User
from complaints.models import Complaint
from complaints.services.emergencies import declare_emergency
from complaints.services.escalation import escalate_complaint
from complaints.states import Trigger
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_complaint, make_policy

READERS = ("agent", "handler", "manager", "quality_manager", "auditor", "top_management")
FRONT = ("agent", "handler", "manager")
BACK = ("handler", "manager")
TAKING_DOWN = (*FRONT, "provider_staff")
KEY = "7d9f3c1e-2a4b-4c5d-8e6f-112233445566"
_ELSEWHERE = dict.fromkeys(FRONT, "404")


def _policy(_world: World) -> Mapping[str, Any]:
    make_policy()
    return {}


def _complaint(world: World, **fields: Any) -> Complaint:
    fields.setdefault("site", world.site)
    return make_complaint(phone="13800001111", name="Li Ming", **fields)


def _reference(**fields: Any) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {"reference": _complaint(world, **fields).reference}


def _elsewhere(world: World) -> Mapping[str, Any]:
    return {"reference": _complaint(world, site=world.elsewhere).reference}


def _owned(by: str, **fields: Any) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {"reference": _complaint(world, owner=world.users[by], **fields).reference}


def _step(name: str, **fields: Any) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {"reference": _complaint(world, **fields).reference, "move": name}


def _clock(world: World) -> Mapping[str, Any]:
    complaint = _complaint(world)
    return {"reference": complaint.reference, "pk": complaint.clocks.all()[0].pk}


def _system() -> User:
    return User.objects.get(is_system=True)


def _emergency(world: World) -> Mapping[str, Any]:
    complaint = _complaint(world)
    declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="Smoke",
        actor=_system(),
        at=NOW,
    )
    return {"reference": complaint.reference}


def _escalation(world: World) -> Mapping[str, Any]:
    complaint = _complaint(world)
    escalation = escalate_complaint(
        complaint_id=complaint.pk, reason="Decide", actor=_system(), at=NOW
    )
    return {"reference": complaint.reference, "pk": escalation.pk}


def _readers(gives: str = "ok") -> dict[str, str]:
    return only(*READERS, gives=gives, others="404")


def _takers(*roles: str, gives: str = "redirect") -> dict[str, str]:
    """Return what those get who may take a step; others who see the complaint are told so."""
    return {**only(*READERS, gives="403", others="404"), **dict.fromkeys(roles, gives)}


ROWS: dict[str, Row] = {
    "complaints:intake": Row(
        get=only(*TAKING_DOWN), post=only(*TAKING_DOWN, gives="422"), kwargs=_policy
    ),
    "complaints:intake#said": Row(
        get=only(*TAKING_DOWN),
        kwargs=_policy,
        post=only(*TAKING_DOWN, gives="redirect"),
        data=lambda _world: {
            "key": KEY,
            "description": "The kettle leaks.",
            "channel": "phone",
            "phone": "13800001111",
        },
    ),
    "complaints:draft": Row(
        get=no_such_method(),
        post=only(*TAKING_DOWN),
        data=lambda _world: {"key": KEY, "name": "Li"},
    ),
    "complaints:intake_help": Row(
        get=no_such_method(),
        post=only(*TAKING_DOWN),
        data=lambda world: {"key": KEY, "phone": _complaint(world).reference},
    ),
    "complaints:complaint": Row(get=_readers(), post=no_such_method(), kwargs=_reference()),
    "complaints:complaint#elsewhere": Row(
        get={**_readers(), **_ELSEWHERE}, post=no_such_method(), kwargs=_elsewhere
    ),
    "complaints:complaint#confidential": Row(
        # Those who may read it are first asked why; for the others it does not exist.
        get=only("manager", "quality_manager", "auditor", gives="redirect", others="404"),
        post=no_such_method(),
        kwargs=_reference(confidential=True),
    ),
    "complaints:complaint#confidential_own": Row(
        get={
            **only("manager", "quality_manager", "auditor", gives="redirect", others="404"),
            "handler": "ok",
        },
        post=no_such_method(),
        kwargs=_owned("handler", confidential=True),
    ),
    "complaints:complaint#about_oneself": Row(
        get={**_readers(), "manager": "404"},
        post=no_such_method(),
        kwargs=lambda world: {
            "reference": _complaint(world, subject_person=world.users["manager"]).reference
        },
    ),
    "complaints:confidential": Row(
        get=only("manager", "quality_manager", "auditor", others="404"),
        post=only("manager", "quality_manager", "auditor", gives="redirect", others="404"),
        kwargs=_reference(confidential=True),
        data=lambda _world: {"reason": "Quarterly review"},
    ),
    "complaints:timeline": Row(
        get=_readers("redirect"), post=no_such_method(), kwargs=_reference()
    ),
    "complaints:verify": Row(get=_readers("redirect"), post=no_such_method(), kwargs=_reference()),
    "complaints:clock": Row(get=_readers(), post=no_such_method(), kwargs=_clock),
    "complaints:take_emergency": Row(
        get=no_such_method(),
        post=_takers(*FRONT, "quality_manager", "top_management"),
        kwargs=_emergency,
    ),
    "complaints:take_escalation": Row(
        # Asked at the first level: handlers of its team, and managers; this one has no team.
        get=no_such_method(),
        post=_takers("manager"),
        kwargs=_escalation,
    ),
    "complaints:remedy_done": Row(
        get=_readers(),
        post=_readers("422"),
        kwargs=lambda world: {"reference": _complaint(world).reference, "remedy": 1},
    ),
    "complaints:note": Row(
        get=_readers(),
        post=_takers(*FRONT, "quality_manager"),
        kwargs=_reference(),
        data=lambda _world: {"text": "Phoned."},
    ),
    "complaints:move": Row(
        get=_readers(),
        post=_takers(*FRONT),
        kwargs=_step("acknowledge"),
        data=lambda _world: {"channel": "phone", "text": "We have it.", "told_now": "1"},
    ),
    "complaints:move#elsewhere": Row(
        get={**_readers(), **_ELSEWHERE},
        post={**_takers(), **_ELSEWHERE},
        kwargs=lambda world: {
            "reference": _complaint(world, site=world.elsewhere).reference,
            "move": "acknowledge",
        },
        data=lambda _world: {"channel": "phone", "text": "We have it.", "told_now": "1"},
    ),
    "complaints:move#no_such_step": Row(
        get=only(others="404"), post=only(others="404"), kwargs=_step("explode")
    ),
    "complaints:move#take": Row(get=_readers(), post=_takers(*FRONT), kwargs=_step("take")),
    "complaints:move#assign": Row(get=_readers(), post=_takers("manager"), kwargs=_step("assign")),
    "complaints:move#withdraw": Row(
        get=_readers(),
        post=_takers(*FRONT),
        kwargs=_step("withdraw"),
        data=lambda _world: {"reason": "Settled in the shop."},
    ),
    "complaints:move#dismiss": Row(
        get=_readers(),
        post=_takers(*BACK),
        kwargs=_step("dismiss"),
        data=lambda _world: {"reason": "Only a question."},
    ),
    "complaints:move#escalate": Row(
        get=_readers(),
        post=_takers(*FRONT),
        kwargs=_step("escalate"),
        data=lambda _world: {"level": "1", "reason": "Decide"},
    ),
    "complaints:move#emergency": Row(
        get=_readers(),
        post=_takers(*FRONT, "quality_manager", "top_management"),
        kwargs=_step("emergency"),
        data=lambda _world: {"trigger": "personal_safety", "facts": "Smoke"},
    ),
    "complaints:move#message": Row(
        get=_readers(),
        post=_takers(*FRONT),
        kwargs=_step("message"),
        data=lambda _world: {
            "occasion_code": "other",
            "channel": "phone",
            "text": "Good news.",
            "told_now": "1",
        },
    ),
}
