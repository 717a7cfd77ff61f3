"""Taking a complaint down on its page: little is demanded, much is shown, nothing is lost."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.models import Complaint, ConfidentialAccess, IntakeDraft
from complaints.states import State
from tests.complaints.desk import Desk, category
from tests.complaints.factories import make_complaint, make_policy, make_site, make_user

pytestmark = pytest.mark.django_db
PAGE, HELP, DRAFT = "/complaints/new/", "/complaints/new/help/", "/complaints/new/draft/"
SAID = "The kettle leaks and the table is wet."
DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    make_policy()
    return Desk()


@pytest.fixture
def browser(desk: Desk) -> Client:
    client = Client()
    client.force_login(desk.agent)
    return client


def typed(**other: Any) -> dict[str, Any]:
    return {
        "key": str(uuid.uuid4()),
        "description": SAID,
        "channel": "phone",
        "phone": "138 0000 1111",
        **other,
    }


def saved() -> Complaint:
    return Complaint.objects.get()


# --- saving -------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
@pytest.mark.clause("CM-8.2c")
def test_a_few_words_are_enough_and_the_acknowledgement_is_ready_to_be_read_out(
    browser: Client,
) -> None:
    answer = browser.post(PAGE, typed(), follow=True)
    complaint = saved()
    assert answer.redirect_chain == [(f"/complaints/{complaint.reference}/acknowledge/", 302)]
    page = answer.content.decode()
    assert complaint.reference in page
    assert "Read this out:" in page
    assert "I have read it out" in page
    assert (complaint.state, complaint.description) == (State.RECEIVED, SAID)


@pytest.mark.clause("CM-8.2c")
def test_one_click_notes_that_the_receipt_was_read_out(browser: Client) -> None:
    answer = browser.post(PAGE, typed(), follow=True)
    form = answer.context["opened"]["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    url = f"/complaints/{saved().reference}/acknowledge/"
    browser.post(url, {**values, "told_now": "1"})
    complaint = saved()
    message = complaint.messages.get()
    assert complaint.state == State.ACKNOWLEDGED
    assert complaint.acknowledged_at is not None
    assert complaint.reference in message.body


@pytest.mark.clause("CM-8.2")
def test_everything_that_was_said_is_recorded(browser: Client, desk: Desk) -> None:
    site, product = make_site(), category("service.poor")
    browser.post(
        PAGE,
        typed(
            name="Zhou Min",
            email="zhou@example.com",
            customer_number="K 77",
            organisation="Zhou & Co",
            address="1 Long Street",
            representative="Her son",
            needs="Hard of hearing",
            language="zh-hans",
            product="Kettle K2",
            order_number="SO-1",
            site=site.pk,
            category=product.pk,
            remedy_sought="A new one",
            received_at="2026-03-03T09:30",
            occurred_at="2026-03-02T18:00",
        ),
    )
    complaint = saved()
    person = complaint.complainant
    assert person is not None
    assert (person.name, person.email, person.customer_number) == (
        "Zhou Min",
        "zhou@example.com",
        "K 77",
    )
    assert (person.needs, complaint.representative) == ("Hard of hearing", "Her son")
    assert (complaint.product, complaint.order_number) == ("Kettle K2", "SO-1")
    assert (complaint.site, complaint.category, complaint.language) == (site, product, "zh-hans")
    assert timezone.localtime(complaint.received_at).isoformat() == "2026-03-03T09:30:00+08:00"
    assert complaint.occurred_at is not None
    assert complaint.missing == []
    assert complaint.recorded_at > complaint.received_at


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"description": " "}, "description"),
        ({"channel": ""}, "channel"),
        ({"phone": ""}, "phone"),
        ({"email": "zhou@"}, "email"),
        ({"received_at": "2199-01-01T10:00"}, "received_at"),
        ({"emergency": "on"}, "emergency_trigger"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    browser: Client, wrong: dict[str, str], field: str
) -> None:
    answer = browser.post(PAGE, typed(name="Zhou Min", **wrong))
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert 'value="Zhou Min"' in answer.content.decode()
    assert not Complaint.objects.exists()


def test_sent_twice_it_stays_one_complaint(browser: Client) -> None:
    form = typed()
    first = browser.post(PAGE, form)
    second = browser.post(PAGE, form)
    assert first.url == second.url  # type: ignore[attr-defined]
    assert Complaint.objects.count() == 1


def test_who_stays_anonymous_needs_no_number(browser: Client) -> None:
    browser.post(PAGE, typed(phone="", anonymous="on"))
    assert (saved().anonymous, saved().complainant) == (True, None)


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_is_declared_with_the_receipt(browser: Client, desk: Desk) -> None:
    browser.post(PAGE, typed(emergency="on", emergency_trigger="personal_safety"))
    complaint = saved()
    assert (complaint.emergency, complaint.priority) == (True, "P0")
    assert complaint.emergency_trigger == "personal_safety"


@pytest.mark.clause("CM-8.2b")
def test_a_trigger_without_the_tick_declares_nothing(browser: Client) -> None:
    browser.post(PAGE, typed(emergency_trigger="personal_safety"))
    assert not saved().emergency


def test_who_took_a_confidential_one_down_goes_on_and_the_reading_is_recorded(
    browser: Client, desk: Desk
) -> None:
    answer = browser.post(PAGE, typed(confidential="on"), follow=True)
    assert answer.status_code == 200
    assert "Read this out:" in answer.content.decode()
    assert ConfidentialAccess.objects.get().user == desk.agent


def test_a_complaint_about_whoever_takes_it_down_is_recorded_but_not_shown(
    browser: Client, desk: Desk
) -> None:
    answer = browser.post(PAGE, typed(subject_person=desk.agent.pk), follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert saved().reference in answer.content.decode()
    assert browser.get(f"/complaints/{saved().reference}/").status_code == 404


def test_who_receives_nothing_does_not_open_the_page() -> None:
    client = Client()
    client.force_login(make_user("auditor"))
    assert client.get(PAGE).status_code == 403


# --- beside the form ----------------------------------------------------------------------------


def beside(browser: Client, **fields: Any) -> Any:
    return browser.post(HELP, typed(**fields), headers={"HX-Request": "true"})


def test_a_known_complainant_is_found_by_number_with_what_they_brought_before(
    browser: Client, desk: Desk
) -> None:
    before = desk.case(at=timezone.now() - DAY, phone="13800001111", name="Zhou Min")
    answer = beside(browser)
    (known,) = answer.context["known"]
    assert known.complainant == before.complainant
    assert before.reference in answer.content.decode()


@pytest.mark.parametrize(
    "by", [{"email": "ZHOU@example.com"}, {"customer_number": "k-77"}, {"name": "zhou"}]
)
def test_a_known_complainant_is_found_by_address_customer_number_and_name(
    browser: Client, desk: Desk, by: dict[str, str]
) -> None:
    desk.case(
        at=timezone.now() - DAY, name="Zhou Min", email="zhou@example.com", customer_number="K77"
    )
    assert len(beside(browser, phone="", **by).context["known"]) == 1


def test_nobody_is_found_whose_complaints_lie_out_of_sight(desk: Desk) -> None:
    make_complaint(phone="13800001111", site=make_site(), at=timezone.now())
    client = Client()
    client.force_login(make_user("agent", site=make_site()))
    answer = beside(client)
    assert (answer.context["known"], answer.context["duplicates"]) == ([], [])


def test_a_known_complainant_is_used_without_writing_them_down_again(
    browser: Client, desk: Desk
) -> None:
    before = desk.case(at=timezone.now() - DAY, phone="13800001111", name="Zhou Min")
    assert before.complainant is not None
    browser.post(PAGE, typed(complainant=before.complainant.pk, phone="", language="en"))
    assert Complaint.objects.exclude(pk=before.pk).get().complainant == before.complainant


def test_a_new_number_of_a_known_complainant_is_kept_and_still_links_to_them(
    browser: Client, desk: Desk
) -> None:
    before = desk.case(at=timezone.now() - DAY, email="zhou@example.com", name="Zhou Min")
    assert before.complainant is not None
    browser.post(PAGE, typed(complainant=before.complainant.pk, phone="139 7777 8888"))
    person = Complaint.objects.exclude(pk=before.pk).get().complainant
    assert person is not None
    assert (person.name, person.phone) == ("Zhou Min", "139 7777 8888")
    assert person.email_key == before.complainant.email_key


def test_somebody_unknown_to_the_agent_cannot_be_chosen(desk: Desk) -> None:
    hidden = make_complaint(phone="13900002222", name="Hidden", site=make_site())
    assert hidden.complainant is not None
    client = Client()
    client.force_login(make_user("agent", site=make_site()))
    client.post(PAGE, typed(complainant=hidden.complainant.pk))
    person = Complaint.objects.exclude(pk=hidden.pk).get().complainant
    assert person is not None
    assert person.name != "Hidden"


@pytest.mark.clause("CM-8.4")
def test_likely_duplicates_are_shown_before_saving(browser: Client, desk: Desk) -> None:
    before = desk.case(
        at=timezone.now() - DAY, phone="13800002222", product="Kettle K2", description=SAID
    )
    answer = beside(browser, product="kettle k2", description=SAID + " Please hurry.")
    (found,) = answer.context["duplicates"]
    assert found.complaint == before
    assert f"/complaints/{before.reference}/" in answer.content.decode()


@pytest.mark.clause("CM-8.2b")
def test_words_of_danger_suggest_an_emergency_and_a_person_confirms(browser: Client) -> None:
    answer = beside(browser, description="It began to smoke and burned my hand. 冒烟")
    ((trigger, _name, words),) = answer.context["emergency"]
    assert trigger == "personal_safety"
    assert {"smoke", "burned", "冒烟"} <= set(words)
    assert "Yes, this is an emergency" in answer.content.decode()


@pytest.mark.clause("CM-8.2a")
def test_a_category_is_suggested_from_the_words_of_its_name(browser: Client) -> None:
    answer = beside(browser, description="I wait for my refund, again and again.")
    (first, words), *_rest = answer.context["suggestions"]
    assert (first.code, words) == ("process.refund", ("refund",))


@pytest.mark.clause("CM-8.2")
def test_what_the_policy_wants_is_listed_as_missing_not_as_wrong(browser: Client) -> None:
    answer = beside(browser, name="Zhou Min")
    missing = {str(field) for field in answer.context["missing"]}
    assert "Product or service" in missing
    assert "Name of the complainant" not in missing
    assert answer.status_code == 200


def test_without_scripts_the_look_up_is_a_button_and_keeps_what_was_typed(
    browser: Client, desk: Desk
) -> None:
    before = desk.case(at=timezone.now() - DAY, phone="13800001111", name="Zhou Min")
    answer = browser.post(PAGE, typed(look="1", product="Kettle"))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert before.reference in page
    assert 'value="Kettle"' in page
    assert before.complainant is not None
    used = browser.post(PAGE, typed(use=str(before.complainant.pk)))
    assert "Known to us: Zhou Min" in used.content.decode()
    assert Complaint.objects.count() == 1


# --- drafts -------------------------------------------------------------------------------------


def test_a_draft_comes_back_after_signing_out(browser: Client, desk: Desk) -> None:
    form = typed(name="Zhou Min")
    assert "saved_at" in browser.post(DRAFT, form).json()
    browser.logout()
    assert browser.post(DRAFT, form).status_code == 302
    browser.force_login(desk.agent)
    listed = browser.get(PAGE).content.decode()
    assert f"?draft={form['key']}" in listed
    again = browser.get(PAGE, {"draft": form["key"]}).content.decode()
    assert SAID in again
    assert 'value="Zhou Min"' in again
    assert f'value="{form["key"]}"' in again


def test_a_draft_becomes_one_complaint_and_is_gone(browser: Client) -> None:
    form = typed()
    browser.post(DRAFT, form)
    browser.post(PAGE, form)
    assert not IntakeDraft.objects.exists()
    late = browser.post(DRAFT, form).json()
    assert late["complaint"] == reverse("complaints:complaint", args=[saved().reference])
    assert not IntakeDraft.objects.exists()


def test_a_draft_is_nobody_elses(browser: Client) -> None:
    form = typed()
    browser.post(DRAFT, form)
    other = Client()
    other.force_login(make_user("agent"))
    assert SAID not in other.get(PAGE, {"draft": form["key"]}).content.decode()
    assert other.post(DRAFT, form).status_code == 422
    other.post(DRAFT, {"key": form["key"], "discard": "1"})
    assert IntakeDraft.objects.exists()
    browser.post(DRAFT, {"key": form["key"], "discard": "1"})
    assert not IntakeDraft.objects.exists()


def test_a_draft_without_a_key_is_refused(browser: Client) -> None:
    assert browser.post(DRAFT, {"key": "x"}).status_code == 422


def test_the_page_asks_the_database_the_same_few_things_however_much_there_is(
    browser: Client, desk: Desk, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        desk.case(at=timezone.now() - DAY, phone="13800001111", product="Kettle", name=f"Z{number}")
    browser.get(PAGE)
    with django_assert_max_num_queries(17):
        browser.get(PAGE)
    with django_assert_max_num_queries(20):
        beside(browser, product="Kettle")


def test_somebody_else_can_be_chosen_without_scripts(browser: Client, desk: Desk) -> None:
    known = make_complaint(name="Fang Wang", phone="13800001234", actor=desk.agent)
    values = typed(description="It leaks.", name="Fang Wang", phone="13800001234")
    chosen = str(known.complainant_id)
    page = browser.post(PAGE, {**values, "use": chosen}).content.decode()
    assert "Known to us: Fang Wang" in page
    assert 'name="use" value=""' in page
    page = browser.post(PAGE, {**values, "complainant": chosen, "use": ""}).content.decode()
    assert "Known to us: Fang Wang" not in page
    assert "It leaks." in page
