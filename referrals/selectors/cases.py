"""Cases outside as pages show them: beside a complaint, alone, and as a list by their dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as day
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from accounts.models import User
from complaints.models import Attachment, Complaint
from complaints.permissions import may_know_complainant, needs_reason
from complaints.selectors.access import readable_now
from complaints.selectors.clocks import left_words, status_of, time_words
from complaints.selectors.involved import handlers_of, involved_in
from complaints.selectors.people import people_with
from complaints.selectors.veil import veiled
from compliance.rules import ClockSpec
from compliance.selectors import Explanation, explain, load_calendar, presets, spoken
from referrals.models import HandedIn, OutsideCase, OutsideDate
from referrals.permissions import DECIDE, may_record, may_review, may_say_effect
from referrals.states import ASKS_FOR_AN_EFFECT, PENDING, CaseState, Kind

PAGE = 50
OPEN, EFFECT, ALL = "open", "effect", "all"
TABS: Mapping[str, Any] = {
    OPEN: pgettext_lazy("outside cases", "Open"),
    EFFECT: pgettext_lazy("outside cases", "Decided: what follows?"),
    ALL: pgettext_lazy("outside cases", "All"),
}


def has_open_case(complaint: Complaint) -> bool:
    """Return whether something is still going on outside: such a complaint is not disposed of."""
    return OutsideCase.objects.filter(complaint=complaint).unfinished().exists()


def with_open_cases(complaint_ids: Sequence[int]) -> set[int]:
    """Return which of these complaints have something going on outside, in one statement."""
    rows = OutsideCase.objects.filter(complaint__in=complaint_ids).unfinished()
    return set(rows.order_by().values_list("complaint_id", flat=True))


@dataclass(frozen=True)
class DateLine:
    """A deadline or hearing as it stands; `status` as in components/clock_chip.html."""

    date: OutsideDate
    status: str
    text: str

    @property
    def due_at(self) -> datetime:
        """Return when it is."""
        return self.date.due_at

    @property
    def name(self) -> str:
        """Return what it is for: of a known time limit in the present language."""
        known = presets().get(self.date.preset)
        return spoken(known.clock(self.date.preset_clock).name) if known else self.date.name

    @property
    def last_day(self) -> day | None:
        """Return the last day of a limit that runs by the day: it ends at midnight after it."""
        spec = self.date.spec
        if not spec or not ClockSpec.from_dict(spec).unit.runs_by_the_day:
            return None
        return timezone.localdate(self.due_at - timedelta(seconds=1))


@dataclass(frozen=True)
class CaseView:
    """A case with its dates and documents, and what its reader may do with it."""

    case: OutsideCase
    dates: Sequence[DateLine]
    documents: Sequence[HandedIn]
    may_record: bool
    may_decide: bool  # what came of it
    may_say_effect: bool

    @property
    def pending(self) -> bool:
        """Return whether there is no result yet."""
        return self.case.state in PENDING

    @property
    def asks_for_effect(self) -> bool:
        """Return whether somebody must say what the result means."""
        return self.case.state in {CaseState.DECIDED, CaseState.SETTLED} and not self.case.effect

    @property
    def changes(self) -> bool:
        """Return whether the result changes our decision."""
        return self.case.result in ASKS_FOR_AN_EFFECT

    @property
    def may_close(self) -> bool:
        """Return whether it can be put away as it is."""
        ended = self.case.state in {CaseState.DECIDED, CaseState.SETTLED, CaseState.ENDED}
        return self.may_record and ended and (bool(self.case.effect) or not self.changes)


def cases_beside(complaint: Complaint, actor: User, *, now: datetime) -> list[CaseView]:
    """Return all cases of a complaint for the panel on its page, newest first."""
    cases = list(
        complaint.outside_cases.select_related("reviewer", "recorded_by", "effect_by").order_by(
            "-pk"
        )
    )
    return _views(complaint, cases, actor, now)


def case_view(case: OutsideCase, actor: User, *, now: datetime) -> CaseView:
    """Return one case for its page."""
    return _views(case.complaint, [case], actor, now)[0]


def _views(
    complaint: Complaint, cases: Sequence[OutsideCase], actor: User, now: datetime
) -> list[CaseView]:
    if not cases:
        return []
    dates: dict[int, list[DateLine]] = {case.pk: [] for case in cases}
    for row in OutsideDate.objects.filter(case__in=cases):
        dates[row.case_id].append(date_line(row, now))
    documents: dict[int, list[HandedIn]] = {case.pk: [] for case in cases}
    for paper in HandedIn.objects.filter(case__in=cases).select_related("attachment"):
        documents[paper.case_id].append(paper)
    records = may_record(actor, complaint)
    involved = involved_in(complaint)
    says = may_say_effect(actor, complaint, handlers=handlers_of(complaint))
    return [
        CaseView(
            case,
            dates[case.pk],
            documents[case.pk],
            may_record=records,
            may_decide=records
            and (
                not case.is_review
                or (
                    actor.pk == case.reviewer_id and may_review(actor, complaint, involved=involved)
                )
            ),
            may_say_effect=says,
        )
        for case in cases
    ]


def date_line(row: OutsideDate, now: datetime) -> DateLine:
    """Return how a date stands."""
    if row.done_at is not None:
        late = row.done_at > row.due_at and row.kind == "deadline"
        words = time_words(row.done_at - row.due_at) if late else ""
        return DateLine(row, "missed" if late else "met", words)
    since = row.started_at or row.at
    return DateLine(row, status_of(since, row.due_at, now), left_words(row.due_at, now))


def explanation_of(row: OutsideDate, *, now: datetime) -> Explanation | None:
    """Return why a computed date is when it is, by the calendar as it was then."""
    if not row.spec or row.started_at is None:
        return None
    calendar = load_calendar(row.calendar, row.calendar_revision or None)
    return explain(ClockSpec.from_dict(row.spec), row.started_at, calendar, now=now)


def reviewers_for(complaint: Complaint) -> list[User]:
    """Return who may review the decision: those in charge who had no part in it."""
    involved = involved_in(complaint)
    return [who for who in people_with(DECIDE, complaint) if who.pk not in involved]


def files_of(case: OutsideCase) -> list[Attachment]:
    """Return the files of the complaint that can be handed in."""
    return list(case.complaint.attachments.standing())


def regimes() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the known time limits of bodies outside as grouped choices `PRESET:clock`."""
    groups = []
    for preset in presets().values():
        clocks = [
            (f"{preset.code}:{clock.code}", spoken(clock.name))
            for clock in preset.clocks
            if preset.is_enabled(clock)
            and (clock.stage in {"external", "appeal"} or preset.code.startswith("CN-12315"))
        ]
        if clocks:
            groups.append((spoken(preset.names), clocks))
    return groups


