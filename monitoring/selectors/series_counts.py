"""The counts of series: read from complaints, kept by day, and loaded for a scan."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from complaints.models import Category, Complaint
from complaints.states import State
from incidents.models import Link
from monitoring.models import Exposure, NewLevel, SeriesDay, SeriesPrint
from monitoring.rules.cells import UNKNOWN, Cells, Ints, ordinal
from monitoring.rules.names import product_key
from monitoring.rules.rebasing import Lift
from monitoring.rules.scanning import World
from monitoring.rules.watch_settings import DIMENSIONS

UNCOUNTED = (State.MERGED, State.NOT_A_COMPLAINT)
Place = tuple[date, date, int | None, str, int | None, str, int | None]
_READ = (
    "received_at",
    "recorded_at",
    "category_id",
    "product",
    "site_id",
    "channel",
    "provider_id",
    "complainant_id",
    "repeat_of_id",
    "confidential",
)


def begin_of(day: date) -> datetime:
    """Return the first instant of a local day."""
    return timezone.make_aware(datetime.combine(day, time()))


def place_of(row: dict[str, Any]) -> Place:
    """Return in which row of the counts a complaint is counted."""
    return (
        timezone.localdate(row["received_at"]),
        timezone.localdate(row["recorded_at"]),
        row["category_id"],
        product_key(row["product"])[:200],
        row["site_id"],
        row["channel"],
        row["provider_id"],
    )


def recounted(days: Sequence[date]) -> list[SeriesDay]:
    """Return the counts of these days, from the complaints themselves; unsaved."""
    wanted = set(days)
    found = (
        Complaint.objects.filter(
            received_at__gte=begin_of(min(days)),
            received_at__lt=begin_of(max(days) + timedelta(days=1)),
        )
        .exclude(state__in=UNCOUNTED)
        .values(*_READ)
    )
    numbers: dict[Place, Counter[str]] = defaultdict(Counter)
    persons: dict[Place, set[int]] = defaultdict(set)
    for row in found.iterator(chunk_size=2000):
        place = place_of(row)
        if place[0] not in wanted:
            continue
        person = row["complainant_id"]
        numbers[place]["complaints"] += 1
        numbers[place]["repeats"] += row["repeat_of_id"] is not None
        numbers[place]["hidden"] += row["confidential"]
        if person is None:  # nobody knows who they are, so each is somebody
            numbers[place]["complainants"] += 1
        persons[place].update(() if person is None else (person,))
    return [_row(place, count, len(persons[place])) for place, count in numbers.items()]


def _row(place: Place, count: Counter[str], persons: int) -> SeriesDay:
    day, recorded, category, product, site, channel, provider = place
    return SeriesDay(
        day=day,
        recorded_on=recorded,
        category_id=category,
        product=product,
        site_id=site,
        channel=channel,
        provider_id=provider,
        complaints=count["complaints"],
        complainants=count["complainants"] + persons,
        repeats=count["repeats"],
        hidden=count["hidden"],
    )


def marks_of(since: date | None = None) -> dict[date, str]:
    """Return by day what its complaints look like: any change that counts changes the mark."""
    seen = Complaint.objects.all()
    if since is not None:
        seen = seen.filter(received_at__gte=begin_of(since))
    rows = (
        seen.order_by()
        .values(of=TruncDate("received_at"))
        .annotate(
            n=Count("pk"),
            left=Count("pk", filter=Q(state__in=UNCOUNTED)),
            versions=Sum("version"),
            again=Count("repeat_of"),
            secret=Count("pk", filter=Q(confidential=True)),
            where=Sum("site_id"),
            what=Sum("category_id"),
        )
    )
    names = ("of", "n", "left", "versions", "again", "secret", "where", "what")
    return {
        day: "-".join(str(number or 0) for number in numbers)
        for day, *numbers in rows.values_list(*names)
    }


def changed_days(since: date | None = None) -> dict[date, str]:
    """Return the days that are no longer what they were when counted, with their mark; "" if gone.

    The complaints of a day are compared with how they looked; nothing has to tell that they change.
    """
    now = marks_of(since)
    kept = (
        SeriesPrint.objects.all() if since is None else SeriesPrint.objects.filter(day__gte=since)
    )
    before = dict(kept.values_list("day", "mark"))
    changed = {day: mark for day, mark in now.items() if before.get(day) != mark}
    return changed | {day: "" for day in before if day not in now}


def kept_rows(days: Sequence[date]) -> Iterator[SeriesDay]:
    """Yield what is kept of these days."""
    for start in range(0, len(days), 500):
        yield from SeriesDay.objects.filter(day__in=days[start : start + 500])


def as_tuple(row: SeriesDay) -> tuple[Any, ...]:
    """Return everything a row says, to compare it with another."""
    return (
        row.day,
        row.recorded_on,
        row.category_id,
        row.product,
        row.site_id,
        row.channel,
        row.provider_id,
        row.complaints,
        row.complainants,
        row.repeats,
        row.hidden,
    )


# --- for a scan --------------------------------------------------------------------------------

_COLUMNS = ("category_id", "product", "site_id", "channel", "provider_id")
_NOBODY: tuple[Any, ...] = (None, "", None, "", None)


@dataclass(frozen=True)
class Loaded:
    """All counts as arrays, read once however many periods are judged of them."""

    cells: Cells
    names: dict[str, list[str]]
    codes: dict[str, dict[Any, int]]
    parents: dict[int, int]
    since: date
    at_place: dict[Place, int]

    def known(self, as_of: date) -> Cells:
        """Return what was known at the end of a day, with the incidents declared by then."""
        apart = np.zeros(len(self.cells.days))
        for place, number in _in_incidents(as_of).items():
            if place in self.at_place:
                apart[self.at_place[place]] = number
        return replace(self.cells, apart=np.minimum(apart, self.cells.complaints)).known(as_of)

    def world(self, as_of: date, *, watched: Iterable[str] = ()) -> World:
        """Return what else a scan has to know at the end of a day."""
        return World(
            names=self.names,
            parents=self.parents,
            since=self.since,
            lifts=_levels(as_of),
            watched=frozenset(watched),
            exposure=_exposure(as_of),
        )


def load_counts(since: date | None = None) -> Loaded | None:
    """Return the counts kept from a day on; None where there are none."""
    rows = SeriesDay.objects.all() if since is None else SeriesDay.objects.filter(day__gte=since)
    numbers = ("complaints", "complainants", "repeats", "hidden")
    found = list(rows.order_by("day", "id").values_list("day", "recorded_on", *_COLUMNS, *numbers))
    if not found:
        return None
    columns = list(zip(*found, strict=True))
    codes: dict[str, dict[Any, int]] = {}
    arrays: dict[str, Ints] = {}
    tree = dict(Category.objects.values_list("pk", "parent_id"))
    for name, values, nobody in zip(DIMENSIONS, columns[2:7], _NOBODY, strict=True):
        members = {value for value in values if value != nobody}
        if name == "category":
            members |= set(tree)
        codes[name] = {member: code for code, member in enumerate(sorted(members))}
        own = codes[name]
        arrays[name] = np.array([own.get(value, UNKNOWN) for value in values], dtype=np.int64)
    own = codes["category"]
    complaints, complainants, repeats, hidden = (np.array(c, dtype=float) for c in columns[7:])
    cells = Cells(
        days=np.array([ordinal(day) for day in columns[0]], dtype=np.int64),
        recorded=np.array([ordinal(day) for day in columns[1]], dtype=np.int64),
        codes=arrays,
        complaints=complaints,
        complainants=complainants,
        repeats=repeats,
        hidden=hidden,
        apart=np.zeros(len(found)),
        origin=np.arange(len(found)),
    )
    names = {name: [str(member) for member in own_codes] for name, own_codes in codes.items()}
    parents = {own[child]: own[parent] for child, parent in tree.items() if parent is not None}
    at_place = {row[:7]: at for at, row in enumerate(found)}
    return Loaded(cells, names, codes, parents, found[0][0], at_place)


def _in_incidents(as_of: date) -> Counter[Place]:
    """Return by row how many complaints belong to an incident that was declared by a day."""
    end = begin_of(as_of + timedelta(days=1))
    linked = Link.objects.filter(
        Q(unlinked_at__isnull=True) | Q(unlinked_at__gte=end),
        linked_at__lt=end,
        incident__declared_at__lt=end,
    )
    rows = Complaint.objects.filter(pk__in=linked.values("complaint")).values(*_READ)
    return Counter(place_of(row) for row in rows)


def _levels(as_of: date) -> dict[str, Lift]:
    taken = NewLevel.objects.filter(at__lt=begin_of(as_of + timedelta(days=1))).order_by("pk")
    return {level.key: Lift(level.since, level.factor) for level in taken}


def _exposure(as_of: date) -> dict[str, dict[date, float]]:
    """Return by series what each month had, as far as its months had begun on a day."""
    found: dict[str, dict[date, float]] = {}
    for one in Exposure.objects.filter(month__lte=as_of).order_by("month"):
        key = f":{one.dimension}:{one.member}"
        found.setdefault(key, {})[one.month] = float(one.amount)
    return found
