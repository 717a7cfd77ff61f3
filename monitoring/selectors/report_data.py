"""What a report of a month says, as plain data: every figure of the catalogue with what it takes to
judge it, and the charts of the boards as tables. Codes and exact numbers, names in both languages;
aggregates only, nothing about a person.

A report is the same for all its readers, unlike a board, which leaves out what is about its reader.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import override

from accounts.models import Provider, Site, User
from complaints.models import Category, Complaint
from complaints.selectors.policy import policy_in_force
from monitoring.models import Alert, Fact, Stretch, Target
from monitoring.rules.kpi import DAY, Kpi, Result, Span
from monitoring.rules.periods import month_span, months_on, weeks_before
from monitoring.selectors.comparing import (
    causes,
    compared,
    flow,
    members_in,
    received_by_category,
)
from monitoring.selectors.results import results
from monitoring.selectors.scope import Scope
from monitoring.selectors.targets import reached, targets_on
from monitoring.selectors.words import series_words
from monitoring.states import AlertKind, Dismissal

SCHEMA = 1
NOBODY = 0  # the reader of a report: no complaint is about them
LANGUAGES = ("en", "zh-hans")
WEEKS, HEAT_WEEKS = 26, 12
# What is so only at the moment it is asked: it has no month before, and cannot be told again.
OF_THE_MOMENT = frozenset({"K09L"})
_AGES = (("0_7", 8), ("8_15", 16), ("16_30", 31), ("31_60", 61))
_PLACES = 6  # a value of the data has so many; shares and medians need no more


@dataclass(frozen=True)
class Whole:
    """What a report is about: all of the organisation or one site, confidential ones or not."""

    site: Site | None
    confidential: bool

    @property
    def scope(self) -> Scope:
        """Return the scope of its figures: nobody's eyes in particular, so those of the system."""
        members = {"site": (str(self.site.pk),)} if self.site else {}
        reader = User.objects.filter(is_system=True).first()
        return Scope(NOBODY, self.confidential, members, reader)


def report_data(
    whole: Whole, month: date, *, kpis: Sequence[Kpi], compare: Sequence[Kpi], at: datetime
) -> dict[str, Any]:
    """Return everything a report of a month says, as it is counted at a moment.

    `kpis` are its figures, `compare` those by which providers are set side by side. A few
    statements for all figures of this month and the one before, a few for each chart, one for each
    provider that is compared; none of them grows with the number of complaints.
    """
    today = timezone.localdate(at)
    span, before = month_span(month, today), month_span(months_on(month, -1), today)
    scope = whole.scope
    return {
        "schema": SCHEMA,
        "month": f"{month:%Y-%m}",
        "first": span.first.isoformat(),
        "last": (span.after - DAY).isoformat(),
        "over": today >= span.after,
        "time_zone": settings.TIME_ZONE,
        "as_of": timezone.localtime(at).isoformat(timespec="seconds"),
        "organisation": {
            "en": settings.ORGANISATION_NAME,
            "zh-hans": settings.ORGANISATION_NAME_ZH,
        },
        "site": _named(whole.site) if whole.site else None,
        "confidential": whole.confidential,
        "figures": _figures(whole, kpis, span, before),
        "weeks": week_rows(scope, span),
        "categories": category_rows(scope, span),
        "ages": ages_at(scope, span.over),
        "causes": cause_rows(scope, span, at=at),
        "providers": provider_rows(scope, span, compare),
        "alerts": _alerts(whole, span),
    }


def figures_now(
    whole: Whole, month: date, *, kpis: Sequence[Kpi], today: date
) -> Mapping[str, Result]:
    """Return the figures of a month as they are counted on a later day."""
    span = month_span(month, today)
    found = results(whole.scope, [(kpi, span) for kpi in kpis])
    return {result.kpi.code: result for result in found}


