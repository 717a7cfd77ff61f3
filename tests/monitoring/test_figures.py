"""Figures from cells, from facts and from the lists they open: all say the same, for everybody."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.services import system_user
from complaints.models import Clock, Complaint
from complaints.services.closure import unmerge_complaint, withdraw_complaint
from complaints.services.triage import Correction, correct_complaint
from complaints.states import State
from journal.models import Entry
from monitoring.kpis import BY_CODE, CATALOGUE
from monitoring.models import Alert, Cell, Fact, Fold, Stretch
from monitoring.rules.kpi import Kpi, Of, Span, Term
from monitoring.rules.periods import weeks_before
from monitoring.selectors import pivot
from monitoring.selectors.comparing import (
    causes,
    members_in,
    received_by_category,
    workload,
)
from monitoring.selectors.counting import Counts, counted
from monitoring.selectors.results import (
    COUNTED,
    REST,
    WHOLE,
    facts_behind,
    results,
    signals_behind,
)
from monitoring.selectors.scope import Asked, Scope, scope_of
from monitoring.services.folding import fold_all, fold_journal, rebuild_figures
from monitoring.services.proving import verify_figures
from tests.complaints.desk import category
from tests.complaints.factories import NOW, make_complaint, make_user
from tests.monitoring.world import CHANNELS, World

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOW)
SPAN = Span(TODAY - timedelta(days=40), TODAY + timedelta(days=1), TODAY)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """Make the world once, folded; each test's own changes are rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        world = World(44)
        fold_all(at=NOW)
        yield world
        transaction.set_rollback(True)


def _spans() -> st.SearchStrategy[Span]:
    days = st.integers(-75, 5)
    return st.tuples(days, st.integers(1, 60)).map(
        lambda pair: Span(
            TODAY + timedelta(days=pair[0]),
            TODAY + timedelta(days=pair[0] + pair[1]),
            TODAY,
        )
    )


@pytest.mark.clause("CM-9.1")
def test_a_figure_is_the_length_of_the_list_it_opens(world: World) -> None:
    readers = world.readers

    @settings(max_examples=80)
    @given(
        reader=st.integers(0, len(readers) - 1),
        site=st.sampled_from([None, *(site.pk for site in world.sites)]),
        team=st.sampled_from([None, *(team.pk for team in world.teams)]),
        provider=st.sampled_from([None, None, world.provider.pk]),
        category=st.sampled_from([(), *((one.pk,) for one in world.categories)]),
        product=st.sampled_from(["", "", "aqua 3"]),
        channel=st.sampled_from(["", *CHANNELS]),
        kpi=st.sampled_from(CATALOGUE),
        span=_spans(),
    )
    def holds(
        reader: int, kpi: Kpi, span: Span, category: tuple[int, ...], **asked: object
    ) -> None:
        person = readers[reader]
        narrowed = Asked(
            site_id=asked["site"],  # type: ignore[arg-type]
            team_id=asked["team"],  # type: ignore[arg-type]
            provider_id=asked["provider"],  # type: ignore[arg-type]
            category_ids=category,
            product=str(asked["product"]),
            channel=str(asked["channel"]),
        )
        scope = scope_of(person, narrowed)
        if scope is None:
            assert asked["site"] not in {None, world.sites[0].pk}
            return
        _agrees(person, scope, kpi, span)

    holds()


def _agrees(person: User, scope: Scope, kpi: Kpi, span: Span) -> None:
    result = results(scope, [(kpi, span)])[0]
    if not kpi.several:
        assert result.numerator == _length(person, scope, kpi, span, COUNTED)
        if result.denominator is not None and result.exposed is None:
            assert result.denominator == _length(person, scope, kpi, span, WHOLE)
            if kpi.kept:
                others = _length(person, scope, kpi, span, REST)
                assert others == result.denominator - result.numerator
    for name, count in {**result.excluded, **result.bands}.items():
        if not kpi.several:
            assert count == _length(person, scope, kpi, span, name)


@pytest.mark.clause("CM-9.1")
def test_a_cell_of_a_table_is_the_length_of_the_list_it_opens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pivot, "ROWS", 1)
    monkeypatch.setattr(pivot, "COLUMNS", 1)
    readers = world.readers

    @settings(max_examples=25)
    @given(
        reader=st.integers(0, len(readers) - 1),
        site=st.sampled_from([None, None, world.sites[0].pk]),
        category=st.sampled_from([(), (), (world.categories[0].pk,)]),
        sides=st.lists(
            st.sampled_from(sorted(pivot.DIMENSIONS)), min_size=2, max_size=2, unique=True
        ),
        counted=st.sampled_from(sorted(pivot.COUNTED)),
        opened=st.booleans(),
        span=_spans(),
    )
    def holds(
        reader: int,
        site: int | None,
        category: tuple[int, ...],
        sides: list[str],
        counted: str,
        opened: bool,  # noqa: FBT001
        span: Span,
    ) -> None:
        person = readers[reader]
        scope = scope_of(person, Asked(site_id=site, category_ids=category))
        assert scope is not None
        layout = pivot.Layout(sides[0], sides[1], counted, open_rows=opened).within(span)
        found = pivot.grid(scope, span, layout)

        def behind(row: str | None, column: str | None) -> int:
            facts = pivot.facts_of(scope, span, layout, row, column)
            seen = Complaint.objects.visible_to(person).filter(pk__in=facts.values("complaint"))
            assert seen.count() == facts.count(), "a table counts what its reader may not see"
            if counted == pivot.COMPLAINANTS:
                people = seen.values_list("complainant", "pk")
                return len({who or f"nobody {pk}" for who, pk in people})
            return seen.count()

        for row, counts in found.lines():
            assert found.of_row.get(row, 0) == behind(row, None)
            for column, count in zip(found.columns.all, counts, strict=True):
                assert count == behind(row, column), (layout, row, column)
        for column in found.columns.all:
            assert found.of_column.get(column, 0) == behind(None, column)
        assert found.total == behind(None, None)
        if counted != pivot.COMPLAINANTS:
            assert sum(found.of_row.values()) == sum(found.of_column.values()) == found.total

    holds()


