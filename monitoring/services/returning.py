"""Rules that need no statistics: the same problem comes back, danger, an emergency at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from complaints.models import Complaint
from complaints.states import SafetyHazard
from monitoring.models import Alert, SeriesDay, WarningSettings
from monitoring.rules.names import product_key
from monitoring.rules.scanning import key_of
from monitoring.rules.signs import Limits, Report, comes_back, endangers
from monitoring.rules.watch_settings import WatchSettings
from monitoring.selectors.series_counts import UNCOUNTED, begin_of
from monitoring.selectors.watching import settings_in_force
from monitoring.services.raising import Finding, calm_down, go_on, raise_alert
from monitoring.states import AlertKind, AlertLevel

Pair = tuple[int, str]  # category and product
USUAL = 0.5  # so many expected in the rule's days: then statistics judge it, and the rule is silent
_YEAR = 365
_MOST = 500  # products of a day
_RULES = (AlertKind.SAFETY, AlertKind.REPEAT_RULE)
_UNSAFE = (SafetyHazard.POSSIBLE, SafetyHazard.ACTUAL)


@dataclass(frozen=True)
class _Case:
    pk: int
    report: Report


@transaction.atomic
def follow_repeats(
    says: WatchSettings, *, settings: WarningSettings, as_of: date, at: datetime, now: datetime
) -> list[Alert]:
    """Raise a red alert for each product and problem that came back, if that is unusual for it.

    Where so many come anyway, the rule would speak every day; there the statistics judge.
    """
    limits = Limits(says.repeats, says.repeat_days, says.repeats_safety, says.safety_days)
    cases = _cases(as_of, max(says.repeat_days, says.safety_days))
    new = []
    for pair, own in sorted(cases.items()):
        reports = [case.report for case in own]
        for kind, speaks in ((AlertKind.SAFETY, endangers), (AlertKind.REPEAT_RULE, comes_back)):
            here = speaks(reports, today=as_of, limits=limits)
            fresh = any(report.received == as_of for report in reports)
            if here and fresh:
                alert = _speak(pair, own, kind, says, settings, as_of, at=at, now=now)
                new += [alert] if alert else []
                break
    _calm(cases, limits, as_of, at=at, now=now)
    return new


def _cases(as_of: date, days: int) -> Mapping[Pair, list[_Case]]:
    """Return the complaints of the rule's days by pair, as far as a pair may speak or be calm now.

    Only what came in today can make the rule speak, and only what it speaks of can fall silent.
    """
    counted = Complaint.objects.filter(category__parent__isnull=False)
    counted = counted.exclude(product="").exclude(state__in=UNCOUNTED)
    end = begin_of(as_of + timedelta(days=1))
    today = counted.filter(received_at__gte=begin_of(as_of), received_at__lt=end)
    speaking = Alert.objects.filter(kind__in=_RULES, going_on=True).values("category")
    found = counted.filter(
        Q(product__in=list(today.values_list("product", flat=True).distinct()[:_MOST]))
        | Q(category__in=speaking),
        received_at__gte=begin_of(as_of - timedelta(days=days - 1)),
        received_at__lt=end,
    ).order_by("received_at", "pk")
    unsafe = set(
        found.filter(
            Q(emergency_declared_at__isnull=False) | Q(assessments__safety_hazard__in=_UNSAFE)
        ).values_list("pk", flat=True)
    )
    cases: dict[Pair, list[_Case]] = defaultdict(list)
    rows = found.values_list("pk", "category", "product", "complainant", "received_at")
    for pk, category, product, person, received_at in rows:
        # People nobody knows cannot be told apart: one, unless there is danger.
        nobody = f"nobody-{pk}" if pk in unsafe else "nobody"
        who = str(person) if person else nobody
        report = Report(timezone.localdate(received_at), who, safety=pk in unsafe)
        cases[category, product_key(product)].append(_Case(pk, report))
    return cases


def _speak(
    pair: Pair,
    own: Sequence[_Case],
    kind: AlertKind,
    says: WatchSettings,
    settings: WarningSettings,
    as_of: date,
    *,
    at: datetime,
    now: datetime,
) -> Alert | None:
    category, product = pair
    safety = kind == AlertKind.SAFETY
    first = as_of - timedelta(days=(says.safety_days if safety else says.repeat_days) - 1)
    members = [
        case.pk
        for case in own
        if case.report.received >= first and (case.report.safety or not safety)
    ]
    key = key_of(str(kind), ("category", "product"), (str(category), product))
    before = _speaking(key, category, product)
    if before is not None:
        if before.key == key:
            go_on(before, as_of, before.peak, members, at=at)
        return None
    usual = _usual(pair, as_of, says.repeat_days)
    if not safety and usual >= USUAL:
        return None
    finding = Finding(
        key=key,
        kind=str(kind),
        level=AlertLevel.RED,
        dimensions="category.product",
        members={"category": category, "product": product},
        first=first,
        last=as_of,
        observed=len(members),
        complaints=members,
        expected=None if safety else usual,
        parameters={
            "least": says.repeats_safety if safety else says.repeats,
            "days": (as_of - first).days + 1,
            "settings": settings.version,
        },
    )
    return raise_alert(finding, says, settings=settings, at=at, now=now)


def _speaking(key: str, category: int, product: str) -> Alert | None:
    """Return an alert that goes on and already speaks of this, the rule's own first."""
    going = Alert.objects.select_for_update(of=("self",)).filter(going_on=True)
    own = going.filter(key=key).first()
    broader = going.filter(product__iexact=product).filter(
        Q(category__isnull=True) | Q(category=category) | Q(category__children=category)
    )
    return own or broader.exclude(kind=AlertKind.EMERGENCY).first()


