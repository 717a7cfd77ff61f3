"""Pages by key: every row once, forwards and backwards, whatever comes in meanwhile."""

import pytest

from complaints.models import Complaint
from complaints.selectors.paging import COUNT_CAP, ORDERS, Mark, capped_counts, page_of
from complaints.selectors.register import DUE_FIRST, NEWEST, OLDEST
from tests.complaints.factories import NOW, make_team, make_user
from tests.complaints.rows import at, put, put_many, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def many() -> list[Complaint]:
    """Return complaints with the same moments several times over, and some without a clock."""
    return put(
        *(
            row(
                received_at=at(-(number % 5)),
                next_due_at=None if number % 3 == 0 else at(number % 4),
            )
            for number in range(31)
        )
    )


def forwards(order: str, size: int = 7) -> list[list[int]]:
    """Return the pages of an order from the first to the last, as ids."""
    found, after = [], None
    while True:
        page = page_of([Complaint.objects.all()], order, after=after, size=size)
        found.append([line.pk for line in page.lines])
        if not page.after:
            return found
        after = page.after


@pytest.mark.parametrize("order", [NEWEST, OLDEST, DUE_FIRST])
def test_every_row_stands_on_one_page(many, order):
    seen = [pk for page in forwards(order) for pk in page]
    assert sorted(seen) == sorted(complaint.pk for complaint in many)


def test_the_newest_come_first(many):
    seen = [pk for page in forwards(NEWEST) for pk in page]
    expected = sorted(many, key=lambda c: (c.received_at, c.pk), reverse=True)
    assert seen == [complaint.pk for complaint in expected]


def test_what_falls_due_first_comes_first_and_what_no_clock_drives_last(many):
    seen = [pk for page in forwards(DUE_FIRST) for pk in page]
    due = sorted((c for c in many if c.next_due_at), key=lambda c: (c.next_due_at, c.pk))
    without = sorted((c for c in many if not c.next_due_at), key=lambda c: c.pk)
    assert seen == [complaint.pk for complaint in (*due, *without)]


@pytest.mark.parametrize("order", [NEWEST, OLDEST, DUE_FIRST])
def test_going_back_leads_through_the_same_pages(many, order):
    pages = forwards(order)
    after, marks = None, []
    for _ in pages:
        page = page_of([Complaint.objects.all()], order, after=after, size=7)
        marks.append(page.before)
        after = page.after
    back = [
        [line.pk for line in page_of([Complaint.objects.all()], order, before=mark, size=7).lines]
        for mark in marks[1:]
    ]
    assert back == pages[:-1]
    assert marks[0] == ""


def test_a_complaint_that_comes_in_meanwhile_moves_nothing(many):
    first = page_of([Complaint.objects.all()], NEWEST, size=7)
    before = page_of([Complaint.objects.all()], NEWEST, after=first.after, size=7)
    put(row(received_at=at(1)))
    again = page_of([Complaint.objects.all()], NEWEST, after=first.after, size=7)
    assert again.lines == before.lines


@pytest.mark.parametrize(
    "mark", ["", "x", "0.1", "9.1.1", "0.1.-3", "0.9" + "9" * 30 + ".1", "٣.1.1"]
)
def test_what_is_no_mark_leads_to_the_first_page(many, mark):
    first = page_of([Complaint.objects.all()], NEWEST, size=7)
    assert page_of([Complaint.objects.all()], NEWEST, after=mark, size=7).lines == first.lines


def test_a_mark_behind_which_nothing_is_left_leads_to_the_first_page(many):
    last = str(Mark(0, -(10**15), 1))
    assert page_of([Complaint.objects.all()], NEWEST, after=last, size=7).lines


def test_parts_that_overlap_show_each_row_once_in_one_order(many):
    parts = [
        Complaint.objects.filter(pk__gte=many[5].pk),
        Complaint.objects.filter(pk__lt=many[20].pk),
    ]
    whole, after = [], None
    while True:
        page = page_of(parts, NEWEST, after=after, size=7)
        whole += [line.pk for line in page.lines]
        after = page.after
        if not after:
            break
    assert whole == [pk for page in forwards(NEWEST) for pk in page]


def test_nothing_to_list_is_an_empty_page():
    assert page_of([], NEWEST).lines == []
    assert page_of([Complaint.objects.none()], DUE_FIRST).lines == []


def test_a_page_takes_one_statement_however_many_parts(many, django_assert_num_queries):
    actor = make_user("agent", team=make_team())
    parts = Complaint.objects.parts_visible_to(actor)
    assert len(parts) == 3
    with django_assert_num_queries(1):
        page_of(parts, NEWEST)


def test_counts_stop_at_their_cap():
    put_many(12)
    lists = {"all": [Complaint.objects.all()], "none": [], "few": [Complaint.objects.none()]}
    assert capped_counts(lists, caps={"all": 10}) == {"all": 11, "none": 0, "few": 0}
    assert capped_counts(lists)["all"] == 12 <= COUNT_CAP


def test_what_stands_in_several_parts_is_counted_once(django_assert_num_queries):
    put_many(9)
    twice = [Complaint.objects.all(), Complaint.objects.filter(received_at__lte=NOW)]
    with django_assert_num_queries(1):
        assert capped_counts({"a": twice, "b": twice[:1]}) == {"a": 9, "b": 9}


def test_every_order_ends_with_the_id_so_that_no_two_rows_stand_alike():
    for segments in ORDERS.values():
        for segment in segments:
            assert segment.keys[-1] == "pk"
