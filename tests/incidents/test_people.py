"""Representatives with their limits; affected customers who did not complain (CM-7.4)."""

from typing import Any

import pytest

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Attachment
from incidents.models import Customer
from incidents.rules.customers import decoded, read_customers
from incidents.selectors.page import reach_of
from incidents.services.customers import add_customers, decide_offer, log_outreach
from incidents.services.representatives import (
    Mandate,
    end_representation,
    name_representative,
    record_consent,
    record_representative_act,
)
from journal.models import Entry
from tests.complaints.factories import NOW, make_user
from tests.incidents.table import Table, later

pytestmark = pytest.mark.django_db


def name(table, incident, *cases, **changes):
    given: dict[str, Any] = {
        "name": "Zhao Ping",
        "contact": "13900001111",
        "scope": "All claims about the kettles.",
        "text": "Signed on 1 March, original in the file.",
        "allowed": ["settle"],
        "complaint_ids": [case.pk for case in cases],
        **changes,
    }
    return name_representative(
        incident_id=incident.pk, mandate=Mandate(**given), actor=table.manager, at=NOW
    )


@pytest.mark.clause("CM-7.4")
def test_a_settlement_needs_the_consent_of_everybody_represented(table: Table):
    first, second = table.cases(2)
    incident = table.incident(first, second)
    who: dict[str, Any] = {"actor": table.manager, "at": NOW}
    speaker = name(table, incident, first, second)
    deed: dict[str, Any] = {
        "representative_id": speaker.pk,
        "act": "settle",
        "text": "A new kettle each.",
        **who,
    }
    record_consent(
        representative_id=speaker.pk,
        complaint_ids=[first.pk],
        act="settle",
        how="By phone",
        given_at=NOW,
        **who,
    )
    with pytest.raises(MoveRefused, match=second.reference):
        record_representative_act(**deed)
    record_consent(
        representative_id=speaker.pk,
        complaint_ids=[second.pk],
        act="settle",
        how="In writing",
        given_at=NOW,
        **who,
    )
    record_representative_act(**deed)
    assert "A new kettle each." in second.notes.last().text
    assert first.decision_sent_at is None  # nothing is decided by it


def test_an_act_beyond_the_mandate_is_refused(table: Table):
    (case,) = table.cases(1)
    speaker = name(table, table.incident(case), case)
    who: dict[str, Any] = {"representative_id": speaker.pk, "actor": table.manager, "at": NOW}
    with pytest.raises(MoveRefused, match="does not extend"):
        record_representative_act(act="waive", text="All claims.", **who)
    with pytest.raises(BadInput) as refusal:
        record_representative_act(act="dance", text="x", **who)
    assert refusal.value.field == "act"
    with pytest.raises(BadInput) as refusal:
        record_representative_act(act="settle", text=" ", **who)
    assert refusal.value.field == "text"


def test_the_policy_limits_how_many_speak_at_a_time(table: Table):
    (case,) = table.cases(1)
    incident = table.incident(case)
    first = name(table, incident, case)
    name(table, incident, case)
    with pytest.raises(MoveRefused, match="at most 2"):
        name(table, incident, case)
    ended: dict[str, Any] = {"representative_id": first.pk, "actor": table.manager, "at": NOW}
    with pytest.raises(BadInput) as refusal:
        end_representation(reason="", **ended)
    assert refusal.value.field == "reason"
    end_representation(reason="Moved away.", **ended)
    name(table, incident, case)
    with pytest.raises(MoveRefused, match="no longer speaks"):
        end_representation(reason="Again.", **ended)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"contact": " "}, "contact"),
        ({"scope": ""}, "scope"),
        ({"text": ""}, "mandate"),
        ({"allowed": ["dance"]}, "allowed"),
        ({"complaint_ids": []}, "complaints"),
    ],
)
def test_a_mandate_says_who_what_and_for_whom(table: Table, changes, field):
    (case,) = table.cases(1)
    with pytest.raises(BadInput) as refusal:
        name(table, table.incident(case), case, **changes)
    assert refusal.value.field == field


