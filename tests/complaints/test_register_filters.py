"""Filters stand in the address: what they mean, what means nothing, and that they say it again."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from complaints.models import Category, Complaint
from complaints.selectors.register import Filters, Known
from complaints.states import Channel, Priority, State
from tests.complaints.desk import category
from tests.complaints.factories import NOW, make_site, make_team, make_user
from tests.complaints.rows import at, put, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def me():
    return make_user("manager")


def parse(query: str) -> Filters:
    return Filters.parse(QueryDict(query))


def listed(query: str, me) -> set[int]:
    found = parse(query).apply(Complaint.objects.all(), actor=me, now=NOW)
    return set(found.values_list("pk", flat=True))


def only(query: str, me, wanted: dict, other: dict) -> None:
    """Check that the filter lists the one and not the other."""
    inside, outside = put(row(**wanted), row(**other))
    assert listed(query, me) == {inside.pk}, (inside.pk, outside.pk)


@pytest.mark.parametrize(
    ("query", "wanted", "other"),
    [
        ("standing=open", {}, {"state": State.CLOSED}),
        ("standing=closed", {"state": State.WITHDRAWN}, {}),
        ("state=assessed", {"state": State.ASSESSED}, {"state": State.RESPONDED}),
        ("state=closed&state=merged", {"state": State.CLOSED}, {"state": State.WITHDRAWN}),
        ("priority=P1", {"priority": "P1"}, {"priority": "P2"}),
        ("channel=letter", {"channel": "letter"}, {"channel": "phone"}),
        ("confidential=1", {"confidential": True}, {}),
        ("paused=1", {"paused": True}, {}),
        ("incomplete=1", {"missing": ["product"]}, {"missing": []}),
        ("approval=1", {"pending_approval": "response"}, {}),
        ("emergency=1", {"emergency": True, "emergency_trigger": "personal_safety"}, {}),
        ("due=overdue", {"next_due_at": at(-1)}, {"next_due_at": at(1)}),
        ("due=overdue", {"next_due_at": at(0)}, {"next_due_at": None}),
        ("due=today", {"next_due_at": at(3)}, {"next_due_at": at(-3)}),
        ("due=today", {"next_due_at": at(14)}, {"next_due_at": at(15)}),  # 24:00 in Shanghai
        ("due=week", {"next_due_at": at(24 * 5)}, {"next_due_at": at(24 * 9)}),
        ("received_after=2026-03-04", {}, {"received_at": at(-11)}),
        ("received_before=2026-03-03", {"received_at": at(-11)}, {}),
        ("sort=due", {}, {"state": State.CLOSED}),
    ],
)
def test_a_filter_lists_what_it_says(me, query, wanted, other):
    only(query, me, wanted, other)


def test_what_is_late_is_worked_out_from_the_clock_that_runs_even_while_others_are_paused(me):
    only("due=overdue", me, {"next_due_at": at(-1), "paused": True}, {"paused": True})


def test_what_is_closed_is_never_late(me):
    only("due=overdue", me, {"next_due_at": at(-1)}, {"next_due_at": at(-1), "state": "closed"})


def test_owners_are_me_nobody_or_somebody(me):
    other = make_user("handler")
    mine, nobodys, theirs = put(row(owner=me), row(), row(owner=other))
    assert listed("owner=me", me) == {mine.pk}
    assert listed("owner=none", me) == {nobodys.pk}
    assert listed(f"owner={other.pk}", me) == {theirs.pk}


@pytest.mark.parametrize(("name", "make"), [("site", make_site), ("team", make_team)])
def test_places_are_named_by_their_code(me, name, make):
    here, without = put(row(**{name: make("here")}), row())
    assert listed(f"{name}=here", me) == {here.pk}
    assert listed(f"{name}=none", me) == {without.pk}


def test_a_category_counts_with_all_below_it(me):
    defective = category("product.defective")
    top = Category.objects.get(code="product")
    below = Category.objects.create(
        code="deep", parent=defective, top_class="product", name_en="Deep", name_zh="深"
    )
    service = Category.objects.get(code="service")
    rows = put(
        row(category=top), row(category=defective), row(category=below), row(category=service)
    )
    assert listed("category=product", me) == {item.pk for item in rows[:3]}
    assert listed("category=deep", me) == {rows[2].pk}


def test_repeats(me):
    first = put(row())[0]
    again = put(row(repeat_of=first))[0]
    assert listed("repeat=1", me) == {again.pk}


def test_filters_are_all_asked_at_once(me):
    wanted = put(row(priority="P1", channel="email"), row(priority="P1"), row(channel="email"))[0]
    assert listed("priority=P1&channel=email", me) == {wanted.pk}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("standing=ajar", "standing"),
        ("state=lost", "state"),
        ("due=never", "due"),
        ("owner=abc", "owner"),
        ("owner=99999999999999999999", "owner"),
        ("owner=²", "owner"),
        ("team=nowhere", "team"),
        ("site=nowhere", "site"),
        ("category=nothing", "category"),
        ("priority=P9", "priority"),
        ("channel=pigeon", "channel"),
        ("received_after=2026-02-30", "received_after"),
        ("received_before=9999-12-31", "received_before"),
        ("emergency=maybe", "emergency"),
        ("sort=colour", "sort"),
    ],
)
def test_a_value_that_means_nothing_is_left_out_and_named(me, query, name):
    complaint = put(row())[0]
    filters = parse(query)
    assert [item.name for item in filters.ignored] == [name]
    assert listed(query, me) == {complaint.pk}
    assert filters.as_query() == ""


def test_what_is_left_empty_is_no_filter():
    filters = parse("q=&standing=&state=&owner=&team=&received_after=&emergency=&sort=")
    assert filters == Filters()
    assert not filters.narrowed


def test_of_a_name_given_twice_the_first_that_says_something_counts():
    assert parse("owner=&owner=me&standing=open&standing=").owner == "me"


def test_the_address_says_the_same_again():
    make_site("here")
    make_team("desk")
    category()
    query = (
        "q=%E6%BC%8F+leak&standing=open&state=received&state=assessed&due=overdue&owner=none"
        "&team=desk&site=here&category=product.defective&priority=P1&channel=email"
        "&received_after=2026-01-02&received_before=2026-02-03&emergency=1&paused=1"
        "&confidential=1&repeat=1&incomplete=1&approval=1&sort=due"
    )
    filters = parse(query)
    assert filters.ignored == ()
    assert parse(filters.as_query()) == filters
    assert set(QueryDict(filters.as_query())) == set(QueryDict(query))


def test_one_filter_can_be_taken_off():
    make_team("desk")
    filters = parse("state=received&state=assessed&team=desk&due=week&emergency=1")
    assert filters.without("state", "received").state == ("assessed",)
    assert filters.without("state", "received").without("state", "assessed").state == ()
    assert (
        filters.without("team").as_query() == parse(filters.without("team").as_query()).as_query()
    )
    assert filters.without("team").team_id is None
    assert filters.without("due").due == ""
    assert filters.without("emergency").emergency is False


def test_places_are_looked_up_only_where_they_are_asked_for(django_assert_num_queries):
    make_site("here")
    make_team("desk")
    category()
    with django_assert_num_queries(3):
        parse("team=desk&site=here&category=product")
    with django_assert_num_queries(0):
        parse("state=received&due=overdue&owner=me&team=none")


def test_people_who_could_own_a_complaint_are_known_by_name():
    make_user("auditor")
    wei, mei = make_user("handler", display_name="Wei"), make_user("agent", username="mei")
    assert [(person.code, str(person)) for person in Known().people] == [
        (str(wei.pk), "Wei"),
        (str(mei.pk), "mei"),
    ]


_values = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*State.values, *Channel.values, *Priority.values, "me", "none", "1", "0"]),
    st.dates(max_value=date(9999, 12, 31)).map(str),
    st.integers(min_value=-5, max_value=2**70).map(str),
)


@given(
    st.dictionaries(
        st.sampled_from(
            [*(name for name in Filters.__dataclass_fields__ if name != "ignored"), "page"]
        ),
        st.lists(_values, max_size=3),
        max_size=6,
    )
)
def test_no_address_breaks_the_list_and_each_is_said_again_the_same(asked):
    data = QueryDict(mutable=True)
    for name, values in asked.items():
        data.setlist(name, values)
    filters = Filters.parse(data, Known())
    again = Filters.parse(QueryDict(filters.as_query()), Known())
    assert again.as_query() == filters.as_query()
    assert again.ignored == ()
    list(filters.apply(Complaint.objects.all(), actor=User(pk=1), now=NOW)[:1])


def test_days_are_those_of_the_organisation(me):
    # 00:30 in Shanghai on 4 March is still 3 March in UTC.
    early = put(row(received_at=NOW - timedelta(hours=9, minutes=30)))[0]
    assert listed("received_after=2026-03-04&received_before=2026-03-04", me) == {early.pk}
