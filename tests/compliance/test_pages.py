"""The calendar and preset pages, for those who may see, change or do neither."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from compliance.models import Calendar, CalendarDay
from tests.compliance.factories import NOON, person

pytestmark = pytest.mark.django_db
CALENDARS = reverse("compliance:calendars")
YEAR = reverse("compliance:year", args=["CN", 2027])
HOURS = reverse("compliance:hours", args=["CN"])
PRESETS = reverse("compliance:presets")
POSTS = [
    reverse(f"compliance:{name}", args=["CN", 2027])
    for name in ("set_day", "remove_day", "confirm_year", "adopt_year")
]
DAY = {"first": "2027-02-15", "kind": "bridge", "note_en": "Stocktaking", "note_zh": "盘点"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def sign_in(client):
    def as_role(role: str):
        client.force_login(
            person(role), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client

    return as_role


@pytest.mark.parametrize("url", [CALENDARS, YEAR, HOURS, PRESETS, *POSTS])
def test_a_stranger_is_asked_to_sign_in(client, url):
    answer = client.post(url) if url in POSTS else client.get(url)
    assert answer.status_code == 302
    assert "login" in answer.url


@pytest.mark.parametrize("url", [CALENDARS, YEAR, PRESETS])
@pytest.mark.parametrize("role", ["agent", "quality_manager", "auditor", "administrator"])
def test_who_may_read_the_policy_may_read_calendars(sign_in, role, url):
    assert sign_in(role).get(url).status_code == 200


@pytest.mark.parametrize("url", [CALENDARS, YEAR, PRESETS, HOURS, *POSTS])
def test_who_may_not_read_the_policy_sees_nothing(sign_in, url):
    client = sign_in("evaluator")
    answer = client.post(url) if url in POSTS else client.get(url)
    assert answer.status_code == 403


@pytest.mark.parametrize("url", [HOURS, *POSTS])
@pytest.mark.parametrize("data", [{}, DAY, {"day": "2027-02-08"}])
def test_who_may_only_read_cannot_change(sign_in, url, data):
    assert sign_in("manager").post(url, data).status_code == 403
    assert Calendar.objects.get(code="CN").revision == 1


def test_a_reader_sees_no_form(sign_in):
    assert b'id="change"' in sign_in("quality_manager").get(YEAR).content
    assert b'id="change"' not in sign_in("manager").get(YEAR).content
    assert b"I compared this year" not in sign_in("agent").get(YEAR).content


def test_the_missing_list_is_told_on_both_pages(sign_in):
    client = sign_in("quality_manager")
    assert "the make-up working days of 2027 are missing" in client.get(CALENDARS).content.decode()
    assert "make-up working days of this year are missing" in client.get(YEAR).content.decode()


def test_days_are_marked_by_words(sign_in):
    page = sign_in("agent").get(reverse("compliance:year", args=["CN", 2026])).content.decode()
    assert 'data-kind="holiday"' in page
    assert '<span class="word">work</span>' in page
    assert "National Day" in page


def test_the_quality_manager_enters_and_removes_a_day(sign_in):
    client = sign_in("quality_manager")
    assert client.post(POSTS[0], DAY).url == YEAR
    row = CalendarDay.objects.get(date=date(2027, 2, 15))
    assert (row.is_workday, row.statutory, row.note_zh) == (False, False, "盘点")
    form = client.get(YEAR, {"day": "2027-02-15"}).context["form"]
    assert form["kind"].initial == "bridge"
    assert client.post(POSTS[1], {"day": "2027-02-15"}).url == YEAR
    row.refresh_from_db()
    assert row.until == 3


def test_the_quality_manager_confirms_a_year(sign_in):
    client = sign_in("quality_manager")
    assert client.post(POSTS[2]).url == YEAR
    assert "are missing" not in client.get(CALENDARS).content.decode()


def test_the_quality_manager_takes_a_day_from_the_built_in_list(sign_in):
    client = sign_in("quality_manager")
    client.post(POSTS[1], {"day": "2027-02-08"})
    assert "differs on 1 day" in client.get(YEAR).content.decode()
    assert client.post(POSTS[3]).url == YEAR
    assert client.post(POSTS[3]).status_code == 409


def test_a_slip_comes_back_with_its_reason(sign_in):
    client = sign_in("quality_manager")
    page = client.post(POSTS[0], {**DAY, "first": "15 February"})
    assert page.status_code == 422
    assert page.context["form"].errors["first"]
    assert "calendar-year" in page.content.decode()
    alone = client.post(POSTS[1], {"day": ""}, headers={"HX-Request": "true"})
    assert alone.status_code == 422
    assert "calendar-year" not in alone.content.decode()


def test_a_refusal_names_what_is_missing(sign_in):
    client = sign_in("quality_manager")
    answer = client.post(POSTS[0], {**DAY, "first": "2026-02-25"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "say why" in answer.content.decode()


def test_a_script_is_sent_on_by_a_header(sign_in):
    answer = sign_in("quality_manager").post(POSTS[0], DAY, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == YEAR


def test_the_quality_manager_sets_hours(sign_in):
    client = sign_in("quality_manager")
    assert client.get(HOURS).context["form"]["monday"].initial == "09:00-17:00"
    week = {"monday": "09:00-12:00, 13:00–17:30", "tuesday": "09:00-12:00，13：00-18:00"}
    assert client.post(HOURS, week).url == CALENDARS
    windows = Calendar.objects.get(code="CN").windows
    assert windows[0] == [["09:00", "12:00"], ["13:00", "17:30"]]
    assert windows[1] == [["09:00", "12:00"], ["13:00", "18:00"]]
    assert windows[6] == []
    assert client.post(HOURS, {"monday": "from nine to five"}).status_code == 422
    assert client.post(HOURS, {"reason": "nobody works"}).status_code == 409


@pytest.mark.parametrize("args", [["MOON", 2027], ["CN", 1900], ["CN", 9999]])
def test_what_is_not_there_is_not_found(sign_in, args):
    client = sign_in("quality_manager")
    assert client.get(reverse("compliance:year", args=args)).status_code == 404


@pytest.mark.parametrize("day", ["nonsense", "0001-01-01", "2027-02-30"])
def test_a_strange_day_in_the_address_does_no_harm(sign_in, day):
    assert sign_in("quality_manager").get(YEAR, {"day": day}).status_code == 200


@pytest.mark.clause("CM-8.1")
def test_presets_tell_source_confidence_and_status(sign_in):
    page = sign_in("agent").get(PRESETS).content.decode()
    for text in ("CN-12315-MEDIATION", "60 calendar days", "off until confirmed", "ended"):
        assert text in page
    chinese = sign_in("quality_manager").get(PRESETS, headers={"Accept-Language": "zh-hans"})
    assert "银行业保险业消费投诉处理管理办法" in chinese.content.decode()