def entered_late(whole: Whole, month: date, *, since: datetime) -> int:
    """Return how many complaints of a month were only entered after a moment."""
    span = month_span(month, timezone.localdate(since))
    facts = Fact.objects.filter(
        whole.scope.facts(), received_day__gte=span.first, received_day__lt=span.after
    )
    late = Complaint.objects.filter(recorded_at__gt=since, pk__in=facts.values("complaint"))
    return late.count()


def value_told(result: Result) -> float | None:
    """Return the value of a figure as the data have it."""
    return None if result.value is None else round(float(result.value), _PLACES)


def sums_told(result: Result) -> dict[str, str]:
    """Return sums of money by currency, exact."""
    return {name: f"{float(total):.2f}" for name, total in sorted(result.sums.items())}


def _figures(whole: Whole, kpis: Sequence[Kpi], span: Span, before: Span) -> list[dict[str, Any]]:
    found = results(whole.scope, [(kpi, part) for kpi in kpis for part in (span, before)])
    targets = targets_on(span.after - DAY) if whole.site is None else {}
    words = _in_languages(lambda: {kpi.code: _kpi_words(kpi) for kpi in kpis})
    return [
        {
            "code": now.kpi.code,
            **_joined(words, now.kpi.code),
            "unit": str(now.kpi.unit),
            "basis": str(now.basis),
            "edition": now.definition_version,
            "owner": now.kpi.owner,
            **_counted(now),
            "low": _rounded(now.low),
            "high": _rounded(now.high),
            "p90": now.p90,
            "excluded": dict(now.excluded),
            "bands": dict(now.bands),
            "before": None if now.kpi.code in OF_THE_MOMENT else _counted(then),
            **_aim(now, targets.get(now.kpi.code)),
        }
        for now, then in zip(found[::2], found[1::2], strict=True)
    ]


def _counted(result: Result) -> dict[str, Any]:
    return {
        "value": value_told(result),
        "numerator": result.numerator,
        "denominator": result.denominator,
        "sums": sums_told(result),
        "few": bool(result.small_n and result.denominator),
    }


def _rounded(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), _PLACES)


def _aim(result: Result, target: Target | None) -> dict[str, Any]:
    """Return the target that held at the end of the month, and the verdict; of few cases none."""
    if target is None:
        return {"target": None, "verdict": None}
    good = None if result.small_n else reached(target, result.value)
    verdict = None if good is None else "reached" if good else "missed"
    aim = {"direction": target.direction, "value": f"{target.value:f}"}
    return {"target": aim, "verdict": verdict}


def _kpi_words(kpi: Kpi) -> dict[str, str]:
    return {name: str(getattr(kpi, name)) for name in ("name", "says", "formula", "source")}


def _in_languages(make: Callable[[], Mapping[Any, Mapping[str, str]]]) -> dict[str, Any]:
    found = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = make()
    return found


def _joined(words: Mapping[str, Any], key: Any) -> dict[str, dict[str, str]]:
    """Return each word of a thing in all languages."""
    names = words[LANGUAGES[0]][key]
    return {
        name: {language: words[language][key][name] for language in LANGUAGES} for name in names
    }


def _named(thing: Any) -> dict[str, Any]:
    return {"code": thing.code, "name": {"en": thing.name_en, "zh-hans": thing.name_zh}}


def week_rows(scope: Scope, span: Span) -> list[dict[str, Any]]:
    """Return what came in, was closed and was left open in each week up to the end of a span."""
    weeks = weeks_before(span.over - DAY, WEEKS)
    return [
        {"week": week.isoformat(), "received": came, "closed": went, "open": left}
        for week, (came, went, left) in zip(
            weeks, flow(scope, weeks, today=span.today), strict=True
        )
    ]