# --- the list ------------------------------------------------------------------------------------


class Mark(NamedTuple):
    """Behind which case the next page begins."""

    micros: int
    pk: int

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Read a mark of an address; anything else leads to the first page."""
        first, dot, second = (text or "").partition(".")
        if not (dot and first.isdecimal() and second.isdecimal()):
            return None
        fits = len(first) <= len(str(10**17)) and len(second) < len(str(2**63))
        return cls(int(first), int(second)) if fits else None

    def __str__(self) -> str:
        """Return the text for the address."""
        return f"{self.micros}.{self.pk}"


@dataclass(frozen=True)
class CaseLine:
    """One case in the list, as a reader may see it."""

    case: OutsideCase
    status: str
    text: str
    masked: bool
    knows: bool


@dataclass(frozen=True)
class CasePage:
    """Some cases, by their next date, and behind which the next page begins."""

    lines: Sequence[CaseLine]
    after: str = ""


@dataclass(frozen=True)
class Asked:
    """What the list is narrowed to, as it stands in the address; anything odd is left out."""

    tab: str = OPEN
    kind: str = ""
    late: bool = False

    @classmethod
    def parse(cls, asked: Mapping[str, str]) -> Self:
        """Read the address."""
        tab, kind = asked.get("tab", ""), asked.get("kind", "")
        return cls(
            tab if tab in TABS else OPEN,
            kind if kind in Kind.values else "",
            asked.get("late") == "1",
        )

    def condition(self, now: datetime) -> Q:
        """Return what the cases fulfil."""
        found = _TABS[self.tab]
        if self.kind:
            found &= Q(kind=self.kind)
        return found & Q(next_date_at__lt=now) if self.late else found


_TABS: Mapping[str, Q] = {
    OPEN: Q(state__in=[str(state) for state in PENDING]),
    EFFECT: Q(state__in=["decided", "settled"], effect="")
    & Q(result__in=[str(result) for result in ASKS_FOR_AN_EFFECT]),
    ALL: Q(),
}


def case_counts(asked: Asked, actor: User, *, now: datetime, cap: int) -> dict[str, int]:
    """Return how many stand under each tab, each counted to one more than the cap."""
    seen = OutsideCase.objects.visible_to(actor)
    return {
        tab: seen.filter(Asked(tab, asked.kind, asked.late).condition(now))
        .order_by()[: cap + 1]
        .count()
        for tab in TABS
    }


def case_page(asked: Asked, actor: User, *, now: datetime, after: str | None = None) -> CasePage:
    """Return a page of cases: those with a date first, the earliest in front, then the rest."""
    found = _behind(asked, actor, now, Mark.parse(after))
    shown = found[:PAGE]
    secret = [case.complaint_id for case in shown if needs_reason(actor, case.complaint)]
    readable = readable_now(secret, actor, at=now)
    lines = [
        CaseLine(
            case,
            *_standing(case, now),
            masked=case.complaint_id in secret and case.complaint_id not in readable,
            knows=may_know_complainant(actor, veiled(case.complaint, actor)),
        )
        for case in shown
    ]
    return CasePage(lines, str(_mark(shown[-1])) if len(found) > PAGE else "")


def _behind(asked: Asked, actor: User, now: datetime, mark: Mark | None) -> list[OutsideCase]:
    cases = (
        OutsideCase.objects.visible_to(actor)
        .filter(asked.condition(now))
        .select_related("complaint__complainant", "complaint__owner", "reviewer")
    )
    dated = cases.filter(next_date_at__isnull=False).order_by("next_date_at", "pk")
    rest = cases.filter(next_date_at__isnull=True).order_by("-pk")
    if mark is None:
        found = list(dated[: PAGE + 1])
        return found + list(rest[: PAGE + 1 - len(found)])
    if mark.micros:
        since = _EPOCH + timedelta(microseconds=mark.micros)
        beyond = TupleGreaterThan((F("next_date_at"), F("pk")), (since, mark.pk))
        found = list(dated.filter(beyond)[: PAGE + 1])
        return found + list(rest[: PAGE + 1 - len(found)])
    return list(rest.filter(pk__lt=mark.pk)[: PAGE + 1])


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.get_fixed_timezone(0))


def _mark(case: OutsideCase) -> Mark:
    if case.next_date_at is None:
        return Mark(0, case.pk)
    return Mark((case.next_date_at - _EPOCH) // timedelta(microseconds=1), case.pk)


def _standing(case: OutsideCase, now: datetime) -> tuple[str, str]:
    if case.next_date_at is None:
        return "", ""
    return (
        status_of(case.opened_at, case.next_date_at, now),
        left_words(case.next_date_at, now),
    )
