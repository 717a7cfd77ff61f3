"""Analyses: kept, shared, counted through the reader's eyes; words that open what they count."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint
from journal.models import Entry
from monitoring import events
from monitoring.models import Analysis
from monitoring.rules.kpi import Span
from monitoring.selectors import wording
from monitoring.selectors.analyses import analyses_for
from monitoring.selectors.scope import Asked, scope_of
from monitoring.services.analyses import (
    change_analysis,
    delete_analysis,
    save_analysis,
)
from monitoring.services.folding import fold_all
from tests.complaints.desk import category
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.monitoring.access_warnings import make_alert
from tests.monitoring.test_wording_rules import BURST, CALM

pytestmark = pytest.mark.django_db
QUERY = "rows=product&columns=site"


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _save(actor: User, **changes: Any) -> Analysis:
    wish = {"name": "By product", "kind": "table", "query": QUERY, "shared": False}
    return save_analysis(**{**wish, **changes}, actor=actor, at=NOW)


def _said(texts: list[str], days: int, **fields: Any) -> list[Complaint]:
    at = timezone.now() - timedelta(days=days)
    return [
        make_complaint(at=at, received_at=at, description=text, category=category(), **fields)
        for text in texts
    ]


# --- kept -----------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.4")
def test_an_analysis_is_kept_changed_shared_and_deleted_on_the_record() -> None:
    boss, other = make_user("manager"), make_user("quality_manager")
    kept = _save(boss, name="  By   product ")
    assert kept.name == "By product"
    assert list(analyses_for(other)) == []
    on: Any = {"analysis_id": kept.pk, "at": NOW}
    change_analysis(name="Products", shared=True, query="rows=team&columns=site", actor=boss, **on)
    assert [one.query for one in analyses_for(other)] == ["rows=team&columns=site"]
    change_analysis(name="Products", shared=True, actor=boss, **on)
    assert Analysis.objects.get().query == "rows=team&columns=site"
    delete_analysis(actor=boss, **on)
    kinds = list(Entry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-4:] == [
        events.ANALYSIS_SAVED,
        events.ANALYSIS_CHANGED,
        events.ANALYSIS_CHANGED,
        events.ANALYSIS_DELETED,
    ]
    assert "Products" not in "".join(Entry.objects.values_list("body", flat=True))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "by PRODUCT"}, "name"),
        ({"name": "Other", "query": ""}, "query"),
        ({"name": "Other", "query": "x" * 1001}, "query"),
        ({"name": "Other", "kind": "poem"}, "kind"),
    ],
)
def test_a_nameless_double_or_empty_analysis_is_refused(changes: Any, field: str) -> None:
    boss = make_user("manager")
    _save(boss)
    with pytest.raises(BadInput) as refusal:
        _save(boss, **changes)
    assert refusal.value.field == field
    _save(make_user("quality_manager"))  # another's may have the same name


def test_only_its_owner_changes_an_analysis_and_few_delete_what_others_share() -> None:
    boss, auditor, quality = map(make_user, ("manager", "auditor", "quality_manager"))
    mine, shared = _save(boss), _save(boss, name="Shared", shared=True)
    with pytest.raises(PermissionDenied):
        _save(make_user("agent"))
    for kept, refusal in ((mine, Analysis.DoesNotExist), (shared, NotAllowed)):
        on: Any = {"analysis_id": kept.pk, "actor": auditor, "at": NOW}
        with pytest.raises(refusal):
            change_analysis(name="Theirs", shared=False, **on)
        with pytest.raises(refusal):
            delete_analysis(**on)
    with pytest.raises(NotAllowed):
        change_analysis(analysis_id=shared.pk, name="Theirs", shared=False, actor=quality, at=NOW)
    with pytest.raises(Analysis.DoesNotExist):
        delete_analysis(analysis_id=mine.pk, actor=quality, at=NOW)
    delete_analysis(analysis_id=shared.pk, actor=quality, at=NOW)
    with pytest.raises(BadInput):
        change_analysis(
            analysis_id=_save(boss, name="Third").pk,
            name="by product",
            shared=False,
            actor=boss,
            at=NOW,
        )


def test_a_question_without_meaning_is_not_kept_and_one_that_lost_it_opens_with_a_word() -> None:
    boss = make_user("manager")
    client = _client(boss)
    for query in ("rows=moon&columns=site", "rows=site&columns=team&site=gone", "base_first=x"):
        kind = "words" if "base" in query else "table"
        given = {"kind": kind, "name": "Odd", "query": query}
        answer = client.post(reverse("monitoring:analyses"), given)
        assert answer.status_code == 422
        assert b"it cannot be kept" in answer.content
    kept = _save(boss, query="rows=moon&columns=site")
    page = client.get(reverse("monitoring:analysis_kept", args=[kept.pk]), follow=True)
    assert b"means nothing any more" in page.content


def test_who_opens_a_shared_analysis_counts_what_they_may_see() -> None:
    north, south = make_site("north"), make_site("south")
    now = timezone.now()
    for site in (north, south, south):
        make_complaint(at=now, received_at=now, site=site, product="Kettle")
    fold_all(at=now)
    kept = _save(make_user("quality_manager"), shared=True)
    about_south = _save(kept.owner, name="South", query=f"{QUERY}&site=south", shared=True)
    local, boss = _client(make_user("manager", site=north)), _client(make_user("manager"))
    address = reverse("monitoring:analysis_kept", args=[kept.pk])
    totals = [one.get(address, follow=True).context["table"]["total"] for one in (local, boss)]
    assert [total["count"] for total in totals] == [1, 3]
    elsewhere = local.get(reverse("monitoring:analysis_kept", args=[about_south.pk]), follow=True)
    assert b"of which you see no figures" in elsewhere.content


def test_a_table_takes_few_statements_and_is_handed_out_whole() -> None:
    now = timezone.now()
    for number in range(30):
        make_complaint(at=now, received_at=now, product=f"=Kettle {number}")
    fold_all(at=now)
    client = _client(make_user("manager"))
    address = f"{reverse('monitoring:analysis')}?rows=product&columns=channel&show=row"
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address)
    assert len(asked) <= 13, [query["sql"][:80] for query in asked]
    assert b"5 others" in page.content
    assert b"5 are told as one" in page.content
    opened = client.get(f"{address}&open=rows")
    assert len(opened.context["table"]["lines"]) == 30
    export = reverse("monitoring:analysis_export") + "?rows=product&columns=channel"
    text = client.post(export).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + 1 + 30 + 1
    assert rows[2][0].startswith("'=kettle")
    assert rows[-1][-1] == "30"
    book = load_workbook(io.BytesIO(client.post(export, {"format": "xlsx"}).content))
    assert book.active.max_row == 33
    assert Entry.objects.filter(kind=events.FIGURES_EXPORTED).count() == 2


def test_an_address_that_names_no_cell_is_not_found() -> None:
    client = _client(make_user("manager"))
    address = reverse("monitoring:analysis_complaints")
    for query in ("row=5", "columns=month&column=%3Dmay", "row=%3D%00"):
        assert client.get(f"{address}?{query}").status_code == 404
    words = reverse("monitoring:words_complaints")
    assert client.get(words).status_code == 404
    assert client.get(f"{words}?term=leak&side=later").status_code == 404


# --- words ----------------------------------------------------------------------------------------


def _sides(reader: User) -> wording.Sides:
    scope = scope_of(reader, Asked())
    assert scope is not None
    today = timezone.localdate()
    span = Span(today - timedelta(days=29), today + timedelta(days=1), today)
    return wording.Sides(scope, span, scope, span.before())


@pytest.mark.clause("CM-8.4")
def test_a_word_opens_the_complaints_that_it_counts() -> None:
    _said(BURST, 3)
    _said([*CALM, BURST[0]], 40)
    fold_all(at=timezone.now())
    reader = make_user("manager")
    found = wording.wording(_sides(reader), reader)
    assert found.changes
    for change in found.changes:
        for side, count in ((wording.NOW, change.now), (wording.BEFORE, change.before)):
            facts = wording.facts_holding(*_sides(reader).of(side), reader, change.term)
            assert facts.count() == count
    page = _client(reader).get(reverse("monitoring:words"))
    line = page.context["lines"][0]
    behind = _client(reader).get(line["now_url"])
    assert len(behind.context["rows"]) == line["now"]


def test_what_may_not_be_read_is_in_no_word() -> None:
    reader = make_user("manager")
    secret = ["The gas valve hissed loudly.", "Gas valve hissed again.", "A gas valve hissed here."]
    _said(secret, 3, confidential=True)
    about = _said(secret, 4)
    gone = _said(secret, 5)
    Complaint.objects.filter(pk__in=[one.pk for one in about]).update(subject_person=reader)
    Complaint.objects.filter(pk__in=[one.pk for one in gone]).update(anonymised_at=timezone.now())
    _said(BURST, 6)
    _said(CALM, 40)
    fold_all(at=timezone.now())
    sides = _sides(reader)
    found = wording.wording(sides, reader)
    assert len(found.now.texts) == len(BURST)
    assert found.now.confidential == len(secret)
    terms = " ".join(term for one in found.changes for term in (one.term, *one.also))
    assert "burst" in terms
    assert "valve" not in terms
    assert not wording.facts_holding(*sides.of(wording.NOW), reader, "gas valve").exists()


def test_only_the_newest_texts_are_read_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wording, "MOST_READ", 3)
    _said(CALM[:5], 3)
    fold_all(at=timezone.now())
    reader = make_user("manager")
    read = wording.wording(_sides(reader), reader).now
    assert (len(read.texts), read.complaints, read.capped) == (3, 5, True)
    assert b"at most the newest" in _client(reader).get(reverse("monitoring:words")).content


def test_an_alert_says_what_is_new_to_who_sees_figures_of_its_place() -> None:
    site, other = make_site("north"), make_site("south")
    first = NOW.date() - timedelta(days=7)
    for number, text in enumerate(BURST):
        at = NOW - timedelta(days=6 - number)
        make_complaint(at=at, received_at=at, site=site, description=text, product="Heater")
    for number, text in enumerate(CALM):
        at = NOW - timedelta(days=9, hours=number)
        make_complaint(at=at, received_at=at, site=site, description=text)
    fold_all(at=NOW)
    alert = make_alert(site, first=first)
    address = reverse("warnings:words", args=[alert.reference])
    boss = _client(make_user("manager"))
    assert address.encode() in boss.get(reverse("warnings:alert", args=[alert.reference])).content
    page = boss.get(address)
    terms = [term for line in page.context["lines"] for term in (line["term"], *line["also"])]
    assert "water heater burst" in terms, (terms, page.context["read_now"])
    assert page.context["wide"]  # fewer than thirty texts before
    behind = boss.get(page.context["lines"][0]["now_url"])
    assert len(behind.context["rows"]) == page.context["lines"][0]["now"]
    assert _client(make_user("manager", site=other)).get(address).status_code == 404
    silence = make_alert(site, kind="silence", key="complaints:site:x")
    assert boss.get(reverse("warnings:words", args=[silence.reference])).status_code == 404
