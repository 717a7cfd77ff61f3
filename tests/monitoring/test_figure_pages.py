"""Pages of figures: few statements, exports that tell everything, targets with their refusals."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from complaints.errors import BadInput, Conflict
from journal.selectors import history_of
from monitoring import events
from monitoring.kpis import CATALOGUE
from monitoring.models import Target
from monitoring.selectors.targets import targets_on
from monitoring.services.folding import fold_all, fold_journal
from monitoring.services.targets import end_target, set_target
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_team, make_user

pytestmark = pytest.mark.django_db
FIRST = date(2026, 1, 1)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _target(actor: User, **changes: object) -> Target:
    wish = {"kpi": "K03", "direction": "at_least", "value": Decimal(90), "first": FIRST}
    return set_target(**{**wish, **changes}, actor=actor, at=NOW)  # type: ignore[arg-type]


@pytest.mark.clause("CM-9.1")
def test_twelve_tiles_take_at_most_ten_statements_and_show_what_just_happened() -> None:
    now = timezone.now()
    boss = make_user("manager")
    quality = make_user("quality_manager")
    _target(quality, kpi="K01", direction="at_most", value=Decimal(1))
    make_complaint(at=now, received_at=now - timedelta(minutes=5))
    fold_journal(at=now)
    client = _client(boss)
    client.get(reverse("monitoring:dashboard"))  # what is kept between pages is kept now
    for board in ("operations", "quality", "management"):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("monitoring:dashboard"), {"board": board})
        assert page.content.count(b'<a class="tile') == 12
        assert len(asked) <= 10, [query["sql"][:90] for query in asked]
    make_complaint(at=now, received_at=now - timedelta(minutes=5))
    tiles = {
        tile["name"]: tile for tile in client.get(reverse("monitoring:dashboard")).context["tiles"]
    }
    received = tiles["Complaints received"]
    assert (received["figure"], received["tone"], received["verdict"]) == ("2", "bad", "missed")


def test_every_board_chart_and_figure_opens_in_both_languages() -> None:
    now = timezone.now()
    Desk().case("closed", at=now - timedelta(days=3))
    fold_all(at=now)
    client = _client(make_user("manager"))
    pages = [reverse("monitoring:catalogue"), reverse("monitoring:filters")]
    pages += [
        f"{reverse('monitoring:dashboard')}?board={name}" for name in ("quality", "management")
    ]
    charts = ("flow", "ageing", "heat", "workload", "providers", "causes")
    pages += [reverse("monitoring:chart", args=[name]) for name in charts]
    pages += [reverse("monitoring:figure", args=[kpi.code]) for kpi in CATALOGUE]
    pages += [
        reverse("monitoring:trend", args=[kpi.code]) for kpi in CATALOGUE if kpi.code != "K09L"
    ]
    for language in ("en", "zh-hans"):
        client.cookies["django_language"] = language
        for page in pages:
            assert client.get(page).status_code == 200, page
    assert client.get(reverse("monitoring:chart", args=["pie"])).status_code == 404
    assert client.get(reverse("monitoring:figure", args=["K99"])).status_code == 404
    assert client.get(reverse("monitoring:trend", args=["K09L"])).status_code == 404


def test_an_address_that_means_nothing_is_told_and_left_out() -> None:
    client = _client(make_user("manager"))
    asked = "period=own&first=2026-05-01&last=2026-04-01&site=nowhere&channel=smoke&category=x"
    page = client.get(f"{reverse('monitoring:dashboard')}?{asked}")
    assert page.context["question"].ignored == ("site", "category", "channel", "period")
    assert "was left out" in page.content.decode()


def test_dates_that_were_changed_in_the_form_are_meant() -> None:
    client = _client(make_user("manager"))
    page = client.get(reverse("monitoring:dashboard"), {"period": "30"})
    shown = {name: page.context[name] for name in ("first", "last")}

    def asked(**changes: str) -> str:
        sent = {"was": "30", "period": "30", **shown, **changes}
        period: str = client.get(reverse("monitoring:dashboard"), sent).context["question"].period
        return period

    assert asked() == "30"
    assert asked(first="2026-01-01") == "own"
    assert asked(period="year") == "year"


@pytest.mark.clause("CM-9.1")
def test_an_export_holds_all_figures_with_what_it_takes_to_judge_them() -> None:
    now = timezone.now()
    Desk().case("closed", at=now - timedelta(days=3), product="=1+1")
    fold_all(at=now)
    auditor = make_user("auditor")
    client = _client(auditor)
    address = reverse("monitoring:export")
    text = client.post(address).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Figure"] for row in rows] == [kpi.code for kpi in CATALOGUE]
    upheld = next(row for row in rows if row["Figure"] == "K17")
    told = ("Value", "Numerator", "Denominator", "Few cases", "Edition", "Basis")
    assert [upheld[name] for name in told] == ["100.0", "1", "1", "yes", "1", "E"]
    book = load_workbook(io.BytesIO(client.post(address, {"format": "xlsx"}).content))
    assert book.active.max_row == len(CATALOGUE) + 1
    assert client.post(address, {"format": "docx"}).status_code == 422
    exported = history_of(auditor).filter(kind=events.FIGURES_EXPORTED)
    assert [entry.payload["format"] for entry in exported] == ["csv", "xlsx"]


def test_a_handler_sees_their_own_work_and_their_team_as_a_whole() -> None:
    now = timezone.now()
    team = make_team()
    handler = make_user("handler", team=team)
    make_complaint(at=now, team=team)
    secret = make_complaint(at=now, team=team, confidential=True)
    fold_all(at=now)
    lines = _client(handler).get(reverse("monitoring:workload")).context["table"].lines
    loads = [(line.name, line.shown[0].value) for line in lines]
    assert loads == [(str(handler), 0), (str(team), 1)]
    assert secret.confidential


def test_a_target_is_set_on_the_record_and_the_last_one_begun_holds() -> None:
    quality = make_user("quality_manager")
    old = _target(quality)
    new = _target(quality, value=Decimal(95), first=date(2026, 2, 1), last=date(2026, 12, 31))
    assert targets_on(date(2026, 1, 15))["K03"] == old
    assert targets_on(date(2026, 2, 1))["K03"] == new
    assert targets_on(date(2027, 1, 1))["K03"] == old
    end_target(target_id=new.pk, actor=quality, at=NOW)
    assert targets_on(date(2026, 2, 1))["K03"] == old
    kinds = list(history_of(new).values_list("kind", flat=True))
    assert kinds == [events.TARGET_SET, events.TARGET_ENDED]
    with pytest.raises(Conflict):
        end_target(target_id=new.pk, actor=quality, at=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kpi": "K99"}, "kpi"),
        ({"direction": "about"}, "direction"),
        ({"value": Decimal(101)}, "value"),
        ({"value": Decimal(-1)}, "value"),
        ({"last": date(2025, 12, 31)}, "last"),
    ],
)
def test_a_target_without_sense_is_refused_by_name(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        _target(make_user("quality_manager"), **changes)
    assert refusal.value.field == field
    assert not Target.objects.exists()


def test_only_quality_management_sets_and_withdraws_targets() -> None:
    target = _target(make_user("quality_manager"))
    for role in ("manager", "auditor", "top_management"):
        person = make_user(role)
        with pytest.raises(PermissionDenied):
            _target(person)
        with pytest.raises(PermissionDenied):
            end_target(target_id=target.pk, actor=person, at=NOW)
