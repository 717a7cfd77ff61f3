"""Charts: every number of their tables opens as many complaints, and nobody's words are markup."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from monitoring.services.folding import fold_all, fold_journal
from monitoring.services.targets import set_target
from monitoring.views.charts import CHARTS
from monitoring.views.drawn import Column, Line, Shown, Table
from tests.complaints.desk import Desk, category
from tests.complaints.factories import NOW, make_complaint, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    """Return a desk with some complaints of the last weeks, counted."""
    now, desk = timezone.now(), Desk()
    for days in (40, 20, 9, 2):
        desk.case("closed", at=now - timedelta(days=days), category=category())
    for days in (30, 8, 1):
        make_complaint(
            at=now - timedelta(days=days),
            team=make_team(f"team-{days}"),
            category=category("service.delivery_late"),
        )
    make_complaint(at=now)
    fold_all(at=now)
    return desk


def _client(role: str = "manager") -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def _opened(table: Table) -> Iterator[tuple[str, Shown]]:
    for line in table.lines:
        for shown in line.shown:
            if shown.url:
                yield line.name, shown


@pytest.mark.clause("CM-9.1")
@pytest.mark.parametrize("name", ["flow", "ageing", "heat", "workload"])
def test_a_number_of_a_chart_opens_as_many_complaints(desk: Desk, name: str) -> None:
    client = _client()
    table = client.get(reverse("monitoring:chart", args=[name])).context["table"]
    opened = list(_opened(table))
    assert opened
    for line, shown in opened:
        assert len(client.get(shown.url).context["rows"]) == shown.value, (name, line, shown)


@pytest.mark.clause("CM-9.1")
def test_a_figure_over_time_tells_of_how_many_and_opens_them(desk: Desk) -> None:
    client = _client()
    set_target(
        kpi="K01",
        direction="at_most",
        value=Decimal(9),
        first=NOW.date() - timedelta(days=900),
        actor=make_user("quality_manager"),
        at=NOW,
    )
    for period, lines in (("30", 26), ("year", 18)):
        page = client.get(reverse("monitoring:trend", args=["K01"]), {"period": period})
        table = page.context["table"]
        assert (len(table.lines), table.goal) == (lines, 9)
        assert any(shown.value for _, shown in _opened(table))
        for line, shown in _opened(table):
            listed = client.get(shown.url).context
            assert (len(listed["rows"]), listed["value"]) == (shown.value, shown.text), line
    answered = client.get(reverse("monitoring:trend", args=["K03"])).context["table"]
    assert any(shown.few and " of " in shown.note for _, shown in _opened(answered))


def test_what_is_above_another_category_opens_no_list_that_holds_more(desk: Desk) -> None:
    now = timezone.now()
    top = category("product")
    make_complaint(at=now, category=top)
    fold_journal(at=now)
    table = _client().get(reverse("monitoring:chart", args=["heat"])).context["table"]
    line = next(line for line in table.lines if line.name == str(top))
    assert [shown.url for shown in line.shown if shown.value] == ["", ""]


def test_the_words_of_a_chart_are_never_markup() -> None:
    shown = Shown("<i>1</i>", 1.5, '/?a=1&b="2"', note="<b>of</b> 2", few=True)
    table = Table("bars", "", [Column("<u>n</u>")], [Line("<script>", [shown], marked=True)])
    assert table.body == (
        '<tr data-marked><th scope="row">&lt;script&gt;</th>'
        '<td class="number" data-label="&lt;u&gt;n&lt;/u&gt;" data-value="1.5" data-few><span>'
        '<a href="/?a=1&amp;b=&quot;2&quot;">&lt;i&gt;1&lt;/i&gt;</a>'
        ' <span class="badge calm">few cases</span>'
        ' <span class="sub">&lt;b&gt;of&lt;/b&gt; 2</span></span></td></tr>'
    )


def test_a_chart_takes_few_statements(desk: Desk) -> None:
    client = _client()
    pages = [reverse("monitoring:chart", args=[name]) for name in CHARTS]
    pages.append(reverse("monitoring:trend", args=["K03"]))
    for page in pages:
        client.get(page, headers={"HX-Request": "true"})
        with CaptureQueriesContext(connection) as asked:
            client.get(page, headers={"HX-Request": "true"})
        assert len(asked) <= 12, (page, [query["sql"][:90] for query in asked])