def _length(person: User, scope: Scope, kpi: Kpi, span: Span, which: str) -> int:
    if kpi.of == Of.ALERTS:
        ids = signals_behind(scope, kpi, span, which)
        assert Alert.objects.visible_to(person).filter(pk__in=ids).count() == len(set(ids))
        return len(ids)
    facts = facts_behind(scope, kpi, span, which).values("complaint")
    seen = Complaint.objects.visible_to(person).filter(pk__in=facts).count()
    assert seen == facts.count(), "a figure counts what its reader may not see"
    return seen


def test_cells_and_facts_count_the_same(world: World) -> None:
    for person in world.readers:
        for member in ({}, {"channel": ("phone",)}, {"product": ("aqua 3",)}, {"site": ("",)}):
            scope = scope_of(person, Asked())
            assert scope is not None
            cells = Scope(person.pk, scope.confidential, {**scope.members, **member})
            if cells.cell is None:
                continue
            # A second condition that everything meets sends the same question to the facts.
            channels = {"channel": (*CHANNELS, "")} if "channel" not in member else {}
            sites = {"site": ("", *(str(site.pk) for site in world.sites))}
            facts = Scope(person.pk, scope.confidential, {**sites, **channels, **cells.members})
            assert facts.cell is None
            counted_here = [kpi for kpi in CATALOGUE if kpi.of == Of.COMPLAINTS]
            asked = [(kpi, SPAN) for kpi in counted_here if not kpi.shape(SPAN).exposed]
            for one, other in zip(results(cells, asked), results(facts, asked), strict=True):
                assert one == other, one.kpi.code
            assert causes(cells, SPAN) == causes(facts, SPAN)
            weeks = weeks_before(TODAY, 12)
            assert received_by_category(cells, weeks) == received_by_category(facts, weeks)
            assert members_in(cells, "channel", SPAN) == members_in(facts, "channel", SPAN)


@pytest.mark.clause("CM-9.1")
def test_the_backlog_moves_by_what_came_and_went(world: World) -> None:
    scope = scope_of(world.boss, Asked())
    assert scope is not None
    for first in range(-70, 0, 7):
        t0, t1 = TODAY + timedelta(days=first), TODAY + timedelta(days=first + 11)
        t1 = min(t1, TODAY + timedelta(days=1))
        span = Span(t0, t1, TODAY)
        names = ("registered", "reopenings", "closings", "mergers", "dismissals")
        counts = counted(scope, [Term(name, t0, t1) for name in names])
        came, again, gone, merged, none = (counts.count((Term(n, t0, t1),)) for n in names)
        before, after = (
            results(scope, [(BY_CODE["K09"], Span(day - timedelta(days=1), day, TODAY))])[
                0
            ].numerator
            for day in (t0, t1)
        )
        assert after == before + came + again - gone - merged - none
        clearance = results(scope, [(BY_CODE["K10"], span)])[0]
        assert (clearance.numerator, clearance.denominator) == (gone, came + again)


def test_known_lives_are_counted_as_they_were(world: World) -> None:
    scope = Scope(0, confidential=True, members={})
    everything = Span(date(2025, 1, 1), TODAY + timedelta(days=1), TODAY)
    found = {
        result.kpi.code: result
        for result in results(scope, [(kpi, everything) for kpi in CATALOGUE])
    }
    real = Complaint.objects.all()
    unfit = (State.MERGED, State.NOT_A_COMPLAINT)
    assert found["K01"].numerator == real.exclude(state__in=unfit).count()
    assert found["K01"].excluded == {
        "merged": real.filter(state=State.MERGED).count(),
        "dismissed": real.filter(state=State.NOT_A_COMPLAINT).count(),
    }
    assert found["K09"].numerator == real.filter(is_open=True).count()
    assert found["K24"].numerator == real.filter(emergency_declared_at__isnull=False).count()
    clocks = Clock.objects.filter(
        stage="acknowledge", dropped=False, cycle=1, complaint__in=real.exclude(state__in=unfit)
    )
    assert found["K03"].numerator == clocks.filter(met=True).values("complaint").distinct().count()
    assert Stretch.objects.count() == real.filter(cycle__gt=1).count() > 0


