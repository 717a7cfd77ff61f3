"""Linked, never merged: each complaint keeps everything of its own."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.states import State
from incidents.models import Incident, Link
from incidents.services import linking
from incidents.services.lifecycle import stand_down
from incidents.services.linking import link_complaints, unlink_complaint
from tests.complaints.factories import NOW, make_site, make_user
from tests.incidents.table import Table

pytestmark = pytest.mark.django_db


def link(table, incident, *cases, actor=None):
    return link_complaints(
        incident_id=incident.pk,
        complaint_ids=[case.pk for case in cases],
        actor=actor or table.manager,
        at=NOW,
    )


@pytest.mark.clause("CM-7.4")
def test_a_linked_complaint_keeps_its_number_its_clocks_and_its_state(table: Table):
    cases = table.cases(3, State.ACKNOWLEDGED)
    before = list(Complaint.objects.order_by("pk").values())
    clocks = list(cases[0].clocks.order_by("pk").values())
    result = link(table, table.incident(), *cases)
    assert len(result.linked) == 3
    assert list(Complaint.objects.order_by("pk").values()) == before
    assert list(cases[0].clocks.order_by("pk").values()) == clocks
    assert "Linked to incident" in cases[0].notes.get().text


def test_a_complaint_belongs_to_one_open_incident(table: Table):
    (case,) = table.cases(1)
    first, second = table.incident(case), table.incident()
    result = link(table, second, case)
    assert not result.linked
    assert "belongs to another open incident" in str(result.refused[0][1])
    assert "linked already" in str(link(table, first, case).refused[0][1])
    with pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(incident=second, complaint=case, linked_by=table.manager, linked_at=NOW)
    stand_down(incident_id=first.pk, reason="None.", actor=table.manager, at=NOW)
    assert link(table, second, case).linked == [case]


def test_what_is_merged_or_no_complaint_is_not_linked(table: Table):
    (merged,) = table.cases(1, State.MERGED)
    result = link(table, table.incident(), merged)
    assert "merged" in str(result.refused[0][1])


def test_linking_refuses_nothing_too_much_and_ended_incidents(table: Table, monkeypatch):
    incident = table.incident()
    cases = table.cases(2)
    with pytest.raises(BadInput) as refusal:
        link(table, incident)
    assert refusal.value.field == "complaints"
    monkeypatch.setattr(linking, "MOST_LINKED", 1)
    with pytest.raises(BadInput):
        link(table, incident, *cases)
    stand_down(incident_id=incident.pk, reason="None.", actor=table.manager, at=NOW)
    with pytest.raises(MoveRefused):
        link(table, incident, cases[0])


def test_an_agent_links_what_they_may_see_to_an_incident_they_may_see(table: Table):
    here, elsewhere = make_site(), make_site()
    agent = make_user("agent", site=here)
    known, fresh = table.cases(2, site=here)
    (foreign,) = table.cases(1, site=elsewhere)
    incident = table.incident(known)
    result = link(table, incident, fresh, foreign, actor=agent)
    assert result.linked == [fresh]  # the other one does not exist for them
    hidden = table.incident(foreign)
    with pytest.raises(Incident.DoesNotExist):
        link(table, hidden, fresh, actor=agent)


def test_who_only_looks_on_links_nothing(table: Table):
    known, fresh = table.cases(2)
    incident = table.incident(known)
    result = link(table, incident, fresh, actor=make_user("auditor"))
    assert not result.linked
    assert "role" in str(result.refused[0][1])


def test_unlinking_needs_a_reason_and_leaves_a_trace(table: Table):
    (case,) = table.cases(1)
    incident = table.incident(case)
    who: dict[str, Any] = {
        "incident_id": incident.pk,
        "complaint_id": case.pk,
        "actor": table.manager,
        "at": NOW,
    }
    with pytest.raises(BadInput) as refusal:
        unlink_complaint(reason=" ", **who)
    assert refusal.value.field == "reason"
    undone = unlink_complaint(reason="Another product.", **who)
    assert (undone.binds, undone.unlink_reason) == (False, "Another product.")
    assert "Another product." in case.notes.last().text
    with pytest.raises(Link.DoesNotExist):
        unlink_complaint(reason="Again.", **who)
    table.link(incident, case)  # and it may come back
    assert incident.links.count() == 2


def test_others_do_not_unlink(table: Table):
    (case,) = table.cases(1)
    incident = table.incident(case)
    who: dict[str, Any] = {"incident_id": incident.pk, "complaint_id": case.pk, "at": NOW}
    with pytest.raises(NotAllowed):
        unlink_complaint(reason="No.", actor=make_user("auditor"), **who)
    stranger = make_user("agent", site=make_site())
    with pytest.raises(Incident.DoesNotExist):
        unlink_complaint(reason="No.", actor=stranger, **who)
    stand_down(incident_id=incident.pk, reason="None.", actor=table.manager, at=NOW)
    with pytest.raises(MoveRefused):
        unlink_complaint(reason="No.", actor=table.manager, **who)