def _usual(pair: Pair, as_of: date, days: int) -> float:
    """Return how many come in so many days by the year before them."""
    category, product = pair
    until = as_of - timedelta(days=days)
    before = SeriesDay.objects.filter(
        category_id=category, product=product, day__lte=until, day__gt=until - timedelta(days=_YEAR)
    )
    return sum(before.values_list("complaints", flat=True)) * days / _YEAR


def _calm(
    cases: Mapping[Pair, list[_Case]],
    limits: Limits,
    as_of: date,
    *,
    at: datetime,
    now: datetime,
) -> None:
    for alert in Alert.objects.select_for_update(of=("self",)).filter(
        kind__in=_RULES, going_on=True, last_period__lte=as_of
    ):
        own = cases.get((alert.category_id or 0, product_key(alert.product)), [])
        speaks = endangers if alert.kind == AlertKind.SAFETY else comes_back
        if not speaks([case.report for case in own], today=as_of, limits=limits):
            calm_down(alert, at=at, now=now)


@transaction.atomic
def raise_emergency(*, complaint_id: int, at: datetime) -> Alert | None:
    """Raise an alert for an emergency at once, whatever statistics say; once per complaint."""
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    if not complaint.emergency or Alert.objects.filter(about=complaint).exists():
        return None
    settings = settings_in_force()
    day = timezone.localdate(at)
    members = {
        "category": complaint.category_id,
        "product": product_key(complaint.product),
        "site": complaint.site_id,
    }
    known = {name: value for name, value in members.items() if value}
    finding = Finding(
        key=key_of("emergency", tuple(known), (*map(str, known.values()), str(complaint.pk))),
        kind=AlertKind.EMERGENCY,
        level=AlertLevel.RED,
        dimensions=".".join(known) or "all",
        members=known,
        first=day,
        last=day,
        observed=1,
        complaints=[complaint.pk],
        about=complaint,
    )
    saved = settings if settings.pk else None
    return raise_alert(finding, settings.says, settings=saved, at=at, now=at)
