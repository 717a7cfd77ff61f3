"""What is said about an incident: from facts, approved in time, on record (CM-7.4)."""

from typing import Any

import pytest

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Notice
from incidents.models import ApprovalStep
from incidents.rules.statements import cited, written_in
from incidents.selectors.statements import fact_base, statements_of, waiting_statements
from incidents.services.statements import (
    add_fact,
    approve_statement,
    release_statement,
    return_statement,
    rewrite_statement,
    settle_fact,
    submit_statement,
    sweep_approvals,
    write_statement,
)
from incidents.states import FactState
from journal.models import Entry
from tests.complaints.desk import make_version
from tests.complaints.factories import NOW, make_user
from tests.incidents.table import Table, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(table: Table):
    assert table.quality
    assert table.boss
    return table.incident(*table.cases(1))


def fact(table, incident, text="Batch A3 cracks.", *, confirmed=True):
    return add_fact(
        incident_id=incident.pk,
        text=text,
        source="Laboratory report 17",
        confirmed=confirmed,
        actor=table.manager,
        at=NOW,
    )


def write(table, incident, text="[F1] We exchange it.", audience="media", **more):
    return write_statement(
        incident_id=incident.pk,
        audience=audience,
        channel="press",
        title="Kettles",
        text=text,
        language=more.pop("language", "en"),
        actor=table.manager,
        at=NOW,
    )


def approve_all(version, table, at=NOW):
    asked: dict[str, Any] = {
        "legal": make_user("manager"),
        "quality": table.quality,
        "top_management": table.boss,
    }
    while step := version.steps.filter(asked_at__isnull=False, decided_at__isnull=True).first():
        approve_statement(step_id=step.pk, actor=asked[step.code], at=at)
    version.refresh_from_db()


@pytest.mark.clause("CM-7.4")
def test_a_statement_passes_the_chain_and_is_released(table: Table, incident):
    fact(table, incident)
    version = write(table, incident)
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    steps = list(version.steps.all())
    assert [step.code for step in steps] == ["legal", "quality", "top_management"]
    assert [step.due_at for step in steps] == [later(minutes=60), None, None]
    legal = make_user("manager")
    approve_statement(step_id=steps[0].pk, actor=legal, at=later(minutes=10))
    steps[1].refresh_from_db()
    assert steps[1].due_at == later(minutes=40)
    assert Notice.objects.filter(user=table.quality, kind="statement").exists()
    approve_statement(step_id=steps[1].pk, actor=table.quality, at=later(minutes=20))
    who: dict[str, Any] = {"version_id": version.pk, "actor": table.manager}
    with pytest.raises(MoveRefused, match="Only an approved version"):
        release_statement(released_at=later(minutes=25), at=later(minutes=30), **who)
    approve_statement(step_id=steps[2].pk, actor=table.boss, at=later(minutes=30))
    for wrong in (later(minutes=29), later(hours=2)):
        with pytest.raises(BadInput) as refusal:
            release_statement(released_at=wrong, at=later(hours=1), **who)
        assert refusal.value.field == "released_at"
    released = release_statement(released_at=later(minutes=35), at=later(minutes=36), **who)
    assert (released.state, released.released_at) == ("released", later(minutes=35))
    assert released.rendered == "Batch A3 cracks. We exchange it."


@pytest.mark.clause("CM-7.4")
def test_what_is_not_confirmed_is_marked_so(table: Table, incident):
    fact(table, incident, confirmed=False)
    version = write(table, incident)
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    version.refresh_from_db()
    assert version.rendered == "Batch A3 cracks. (not confirmed yet) We exchange it."
    base = fact_base(incident)
    assert (len(base.confirmed), len(base.unconfirmed)) == (0, 1)


def test_what_was_refuted_is_neither_written_nor_released(table: Table, incident):
    one = fact(table, incident, confirmed=False)
    version = write(table, incident, audience="staff")
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    approve_all(version, table)
    assert version.state == "approved"
    settle_fact(
        fact_id=one.pk, state=FactState.REFUTED, source="Report 18", actor=table.manager, at=NOW
    )
    with pytest.raises(MoveRefused, match="refuted meanwhile"):
        release_statement(version_id=version.pk, released_at=NOW, actor=table.manager, at=NOW)
    with pytest.raises(BadInput, match="was refuted") as refusal:
        rewrite_statement(
            statement_id=version.statement_id,
            text="[F1]",
            language="en",
            actor=table.manager,
            at=NOW,
        )
    assert refusal.value.field == "text"


