"""POST complaints/ and bulk/: taken whatever is missing, never twice, each for itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Clock, Complainant, Complaint, Escalation
from complaints.services.partner_batches import hand_over_many
from complaints.services.partners import Places, hand_over_complaint, understood
from journal.models import Delivery
from journal.selectors import history_of
from journal.services import verify_journal
from tests.complaints.desk import category
from tests.complaints.factories import make_policy, make_site, make_user
from tests.providers.partner import PLAIN, Partner, code_of, pointers, problem_of

pytestmark = pytest.mark.django_db
WHOLE = {
    "channel": "email",
    "description": "The kettle leaks.",
    "received_at": "2026-03-04T09:00:00+08:00",
    "occurred_at": "2026-03-01T09:00:00+08:00",
    "external_id": "CC-1",
    "complainant": {
        "name": "Li Ming",
        "phone": "138 0000 0001",
        "email": "li@example.com",
        "customer_number": "K-17",
        "language": "zh-hans",
        "representative": "Her son",
    },
    "product": "Kettle",
    "order_number": "O-1",
    "site": "north",
    "category": "product.defective",
    "remedy_sought": "A new one.",
    "confidential": True,
}


@pytest.fixture
def partner():
    make_policy()
    category()
    make_site("north")
    return Partner()


def only() -> Complaint:
    return Complaint.objects.select_related("complainant", "site", "category", "provider").get()


@pytest.mark.clause("CM-8.2", "CM-8.7")
def test_channel_and_narrative_are_enough(partner):
    answer = partner.post("complaints/", PLAIN)
    assert answer.status_code == 201
    told, kept = answer.json(), only()
    assert told["reference"] == kept.reference
    assert told["status"] == "received"
    assert answer["Location"].endswith(f"/api/v1/complaints/{kept.reference}/")
    assert answer["ETag"] == f'"{told["version"]}"'
    assert {issue["code"] for issue in told["completeness_issues"]} == {"missing"}
    assert {issue["field"] for issue in told["completeness_issues"]} == set(kept.missing)
    assert "contact" in kept.missing
    assert {clock["stage"] for clock in told["deadlines"]} >= {"acknowledge", "respond"}
    assert Clock.objects.count() == len(told["deadlines"])
    assert kept.provider == partner.provider
    assert told["emergency_receipt"] is None


def test_everything_that_is_said_is_kept(partner):
    assert partner.post("complaints/", WHOLE).status_code == 201
    kept = only()
    assert kept.received_at.isoformat() == "2026-03-04T01:00:00+00:00"
    assert (kept.external_id, kept.product, kept.order_number) == ("CC-1", "Kettle", "O-1")
    assert (kept.site.code, kept.category.code) == ("north", "product.defective")
    assert (kept.confidential, kept.remedy_sought) == (True, "A new one.")
    assert (kept.representative, kept.language) == ("Her son", "zh-hans")
    person = kept.complainant
    assert (person.name, person.email, person.customer_number) == (
        "Li Ming",
        "li@example.com",
        "K-17",
    )
    assert person.phone_key == "+8613800000001"


def test_what_means_nothing_here_is_told_and_kept_as_a_note(partner):
    said = {
        **PLAIN,
        "category": "product.unknown",
        "site": "nowhere",
        "complainant": {"phone": "13800000001", "email": "none"},
    }
    answer = partner.post("complaints/", said)
    assert answer.status_code == 201
    codes = {issue["field"]: issue["code"] for issue in answer.json()["completeness_issues"]}
    assert codes["category"] == codes["site"] == "unknown_value"
    assert codes["complainant.email"] == "invalid_value"
    kept = only()
    (note,) = kept.notes.all()
    for lost in ("product.unknown", "nowhere", "none"):
        assert lost in note.text
    assert kept.complainant.email == ""


def test_clocks_that_go_a_little_fast_are_forgiven(partner):
    soon = timezone.now() + timedelta(minutes=2)
    assert (
        partner.post("complaints/", {**PLAIN, "received_at": soon.isoformat()}).status_code == 201
    )
    assert only().received_at <= timezone.now()


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"received_at": "2199-01-01T00:00:00Z"}, "/received_at"),
        ({"occurred_at": "2199-01-01T00:00:00Z"}, "/occurred_at"),
    ],
)
def test_what_cannot_be_is_refused_by_name(partner, said, pointer):
    answer = partner.post("complaints/", {**PLAIN, **said})
    assert answer.status_code == 422
    assert pointers(answer) == {pointer}
    assert not Complaint.objects.exists()


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_is_answered_with_a_receipt_once_the_notice_is_recorded(partner):
    on_call = make_user("manager")
    danger = {"trigger": "personal_safety", "facts": "The handle gets hot."}
    told = partner.post("complaints/", {**PLAIN, "emergency": danger}).json()
    kept = only()
    assert kept.emergency
    assert told["priority"] == "P0"
    declared = history_of(kept).get(kind="complaint.emergency_declared")
    receipt = told["emergency_receipt"]
    assert receipt["id"] == declared.hash
    assert receipt["levels_told"] == Escalation.objects.filter(complaint=kept).count() > 0
    assert receipt["people_told"] == 1
    assert on_call.notices.filter(complaint=kept).exists()
    assert Delivery.objects.filter(entry=declared).exists()


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_is_taken_whatever_the_contract_or_the_trigger_says(partner):
    """A hand-over is never refused for a danger in it, and the danger is never left out."""
    make_user("manager")
    provider = partner.provider
    provider.granted = [code for code in provider.granted if code != "complaints.declare_emergency"]
    provider.save()
    danger = {**PLAIN, "emergency": {"trigger": "personal_safety", "facts": "It gets hot."}}
    alone = partner.post("complaints/", danger)
    assert alone.status_code == 201
    unknown = {**PLAIN, "emergency": {"trigger": "boredom"}}
    told = bulk(partner, danger, unknown).json()["results"]
    assert [item["status"] for item in told] == [201, 201]
    issues = {item["field"]: item["code"] for item in told[1]["complaint"]["completeness_issues"]}
    assert issues["emergency.trigger"] == "unknown_value"
    for said in (alone.json(), *(item["complaint"] for item in told)):
        kept = Complaint.objects.get(reference=said["reference"])
        assert kept.emergency
        assert kept.emergency_trigger == "personal_safety"
        assert said["emergency_receipt"]["people_told"] == 1
    assert any("boredom" in note.text for note in kept.notes.all())


@pytest.mark.parametrize("organisation", [False, True])
def test_a_clients_reference_is_used_once(organisation):
    """The same words again are the same complaint, corrected or not; other words are refused."""
    make_policy()
    client = Partner("house", organisation=organisation)
    held = client.hand_over(external_id="CC-1")
    Complaint.objects.update(description="As corrected since.")
    again = client.post("complaints/", {**PLAIN, "external_id": "CC-1"})
    assert (again.status_code, again.json()["reference"]) == (201, held)
    assert again["Idempotent-Replayed"] == "true"
    danger = {"emergency": {"trigger": "personal_safety", "facts": "Now it burns."}}
    for other in ({"description": "Another matter."}, {"channel": "email"}, danger):
        answer = client.post("complaints/", {**PLAIN, "external_id": "CC-1", **other})
        assert (answer.status_code, code_of(answer)) == (409, "reference_held")
        assert problem_of(answer)["reference"] == held
        assert held in problem_of(answer)["detail"]
        assert pointers(answer) == {"/external_id"}
    told = bulk(client, *({**PLAIN, "external_id": name} for name in ("CC-1", "B", "B"))).json()
    assert [item["status"] for item in told["results"]] == [409, 201, 409]
    assert Partner("rival").hand_over(external_id="CC-1") != held
    assert Complaint.objects.count() == 3


def test_likely_duplicates_are_told_and_stop_nothing(partner):
    first = partner.hand_over(complainant={"phone": "13800000001"})
    answer = partner.post("complaints/", {**PLAIN, "complainant": {"phone": "+86 138 0000 0001"}})
    (found,) = answer.json()["duplicates"]
    assert found["reference"] == first
    assert found["reasons"]


def test_the_same_person_is_one_complainant(partner):
    for number in range(2):
        partner.hand_over(complainant={"name": "Li", "phone": "13800000001"}, product=str(number))
    assert Complainant.objects.count() == 1


# --- many ----------------------------------------------------------------------------------------


def bulk(partner, *items, **how):
    return partner.post("complaints/bulk/", {"complaints": list(items)}, **how)


@pytest.mark.clause("CM-8.7")
def test_one_bad_item_harms_no_other(partner):
    answer = bulk(
        partner,
        {**PLAIN, "external_id": "A"},
        {**PLAIN, "colour": "red"},
        {"channel": "phone"},
        "text",
        {**PLAIN, "received_at": "2199-01-01T00:00:00Z"},
        {**PLAIN, "external_id": "A"},
        {**WHOLE, "external_id": "B"},
        {**PLAIN, "emergency": {"trigger": "personal_safety", "facts": "Hot."}},
        {**PLAIN, "complainant": {"email": "none"}},
    )
    assert answer.status_code == 200
    told = answer.json()
    statuses = [item["status"] for item in told["results"]]
    assert statuses == [201, 422, 422, 422, 422, 409, 201, 201, 201]
    assert (told["received"], told["refused"]) == (4, 5)
    assert [item["index"] for item in told["results"]] == list(range(9))
    assert told["results"][1]["problem"]["errors"][0]["pointer"] == "/complaints/1/colour"
    assert told["results"][5]["problem"]["type"].endswith("reference_held")
    assert told["results"][7]["complaint"]["emergency_receipt"]["levels_told"] > 0
    assert Complaint.objects.count() == 4
    assert verify_journal().intact


def test_a_batch_writes_what_single_ones_write(partner):
    make_policy()
    one = partner.post("complaints/", {**WHOLE, "external_id": "ONE"}).json()
    many = bulk(partner, *({**WHOLE, "external_id": f"M{n}"} for n in range(60))).json()
    assert many["received"] == 60
    single = Complaint.objects.get(external_id="ONE")
    other = Complaint.objects.get(external_id="M7")
    own = {"id", "reference", "external_id", "recorded_at", "next_due_at", "_state", "version"}
    fields = {field.attname for field in Complaint._meta.concrete_fields} - own
    auto = {"state", "acknowledged_at"}  # the letter that goes out with each
    for name in fields - auto:
        assert getattr(single, name) == getattr(other, name), name
    for complaint in (single, other):
        assert complaint.clocks.count() == len(one["deadlines"])
        assert "complaint.received" in {entry.kind for entry in history_of(complaint)}
    # What is confidential is found by its reference only, until a reason was given.
    assert partner.get(f"complaints/?q={other.reference}").json()["results"]


def test_a_batch_sent_again_is_answered_409_item_by_item(partner):
    items = [{**PLAIN, "external_id": str(n)} for n in range(3)]
    first = bulk(partner, *items).json()
    again = bulk(partner, *items).json()
    assert [item["status"] for item in again["results"]] == [409] * 3
    held = [item["problem"]["reference"] for item in again["results"]]
    assert held == [item["complaint"]["reference"] for item in first["results"]]
    assert Complaint.objects.count() == 3


def test_a_batch_under_a_key_is_done_once(partner):
    one, two = (bulk(partner, PLAIN, PLAIN, key="batch-1").json() for _ in range(2))
    assert one == two
    assert Complaint.objects.count() == 2


def test_a_batch_has_one_item_at_least_and_500_at_most(partner):
    for items in ([], [PLAIN] * 501):
        answer = bulk(partner, *items)
        assert pointers(answer) == {"/complaints"}


def test_hand_over_many_needs_leave_to_receive():
    make_policy()
    reader = make_user("auditor")
    handed = understood(PLAIN, Places(), at=timezone.now())
    from_the_verb = pytest.raises(Exception, match="does not receive")
    with from_the_verb:
        hand_over_many(handed=[handed], actor=reader, at=timezone.now())
    with pytest.raises(Exception, match="does not receive"):
        hand_over_complaint(handed=handed, actor=reader, at=timezone.now())


def test_what_the_database_refuses_is_found_by_halves(partner, monkeypatch):
    """Somebody hands the same reference over while the batch is on its way."""
    held = partner.hand_over(external_id="X")
    monkeypatch.setattr(
        "complaints.services.partner_batches._Taker._unheld", lambda _self, plain, _found: plain
    )
    items = [{**PLAIN, "external_id": name} for name in ("A", "X", "B", "C")]
    told = bulk(partner, *items).json()
    assert [item["status"] for item in told["results"]] == [201, 409, 201, 201]
    assert told["results"][1]["problem"]["reference"] == held
    assert verify_journal().intact
