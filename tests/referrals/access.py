"""Who may look at cases outside, and write down what happens there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.models import User
from referrals.models import OutsideCase
from referrals.services.cases import Opening, open_outside_case
from referrals.services.dates import NewDate, set_outside_date
from referrals.services.questions import Wish, ask_outsider
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_complaint

READERS = ("agent", "handler", "manager", "quality_manager", "auditor", "top_management")
RECORDERS = ("handler", "manager", "quality_manager")
AT_HOME = ("agent", "handler", "manager")


def _opened(world: World, **fields: Any) -> OutsideCase:
    fields.setdefault("site", world.site)
    complaint = make_complaint(**fields)
    opening = Opening("regulator", "District regulator", "complainant", NOW)
    system = User.objects.get(is_system=True)
    return open_outside_case(complaint_id=complaint.pk, opening=opening, actor=system, at=NOW)


def _reference(world: World) -> Mapping[str, Any]:
    return {"reference": make_complaint(site=world.site).reference}


def _reference_elsewhere(world: World) -> Mapping[str, Any]:
    return {"reference": make_complaint(site=world.elsewhere).reference}


def _case(world: World) -> Mapping[str, Any]:
    return {"pk": _opened(world).pk}


def _case_elsewhere(world: World) -> Mapping[str, Any]:
    return {"pk": _opened(world, site=world.elsewhere).pk}


def _question(world: World) -> Mapping[str, Any]:
    asked = ask_outsider(
        complaint_id=make_complaint(site=world.site).pk,
        wish=Wish("lawyer", "Dr. Wu", "Is it still in force?", NOW + timedelta(days=7)),
        actor=User.objects.get(is_system=True),
        at=NOW,
    )
    return {"pk": asked.question.pk}


def _secret(world: World) -> Mapping[str, Any]:
    return {"pk": _opened(world, confidential=True).pk}


def _act(name: str, **fields: Any) -> Any:
    return lambda world: {"pk": _opened(world, **fields).pk, "act": name}


def _date(world: World) -> Mapping[str, Any]:
    case = _opened(world)
    date = NewDate("hearing", "Hearing", NOW)
    system = User.objects.get(is_system=True)
    row = set_outside_date(case_id=case.pk, date=date, actor=system, at=NOW)
    return {"pk": case.pk, "date": row.pk}


def _readers(gives: str = "ok") -> dict[str, str]:
    return only(*READERS, gives=gives, others="404")


def _recorders(gives: str = "redirect") -> dict[str, str]:
    return {**only(*READERS, gives="403", others="404"), **dict.fromkeys(RECORDERS, gives)}


_ELSEWHERE = dict.fromkeys(AT_HOME, "404")

ROWS: dict[str, Row] = {
    "referrals:ask": Row(get=_recorders("ok"), post=_recorders("422"), kwargs=_reference),
    "referrals:question": Row(get=_readers(), post=no_such_method(), kwargs=_question),
    "referrals:question_take_back": Row(
        get=no_such_method(), post=_recorders("redirect"), kwargs=_question
    ),
    "referrals:cases": Row(get=only(*READERS, "provider_staff"), post=no_such_method()),
    "referrals:panel": Row(get=_readers(), post=no_such_method(), kwargs=_reference),
    "referrals:panel#elsewhere": Row(
        get={**_readers(), **_ELSEWHERE}, post=no_such_method(), kwargs=_reference_elsewhere
    ),
    "referrals:open": Row(
        get=_recorders("ok"),
        post=_recorders("redirect"),
        kwargs=_reference,
        data=lambda _world: {
            "where": "court",
            "opened_by": "complainant",
            "opened_at": "2026-03-04T10:00",
        },
    ),
    "referrals:case": Row(get=_readers(), post=no_such_method(), kwargs=_case),
    "referrals:case#elsewhere": Row(
        get={**_readers(), **_ELSEWHERE}, post=no_such_method(), kwargs=_case_elsewhere
    ),
    "referrals:case#confidential": Row(
        # Those who may read it say why on the complaint's page first.
        get=only(others="404"),
        post=no_such_method(),
        kwargs=_secret,
    ),
    "referrals:act": Row(
        get=_readers(),
        post=_recorders(),
        kwargs=_act("answer"),
        data=lambda _world: {"text": "Sent.", "answered_at": "2026-03-04T11:00"},
    ),
    "referrals:act#elsewhere": Row(
        get={**_readers(), **_ELSEWHERE},
        post={**_recorders(), **_ELSEWHERE},
        kwargs=lambda world: {**_case_elsewhere(world), "act": "answer"},
        data=lambda _world: {"text": "Sent.", "answered_at": "2026-03-04T11:00"},
    ),
    "referrals:act#no_such_step": Row(
        get=only(others="404"), post=only(others="404"), kwargs=_act("explode")
    ),
    "referrals:date": Row(get=_readers(), post=no_such_method(), kwargs=_date),
    "referrals:date_done": Row(get=no_such_method(), post=_recorders(), kwargs=_date),
}