def category_rows(scope: Scope, span: Span) -> dict[str, Any]:
    """Return what was received by category and week up to the end of a span, the most first."""
    weeks = weeks_before(span.over - DAY, HEAT_WEEKS)
    found = received_by_category(scope, weeks)
    named = {one.pk: _named(one) for one in Category.objects.filter(pk__in=[k for k in found if k])}
    rows = sorted(found.items(), key=lambda row: (-sum(row[1]), row[0] or 0))
    return {
        "weeks": [week.isoformat() for week in weeks],
        "rows": [
            {**named.get(category or 0, {"code": "", "name": None}), "received": counts}
            for category, counts in rows
            if any(counts)
        ],
    }


def ages_at(scope: Scope, day: date) -> dict[str, int]:
    """Return how many were open when a day began, by their age in calendar days."""
    first = Fact.objects.filter(
        Q(first_ended_day__isnull=True) | Q(first_ended_day__gte=day),
        scope.facts(),
        received_day__lt=day,
    )
    again = Stretch.objects.filter(
        Q(ends_day__isnull=True) | Q(ends_day__gte=day),
        scope.facts(prefix="fact__"),
        begins_day__lt=day,
    )
    # Each by its own index: as one condition they would be fetched one by one.
    parts = (
        (first.filter(ended_day__isnull=True), "received_day"),
        (first.filter(ended_day__gte=day), "received_day"),
        (again, "fact__received_day"),
    )
    one, *others = (part.order_by().values_list(F(by)).annotate(n=Count("*")) for part, by in parts)
    rows = one.union(*others, all=True)
    found = {name: 0 for name, _ in (*_AGES, ("over_60", 0))}
    for received, count in rows:
        age = (day - DAY - received).days
        found[next((name for name, below in _AGES if age < below), "over_60")] += count
    return found


def cause_rows(scope: Scope, span: Span, *, at: datetime) -> list[dict[str, Any]]:
    """Return the causes of what was upheld in a span, the most frequent first."""
    names = {cause.code: cause.names for cause in policy_in_force(at).says.causes}
    return [
        {
            "code": code,
            "name": {"en": names[code].en, "zh-hans": names[code].zh} if code in names else None,
            "upheld": count,
        }
        for code, count in causes(scope, span)
    ]


def provider_rows(scope: Scope, span: Span, kpis: Sequence[Kpi]) -> list[dict[str, Any]]:
    """Return figures of the providers with complaints in a span side by side."""
    members = members_in(scope, "provider", span)
    named = {str(one.pk): _named(one) for one in Provider.objects.filter(pk__in=members)}
    found = compared(scope, "provider", members, kpis, span)
    return [
        {
            **named[member],
            "figures": {result.kpi.code: _counted(result) for result in figures},
        }
        for member, figures in found.items()
    ]


def _alerts(whole: Whole, span: Span) -> list[dict[str, Any]]:
    """Return the alerts raised in the month; without confidential ones their alerts are missing."""
    begin, end = (
        timezone.make_aware(datetime.combine(day, datetime.min.time()))
        for day in (span.first, span.after)
    )
    found = Alert.objects.filter(raised_at__gte=begin, raised_at__lt=end)
    found = found.exclude(dismissal=Dismissal.HISTORY)
    if whole.site is not None:
        found = found.filter(site=whole.site)
    if not whole.confidential:
        found = found.exclude(Q(kind=AlertKind.EMERGENCY) & Q(about__confidential=True))
    alerts = list(found.select_related("category", "site", "provider").order_by("raised_at", "pk"))
    words = _in_languages(lambda: {alert.pk: {"series": series_words(alert)} for alert in alerts})
    return [
        {
            "reference": alert.reference,
            "raised": timezone.localdate(alert.raised_at).isoformat(),
            "kind": alert.kind,
            "level": alert.level,
            **_joined(words, alert.pk),
            "observed": _observed(alert, confidential=whole.confidential),
            "expected": None if alert.expected is None else round(alert.expected, 2),
            "state": alert.state,
        }
        for alert in alerts
    ]


def _observed(alert: Alert, *, confidential: bool) -> int:
    hidden: Sequence[int] = alert.series.get("hidden") or [0]
    return alert.observed if confidential else max(alert.observed - hidden[-1], 0)
