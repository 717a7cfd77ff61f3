"""The pages of the fast channel: declare from anywhere, answer a call, keep the rota."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.models import Complaint
from complaints.services.emergencies import take_emergency
from emergencies.models import Address, Emergency, Exercise, Handover, ReportDecision, Shift
from emergencies.services.rota import offer_handover
from tests.complaints.desk import Desk
from tests.complaints.factories import make_policy, make_site, make_user
from tests.emergencies.rota import DAY, Rota, declare

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def browser_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def post(person, name: str, /, *args, **data):
    return browser_of(person).post(reverse(f"emergencies:{name}", args=args), data)


def get(person, name: str, /, *args, **query):
    return browser_of(person).get(reverse(f"emergencies:{name}", args=args), query)


# --- declaring -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_the_button_stands_on_every_page_and_knows_the_complaint_it_stands_on(desk: Desk):
    complaint = desk.case()
    page = browser_of(desk.agent).get(reverse("complaints:complaint", args=[complaint.reference]))
    address = f"{reverse('emergencies:declare')}?complaint={complaint.reference}"
    assert address in page.content.decode()
    queue = browser_of(desk.agent).get(reverse("complaints:queue")).content.decode()
    assert f'href="{reverse("emergencies:declare")}"' in queue
    assert (
        reverse("emergencies:declare")
        not in browser_of(make_user("auditor")).get(reverse("complaints:queue")).content.decode()
    )


@pytest.mark.clause("CM-8.2b")
def test_on_a_complaint_the_form_is_filled_in_with_it(desk: Desk):
    complaint = desk.case()
    page = get(desk.agent, "declare", complaint=complaint.reference)
    assert page.context["form"]["complaint"].value() == complaint.reference
    answer = post(
        desk.agent,
        "declare",
        complaint=complaint.reference.lower(),
        trigger="personal_safety",
        facts="It smokes.",
        channel="phone",
    )
    assert answer.status_code == 302
    complaint.refresh_from_db()
    assert complaint.emergency


@pytest.mark.clause("CM-8.2b")
def test_without_a_reference_a_new_complaint_is_made_of_what_is_dangerous(desk: Desk):
    make_policy()
    answer = post(
        desk.agent,
        "declare",
        trigger="media_attention",
        facts="A reporter is in the shop.",
        channel="in_person",
        phone="13800001234",
        name="Fang Wang",
    )
    complaint = Complaint.objects.get()
    assert answer.headers["Location"].endswith(f"/complaints/{complaint.reference}/")
    assert (complaint.emergency, complaint.channel) == (True, "in_person")
    assert complaint.description == "A reporter is in the shop."
    assert complaint.complainant.phone == "13800001234"


def test_contact_may_come_later(desk: Desk):
    make_policy()
    post(desk.agent, "declare", trigger="personal_safety", facts="Fire!", channel="phone")
    assert Complaint.objects.get().emergency


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"facts": ""}, "facts"),
        ({"trigger": "bad_weather"}, "trigger"),
        ({"complaint": "C26-NONE-NONE"}, "complaint"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_what_was_typed_stays(desk: Desk, data, field):
    make_policy()
    given: dict[str, Any] = {
        "facts": "Smoke",
        "trigger": "personal_safety",
        "channel": "phone",
    } | data
    answer = post(desk.agent, "declare", **given)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Complaint.objects.exists()


def test_a_complaint_elsewhere_does_not_exist_here_either(desk: Desk):
    agent = make_user("agent", site=make_site())
    complaint = desk.case(site=make_site())
    answer = post(
        agent, "declare", complaint=complaint.reference, trigger="personal_safety", facts="Smoke"
    )
    assert answer.status_code == 422
    complaint.refresh_from_db()
    assert not complaint.emergency


def test_an_emergency_is_not_declared_twice(desk: Desk, clock, now):
    complaint = desk.case()
    given: dict[str, Any] = {
        "complaint": complaint.reference,
        "trigger": "personal_safety",
        "facts": "Smoke",
    }
    assert post(desk.agent, "declare", **given).status_code == 302
    assert post(desk.agent, "declare", **given).status_code == 409


def test_top_management_declares_what_is_there_but_takes_no_complaints_down(desk: Desk):
    make_policy()
    top = make_user("top_management")
    assert "channel" not in get(top, "declare").context["form"].fields
    answer = post(top, "declare", trigger="personal_safety", facts="Smoke")
    assert answer.status_code == 422
    assert "complaint" in answer.context["form"].errors


# --- answering -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_the_link_of_a_call_only_shows_and_the_button_takes(desk: Desk, rota: Rota, clock):
    row = declare(desk.case(), desk.agent)
    page = get(rota.people[0], "answer", row.complaint.reference)
    row.complaint.refresh_from_db()
    assert row.complaint.emergency_taken_at is None
    take = reverse("complaints:take_emergency", args=[row.complaint.reference])
    assert f'action="{take}"' in page.content.decode()
    browser_of(rota.people[0]).post(take)
    after = get(rota.people[0], "answer", row.complaint.reference).content.decode()
    assert f'action="{take}"' not in after
    assert "has taken charge" in after


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(desk: Desk, clock):
    row = declare(desk.case(), desk.agent)
    address = reverse("emergencies:answer", args=[row.complaint.reference])
    answer = Client().get(address)
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={address}"


def test_a_confidential_emergency_is_read_for_a_reason_only(desk: Desk, clock):
    complaint = desk.case(confidential=True)
    declare(complaint, desk.manager)
    for name in ("situation", "panel"):
        answer = get(desk.manager, name, complaint.reference)
        assert reverse("complaints:confidential", args=[complaint.reference]) in answer.url
    assert get(make_user("handler"), "answer", complaint.reference).status_code == 404


def test_what_was_never_an_emergency_has_no_such_pages(desk: Desk):
    complaint = desk.case()
    for name in ("situation", "panel", "answer"):
        assert get(desk.agent, name, complaint.reference).status_code == 404


@pytest.mark.clause("CM-8.2b")
def test_the_banner_is_on_the_pages_of_those_on_call_until_it_is_taken(desk, rota, clock):
    row = declare(desk.case(), desk.agent)
    top = rota.people[2]
    address = reverse("complaints:queue")
    assert f'data-emergency="{row.complaint.reference}"' in (
        browser_of(top).get(address).content.decode()
    )
    take_emergency(complaint_id=row.complaint_id, actor=top, at=clock.now)
    assert "data-emergency=" not in browser_of(top).get(address).content.decode()


# --- the situation ---------------------------------------------------------------------------


def test_before_the_outbox_has_come_the_page_says_that_it_is_opening(desk: Desk):
    complaint = desk.case()
    given: dict[str, Any] = {
        "complaint": complaint.reference,
        "trigger": "personal_safety",
        "facts": "Smoke",
    }
    post(desk.agent, "declare", **given)
    assert not Emergency.objects.exists()
    for name in ("situation", "panel"):
        page = get(desk.agent, name, complaint.reference)
        assert "being opened" in page.content.decode()


def test_each_step_is_taken_on_the_page_and_a_wrong_one_keeps_its_input(desk, rota, clock):
    complaint = desk.case()
    declare(complaint, desk.agent)
    reference = complaint.reference
    wrong = post(desk.manager, "step", reference, "contain", measure="warn", details="")
    assert wrong.status_code == 422
    assert wrong.context["forms"]["contain"].errors["details"]
    good = post(desk.manager, "step", reference, "contain", measure="warn", details="By Wei.")
    assert good.status_code == 302
    post(desk.manager, "step", reference, "facts", expected_version=0, confirmed="K2")
    late = post(desk.manager, "step", reference, "facts", expected_version=0, confirmed="K3")
    assert late.status_code == 409
    assert late.context["forms"]["facts"]["confirmed"].value() == "K3"
    assert post(desk.manager, "step", reference, "contained").status_code == 302
    assert post(desk.manager, "step", reference, "contained").status_code == 409
    assert get(desk.manager, "situation", reference).status_code == 200


def test_the_situation_leads_to_who_else_may_be_in_danger(desk, rota, clock):
    complaint, other = (desk.case(product="Kettle K2 & lid") for _ in range(2))
    declare(complaint, desk.agent)
    page = get(desk.manager, "situation", complaint.reference).content.decode()
    (address,) = re.findall(r'href="([^"]+\?q=[^"]+)"', page)
    assert other.reference in browser_of(desk.manager).get(address).content.decode()


def test_a_duty_to_report_is_decided_approved_and_reported_on_the_page(desk, rota, clock):
    complaint = desk.case()
    declare(complaint, desk.agent)
    reference, preset = complaint.reference, "CN-RECALL-REPORT"
    wrong = post(desk.manager, "step", reference, "report", preset=preset, reportable="no")
    assert wrong.status_code == 422
    unknown = post(desk.manager, "step", reference, "report", preset="X", reportable="no")
    assert unknown.status_code == 404
    post(
        desk.manager,
        "step",
        reference,
        "report",
        preset=preset,
        reportable="yes",
        clock="report",
        counts_from="2026-03-04T10:00",
        reason="A burn.",
    )
    decided = ReportDecision.objects.get()
    assert post(desk.manager, "report", reference, decided.pk, "approve").status_code == 403
    second = make_user("quality_manager")
    assert post(second, "report", reference, decided.pk, "return", why="").status_code == 422
    assert post(second, "report", reference, decided.pk, "approve").status_code == 302
    assert post(second, "report", reference, decided.pk, "dance").status_code == 404
    told = {"reported_at": "2026-03-04T11:00", "reference": "SAMR-17"}
    assert post(desk.manager, "report", reference, decided.pk, "reported", **told).url
    page = get(second, "situation", reference).content.decode()
    assert "SAMR-17" in page
    other = desk.case()
    declare(other, desk.agent)
    elsewhere = post(second, "report", other.reference, decided.pk, "approve")
    assert elsewhere.status_code == 404


def test_the_page_asks_no_more_however_many_calls_there_were(
    desk, rota, clock, django_assert_max_num_queries
):
    complaint = desk.case()
    row = declare(complaint, desk.agent)
    browser = browser_of(desk.manager)
    address = reverse("emergencies:situation", args=[complaint.reference])
    browser.get(address)
    clock.go_to(row.declared_at + timedelta(hours=2), step=timedelta(minutes=5))
    with django_assert_max_num_queries(32):
        browser.get(address)


# --- the rota --------------------------------------------------------------------------------


def test_the_keeper_plans_on_the_page_and_others_only_look(now):
    rota = Rota(levels=1)
    shift = {
        "duty": rota.duties[0].pk,
        "person": rota.people[0].pk,
        "starts_at": f"{timezone.localtime(now + DAY):%Y-%m-%dT%H:%M}",
        "ends_at": f"{timezone.localtime(now + 2 * DAY):%Y-%m-%dT%H:%M}",
    }
    assert post(rota.keeper, "rota_add", "shift", **shift).status_code == 302
    assert post(rota.keeper, "rota_add", "shift", **shift).status_code == 422
    assert post(rota.people[0], "rota_add", "shift", **shift).status_code == 403
    assert post(rota.keeper, "rota_add", "dance").status_code == 404
    page = get(rota.people[0], "rota").content.decode()
    assert "nobody on call" in page
    assert reverse("emergencies:rota_add", args=["shift"]) not in page


def test_a_shift_is_offered_and_accepted_on_the_pages(now):
    rota = Rota(levels=1)
    Shift.objects.update(starts_at=now - DAY, ends_at=now + DAY)
    shift, taker = Shift.objects.get(), make_user("handler")
    same = post(rota.people[0], "hand_over", shift.pk, to_person=rota.people[0].pk)
    assert same.status_code == 422
    assert post(rota.people[0], "hand_over", shift.pk, to_person="").status_code == 422
    asked = post(rota.people[0], "hand_over", shift.pk, to_person=taker.pk, note="All quiet.")
    assert asked.status_code == 302
    assert "All quiet." in get(taker, "rota").content.decode()
    assert "asks you to take over" in get(taker, "reminders").content.decode()
    offer = Handover.objects.get()
    assert post(rota.keeper, "rota_answer", "accept", offer.pk).status_code == 403
    assert post(taker, "rota_answer", "accept", offer.pk).status_code == 302
    shift.refresh_from_db()
    assert shift.person == taker
    assert post(taker, "rota_answer", "dance", offer.pk).status_code == 404


def test_an_offer_can_be_declined_on_the_page(now):
    rota = Rota(levels=1)
    Shift.objects.update(starts_at=now - DAY, ends_at=now + DAY)
    taker = make_user("handler")
    offer = offer_handover(
        shift_id=Shift.objects.get().pk, to_person=taker, note="", actor=rota.keeper, at=now
    )
    assert post(taker, "rota_answer", "decline", offer.pk).status_code == 302
    offer.refresh_from_db()
    assert offer.declined_at is not None


def test_a_key_is_never_sent_back_to_the_page(settings):
    person = make_user("handler")
    key = "dingtalk://verysecretverysecret9876"
    assert post(person, "ways", text=key).status_code == 302
    page = get(person, "ways").content.decode()
    assert "verysecret" not in page
    assert "dingtalk://…9876" in page
    refused = post(person, "ways", text="json://verysecret.example/")
    assert refused.status_code == 422
    assert "verysecret" not in refused.content.decode()
    address = Address.objects.get()
    assert post(make_user("agent"), "forget_way", address.pk).status_code == 404
    keeper = make_user("manager")
    assert post(keeper, "forget_way", address.pk).url.endswith(f"/ways/of/{person.username}/")


def test_a_test_and_a_drill_are_held_on_their_pages(now):
    rota = Rota(levels=1)
    Shift.objects.update(starts_at=now - DAY, ends_at=now + DAY)
    test = Exercise.objects.create(kind="rota_test", opened_at=now, due_at=now)
    drill = Exercise.objects.create(kind="drill", opened_at=now, due_at=now)
    assert "overdue" in get(rota.keeper, "reminders").content.decode()
    assert post(rota.keeper, "exercise_close", test.pk, findings="X").status_code == 409
    assert post(rota.keeper, "exercise_start", test.pk).status_code == 302
    assert "only a test" in get(rota.people[0], "exercise", test.pk).content.decode()
    assert post(rota.people[0], "exercise_confirm", test.pk).status_code == 302
    assert "1 of 1 have confirmed" in get(rota.keeper, "exercise", test.pk).content.decode()
    assert post(rota.keeper, "exercise_close", test.pk, findings="").status_code == 422
    assert post(rota.keeper, "exercise_close", test.pk, findings="Fine.").status_code == 302
    assert post(rota.keeper, "exercise_close", drill.pk, scenario="X").status_code == 422
    held: dict[str, Any] = {"scenario": "Fire", "held_on": "2026-01-15", "findings": "Fine."}
    who = [rota.people[0].pk]
    assert post(rota.keeper, "exercise_close", drill.pk, participants=who, **held).url
    assert "Fire" in get(rota.people[0], "exercise", drill.pk).content.decode()
