"""What is likely the same: by person and number for certain, by words within bounds."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from complaints.models import Complainant
from complaints.rules.intake import likeness, overlap
from complaints.rules.suggestions import suggest, written_in
from complaints.selectors import duplicates
from complaints.selectors.duplicates import Sketch, known_complainants, likely_duplicates
from complaints.services.people import keyed
from complaints.services.policy import default_content
from complaints.states import State
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

DAY = timedelta(days=1)
SAID = "The kettle leaks at the bottom and the whole table gets wet every morning."


@pytest.fixture
def desk() -> Desk:
    return Desk()


def likely(actor: User, **said: Any) -> list[tuple[str, list[str]]]:
    found = likely_duplicates(Sketch(**said), actor, says=default_content(), now=NOW)
    return [(item.complaint.reference, [str(why) for why in item.reasons]) for item in found]


def person(**known: str) -> Complainant:
    return keyed(Complainant(**known))


@pytest.mark.django_db
@pytest.mark.clause("CM-8.4")
@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ({"phone": "13900001111"}, {"phone": "+86 139-0000-1111"}),
        ({"email": "ann@example.com"}, {"email": "ANN@example.com "}),
        ({"customer_number": "K 77-1"}, {"customer_number": "k771"}),
    ],
)
def test_the_same_person_is_recognised_however_the_number_is_written(
    desk: Desk, known: dict[str, str], typed: dict[str, str]
) -> None:
    complaint = desk.case(at=NOW - DAY, **known)
    desk.case(at=NOW - DAY)
    assert likely(desk.agent, person=person(**typed)) == [
        (complaint.reference, ["same complainant"])
    ]


@pytest.mark.django_db
def test_only_what_is_open_and_lies_in_the_window_may_be_the_same(desk: Desk) -> None:
    desk.case(State.CLOSED, at=NOW - DAY, order_number="SO-1")
    desk.case(at=NOW - 31 * DAY, order_number="SO-1")
    fresh = desk.case(at=NOW - 29 * DAY, order_number="SO-1")
    assert likely(desk.agent, order_number="SO-1") == [(fresh.reference, ["same order number"])]


@pytest.mark.django_db
def test_alike_words_count_only_about_the_same_product_or_site(desk: Desk) -> None:
    site = make_site()
    same = desk.case(at=NOW - DAY, product="Kettle K2", description=SAID)
    here = desk.case(at=NOW - 2 * DAY, site=site, description=SAID)
    desk.case(at=NOW - DAY, product="Toaster", description=SAID)
    desk.case(at=NOW - DAY, product="Kettle K2", description="It was delivered too late. Shame!")
    words = SAID.replace("every morning", "each day")
    assert likely(desk.agent, product="KETTLE K2", description=words) == [
        (same.reference, ["much the same words"])
    ]
    assert likely(desk.agent, site_id=site.pk, description=words) == [
        (here.reference, ["much the same words"])
    ]
    assert likely(desk.agent, description=words) == []


@pytest.mark.django_db
def test_the_surest_comes_first_with_all_its_reasons(desk: Desk) -> None:
    by_words = desk.case(at=NOW - DAY, product="Kettle K2", description=SAID)
    sure = desk.case(
        at=NOW - DAY,
        product="Kettle K2",
        description=SAID,
        order_number="SO-1",
        phone="13900001111",
    )
    found = likely(
        desk.agent,
        description=SAID,
        product="Kettle K2",
        order_number="SO-1",
        person=person(phone="13900001111"),
    )
    assert found == [
        (sure.reference, ["same complainant", "same order number", "much the same words"]),
        (by_words.reference, ["much the same words"]),
    ]


@pytest.mark.django_db
def test_a_look_up_tells_no_more_than_the_lists(desk: Desk) -> None:
    make_complaint(at=NOW - DAY, order_number="SO-1", phone="13900001111", confidential=True)
    make_complaint(at=NOW - DAY, order_number="SO-1", phone="13900001111", site=make_site())
    local = make_user("agent", site=make_site())
    sought: dict[str, Any] = {"order_number": "SO-1", "person": person(phone="13900001111")}
    assert likely(local, **sought) == []
    sketch = Sketch(**sought)
    assert known_complainants(sketch, local, says=default_content(), now=NOW) == []


@pytest.mark.django_db
def test_the_cost_is_bounded_whatever_there_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    closely: list[str] = []
    monkeypatch.setattr(duplicates, "CANDIDATES", 4)

    def counted(one: str, other: str) -> float:
        closely.append(other)
        return likeness(one, other)

    monkeypatch.setattr(duplicates, "likeness", counted)
    for number in range(6):
        desk.case(at=NOW - DAY, product="Kettle K2", description=f"{SAID} {number}")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert likely(desk.agent, product="Kettle K2", description=SAID)
    assert len(closely) <= 4
    assert len(queries) <= 3


@pytest.mark.django_db
def test_a_person_is_found_by_name_too_and_shown_with_what_they_brought(desk: Desk) -> None:
    before = desk.case(at=NOW - DAY, name="Zhou Min 周敏", phone="13900001111")
    desk.case(at=NOW - DAY, name="Li Ming", description="Zhou Min was rude.")
    for name in ("zhou", "周敏", "Zhou Min"):
        (known,) = known_complainants(
            Sketch(name=name), desk.agent, says=default_content(), now=NOW
        )
        assert known.complainant == before.complainant
        assert list(known.complaints) == [before]


# --- the rules behind it ------------------------------------------------------------------------


def test_likeness_and_its_quick_first_look_agree_on_what_is_alike_and_what_is_not() -> None:
    almost = SAID.replace("every morning", "each day")
    assert likeness(SAID, almost) > 0.8
    assert overlap(SAID, almost) > 0.7
    assert overlap(SAID, "快递延迟了五天才到") == 0.0
    assert overlap("", SAID) == 0.0
    assert overlap(SAID, "Nobody answers the phone; I was sent from one to the next.") < 0.5


NAMES = {
    "process.refund": ("Refund late or refused", "退款延迟或被拒"),
    "service.delivery_late": ("Late delivery", "送货延迟"),
    "person.attitude": ("Attitude", "服务态度"),
    "product.other": ("Other about a product", "其他产品问题"),
}


@pytest.mark.clause("CM-8.2a")
@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("They refunded nothing so far.", "process.refund", ("refunded",)),
        ("The deliveries always come late", "service.delivery_late", ("deliveries", "late")),
        ("客服态度恶劣", "person.attitude", ("态度",)),
        ("退款一直没到账，被拒两次", "process.refund", ("被拒", "退款")),
    ],
)
def test_a_category_is_suggested_by_the_words_that_speak_for_it(
    text: str, code: str, words: tuple[str, ...]
) -> None:
    best = suggest(text, NAMES)[0]
    assert (best.code, best.words) == (code, words)


def test_empty_words_and_strange_ones_suggest_nothing() -> None:
    assert suggest("This is about that other thing.", NAMES) == []
    assert suggest("", NAMES) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The kettle leaks.", "en"),
        ("热水壶漏水", "zh-hans"),
        ("K2 热水壶漏水了", "zh-hans"),
        ("", "en"),
    ],
)
def test_the_language_is_told_from_the_characters(text: str, language: str) -> None:
    assert written_in(text) == language
