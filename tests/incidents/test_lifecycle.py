"""An incident from suspicion to its end, and every refusal on the way (CM-7.4)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.states import State
from incidents import events
from incidents.models import Incident
from incidents.services.customers import add_customers, decide_offer
from incidents.services.lifecycle import (
    change_incident,
    close_incident,
    contain_incident,
    declare_incident,
    open_incident,
    reopen_incident,
    resolve_incident,
    stand_down,
)
from journal.models import Entry
from journal.services import verify_subject
from tests.complaints.factories import NOW, make_site, make_user
from tests.incidents.table import Table, later

pytestmark = pytest.mark.django_db


def kinds(incident):
    entries = Entry.objects.filter(subject_type="incidents.incident", subject_id=incident.pk)
    return list(entries.order_by("seq").values_list("kind", flat=True))


@pytest.mark.clause("CM-7.4")
def test_an_incident_goes_from_suspected_to_closed_and_its_record_is_whole(table: Table):
    cases = table.cases(2, State.INVESTIGATING)
    incident = table.incident(*cases, state="contained")
    table.finding(incident)
    for case in cases:
        table.respond(case, NOW)
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": later(hours=1)}
    resolve_incident(how="Seals replaced.", **who)
    ended = close_incident(lessons="Test seals on receipt.", **who)
    assert (ended.state, ended.is_open, ended.closed_at) == ("closed", False, later(hours=1))
    told = kinds(incident)
    assert told[:2] == [events.OPENED, events.LINKED]
    assert told[-2:] == [events.RESOLVED, events.CLOSED]
    assert verify_subject(incident).intact
    # The complaints go on by themselves, and may belong to another incident now.
    assert not incident.links.filter(binds=True).exists()
    assert incident.links.filter(unlinked_at__isnull=True).count() == 2


@pytest.mark.clause("CM-7.4")
def test_nobody_is_closed_without_an_outcome_of_their_own(table: Table):
    told, untold = table.cases(2, State.INVESTIGATING)
    incident = table.incident(told, untold, state="contained")
    table.finding(incident)
    table.respond(told, NOW)
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": NOW}
    with pytest.raises(MoveRefused, match="has not been told an outcome"):
        resolve_incident(how="Seals replaced.", **who)
    table.respond(untold, NOW)
    assert resolve_incident(how="Seals replaced.", **who).state == "resolved"


def test_resolving_is_taken_back_with_a_reason(table: Table):
    (case,) = table.cases(1, State.RESPONDED)
    incident = table.incident(case, state="contained")
    table.finding(incident)
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": NOW}
    resolve_incident(how="Seals replaced.", **who)
    with pytest.raises(BadInput, match="Say why") as refusal:
        reopen_incident(reason=" ", **who)
    assert refusal.value.field == "reason"
    back = reopen_incident(reason="New leaks.", **who)
    assert (back.state, back.resolved_at, back.end_reason) == ("contained", None, "New leaks.")


def test_a_suspected_incident_is_stood_down_with_a_reason(table: Table):
    (case,) = table.cases(1)
    incident = table.incident(case)
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": NOW}
    with pytest.raises(BadInput) as refusal:
        stand_down(reason="", **who)
    assert refusal.value.field == "reason"
    ended = stand_down(reason="Five owners, five causes.", **who)
    assert (ended.state, ended.is_open) == ("stood_down", False)
    with pytest.raises(MoveRefused, match="at its end"):
        declare_incident(**who)
    with pytest.raises(MoveRefused, match="at its end"):
        change_incident(scope=table.scope(title="Other"), **who)


def test_declaring_needs_command_hypothesis_and_complaints(table: Table):
    incident = table.incident(commander=None, hypothesis="")
    with pytest.raises(MoveRefused) as refusal:
        declare_incident(incident_id=incident.pk, actor=table.manager, at=NOW)
    assert len(refusal.value.reasons) == 3


@pytest.mark.parametrize(
    ("verb", "given", "field"),
    [
        (contain_incident, {"how": ""}, "how"),
        (resolve_incident, {"how": " "}, "how"),
        (close_incident, {"lessons": ""}, "lessons"),
    ],
)
def test_each_step_says_what_it_needs(table: Table, verb, given, field):
    incident = table.incident(*table.cases(1), state="declared")
    with pytest.raises(BadInput) as refusal:
        verb(incident_id=incident.pk, actor=table.manager, at=NOW, **given)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"severity": "awful"}, "severity"),
        ({"period_from": date(2026, 3, 4), "period_to": date(2026, 3, 1)}, "period_to"),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused(table: Table, changes, field):
    with pytest.raises(BadInput) as refusal:
        open_incident(scope=table.scope(**changes), actor=table.manager, at=NOW)
    assert refusal.value.field == field
    incident = table.incident()
    with pytest.raises(BadInput) as refusal:
        change_incident(
            incident_id=incident.pk, scope=table.scope(**changes), actor=table.manager, at=NOW
        )
    assert refusal.value.field == field


def test_only_who_manages_incidents_commands_one(table: Table):
    with pytest.raises(BadInput) as refusal:
        open_incident(scope=table.scope(commander=table.agent), actor=table.manager, at=NOW)
    assert refusal.value.field == "commander"


def test_a_change_is_recorded_by_its_fields_and_a_stale_page_gets_a_conflict(table: Table):
    incident = table.incident()
    scope = table.scope(batches="A3-2606", affected_estimate=400)
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": NOW}
    changed = change_incident(scope=scope, expected_version=incident.version, **who)
    assert (changed.batches, changed.version) == ("A3-2606", incident.version + 1)
    entry = Entry.objects.filter(kind=events.CHANGED).get()
    assert entry.payload["fields"] == ["batches", "affected_estimate"]
    assert "A3" not in entry.body
    with pytest.raises(Conflict):
        change_incident(scope=table.scope(), expected_version=incident.version, **who)
    # Nothing new is no change.
    assert change_incident(scope=scope, **who).version == changed.version


def test_a_manager_of_one_site_opens_incidents_there_only(table: Table):
    here, elsewhere = make_site(), make_site()
    manager = make_user("manager", site=here)
    with pytest.raises(NotAllowed):
        open_incident(scope=table.scope(commander=manager), actor=manager, at=NOW)
    with pytest.raises(NotAllowed):
        open_incident(scope=table.scope(commander=manager, site=elsewhere), actor=manager, at=NOW)
    scope = table.scope(commander=manager, site=here)
    incident = open_incident(scope=scope, actor=manager, at=NOW)
    with pytest.raises(NotAllowed):
        change_incident(
            incident_id=incident.pk, scope=replace(scope, site=elsewhere), actor=manager, at=NOW
        )


@pytest.mark.parametrize("role", ["agent", "handler", "auditor", "top_management"])
def test_others_do_not_command(table: Table, role):
    (case,) = table.cases(1)
    incident = table.incident(case)
    actor = make_user(role)
    with pytest.raises(NotAllowed):
        declare_incident(incident_id=incident.pk, actor=actor, at=NOW)
    with pytest.raises(NotAllowed):
        open_incident(scope=table.scope(), actor=actor, at=NOW)


def test_who_sees_none_of_its_complaints_does_not_know_of_an_incident(table: Table):
    incident = table.incident(*table.cases(1, site=make_site()))
    stranger = make_user("manager", site=make_site())
    with pytest.raises(Incident.DoesNotExist):
        declare_incident(incident_id=incident.pk, actor=stranger, at=NOW)


def test_an_offer_to_silent_customers_is_decided_before_the_end(table: Table):
    (case,) = table.cases(1, State.RESPONDED)
    incident = table.incident(case, state="contained")
    table.finding(incident)
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": NOW}
    add_customers(text="Li Ming, 13800001111", **who)
    resolve_incident(how="Seals replaced.", **who)
    with pytest.raises(MoveRefused, match="Customers are affected"):
        close_incident(lessons="Test seals.", **who)
    decide_offer(offer="yes", detail="A new seal.", **who)
    assert close_incident(lessons="Test seals.", **who).state == "closed"
