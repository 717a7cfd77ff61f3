"""Which complaints a list shows: filters as they stand in the address."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from accounts.models import Membership, Provider, Site, Team, User
from accounts.rules import roles_with
from complaints.models import Category, SavedFilter
from complaints.querysets import ComplaintQuerySet
from complaints.selectors.prepared import Prepared
from complaints.states import OPEN_STATES, Channel, Priority, State
from journal.origin import current_origin

ME, NONE = "me", "none"
OPEN, CLOSED = "open", "closed"
OVERDUE, TODAY, WEEK = "overdue", "today", "week"
STANDINGS = (OPEN, CLOSED)
DUES = (OVERDUE, TODAY, WEEK)
NEWEST, OLDEST, DUE_FIRST = "newest", "oldest", "due"
SORTS = (NEWEST, OLDEST, DUE_FIRST)
FLAGS = ("emergency", "paused", "confidential", "repeat", "incomplete", "approval")
LONGEST_QUESTION = 200
_LARGEST_ID = 2**63 - 1
_YES = frozenset({"1", "yes", "true", "on"})


class Asked(Protocol):
    """What an address asks for: a QueryDict, seen from here."""

    def getlist(self, key: str, /) -> Sequence[str]:
        """Return all values of a name."""


@dataclass(frozen=True)
class Ignored:
    """A value of the address that means nothing: which filter, and what stood there."""

    name: str
    value: str


class Name(NamedTuple):
    """A category, site, team or person as a choice: its id, what stands for it in an address."""

    pk: int
    code: str
    parent_id: int | None
    name_en: str
    name_zh: str
    active: bool = True

    def __str__(self) -> str:
        """Return the name in the present language."""
        chinese = (translation.get_language() or "").startswith("zh")
        return self.name_zh if chinese else self.name_en


class Known:
    """The categories, places and people there are, each read once and only when asked for.

    Whoever works for a provider knows its people, and no other provider.
    """

    def __init__(self, actor: User | None = None) -> None:
        """Begin with nothing read."""
        self.provider = actor.provider if actor is not None else None

    @cached_property
    def categories(self) -> list[Name]:
        """Return all categories in tree order, parents before children, also those out of use."""
        by_parent: dict[int | None, list[Name]] = {}
        columns = ("pk", "code", "parent", "name_en", "name_zh", "active")
        for row in Category.objects.order_by("code").values_list(*columns):
            category = Name(*row)
            by_parent.setdefault(category.parent_id, []).append(category)
        ordered: list[Name] = []

        def walk(parent_id: int | None) -> None:
            for category in by_parent.get(parent_id, []):
                ordered.append(category)
                walk(category.pk)

        walk(None)
        return ordered

    @cached_property
    def sites(self) -> list[Name]:
        """Return all sites."""
        return _places(Site.objects.order_by("code"))

    @cached_property
    def teams(self) -> list[Name]:
        """Return all teams."""
        return _places(Team.objects.order_by("code"))

    @cached_property
    def people(self) -> list[Name]:
        """Return the active people who own complaints or could."""
        able = Membership.objects.filter(role__in=roles_with("complaints.assign_self"))
        if self.provider is not None:
            able = able.filter(provider=self.provider.pk)
        people = User.objects.filter(is_active=True, is_client=False, pk__in=able.values("user"))
        found = people.order_by().values_list("pk", "display_name", "username")
        names = [Name(pk, str(pk), None, name or login, name or login) for pk, name, login in found]
        return sorted(names, key=str)

    @cached_property
    def providers(self) -> list[Name]:
        """Return all providers."""
        known = Provider.objects.filter(is_test=current_origin().sandbox).order_by("code")
        return _places(known if self.provider is None else known.none())

    def below(self, code: str) -> tuple[int, ...]:
        """Return the ids of a category and of all below it; empty when nothing has this code."""
        found: set[int] = set()
        for category in self.categories:
            if category.code == code or category.parent_id in found:
                found.add(category.pk)
        return tuple(sorted(found))


def _places(places: QuerySet[Site] | QuerySet[Team] | QuerySet[Provider]) -> list[Name]:
    rows = places.values_list("pk", "code", "name_en", "name_zh", "active")
    return [Name(pk, code, None, en, zh, active) for pk, code, en, zh, active in rows]


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. Read it with `parse`; empty means everything one may see.

    Fields hold what the address says (codes, not ids), so that `as_query` gives it back.
    """

    q: str = ""
    standing: str = ""  # open | closed
    state: tuple[str, ...] = ()
    due: str = ""  # overdue | today | week; worked out in the query, never stored
    owner: str = ""  # me | none | an id
    team: str = ""  # none | a code
    site: str = ""  # none | a code
    provider: str = ""  # none | a code
    category: str = ""  # a code; its descendants count
    priority: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    received_after: date | None = None
    received_before: date | None = None  # this day is included
    emergency: bool = False
    paused: bool = False
    confidential: bool = False
    repeat: bool = False
    incomplete: bool = False
    approval: bool = False  # somebody's approval is waited for
    sort: str = NEWEST
    ignored: tuple[Ignored, ...] = ()
    category_ids: tuple[int, ...] = ()
    site_id: int | None = None
    team_id: int | None = None
    provider_id: int | None = None

    @classmethod
    def parse(cls, asked: Asked, known: Known | None = None) -> Self:
        """Read the filters of an address. What means nothing is left out and named in `ignored`."""
        reader = _Reader(asked, known or Known())
        flags: dict[str, Any] = {name: reader.flag(name) for name in FLAGS}
        return cls(
            q=reader.first("q").replace("\x00", "")[:LONGEST_QUESTION].strip(),
            standing=reader.one("standing", STANDINGS),
            state=reader.many("state", State.values),
            due=reader.one("due", DUES),
            owner=reader.owner(),
            priority=reader.many("priority", Priority.values),
            channel=reader.many("channel", Channel.values),
            received_after=reader.day("received_after"),
            received_before=reader.day("received_before"),
            sort=reader.one("sort", SORTS) or NEWEST,
            **reader.places(),
            **flags,
            ignored=tuple(reader.ignored),
        )

    @property
    def narrowed(self) -> bool:
        """Return whether anything is filtered at all."""
        return bool(self._pairs())

    @property
    def open_by_order(self) -> bool:
        """Return whether it is the order that leaves out what is closed: it has no time left."""
        return self.sort == DUE_FIRST and not self.standing

    def pairs(self, *names: str) -> list[tuple[str, str]]:
        """Return name and value of these filters, as far as they are set."""
        return [pair for pair in self._pairs() if pair[0] in names]

    def as_query(self) -> str:
        """Return the filters as they stand in an address, without the question mark."""
        pairs = self._pairs()
        if self.sort != NEWEST:
            pairs.append(("sort", self.sort))
        return urlencode(pairs)

    def without(self, name: str, value: str = "") -> Self:
        """Return the same filters without one of them, or without one value of it."""
        now = getattr(self, name)
        rest = tuple(item for item in now if item != value) if isinstance(now, tuple) else ()
        change: dict[str, Any] = {"ignored": (), name: rest or getattr(Filters(), name)}
        if name in {"site", "team", "provider"}:
            change[f"{name}_id"] = None
        elif name == "category":
            change["category_ids"] = ()
        return replace(self, **change)

    def apply(
        self, complaints: ComplaintQuerySet, *, actor: User, now: datetime
    ) -> ComplaintQuerySet:
        """Narrow complaints, all but the words `q` (see selectors.search). Adds no order."""
        for condition in (
            *self._about_state(now),
            *self._about_people(actor),
            *self._about_matter(),
            *self._about_time(),
        ):
            complaints = complaints.filter(condition)
        return complaints

    def _about_state(self, now: datetime) -> Iterable[Q]:
        if self.standing or self.sort == DUE_FIRST:
            yield Q(is_open=self.standing != CLOSED)
        if self.state:
            yield Q(state__in=self.state)
            if set(self.state) <= set(map(str, OPEN_STATES)):
                yield Q(is_open=True)  # lets the indexes of open complaints serve
        if self.due:
            yield Q(is_open=True) & due_within(self.due, now)
        if self.paused:
            yield Q(is_open=True, paused=True)
        if self.approval:
            yield Q(is_open=True) & ~Q(pending_approval="")

    def _about_people(self, actor: User) -> Iterable[Q]:
        if self.owner == NONE:
            yield Q(owner__isnull=True)
        elif self.owner:
            yield Q(owner=actor.pk if self.owner == ME else int(self.owner))
        for name in ("team", "site", "provider"):
            place = getattr(self, name)
            if place:
                yield (
                    Q(**{name: getattr(self, f"{name}_id")})
                    if place != NONE
                    else Q(**{f"{name}__isnull": True})
                )

    def _about_matter(self) -> Iterable[Q]:
        if self.category:
            yield Q(category__in=self.category_ids)
        if self.priority:
            yield Q(priority__in=self.priority)
        if self.channel:
            yield Q(channel__in=self.channel)
        if self.emergency:
            yield Q(emergency=True)
        if self.confidential:
            yield Q(confidential=True)
        if self.repeat:
            yield Q(repeat_of__isnull=False)
        if self.incomplete:
            yield ~Q(missing=[])

    def _about_time(self) -> Iterable[Q]:
        if self.received_after is not None:
            yield Q(received_at__gte=start_of_day(self.received_after))
        if self.received_before is not None:
            yield Q(received_at__lt=start_of_day(self.received_before + timedelta(days=1)))

    def _pairs(self) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for field in fields(self):
            if field.name in {"sort", "ignored"} or field.name.endswith(("_ids", "_id")):
                continue
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                pairs += [(field.name, item) for item in value]
            elif isinstance(value, bool):
                pairs += [(field.name, "1")] if value else []
            elif value:
                pairs.append((field.name, str(value)))
        return pairs