def test_the_mandate_may_be_a_document_of_a_linked_complaint(table: Table):
    case, other = table.cases(2)
    incident = table.incident(case)
    files = [
        Attachment.objects.create(
            complaint=owner,
            name="mandate.pdf",
            size=1,
            sha256=str(number) * 64,
            content_type="application/pdf",
            path=f"{number}",
            scan="clean",
            by=table.agent,
            at=NOW,
        )
        for number, owner in enumerate((case, other))
    ]
    assert name(table, incident, case, text="", attachment_id=files[0].pk).mandate_file == files[0]
    with pytest.raises(BadInput):  # another complaint's file is none
        name(table, incident, case, text="", attachment_id=files[1].pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"act": "dance"}, "act"),
        ({"how": ""}, "how"),
        ({"given_at": later(days=1)}, "given_at"),
        ({"complaint_ids": []}, "complaints"),
    ],
)
def test_consent_says_who_to_what_and_how(table: Table, changes, field):
    (case,) = table.cases(1)
    speaker = name(table, table.incident(case), case)
    given: dict[str, Any] = {
        "complaint_ids": [case.pk],
        "act": "settle",
        "how": "By phone",
        "given_at": NOW,
        **changes,
    }
    with pytest.raises(BadInput) as refusal:
        record_consent(representative_id=speaker.pk, actor=table.manager, at=NOW, **given)
    assert refusal.value.field == field


# --- customers --------------------------------------------------------------------------------


def test_a_list_is_read_with_or_without_headings_and_bad_rows_are_named():
    plain = read_customers("Li Ming, 13800001111, , Kettle K2, A3\n\nNobody\n, 13800002222")
    assert [row.name for row in plain.rows] == ["Li Ming"]
    assert [(row.line, row.code) for row in plain.bad] == [(3, "no_contact"), (4, "no_name")]
    headed = read_customers("批次\t姓名\t手机\nA3\t李明\t13800001111\nA4\t王芳\t12")
    assert headed.rows[0].batch == "A3"
    assert headed.rows[0].name == "李明"
    assert headed.bad[0].code == "bad_phone"
    odd = read_customers('"Li, Ming";;li@x;\n"Wang; 13800001111\n' + "x" * 201 + ";13800001111")
    assert [row.code for row in odd.bad] == ["bad_email", "no_contact", "too_long"]
    assert decoded("姓名,手机".encode("gb18030")) == "姓名,手机"
    assert decoded("\ufeff姓名".encode()) == "姓名"


@pytest.mark.clause("CM-7.4")
def test_silent_customers_are_listed_once_reached_and_counted(table: Table):
    (case,) = table.cases(1)
    incident = table.incident(case)
    who: dict[str, Any] = {"actor": table.manager, "at": NOW}
    text = "Li Ming, 13800001111\nWang Fang, , wang@example.cn\nbroken"
    added = add_customers(incident_id=incident.pk, text=text, **who)
    assert (added.new, added.known, len(added.bad)) == (2, 0, 1)
    assert add_customers(incident_id=incident.pk, text=text, **who).new == 0
    li, wang = Customer.objects.order_by("pk")
    tried: dict[str, Any] = {"channel": "phone", "reached_at": NOW, **who}
    log_outreach(customer_id=li.pk, result="not_reached", **tried)
    assert reach_of(incident).percent == 0
    log_outreach(customer_id=li.pk, result="accepted", note="New seal sent.", **tried)
    log_outreach(customer_id=wang.pk, result="complained", reference=case.reference, **tried)
    wang.refresh_from_db()
    assert (reach_of(incident).percent, wang.complaint, li.outreaches.count()) == (100, case, 2)
    bodies = " ".join(
        Entry.objects.filter(kind__startswith="incident.").values_list("body", flat=True)
    )
    assert "Li Ming" not in bodies
    assert "1380000" not in bodies


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"result": "maybe"}, "result"),
        ({"reached_at": later(days=1)}, "reached_at"),
        ({"result": "complained", "reference": "C00-NONE"}, "reference"),
    ],
)
def test_a_contact_that_makes_no_sense_is_refused(table: Table, changes, field):
    incident = table.incident()
    add_customers(incident_id=incident.pk, text="Li Ming, 13800001111", actor=table.manager, at=NOW)
    given: dict[str, Any] = {"channel": "phone", "result": "reached", "reached_at": NOW, **changes}
    with pytest.raises(BadInput) as refusal:
        log_outreach(customer_id=Customer.objects.get().pk, actor=table.manager, at=NOW, **given)
    assert refusal.value.field == field


def test_the_offer_is_a_decision_with_its_reasons(table: Table):
    incident = table.incident()
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": NOW}
    for given, field in (
        ({"offer": "perhaps", "detail": "x"}, "offer"),
        ({"offer": "no", "detail": ""}, "detail"),
    ):
        with pytest.raises(BadInput) as refusal:
            decide_offer(**{**who, **given})
        assert refusal.value.field == field
    assert decide_offer(offer="no", detail="The seals hold.", **who).offer == "no"
    with pytest.raises(BadInput) as refusal:
        add_customers(text="\n \n", **who)
    assert refusal.value.field == "text"
    with pytest.raises(NotAllowed):
        add_customers(
            incident_id=table.incident(*table.cases(1)).pk,
            text="Li, 13800001111",
            actor=make_user("handler"),
            at=NOW,
        )
