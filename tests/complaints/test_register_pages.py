"""The register and the search: filters in the address, kept under names, found by words."""

import re
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import User
from complaints.models import SavedFilter
from complaints.services.filters import MOST, drop_filter, save_filter
from journal.errors import Refusal
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user
from tests.complaints.rows import put, put_many, row

pytestmark = pytest.mark.django_db
LIST = "/complaints/"
ROWS_ONLY = {"HX-Request": "true", "HX-Target": "rows"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(response) -> list[str]:
    return re.findall(r'<a class="nowrap" href="[^"]*">([^<]+)</a>', response.content.decode())


def test_the_address_is_the_list(desk):
    put(row(reference="YES", priority="P1"), row(reference="NO"))
    client = sign_in(desk.manager)
    page = client.get(LIST, {"priority": "P1"})
    assert shown(page) == ["YES"]
    assert '<input type="hidden" name="priority" value="P1">' in page.content.decode()
    opened = client.get(LIST, {"priority": "P1", "more": "1"}).content.decode()
    assert 'value="P1" checked' in opened
    assert 'type="hidden" name="priority"' not in opened


def test_a_filter_that_means_nothing_is_named_on_the_page(desk):
    put(row(reference="ANY"))
    page = sign_in(desk.manager).get(LIST, {"priority": "P9", "owner": "<x>"})
    assert page.status_code == 200
    assert shown(page) == ["ANY"]
    text = unescape(page.content.decode())
    assert "“P9” is no value of the filter “Priority”" in text
    assert "&lt;x&gt;" in page.content.decode()


def test_each_filter_that_is_set_can_be_taken_off(desk):
    team = make_team("desk")
    put(row(team=team))
    page = sign_in(desk.manager).get(LIST, {"team": "desk", "state": ["received", "assessed"]})
    chips = [
        (words.strip(), QueryDict(unescape(url).partition("?")[2]))
        for url, words in re.findall(
            r'<a class="chip on" href="([^"]+)">([^<]+)<svg', page.content.decode()
        )
    ]
    assert [words for words, _ in chips] == ["Received", "Assessed", "Team: Desk"]
    assert chips[0][1].getlist("state") == ["assessed"]
    assert "team" not in chips[2][1]


def test_a_form_leaves_only_what_is_filtered_in_the_address(desk):
    put(row())
    asked = {"q": "", "standing": "open", "due": "", "owner": "", "team": ""}
    answer = sign_in(desk.manager).get(LIST, asked, headers=ROWS_ONLY)
    assert answer.headers["HX-Push-Url"] == f"{LIST}?standing=open"
    without_scripts = sign_in(desk.manager).get(LIST, asked)
    assert without_scripts.headers["Location"] == f"{LIST}?standing=open"
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("sort", ["newest", "oldest", "due", "nonsense"])
def test_every_order_can_be_paged_through(desk, sort):
    put_many(120)
    client, url, seen = sign_in(desk.manager), f"{LIST}?sort={sort}", []
    for _ in range(3):
        page = client.get(url)
        seen += shown(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        url = unescape(following.group(1)) if following else ""
    assert url == ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize(
    ("asked", "length"),
    [
        ("", "2 complaints"),
        ("sort=due", "1 complaint, open ones only: what is closed has no time left"),
        ("sort=due&standing=open", "1 complaint"),
        ("sort=due&standing=closed", "1 complaint"),
    ],
)
def test_an_order_that_leaves_out_what_is_closed_says_so(desk, asked, length):
    put(row(reference="OPEN"), row(reference="CLOSED", state="closed", is_open=False))
    page = sign_in(desk.manager).get(f"{LIST}?{asked}").content.decode()
    assert f'<p role="status">{length}</p>' in page


def test_the_rarer_filters_are_fetched_when_somebody_opens_them(desk):
    make_team("desk")
    make_site("here")
    client = sign_in(desk.manager)
    assert 'name="team"' not in client.get(LIST).content.decode()
    fragment = client.get(reverse("complaints:filter_panel"), {"owner": "me"}).content.decode()
    for name in ("team", "site", "category", "state", "channel", "received_after"):
        assert f'name="{name}"' in fragment
    assert '<option value="me" selected>' in fragment
    assert 'name="team"' in client.get(LIST, {"more": "1"}).content.decode()


def test_the_register_takes_twelve_statements_at_most(desk, django_assert_max_num_queries):
    make_team("desk")
    put_many(60, confidential=True)
    client = sign_in(desk.manager)
    save_filter(name="Open", query="standing=open", actor=desk.manager, at=NOW)
    client.get(LIST)
    with django_assert_max_num_queries(10):
        client.get(LIST)
    with django_assert_max_num_queries(12):
        client.get(LIST, {"state": "received", "sort": "due", "team": "none", "owner": "none"})
    with django_assert_max_num_queries(12):
        client.get(LIST, {"q": "kettle", "standing": "open"})


def test_it_says_how_many_there_are(desk):
    put_many(55)
    page = sign_in(desk.manager).get(LIST).content.decode()
    assert '<p role="status">55 complaints</p>' in page


def test_what_the_list_shows_can_be_taken_out_by_those_who_may(desk):
    put(row(reference="YES", priority="P1"), row(reference="NO"))
    client = sign_in(desk.manager)
    page = client.get(LIST, {"priority": "P1"}).content.decode()
    address = re.search(r'action="([^"]+export[^"]*)"', page).group(1)
    taken: Any = client.post(unescape(address), {"format": "csv"})
    table = b"".join(taken.streaming_content).decode()
    assert "YES" in table
    assert "NO" not in table.replace("NORMAL", "")
    assert "export" not in sign_in(make_user("top_management")).get(LIST).content.decode()


# --- filters that are kept ----------------------------------------------------------------------


def test_a_filter_is_kept_under_a_name_and_removed_again(desk):
    client = sign_in(desk.manager)
    query = "due=overdue&state=assessed"
    client.post(reverse("complaints:filter_save"), {"name": " Mine  late ", "query": query})
    kept = SavedFilter.objects.get()
    assert (kept.user, kept.name) == (desk.manager, "Mine late")
    page = client.get(f"{LIST}?{kept.query}").content.decode()
    assert 'aria-current="page"' in page
    assert "Mine late" in page
    client.post(reverse("complaints:filter_drop", args=[kept.pk]))
    assert not SavedFilter.objects.exists()


def test_the_same_name_again_replaces_what_was_kept(desk):
    for query in ("due=overdue", "due=today"):
        save_filter(name="Late", query=query, actor=desk.manager, at=NOW)
    assert SavedFilter.objects.get().query == "due=today"


@pytest.mark.parametrize(
    ("name", "query"),
    [("", "due=overdue"), ("x" * 61, "due=overdue"), ("Late", ""), ("L", "x" * 2000)],
)
def test_a_filter_without_name_or_content_is_refused(desk, name, query):
    with pytest.raises(Refusal) as refused:
        save_filter(name=name, query=query, actor=desk.manager, at=NOW)
    assert refused.value.field == "name"


def test_there_are_so_many_kept_filters_and_no_more(desk):
    for number in range(MOST):
        save_filter(name=str(number), query="due=today", actor=desk.manager, at=NOW)
    save_filter(name="0", query="due=overdue", actor=desk.manager, at=NOW)
    with pytest.raises(Refusal):
        save_filter(name="more", query="due=today", actor=desk.manager, at=NOW)


def test_nobody_removes_the_filter_of_another(desk):
    kept = save_filter(name="Late", query="due=today", actor=desk.manager, at=NOW)
    with pytest.raises(SavedFilter.DoesNotExist):
        drop_filter(filter_id=kept.pk, actor=desk.handler)
    address = reverse("complaints:filter_drop", args=[kept.pk])
    assert sign_in(desk.handler).post(address).status_code == 404
    assert SavedFilter.objects.exists()


# --- search -------------------------------------------------------------------------------------

SEARCH = "/search/"


@pytest.mark.parametrize("typed", ["{}", "{lower}", " {} ", "{plain}", "{spaced}"])
def test_a_reference_leads_straight_to_its_complaint_however_it_is_typed(desk, typed):
    complaint = make_complaint()
    reference = complaint.reference
    text = typed.format(
        reference,
        lower=reference.lower(),
        plain=reference.replace("-", ""),
        spaced=reference.replace("-", " "),
    )
    answer = sign_in(desk.manager).get(SEARCH, {"q": text})
    assert answer.status_code == 302
    assert reference in answer.headers["Location"]


def test_a_reference_pasted_into_the_live_search_opens_its_complaint(desk):
    complaint = make_complaint()
    live = {"HX-Request": "true", "HX-Target": "rows"}
    answer = sign_in(desk.manager).get(SEARCH, {"q": complaint.reference}, headers=live)
    assert complaint.reference in answer.headers["HX-Redirect"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("boiler", "boiler"), ("zzzz", "Nothing holds"), ("", "What are you looking for?")],
)
def test_the_search_page_answers_while_one_types_with_the_results_only(desk, typed, said):
    make_complaint(description="The boiler leaks.")
    live = {"HX-Request": "true", "HX-Target": "rows"}
    answer = sign_in(desk.manager).get(SEARCH, {"q": typed}, headers=live)
    assert said in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_reference_one_may_not_see_leads_nowhere(desk):
    complaint = make_complaint(confidential=True)
    answer = sign_in(desk.handler).get(SEARCH, {"q": complaint.reference})
    assert answer.status_code == 200
    assert shown(answer) == []


def test_words_are_found_and_marked(desk):
    complaint = make_complaint(description="Since Tuesday the boiler hums, and the boiler leaks.")
    make_complaint(description="Something else")
    page = sign_in(desk.manager).get(SEARCH, {"q": "boiler"})
    assert shown(page) == [complaint.reference]
    assert page.content.decode().count("<mark>boiler</mark>") == 2


def test_what_is_found_in_a_confidential_complaint_is_not_shown(desk):
    make_complaint(confidential=True, description="The boiler was sabotaged.", name="Informer")
    page = sign_in(desk.manager).get(SEARCH, {"q": "boiler"}).content.decode()
    assert "sabotaged" not in page
    assert "Informer" not in page
    assert "<mark>" not in page


def test_words_and_filters_narrow_together(desk):
    wanted = make_complaint(description="The boiler leaks.", channel="email", email="a@b.example")
    make_complaint(description="The boiler leaks.", channel="phone")
    page = sign_in(desk.manager).get(LIST, {"q": "boiler", "channel": "email"})
    assert shown(page) == [wanted.reference]


def test_found_complaints_have_pages(desk):
    for _ in range(60):
        make_complaint(description="The boiler leaks.")
    client = sign_in(desk.manager)
    first = client.get(SEARCH, {"q": "boiler"})
    # What was counted, and no more than that; "+" where looking on may find more.
    assert first.context["told"] in {"60 complaints", "60+ complaints"}
    url = unescape(re.search(r'rel="next" href="([^"]+)"', first.content.decode()).group(1))
    second = client.get(url)
    assert len({*shown(first), *shown(second)}) == 60


@pytest.mark.parametrize("words", ["", "zzzz", "\x00", "a" * 300, "%", "'\"<"])
def test_every_question_gets_an_answer(desk, words):
    assert sign_in(desk.manager).get(SEARCH, {"q": words}).status_code == 200