def test_who_sees_no_place_sees_no_figures_and_nobody_sees_beyond_theirs(world: World) -> None:
    north, south = world.sites
    assert scope_of(make_user("agent"), Asked()) is None
    assert scope_of(world.local, Asked(site_id=south.pk)) is None
    local = scope_of(world.local, Asked(team_id=world.teams[0].pk))
    assert local is not None
    assert local.members == {"site": (str(north.pk),), "team": (str(world.teams[0].pk),)}
    plain = scope_of(world.plain, Asked())
    assert plain is not None
    assert not plain.confidential


def test_late_entries_and_corrections_move_the_days_they_belong_to(world: World) -> None:
    scope = Scope(0, confidential=True, members={})
    day = TODAY - timedelta(days=35)
    span = Span(day, day + timedelta(days=1), TODAY)

    def received(**members: str) -> int:
        here = Scope(0, confidential=True, members={k: (v,) for k, v in members.items()})
        return results(here, [(BY_CODE["K01"], span)])[0].numerator

    before = received()
    late = make_complaint(
        received_at=NOW - timedelta(days=35), at=NOW, product="Kettle", category=category()
    )
    assert received() == before
    fold_all(at=NOW)
    assert received() == before + 1
    kettles, irons = received(product="kettle"), received(product="iron")
    correct_complaint(
        complaint_id=late.pk,
        correction=Correction(product="Iron"),
        reason="It was the iron.",
        actor=world.boss,
        at=NOW,
    )
    fold_all(at=NOW)
    assert (received(product="kettle"), received(product="iron")) == (kettles - 1, irons + 1)
    withdraw_complaint(complaint_id=late.pk, reason="Settled.", actor=system_user(), at=NOW)
    fold_all(at=NOW)
    assert received() == before + 1  # withdrawn ones stay in the volume
    assert verify_figures().difference == ""
    assert results(scope, [(BY_CODE["K09"], SPAN)])[0].numerator == Complaint.objects.open().count()


def test_to_fold_twice_changes_nothing_and_an_undone_merge_is_counted_again(world: World) -> None:
    merged = Complaint.objects.filter(state=State.MERGED).order_by("-merged_at")[0]
    assert not Fact.objects.get(complaint=merged).counted
    unmerge_complaint(complaint_id=merged.pk, actor=system_user(), at=NOW)
    fold_all(at=NOW)
    assert Fact.objects.get(complaint=merged).counted
    kept = list(Cell.objects.exclude(n=0).order_by("pk").values_list("pk", "n", "total"))
    Fold.objects.update(cursor=0)
    assert fold_all(at=NOW) == Entry.objects.count()
    assert kept == list(Cell.objects.exclude(n=0).order_by("pk").values_list("pk", "n", "total"))
    assert fold_journal(at=NOW) == 0
    assert verify_figures().difference == ""


@pytest.mark.clause("CM-9.1")
def test_the_proof_names_what_was_tampered_with(
    world: World, capsys: pytest.CaptureFixture
) -> None:
    call_command("verify_figures")
    assert "equal" in capsys.readouterr().out
    cell = Cell.objects.filter(dimension="all", measure="received", n__gt=0)[0]
    Cell.objects.filter(pk=cell.pk).update(n=cell.n + 1)
    with pytest.raises(CommandError, match=f"cell all .*{cell.day} received"):
        call_command("verify_figures")
    fact = Fact.objects.order_by("complaint")[0]
    Fact.objects.filter(pk=fact.pk).update(channel="letter")
    with pytest.raises(CommandError, match=f"complaint {fact.complaint_id}: channel is 'letter'"):
        call_command("verify_figures")
    rebuild_figures(at=NOW)
    call_command("verify_figures")


def test_what_is_tried_out_or_gone_is_in_no_figure(world: World) -> None:
    gone = make_complaint(at=NOW)
    fold_all(at=NOW)
    Complaint.objects.filter(pk=gone.pk).update(is_test=True)
    proof = verify_figures()
    assert f"complaint {gone.pk}: a fact that nothing speaks for" in proof.difference
    rebuild_figures(at=NOW)
    assert not Fact.objects.filter(complaint=gone.pk).exists()
    assert verify_figures().difference == ""


def test_side_by_side_adds_up_to_the_whole(world: World) -> None:
    weeks = [TODAY - timedelta(days=TODAY.weekday() + 7 * back) for back in (3, 2, 1, 0)]
    after = weeks[-1] + timedelta(days=7)
    for person in world.readers:
        scope = scope_of(person, Asked())
        assert scope is not None
        rows = received_by_category(scope, weeks)
        whole = results(scope, [(BY_CODE["K01"], Span(weeks[0], after, TODAY))])[0].numerator
        assert sum(map(sum, rows.values())) == whole
        loads = workload(scope, today=TODAY)
        counts: Counts = counted(scope, [Term("open", None, None), Term("due", None, TODAY)])
        assert sum(load.open for load in loads) == counts.count((Term("open", None, None),))
        assert sum(load.late for load in loads) == counts.count((Term("due", None, TODAY),))
