"""Who may open the pages of mailroom."""

from collections.abc import Mapping
from typing import Any

from complaints.models import Complaint
from complaints.services.correspondents import add_correspondent
from mailroom.models import Mail
from mailroom.services.sorting import sort_mail
from mailroom.services.taking_in import take_in
from mailroom.services.triage import put_aside
from mailroom.states import Aside
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_complaint, make_policy

READERS = ("agent", "handler", "manager", "quality_manager", "auditor")
DECIDERS = ("agent", "handler", "manager")
_RAW = b"From: Eve <eve@example.org>\nTo: press@localhost\nSubject: Hello\n\nGood morning.\n"


def _mail(_world: World) -> Mail:
    make_policy()
    mail, _new = take_in(chunks=[_RAW], door="pipe", arrived_at=NOW, at=NOW)
    return sort_mail(mail_id=mail.pk, at=NOW)


def _waiting(world: World) -> Mapping[str, Any]:
    return {"pk": _mail(world).pk}


def _aside(world: World) -> Mapping[str, Any]:
    mail = _mail(world)
    put_aside(mail_id=mail.pk, why=Aside.SPAM, actor=world.users["agent"], at=NOW)
    return {"pk": mail.pk}


def _complaint(world: World) -> Complaint:
    return make_complaint(site=world.site, email="ann@example.com")


def _reference(world: World) -> Mapping[str, Any]:
    return {"reference": _complaint(world).reference}


def _third_party(world: World) -> Mapping[str, Any]:
    complaint = _complaint(world)
    row = add_correspondent(
        complaint_id=complaint.pk,
        address="bob@example.com",
        name="Bob",
        reason="Brother.",
        agreed=True,
        copied=False,
        actor=world.users["manager"],
        at=NOW,
    )
    return {"reference": complaint.reference, "pk": row.pk}


def _see_only() -> dict[str, str]:
    return {**only(*READERS, others="404")}


def _decide(gives: str = "redirect") -> dict[str, str]:
    return {**only(*READERS, gives="403", others="404"), **dict.fromkeys(DECIDERS, gives)}


def _letters(gives: str) -> dict[str, str]:
    """Who works on complaints or checks them; who only looks at figures is told so."""
    return {**only(*READERS, gives=gives, others="404"), "top_management": "403"}


def _writers() -> dict[str, str]:
    return {**_letters("403"), **dict.fromkeys(DECIDERS, "redirect")}


_THIRD = {"address": "bob@example.com", "name": "Bob", "reason": "Brother.", "agreed": "on"}

ROWS: dict[str, Row] = {
    "mailroom:triage": Row(get=only(*READERS), post=no_such_method()),
    "mailroom:state": Row(get=only("administrator"), post=no_such_method()),
    "mailroom:mail": Row(get=_see_only(), post=no_such_method(), kwargs=_waiting),
    "mailroom:raw": Row(get=_see_only(), post=no_such_method(), kwargs=_waiting),
    "mailroom:add": Row(
        get=no_such_method(),
        post=_decide(),
        kwargs=_waiting,
        data=lambda world: {"reference": _complaint(world).reference},
    ),
    "mailroom:make": Row(
        get={**_decide("ok")},
        post=_decide(),
        kwargs=_waiting,
        data=lambda _world: {"description": "It leaks.", "email": "eve@example.org"},
    ),
    "mailroom:aside": Row(
        get=no_such_method(), post=_decide(), kwargs=_waiting, data=lambda _world: {"why": "spam"}
    ),
    "mailroom:back": Row(get=no_such_method(), post=_decide(), kwargs=_aside),
    "mailroom:correspondence": Row(get=_letters("ok"), post=no_such_method(), kwargs=_reference),
    "mailroom:third_party_add": Row(
        get=no_such_method(), post=_writers(), kwargs=_reference, data=lambda _world: _THIRD
    ),
    "mailroom:third_party_remove": Row(get=no_such_method(), post=_writers(), kwargs=_third_party),
}
