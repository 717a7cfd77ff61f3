"""Search finds complaints by words, names, numbers and references, and only those one may see."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from accounts.services import system_user
from complaints.models import Complaint
from complaints.rules import bigrams
from complaints.selectors import search as searching
from complaints.selectors.duplicates import Sketch, known_complainants, likely_duplicates
from complaints.selectors.policy import policy_in_force
from complaints.selectors.search import find, holding, narrow, search
from complaints.services.notes import LEAVE, grant_confidential_access
from complaints.services.searching import index_complainant, index_complaint, rebuild_index
from complaints.services.triage import Correction, correct_complaint
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(db):
    """Return somebody who sees everything that is not about them."""
    return make_user("quality_manager")


def found(actor, text, **options):
    """Return the complaints of the first page."""
    return search(actor, text, **options).rows


def everything(text):
    """Return what holds the words, whoever may see it."""
    return find(Complaint.objects.all(), text, actor=system_user(), at=NOW)


def test_words_of_both_languages_find_a_complaint(reader):
    one = make_complaint(description="水壶漏水，客服不接电话。")
    other = make_complaint(description="The kettle leaks, nobody answers the phone.")
    for text in ("水", "漏水", "客服不接", "话", "漏水 客服"):
        assert found(reader, text) == [one], text
    for text in ("kettle", "ket", "phone LEAKS", "nob", "answers the ph"):
        assert found(reader, text) == [other], text


def test_what_is_not_there_is_not_found(reader):
    make_complaint(description="水壶漏水，客服不接电话。")
    for text in ("水客", "电脑", "壶水", "kettle", "漏水 电脑"):
        assert found(reader, text) == [], text


def test_all_terms_must_match(reader):
    make_complaint(description="refund refused")
    both = make_complaint(description="refund late")
    assert found(reader, "late refund") == [both]


def test_fields_of_complaint_and_complainant_are_found(reader):
    complaint = make_complaint(
        name="欧阳娜娜",
        organisation="Acme Ltd",
        phone="138-0013-4567",
        email="Wang.Fang@mail.example.com",
        customer_number="KD-77.812",
        product="X200 空气净化器",
        order_number="ORD/2026/0042",
        external_id="EXT-9001",
        remedy_sought="要求全额退款",
        representative="Advocate Smith",
    )
    make_complaint(description="something else")
    for text in (
        "欧阳",
        "娜",
        "acme",
        "13800134567",
        "138 0013 4567",
        "4567",
        "wang.fang@mail.example.com",
        "fang",
        "mail.example",
        "KD77812",
        "x200",
        "净化",
        "ord/2026/0042",
        "ord20260042",
        "EXT-9001",
        "全额退款",
        "smith",
        complaint.reference,
        complaint.reference.replace("-", ""),
        complaint.reference.lower()[4:],
    ):
        assert found(reader, text) == [complaint], text


def test_notes_and_category_names_are_not_indexed(reader):
    complaint = make_complaint(description="leak")
    complaint.notes.create(by=reader, at=complaint.received_at, text="secretword")
    index_complaint(complaint)
    assert found(reader, "secretword") == []


@pytest.mark.parametrize(
    "text", ['"', "'", '" OR 1', "a NOT b", "*", "tokens:x", "NEAR(a b)", "(((", "a:*", "\\", "-"]
)
def test_what_people_type_never_becomes_an_operator(reader, text):
    complaint = make_complaint(description="harmless")
    Complaint.objects.filter(pk=complaint.pk).update(reference="C26-WXYZ-WXYZ")
    complaint.refresh_from_db()
    index_complaint(complaint)  # no word of its reference begins with what is asked for
    assert found(reader, text) == []


def test_an_empty_question_finds_nothing(reader):
    make_complaint()
    page = search(reader, " ？ ")
    assert (page.rows, page.count, page.more, page.capped) == ([], 0, False, False)


def test_the_newest_recorded_come_first_and_pages_go_on_behind_an_id(reader):
    made = [make_complaint(description="same words") for _ in range(5)]
    first = search(reader, "same", limit=2)
    assert first.rows == [made[4], made[3]]
    # Whether older stretches of ids were looked at, once the page was full, is up to the ids.
    assert (first.count, first.more) == (5, True)
    second = search(reader, "same", limit=2, before_id=first.next_before)
    assert second.rows == [made[2], made[1]]
    assert second.count is None
    last = search(reader, "same", limit=2, before_id=second.next_before)
    assert (last.rows, last.more) == ([made[0]], False)


def test_what_fits_on_a_page_is_counted_to_the_last(reader):
    for _ in range(5):
        make_complaint(description="same words")
    page = search(reader, "same", limit=5)
    assert (page.count, page.capped, page.more) == (5, False, False)


def test_the_count_stops_at_its_cap(reader, monkeypatch):
    monkeypatch.setattr(searching, "COUNT_CAP", 3)
    for _ in range(5):
        make_complaint(description="same words")
    page = search(reader, "same", limit=2)
    assert (page.count, page.capped) == (3, True)


@pytest.mark.clause("CM-8.1")
def test_a_confidential_complaint_is_found_only_by_those_who_may_see_it(reader):
    secret = make_complaint(description="harassment", confidential=True)
    agent = make_user("agent")
    assert found(agent, "harassment") == []
    assert search(agent, "harassment").count == 0
    leave(secret, reader)
    assert found(reader, "harassment", at=NOW) == [secret]


def leave(complaint, reader):
    """Let somebody read a confidential complaint for a while."""
    grant_confidential_access(
        complaint_id=complaint.pk, reason="To review it.", actor=reader, at=NOW
    )


@pytest.mark.clause("CM-8.1")
def test_no_word_finds_what_a_list_shows_masked_and_no_count_tells(reader):
    secret = make_complaint(
        description="harassment by the foreman", confidential=True, name="Whistle Blower"
    )
    plain = make_complaint(description="The foreman was late.")
    for text in ("harassment", "foreman harassment", "Whistle Blower", f"{secret.reference} har"):
        page = search(reader, text, at=NOW)
        assert (page.rows, page.count, page.more) == ([], 0, False), text
        rows = narrow(Complaint.objects.visible_to(reader), text, actor=reader, at=NOW)
        assert not rows.exists(), text
    assert found(reader, "foreman", at=NOW) == [plain]
    for reference in (secret.reference, f" {secret.reference.lower()} "):
        assert found(reader, reference, at=NOW) == [secret]
        rows = narrow(Complaint.objects.visible_to(reader), reference, actor=reader, at=NOW)
        assert list(rows) == [secret]
    leave(secret, reader)
    assert found(reader, "harassment", at=NOW) == [secret]
    assert found(reader, "harassment", at=NOW + LEAVE) == []


def test_who_owns_a_confidential_complaint_finds_it_by_its_words():
    handler = make_user("handler")
    mine = make_complaint(description="harassment", confidential=True)
    Complaint.objects.update(owner=handler)
    assert found(handler, "harassment") == [mine]


def test_a_legal_hold_misses_no_word_whoever_lays_it(reader):
    secret = make_complaint(description="harassment", confidential=True)
    assert list(holding(Complaint.objects.all(), "harassment")) == [secret]


def test_the_pages_that_search_tell_nothing_of_what_they_mask(reader, client):
    secret = make_complaint(description="harassment", confidential=True)
    client.force_login(reader)
    for address in (reverse("complaints:search"), reverse("complaints:list")):
        page = client.get(address, {"q": "harassment"}).content.decode()
        assert secret.reference not in page, address
    told = client.get(reverse("complaints:list"), {"q": secret.reference}).content.decode()
    assert secret.reference in told
    assert "harassment" not in told


def test_likely_duplicates_say_nothing_of_what_is_masked(reader):
    words = "The foreman harasses the apprentices in the yard."
    make_complaint(description=words, product="K2", confidential=True, name="Whistle Blower")
    sketch = Sketch(description=words, product="K2", name="Whistle Blower")
    says = policy_in_force(NOW).says
    assert likely_duplicates(sketch, reader, says=says, now=NOW) == []
    assert known_complainants(sketch, reader, says=says, now=NOW) == []


def test_nobody_finds_a_complaint_about_themselves():
    handler = make_user("manager")
    make_complaint(description="rudeness", subject_person=handler)
    assert found(handler, "rudeness") == []


def test_the_scope_of_a_site_holds_in_search():
    here, there = make_site(), make_site()
    agent = make_user("agent", site=here)
    mine = make_complaint(description="same words", site=here)
    make_complaint(description="same words", site=there)
    assert found(agent, "same") == [mine]


def test_somebody_without_a_right_to_view_finds_nothing():
    make_complaint(description="same words")
    assert found(make_user("administrator"), "same") == []


def test_a_change_replaces_the_entry(reader):
    complaint = make_complaint(description="before the change", name="Old Name")
    Complaint.objects.filter(pk=complaint.pk).update(description="afterwards")
    person = complaint.complainant
    assert person is not None
    person.name = "New Name"
    person.save()
    index_complainant(person)
    assert found(reader, "before") == []
    assert found(reader, "old name") == []
    assert found(reader, "afterwards new") == [complaint]


def test_correcting_a_person_is_seen_on_all_their_complaints():
    manager = make_user("manager")
    first = make_complaint(name="Old Name", phone="13800138000")
    second = make_complaint(name="Old Name", phone="13800138000")
    correct_complaint(
        complaint_id=first.pk,
        correction=Correction(name="New Name"),
        reason="Misheard",
        actor=manager,
        at=NOW,
    )
    assert found(manager, "new name") == [second, first]
    assert found(manager, "old name") == []


def test_rebuilding_restores_a_lost_index_and_drops_entries_without_a_complaint(reader, capsys):
    complaint = make_complaint(description="kept words")
    gone = make_complaint(description="gone words")
    Complaint.objects.filter(pk=gone.pk).update(description="x")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM complaints_search")
    assert found(reader, "kept") == []
    call_command("rebuild_search")
    assert found(reader, "kept") == [complaint]
    assert "2" in capsys.readouterr().out
    orphan = Complaint(pk=complaint.pk + 1000, reference="C26-0000-0000", description="orphan")
    index_complaint(orphan)
    assert entries() == 3
    assert rebuild_index() == 2
    assert entries() == 2


def entries():
    """Count the rows of the index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM complaints_search")
        return cursor.fetchone()[0]


