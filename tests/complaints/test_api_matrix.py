"""Every operation of the API, as every kind of client: nobody gets a record too many.

You broke this test by adding an operation: add its row to tests/complaints/api_rows.py.
"""

from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.utils import timezone

from complaints.services.intake import Intake, receive_complaint
from providers.services.clients import end_client
from providers.states import Scope
from tests.complaints.api_rows import ROWS, Row, Scene
from tests.complaints.factories import make_complaint, make_policy, make_user
from tests.providers.operations import operations
from tests.providers.partner import Partner, code_of

pytestmark = pytest.mark.django_db
NAMES = sorted(ROWS)


def test_every_operation_has_a_row():
    described = [name for name, _method, _view in operations(get_resolver())]
    assert sorted(described) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_only_those_may_who_may(name):
    """Refused first, as everybody else; then by its own partner: nothing has come of the rest."""
    row = ROWS[name]
    here = Scene(Partner("callco"), row.state)
    if row.own:
        assert code_of(row.call(Partner("rival"), here)) == "not_found"
    _refuses_other_scopes(row, here)
    _refuses_what_the_contract_leaves_out(row, here)
    _refuses_while_suspended(row, here)
    answer = row.call(here.partner, here)
    assert answer.status_code == row.status, getattr(answer, "content", "")
    end_client(client=here.partner.client, actor=None, at=timezone.now())
    assert code_of(row.call(here.partner, here)) == "invalid_token"


def _refuses_other_scopes(row: Row, here: Scene) -> None:
    others = [scope for scope in Scope.values if scope != row.scope]
    answer = row.call(Partner("callco", scopes=others), here)
    assert code_of(answer) == "insufficient_scope"
    assert f'scope="{row.scope}"' in answer["WWW-Authenticate"]


def _refuses_what_the_contract_leaves_out(row: Row, here: Scene) -> None:
    provider = here.partner.provider
    assert provider is not None
    whole = list(provider.granted)
    if row.permission:
        provider.granted = [code for code in whole if code != row.permission]
        provider.save()
        answer = row.call(here.partner, here)
        assert (answer.status_code, code_of(answer)) == (403, "not_allowed")
    provider.granted = whole
    provider.save()


def _refuses_while_suspended(row: Row, here: Scene) -> None:
    provider = here.partner.provider
    assert provider is not None
    provider.active = False
    provider.save()
    answer = row.call(here.partner, here)
    assert (answer.status_code, code_of(answer)) == (401, "invalid_token")
    assert answer["WWW-Authenticate"].startswith('Bearer realm="redress"')
    provider.active = True
    provider.save()


@pytest.mark.parametrize("name", NAMES)
def test_the_organisation_may_what_others_may_not_even_see(name):
    row = ROWS[name]
    here = Scene(Partner("house", organisation=True), row.state)
    if row.own:
        assert code_of(row.call(Partner("rival"), here)) == "not_found"
    answer = row.call(here.partner, here)
    assert answer.status_code == row.status, getattr(answer, "content", "")


LISTS = (
    "complaints/",
    "complaints/?q=kettle",
    "complaints/?ordering=next_due_at",
    "complaints/?ordering=received_at",
    "complaints/?channel=phone&overdue=false",
    "complaints/?external_id=X-1",
    "alerts/",
)


def test_lists_hold_nothing_of_others():
    make_policy()
    ours, rival, house = Partner("callco"), Partner("rival"), make_user("agent")
    danger = {"emergency": {"trigger": "personal_safety", "facts": "It gets hot."}}
    mine = ours.hand_over(external_id="X-1", **danger)
    theirs = rival.hand_over(external_id="X-1", **danger)
    make_complaint(actor=house, external_id="X-1")
    for path in LISTS:
        assert [row["reference"] for row in ours.get(path).json()["results"]] == [mine], path
    named = ours.get("complaints/?provider=rival").json()["results"]
    assert named == []
    everything = Partner("house", organisation=True).get("complaints/").json()["results"]
    assert {mine, theirs} < {row["reference"] for row in everything}


def test_counts_hold_nothing_of_others():
    make_policy()
    ours, rival = Partner("callco"), Partner("rival")
    ours.hand_over(received_at=(timezone.now() - timedelta(hours=1)).isoformat())
    for _ in range(3):
        rival.hand_over()
    make_complaint(actor=make_user("agent"), at=timezone.now())
    figures = ours.get("kpis/").json()
    assert (figures["received"], figures["open_now"]) == (1, 1)


def test_duplicates_and_reconciling_tell_nothing_of_others():
    make_policy()
    ours, rival = Partner("callco"), Partner("rival")
    same = {"complainant": {"phone": "13800000001"}, "order_number": "O-1", "product": "Kettle"}
    rival.hand_over(external_id="R-1", **same)
    receive_complaint(
        intake=Intake(
            channel="phone",
            description="The kettle leaks.",
            received_at=timezone.now(),
            order_number="O-1",
            anonymous=True,
        ),
        actor=make_user("agent"),
        at=timezone.now(),
    )
    said = {"channel": "phone", "description": "The kettle leaks.", **same}
    assert ours.post("complaints/", said).json()["duplicates"] == []
    asked = {"references": ["R-1"], "received_from": "2000-01-01T00:00:00Z"}
    answer = ours.post("complaints/reconcile/", asked).json()
    assert (answer["held"], answer["missing"], answer["extra"]) == ([], ["R-1"], [])