def test_nobody_approves_what_they_wrote_or_out_of_turn(table: Table, incident):
    fact(table, incident)
    version = write(table, incident)
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    first, second, _third = version.steps.all()
    with pytest.raises(NotAllowed):  # a manager may, but wrote it
        approve_statement(step_id=first.pk, actor=table.manager, at=NOW)
    with pytest.raises(NotAllowed):
        approve_statement(step_id=first.pk, actor=table.boss, at=NOW)
    with pytest.raises(MoveRefused, match="not asked now"):
        approve_statement(step_id=second.pk, actor=table.quality, at=NOW)
    with pytest.raises(MoveRefused, match="Only a draft"):
        submit_statement(version_id=version.pk, actor=table.manager, at=NOW)


def test_a_statement_is_returned_with_a_reason_and_written_anew(table: Table, incident):
    fact(table, incident)
    version = write(table, incident)
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    step = version.steps.first()
    legal = make_user("manager")
    with pytest.raises(BadInput) as refusal:
        return_statement(step_id=step.pk, note=" ", actor=legal, at=NOW)
    assert refusal.value.field == "note"
    return_statement(step_id=step.pk, note="Too much blame.", actor=legal, at=NOW)
    second = rewrite_statement(
        statement_id=version.statement_id,
        text="We exchange it.",
        language="en",
        actor=table.manager,
        at=NOW,
    )
    version.refresh_from_db()
    assert (version.state, second.number, second.state) == ("replaced", 2, "draft")
    shown = statements_of(incident, table.manager, {}, now=NOW)[0]
    assert (shown.newest.version, len(shown.earlier)) == (second, 1)


@pytest.mark.clause("CM-7.4")
def test_a_late_approval_is_told_once_and_shown_late(table: Table, incident):
    fact(table, incident)
    version = write(table, incident, audience="staff")
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    assert sweep_approvals(now=later(minutes=29)) == 0
    assert sweep_approvals(now=later(minutes=31)) == 1
    assert sweep_approvals(now=later(minutes=32)) == 0
    assert Notice.objects.filter(user=table.quality, kind="statement").count() == 2
    assert Entry.objects.filter(kind="incident.statement_overdue").count() == 1
    (view,) = waiting_statements(
        incident, table.quality, {"quality": "Quality"}, now=later(minutes=31)
    )
    assert [(step.name, step.status, step.mine) for step in view.newest.steps] == [
        ("Quality", "late", True)
    ]


def test_the_policy_says_who_approves_and_how_quickly(table: Table):
    make_version(
        {
            "statement_steps": [
                {
                    "code": "press",
                    "names": {"en": "Press office", "zh": "新闻办"},
                    "permission": "incidents.approve_top",
                    "minutes": 45,
                }
            ]
        },
        effective_from=later(days=-1),
    )
    assert table.boss
    incident = table.incident(*table.cases(1))
    version = write(table, incident, text="We exchange it.", audience="customers")
    submit_statement(version_id=version.pk, actor=table.manager, at=NOW)
    step = ApprovalStep.objects.get()
    assert (step.code, step.due_at) == ("press", later(minutes=45))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"audience": "neighbours"}, "audience"),
        ({"text": " "}, "text"),
        ({"text": "[F9] is so."}, "text"),
        ({"language": "xx"}, "language"),
    ],
)
def test_a_statement_that_makes_no_sense_is_refused(table: Table, incident, changes, field):
    with pytest.raises(BadInput) as refusal:
        write(table, incident, **{"text": "We exchange it.", **changes})
    assert refusal.value.field == field


def test_a_fact_needs_words_and_a_source(table: Table, incident):
    for given, field in (({"text": ""}, "text"), ({"source": " "}, "source")):
        whole: dict[str, Any] = {"text": "A3 cracks.", "source": "Report 17", **given}
        with pytest.raises(BadInput) as refusal:
            add_fact(incident_id=incident.pk, confirmed=False, actor=table.manager, at=NOW, **whole)
        assert refusal.value.field == field
    one = fact(table, incident)
    who: dict[str, Any] = {"fact_id": one.pk, "actor": table.manager, "at": NOW}
    with pytest.raises(MoveRefused):
        settle_fact(state=FactState.CONFIRMED, source="Report 17", **who)
    with pytest.raises(BadInput) as refusal:
        settle_fact(state=FactState.UNCONFIRMED, source="Report 17", **who)
    assert refusal.value.field == "state"
    with pytest.raises(BadInput) as refusal:
        settle_fact(state=FactState.REFUTED, source="", **who)
    assert refusal.value.field == "source"
    with pytest.raises(NotAllowed):
        add_fact(
            incident_id=incident.pk,
            text="x",
            source="y",
            confirmed=False,
            actor=table.agent,
            at=NOW,
        )


def test_facts_are_cited_and_written_in():
    assert cited("[F2] and [F1], again [F2]; [X3] is none") == [2, 1]
    assert written_in("[F1]. [F2].", {1: "A", 2: "B"}) == "A. B."