def test_an_enormous_text_is_still_recorded_and_found_by_its_beginning(reader):
    words = " ".join(f"word{number:030d}" for number in range(60_000))
    complaint = make_complaint(description=f"开头很重要 {words}")
    assert found(reader, "开头很重要") == [complaint]
    assert found(reader, "word000000000000000000000000000001") == [complaint]


def test_narrow_finds_the_same_without_pages(reader):
    for number in range(4):
        make_complaint(description="漏水 leak" if number % 2 else "other")
    visible = Complaint.objects.visible_to(reader)
    for text in ("漏", "leak", "漏水 lea", "absent", ""):
        ids = set(narrow(visible, text, actor=system_user(), at=NOW).values_list("pk", flat=True))
        assert ids == set(find(visible, text, actor=system_user(), at=NOW).ids), text


class TestEveryWayBack:
    """PostgreSQL's ways to a word, forced by making the stretches tiny."""

    @pytest.fixture(autouse=True)
    def _tiny(self, monkeypatch):
        monkeypatch.setattr(bigrams, "BUCKET_ROWS", 2)
        monkeypatch.setattr(searching, "BUCKET_ROWS", 2)
        monkeypatch.setattr(searching, "_TELLING", 1)
        monkeypatch.setattr(searching, "_BEGINNINGS", ((4, 2), (8, 4)))

    @pytest.fixture
    def made(self):
        """Make what was frequent once, and then other things."""
        old = [make_complaint(description=f"once {n} 旧词 re{n}") for n in range(6)]
        for number in range(20):
            make_complaint(description=f"lately {number}")
        return old[::-1]

    def test_a_rare_word_comes_whole(self, reader, made):
        assert found(reader, "once") == made
        assert found(reader, "once 旧") == made
        assert found(reader, "re3") == [made[2]]

    def test_a_word_of_former_times_comes_by_stretches(self, reader, made, monkeypatch):
        monkeypatch.setattr(searching, "_FEW", 1)
        assert found(reader, "旧词") == made
        assert found(reader, "once re") == made
        first = search(reader, "旧词", limit=2)
        assert first.rows == made[:2]
        rest = search(reader, "旧词", limit=10, before_id=first.next_before)
        assert rest.rows == made[2:]

    def test_somebody_with_few_complaints_gets_them_all_looked_at(self, monkeypatch):
        for _ in range(6):
            make_complaint(description="once")
        site = make_site()
        agent = make_user("agent", site=site)
        mine = make_complaint(description="once here", site=site)
        for number in range(5):
            make_complaint(description=f"lately {number}")
        monkeypatch.setattr(searching, "_FEW", 3)
        assert found(agent, "once") == [mine]

    def test_a_frequent_word_with_the_beginning_of_another_is_found_by_both(self, monkeypatch):
        site = make_site()
        agent = make_user("agent", site=site)
        mine = make_complaint(description="lately red", site=site)
        for number in range(12):
            make_complaint(description=f"lately {number}")
        monkeypatch.setattr(searching, "_FEW", 3)
        assert found(agent, "lately re") == [mine]
        assert found(agent, "lately blue") == []

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's index has one way")
    @pytest.mark.parametrize(
        ("every", "until", "asked"), [(1, 50, False), (25, 50, True), (1, 42, False)]
    )
    def test_the_index_is_left_alone_where_a_walk_fills_the_page_sooner(
        self, reader, every, until, asked, django_assert_max_num_queries
    ):
        with connection.cursor() as cursor:  # half way back is half way to the first id there is
            cursor.execute("ALTER SEQUENCE complaints_complaint_id_seq RESTART")
        for number in range(50):
            often = number % every == 0 and number < until
            make_complaint(description=f"{'often' if often else 'else'} {number}")
        with django_assert_max_num_queries(20) as told:
            everything = Complaint.objects.visible_to(reader)
            find(everything, "ofte", actor=reader, at=NOW, limit=10, counted=False)
        index_asked = any("hit AS MATERIALIZED" in query["sql"] for query in told.captured_queries)
        assert index_asked == asked

    def test_an_open_beginning_is_followed_page_by_page_until_found(
        self, reader, made, monkeypatch
    ):
        monkeypatch.setattr(searching, "_FEW", 1)
        page = search(reader, "re", before_id=None)
        rows = list(page.rows)
        # How many pages it takes depends on how far the ids have run: each goes on further back.
        while (before := page.next_before) is not None:
            page = search(reader, "re", before_id=before)
            rows += page.rows
            assert page.next_before is None or page.next_before < before
        assert rows == made


HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


class AnyPart(PropertyTestCase):
    """Any one or two characters, and any beginning of a word, find their text in the database."""

    @settings(max_examples=30)
    @given(text=st.text(HAN, min_size=2, max_size=12), start=st.integers(0, 10))
    def test_characters(self, text, start):
        complaint = make_complaint(description=text)
        start %= len(text)
        for length in (1, 2):
            page = everything(text[start : start + length])
            assert complaint.pk in page.ids

    @settings(max_examples=30)
    @given(word=st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True), length=st.integers(1, 20))
    def test_beginnings(self, word, length):
        complaint = make_complaint(description=f"before {word} after")
        assert complaint.pk in everything(word[:length]).ids


def test_the_index_can_be_taken_away_and_made_again(db):
    migration = import_module("complaints.migrations.0002_search")
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        migration.backwards(None, editor)
        migration.forwards(None, editor)
    assert entries() == 0