def due_within(due: str, now: datetime) -> Q:
    """Return the condition of being late, due today, or due within a week."""
    # The due date is that of clocks which run: what a pause holds up is not in it.
    midnight = start_of_day(timezone.localdate(now) + timedelta(days=1))
    until = {OVERDUE: now, TODAY: midnight, WEEK: midnight + timedelta(days=6)}[due]
    within = Q(next_due_at__lte=until)
    return within if due == OVERDUE else within & Q(next_due_at__gt=now)


def start_of_day(day: date) -> datetime:
    """Return the instant at which a day of the organisation begins."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


class _Reader:
    """Reads names of an address and keeps what it could not make sense of."""

    def __init__(self, asked: Asked, known: Known) -> None:
        self.asked = asked
        self.known = known
        self.ignored: list[Ignored] = []

    def first(self, name: str) -> str:
        """Return the first value that says something."""
        return next((value.strip() for value in self.asked.getlist(name) if value.strip()), "")

    def one(self, name: str, allowed: Sequence[str]) -> str:
        value = self.first(name)
        if not value or value in allowed:
            return value
        return self._ignore(name, value)

    def many(self, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        given = [value.strip() for value in self.asked.getlist(name) if value.strip()]
        for value in given:
            if value not in allowed:
                self._ignore(name, value)
        return tuple(value for value in allowed if value in given)

    def flag(self, name: str) -> bool:
        value = self.first(name).lower()
        if value and value not in _YES and value != "0":
            self._ignore(name, value)
        return value in _YES

    def day(self, name: str) -> date | None:
        value = self.first(name)
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
            start_of_day(day + timedelta(days=2)).astimezone(timezone.get_fixed_timezone(-900))
        except (ValueError, OverflowError):
            self._ignore(name, value)
            return None
        return day

    def owner(self) -> str:
        value = self.first("owner")
        if value in {"", ME, NONE}:
            return value
        if value.isascii() and value.isdecimal() and int(value[:20]) <= _LARGEST_ID:
            return str(int(value))
        return self._ignore("owner", value)

    def places(self) -> dict[str, Any]:
        """Return category, site and team with their ids."""
        found: dict[str, Any] = {}
        category = self.first("category")
        ids = self.known.below(category) if category else ()
        if category and not ids:
            category = self._ignore("category", category)
        found |= {"category": category, "category_ids": ids}
        for name, places in (("site", "sites"), ("team", "teams"), ("provider", "providers")):
            code = self.first(name)
            pk = None
            if code not in {"", NONE}:
                rows: list[Name] = getattr(self.known, places)
                pk = next((row.pk for row in rows if row.code == code), None)
                code = code if pk is not None else self._ignore(name, code)
            found |= {name: code, f"{name}_id": pk}
        return found

    def _ignore(self, name: str, value: str) -> str:
        self.ignored.append(Ignored(name, value[:60]))
        return ""


class Kept(NamedTuple):
    """A filter that somebody keeps under a name."""

    pk: int
    name: str
    query: str


@cache
def _kept() -> Prepared:
    return Prepared(SavedFilter.objects.order_by().values_list(*Kept._fields))


def saved_filters(actor: User) -> list[Kept]:
    """Return the filters that a person keeps, by name; every page of the register shows them."""
    return [Kept(*row) for row in _kept().ask("WHERE user_id = %s ORDER BY name", [actor.pk])]
