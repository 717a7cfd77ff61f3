"""Incidents are suggested at the policy's thresholds, and a no is respected."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Notice
from incidents.models import Suggestion
from incidents.rules.alike import comes_back
from incidents.selectors.suggestions import suggested, suggestion_about, suggestions_for
from incidents.services.suggesting import (
    dismiss_suggestion,
    report_joint_complaint,
    sweep_suggestions,
    take_suggestion,
)
from tests.complaints.desk import make_version
from tests.complaints.factories import NOW, make_site, make_user
from tests.incidents.table import Table, later

pytestmark = pytest.mark.django_db


@pytest.mark.clause("CM-7.4")
def test_five_with_one_problem_and_product_in_a_week_suggest_an_incident(table: Table):
    table.cases(4, product="Kettle K2")
    assert sweep_suggestions(now=NOW) == 0
    table.cases(1, product="KETTLE k2")
    assert table.manager
    assert sweep_suggestions(now=NOW) == 1
    found = Suggestion.objects.get()
    assert (found.basis, found.members.count(), found.persons) == ("product", 5, 5)
    notice = Notice.objects.get(user=table.manager, kind="incident")
    assert notice.complaint.product == "Kettle K2"
    assert sweep_suggestions(now=NOW) == 0  # said once


def test_the_same_site_counts_too_and_old_or_other_ones_do_not(table: Table):
    site = make_site()
    for number in range(5):
        table.cases(1, product=f"Product {number}", site=site)
    table.cases(4, product="Kettle K2", at=NOW - timedelta(days=8))
    table.cases(1, product="Kettle K2")
    assert sweep_suggestions(now=NOW) == 1
    assert Suggestion.objects.get().basis == "site"


def test_the_policy_sets_the_number_the_days_and_what_must_be_alike(table: Table):
    make_version(
        {"incidents": {"complaints": 2, "alike": ["site"]}}, effective_from=NOW - timedelta(days=1)
    )
    table.cases(3, product="Kettle K2")
    assert sweep_suggestions(now=NOW) == 0
    table.cases(2, product="Pan P1", site=make_site())
    assert sweep_suggestions(now=NOW) == 1


@pytest.mark.clause("CM-7.4")
def test_what_was_dismissed_comes_back_only_when_enough_is_new(table: Table):
    table.cases(5)
    sweep_suggestions(now=NOW)
    found = Suggestion.objects.get()
    dismiss_suggestion(suggestion_id=found.pk, reason="Five causes.", actor=table.manager, at=NOW)
    assert sweep_suggestions(now=NOW) == 0
    table.cases(2)
    assert sweep_suggestions(now=NOW) == 0
    table.cases(1)
    assert sweep_suggestions(now=NOW) == 1
    found.refresh_from_db()
    assert (found.state, found.members.count()) == ("open", 8)
    assert found.members.filter(dismissed=True).count() == 5


def test_growth_counts_what_nobody_looked_at():
    assert comes_back([1, 2, 3, 4], [1, 2], growth=2)
    assert not comes_back([1, 2, 3], [1, 2], growth=2)
    assert not comes_back([2, 3], [1, 2, 3, 4], growth=1)


def test_what_belongs_to_an_incident_is_not_suggested_again(table: Table):
    cases = table.cases(5)
    incident = table.incident(*cases)
    table.cases(5)
    assert sweep_suggestions(now=NOW) == 0  # its own page shows what fits
    assert incident.is_open


def test_a_waiting_suggestion_grows_without_telling_anybody_again(table: Table):
    table.cases(5)
    assert table.manager
    sweep_suggestions(now=NOW)
    told = Notice.objects.count()
    table.cases(2)
    assert sweep_suggestions(now=later(hours=1)) == 0
    found = Suggestion.objects.get()
    assert (found.members.count(), found.grown_at, Notice.objects.count()) == (
        7,
        later(hours=1),
        told,
    )


def test_the_sweep_asks_as_little_however_many_complaints_there_are(table: Table):
    table.cases(1)
    with CaptureQueriesContext(
        connection,
    ) as few:
        sweep_suggestions(now=NOW)
    for number in range(12):
        table.cases(1, product=f"Product {number}")
    with CaptureQueriesContext(connection) as many:
        sweep_suggestions(now=NOW)
    assert len(many) == len(few)


def test_a_suggestion_becomes_a_suspected_incident_with_its_complaints(table: Table):
    cases = table.cases(5)
    sweep_suggestions(now=NOW)
    found = suggestion_about(cases[0], table.manager)
    incident = take_suggestion(
        suggestion_id=found.pk, scope=table.scope(), actor=table.manager, at=NOW
    )
    assert (incident.state, incident.links.count()) == ("suspected", 5)
    found.refresh_from_db()
    assert (found.state, found.incident) == ("taken", incident)
    with pytest.raises(MoveRefused):
        dismiss_suggestion(suggestion_id=found.pk, reason="No.", actor=table.manager, at=NOW)


def test_who_decides_sees_only_what_they_may_see(table: Table):
    here, elsewhere = make_site(), make_site()
    table.cases(2, site=here)
    table.cases(3, site=elsewhere)
    sweep_suggestions(now=NOW)
    (found,) = suggestions_for(make_user("manager", site=here))
    assert found.count == 2
    assert suggestions_for(make_user("manager", site=make_site())) == []
    assert suggestions_for(make_user("handler")) == []
    assert suggested(found.suggestion, table.manager).count == 5


def test_dismissing_needs_a_reason_and_a_manager(table: Table):
    table.cases(5)
    sweep_suggestions(now=NOW)
    found = Suggestion.objects.get()
    with pytest.raises(BadInput) as refusal:
        dismiss_suggestion(suggestion_id=found.pk, reason="", actor=table.manager, at=NOW)
    assert refusal.value.field == "reason"
    with pytest.raises(NotAllowed):
        dismiss_suggestion(suggestion_id=found.pk, reason="No.", actor=table.agent, at=NOW)
    stranger = make_user("manager", site=make_site())
    with pytest.raises(Suggestion.DoesNotExist):
        take_suggestion(suggestion_id=found.pk, scope=table.scope(), actor=stranger, at=NOW)


@pytest.mark.clause("CM-7.4")
def test_twenty_persons_jointly_are_suggested_at_once(table: Table):
    (case,) = table.cases(1)
    assert table.manager
    who: dict[str, Any] = {"complaint_id": case.pk, "actor": table.agent, "at": NOW}
    with pytest.raises(BadInput) as refusal:
        report_joint_complaint(persons=19, **who)
    assert refusal.value.field == "persons"
    found = report_joint_complaint(persons=24, **who)
    assert (found.basis, found.persons) == ("jointly", 24)
    assert Notice.objects.filter(user=table.manager, kind="incident").exists()
    take_suggestion(suggestion_id=found.pk, scope=table.scope(), actor=table.manager, at=NOW)
    with pytest.raises(MoveRefused):
        report_joint_complaint(persons=30, **who)
    with pytest.raises(NotAllowed):
        report_joint_complaint(complaint_id=case.pk, persons=30, actor=make_user("auditor"), at=NOW)
