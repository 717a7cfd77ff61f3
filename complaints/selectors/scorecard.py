"""The scorecard of a provider from live data: what is counted, and which complaints it was.

One table says for each measure which complaints it is about and which of them were right. Figures
and lists both read it, so a figure always opens exactly what it counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count as Counted
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils import timezone

from accounts.models import Provider, User
from complaints.models import Clock, Complaint, FollowUpAttempt, QualityCheck
from complaints.querysets import ComplaintQuerySet
from complaints.selectors.causes import Miss, missed, misses_among
from complaints.selectors.register import start_of_day
from complaints.states import FollowUpOutcome, Stage, State
from providers.models import BreachNote
from providers.rules.scorecard import (
    Count,
    Measure,
    Scheme,
    Scorecard,
    days_of,
    quarter_before,
    quarter_of,
    scorecard,
)
from providers.selectors.words import scheme_in_force
from providers.states import Breach

BEST_MARK = 10
ALL, WRONG = "all", "wrong"
_DATA_PROTECTION = "data_protection"
_SATISFACTION = "satisfaction"


@dataclass(frozen=True)
class About:
    """Which complaints a measure is about, and which of them were right."""

    whole: Q
    right: Q


@dataclass(frozen=True)
class _Asked:
    """For which measure it is asked, and when."""

    measure: Measure
    now: datetime


def _handover(asked: _Asked) -> About:
    minutes = timedelta(minutes=asked.measure.minutes or 0)
    return About(Q(), Q(recorded_at__lte=F("received_at") + minutes))


def _acknowledgement(asked: _Asked) -> About:
    clocks = Clock.objects.filter(
        complaint=OuterRef("pk"), cycle=1, stage=Stage.ACKNOWLEDGE, dropped=False
    )
    late = missed(asked.now)
    over = clocks.filter(Q(met__isnull=False) | late)
    return About(Q(Exists(over)), ~Q(Exists(clocks.filter(late))))


def _escalation(asked: _Asked) -> About:
    minutes = timedelta(minutes=asked.measure.minutes or 0)
    return About(
        Q(emergency_declared_at__isnull=False),
        Q(emergency_declared_at__lte=F("received_at") + minutes),
    )


def _completeness(_asked: _Asked) -> About:
    return About(Q(), Q(missing=[]))


def _checked(_asked: _Asked, *, field: str) -> About:
    checks = QualityCheck.objects.filter(complaint=OuterRef("pk"))
    return About(Q(Exists(checks)), Q(Exists(checks.filter(**{field: True}))))


def _satisfied(asked: _Asked) -> About:
    answers = FollowUpAttempt.objects.filter(
        complaint=OuterRef("pk"), outcome=FollowUpOutcome.ANSWERED
    )
    enough = asked.measure.target * BEST_MARK / 100
    return About(Q(Exists(answers)), Q(Exists(answers.filter(handling_score__gte=enough))))


MEASURES: Mapping[str, Callable[[_Asked], About]] = {
    "handover": _handover,
    "acknowledgement": _acknowledgement,
    "escalation": _escalation,
    "completeness": _completeness,
    "customer_critical": partial(_checked, field="customer_ok"),
    "compliance_critical": partial(_checked, field="compliance_ok"),
    _SATISFACTION: _satisfied,
}


def about(measure: Measure, now: datetime) -> About:
    """Return what a measure is about. Raises KeyError for one that counts no complaints."""
    return MEASURES[measure.code](_Asked(measure, now))


def counted_in(
    complaints: ComplaintQuerySet, provider: Provider, quarter: str
) -> ComplaintQuerySet:
    """Narrow complaints to what a quarter of a provider counts: by the day of their receipt."""
    first, after = days_of(quarter)
    return complaints.filter(
        provider=provider,
        received_at__gte=start_of_day(first),
        received_at__lt=start_of_day(after),
    ).exclude(state__in=[State.MERGED, State.NOT_A_COMPLAINT])


def live_scorecard(
    provider: Provider, quarter: str, *, actor: User, now: datetime, scheme: Scheme | None = None
) -> Scorecard:
    """Return the scorecard of a quarter from the complaints that the actor may see.

    A count must not reveal what a list hides; who sees all (the scheduler) counts all.
    """
    scheme = scheme or scheme_in_force()
    among = counted_in(Complaint.objects.visible_to(actor), provider, quarter)
    counts = _counts(among, scheme, now)
    breaches = _breaches(provider, quarter)
    counts[_DATA_PROTECTION] = Count(int(not (breaches & _WEIGHING)), 1)
    total = among.count()
    if not total and not breaches:
        counts = {}
    return scorecard(scheme, counts, complaints=total, gates=sorted(breaches & _GATES))


def _counts(among: ComplaintQuerySet, scheme: Scheme, now: datetime) -> dict[str, Count]:
    asked = {}
    for measure in scheme.measures:
        if measure.code in MEASURES:
            wanted = about(measure, now)
            asked[f"{measure.code}_whole"] = Counted("pk", filter=wanted.whole)
            asked[f"{measure.code}_part"] = Counted("pk", filter=wanted.whole & wanted.right)
    found = among.order_by().aggregate(**asked)
    counts = {
        code: Count(found[f"{code}_part"], found[f"{code}_whole"])
        for code in MEASURES
        if f"{code}_whole" in found
    }
    if _SATISFACTION in counts:
        counts[_SATISFACTION] = _marks(among)
    return counts


def _marks(among: ComplaintQuerySet) -> Count:
    answers = FollowUpAttempt.objects.filter(
        complaint__in=among.order_by().values("pk"), outcome=FollowUpOutcome.ANSWERED
    ).aggregate(marks=Sum("handling_score"), answers=Counted("pk"))
    return Count(answers["marks"] or 0, answers["answers"] * BEST_MARK)


_GATES = frozenset({str(Breach.PRIVACY_BREACH), str(Breach.UNREPORTED_EMERGENCY)})
_WEIGHING = frozenset({str(Breach.PRIVACY_BREACH), str(Breach.DATA_PROTECTION)})


def _breaches(provider: Provider, quarter: str) -> set[str]:
    first, after = days_of(quarter)
    kinds = BreachNote.objects.filter(
        provider=provider,
        happened_at__gte=start_of_day(first),
        happened_at__lt=start_of_day(after),
    ).values_list("kind", flat=True)
    return set(kinds)


def measured(
    provider: Provider, quarter: str, measure: Measure, which: str, *, actor: User, now: datetime
) -> list[ComplaintQuerySet]:
    """Return the complaints behind a figure, in parts: all that it counted, or the wrong ones."""
    wanted = about(measure, now)
    condition = wanted.whole if which == ALL else wanted.whole & ~wanted.right
    return [
        counted_in(part, provider, quarter).filter(condition)
        for part in Complaint.objects.parts_visible_to(actor)
    ]


def misses_of(provider: Provider, quarter: str, *, actor: User, now: datetime) -> list[Miss]:
    """Return the time limits missed on what a quarter counts, each with who caused it (K06)."""
    among = counted_in(Complaint.objects.visible_to(actor), provider, quarter)
    return misses_among(among, now=now)


def quarters_of(provider: Provider, today: date, *, most: int = 8) -> list[str]:
    """Return the quarters there is something to show of: the present one and those before."""
    first = (
        Complaint.objects.filter(provider=provider)
        .order_by("received_at")
        .values_list("received_at", flat=True)
        .first()
    )
    oldest = quarter_of(timezone.localdate(first)) if first else quarter_of(today)
    quarters = [quarter_of(today)]
    while quarters[-1] > oldest and len(quarters) < most:
        quarters.append(quarter_before(quarters[-1]))
    return quarters


def unchecked(provider: Provider, quarter: str, *, actor: User, size: int) -> list[Complaint]:
    """Return a sample of complaints to check, the same whoever asks: by the digits of their id.

    Only what was handled to some end can be judged: what is still received is left out.
    """
    checks = QualityCheck.objects.filter(complaint=OuterRef("pk"))
    among = counted_in(Complaint.objects.where_may(actor, "complaints.note"), provider, quarter)
    rows = among.exclude(state=State.RECEIVED).filter(~Exists(checks), anonymised_at__isnull=True)
    ids = sorted(rows.values_list("pk", flat=True), key=lambda pk: str(pk)[::-1])[:size]
    found: Mapping[int, Complaint] = Complaint.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]
