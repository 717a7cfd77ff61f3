"""The questions about alerts: the list, one page with its chart, what is like it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Provider, Site, User
from complaints.models import Category, Complaint
from complaints.states import Channel
from monitoring.models import Alert, AlertMember, AlertNotice, DigestChoice
from monitoring.permissions import may_count_confidential
from monitoring.querysets import AlertQuerySet
from monitoring.selectors.watching import MOST_MEMBERS
from monitoring.selectors.words import (
    chance_words,
    exposure_words,
    key_words,
    seen_words,
    series_words,
)
from monitoring.states import AlertKind, AlertLevel, AlertState, DigestRhythm

PAGE = 50
SIMILAR = 5
ALSO_SHOWN = 12
TABS: Mapping[str, Any] = {
    "work": _("To be worked on"),
    "mine": _("Mine"),
    "unattended": _("Nobody has it"),
    "effect": _("Effect to be looked at"),
    "ended": _("Closed or dismissed"),
    "all": _("All"),
}


@dataclass(frozen=True)
class AlertFilters:
    """What a list is narrowed to; what makes no sense is left out."""

    tab: str = "work"
    kind: str = ""
    level: str = ""
    site: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "AlertFilters":
        """Read the filters of an address."""
        tab, kind = given.get("tab", ""), given.get("kind", "")
        level, site = given.get("level", ""), given.get("site", "")
        return cls(
            tab if tab in TABS else "work",
            kind if kind in AlertKind.values else "",
            level if level in AlertLevel.values else "",
            site if site.isdecimal() else "",
        )


@dataclass(frozen=True)
class AlertLine:
    """One row of the list."""

    alert: Alert
    series: str
    seen: str
    unread: bool
    late: bool


@dataclass(frozen=True)
class AlertPage:
    """Some alerts, newest first, and before which the next page begins."""

    lines: Sequence[AlertLine]
    before: int | None


def alerts_for(
    asked: AlertFilters, actor: User, *, now: datetime, before: str | None = None
) -> AlertPage:
    """Return a page of the alerts that exist for the actor."""
    return _page(_narrowed(asked, actor), actor, now=now, before=before)


def alerts_among(
    ids: Sequence[int], actor: User, *, now: datetime, before: str | None = None
) -> AlertPage:
    """Return a page of these alerts, as far as they exist for the actor."""
    found = Alert.objects.visible_to(actor).filter(pk__in=ids)
    return _page(found, actor, now=now, before=before)


def _page(found: AlertQuerySet, actor: User, *, now: datetime, before: str | None) -> AlertPage:
    if before and before.isdecimal():
        found = found.filter(pk__lt=int(before))
    rows = list(
        found.select_related("category", "site", "provider", "owner", "about").order_by("-pk")[
            : PAGE + 1
        ]
    )
    shown = rows[:PAGE]
    unread = set(
        AlertNotice.objects.filter(
            user=actor, read_at__isnull=True, alert__in=[alert.pk for alert in shown]
        ).values_list("alert", flat=True)
    )
    unseen = _unseen(shown, actor)
    lines = [
        AlertLine(
            alert,
            series_words(alert),
            seen_words(alert, _observed(alert, unseen)),
            alert.pk in unread,
            alert.state == AlertState.OPEN and alert.due_at < now,
        )
        for alert in shown
    ]
    return AlertPage(lines, shown[-1].pk if len(rows) > PAGE else None)


def alert_counts(asked: AlertFilters, actor: User, *, cap: int) -> dict[str, int]:
    """Return for each tab how many there are, up to one more than the cap."""
    return {
        tab: len(
            _narrowed(AlertFilters(tab, asked.kind, asked.level, asked.site), actor)[
                : cap + 1
            ].values_list("pk")
        )
        for tab in TABS
    }


def _narrowed(asked: AlertFilters, actor: User) -> AlertQuerySet:
    found = Alert.objects.visible_to(actor)
    narrow = {
        "work": Q(is_open=True),
        "mine": Q(is_open=True, owner__in=actor.persons),
        "unattended": Q(state=AlertState.OPEN),
        "effect": Q(state=AlertState.CLOSED, effect=""),
        "ended": Q(is_open=False),
        "all": Q(),
    }
    found = found.filter(narrow[asked.tab])
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.level:
        found = found.filter(level=asked.level)
    if asked.site:
        found = found.filter(site=int(asked.site))
    return found


def behind(alert: Alert, actor: User) -> Any:
    """Return the complaints behind an alert that exist for the actor, newest first."""
    seen = Complaint.objects.visible_to(actor).filter(alert_members__alert=alert)
    return seen.order_by("-received_at", "-pk")


def _unseen(alerts: Sequence[Alert], actor: User) -> dict[int, int]:
    """Return by alert how many of what was counted do not exist for the actor."""
    counted = AlertMember.objects.filter(
        alert__in=[alert.pk for alert in alerts], joined_at__lte=F("alert__raised_at")
    )
    hidden = counted.exclude(complaint__in=Complaint.objects.visible_to(actor).values("pk"))
    return dict(hidden.order_by().values("alert").annotate(n=Count("pk")).values_list("alert", "n"))


def _observed(alert: Alert, unseen: Mapping[int, int]) -> int:
    """Return what was seen, without complaints that a list would hide from the actor."""
    return max(alert.observed - unseen.get(alert.pk, 0), 0)


@dataclass(frozen=True)
class ChartRow:
    """One period of the series."""

    day: date
    count: int
    total: int | None
    expected: float | None
    upper: float | None


def chart_of(alert: Alert, actor: User) -> list[ChartRow]:
    """Return the series as it was when the alert was raised, as far as the actor may know it.

    `Alert.series` holds dates, counts, hidden (confidential ones) and, for shares, totals over the
    same periods; expected and upper belong to the last ones of them.
    """
    series = alert.series
    if not series:
        return []
    counts = list(series["counts"])
    if not may_count_confidential(actor, alert):
        counts = [
            max(count - secret, 0) for count, secret in zip(counts, series["hidden"], strict=True)
        ]
    counts[-1] = min(counts[-1], _observed(alert, _unseen([alert], actor)))
    gap = len(counts) - len(series["expected"])
    blank: list[float | None] = [None] * gap
    expected, upper = [*blank, *series["expected"]], [*blank, *series["upper"]]
    totals = series.get("totals") or [None] * len(counts)
    dates = [date.fromisoformat(day) for day in series["dates"]]
    return [ChartRow(*row) for row in zip(dates, counts, totals, expected, upper, strict=True)]


@dataclass(frozen=True)
class AlertView:
    """Everything a page says of an alert."""

    alert: Alert
    series: str
    seen: str
    chance: str
    exposure: str
    chart: Sequence[ChartRow]
    complaints: int
    more: bool
    also: Sequence[str]
    similar: Sequence[tuple[Alert, str]]


def alert_view(alert: Alert, actor: User) -> AlertView:
    """Return what the page of an alert shows to the actor."""
    seen = behind(alert, actor).count()
    return AlertView(
        alert=alert,
        series=series_words(alert),
        seen=seen_words(alert, _observed(alert, _unseen([alert], actor))),
        chance=chance_words(alert),
        exposure=exposure_words(alert),
        chart=chart_of(alert, actor),
        complaints=seen,
        more=alert.observed > MOST_MEMBERS,
        also=_also(alert),
        similar=similar_to(alert, actor),
    )


def _also(alert: Alert) -> list[str]:
    """Return in words in which other series the same rise shows."""
    keys = alert.also[:ALSO_SHOWN]
    names: dict[tuple[str, str], str] = {
        ("channel", value): str(label) for value, label in Channel.choices
    }
    for name, rows in (
        ("category", Category.objects.all()),
        ("site", Site.objects.all()),
        ("provider", Provider.objects.all()),
    ):
        if any(name in key for key in keys):
            names |= {(name, str(row.pk)): str(row) for row in rows}
    return [key_words(key, names) for key in keys]


def similar_to(alert: Alert, actor: User) -> list[tuple[Alert, str]]:
    """Return earlier alerts about the same series, or about one that shares its members."""
    alike = Q(key=alert.key)
    if alert.product:
        alike |= Q(product__iexact=alert.product)
    elif alert.category_id:
        alike |= Q(category=alert.category_id, product="")
    elif alert.channel:
        alike |= Q(channel=alert.channel)
    elif alert.site_id:
        alike |= Q(site=alert.site_id, product="", category=None)
    found = (
        Alert.objects.visible_to(actor)
        .filter(alike, raised_at__lte=alert.raised_at)
        .exclude(pk=alert.pk)
        .select_related("category", "site", "provider")
        .order_by("-raised_at", "-pk")[:SIMILAR]
    )
    return [(one, series_words(one)) for one in found]


def colleagues(alert: Alert) -> list[int]:
    """Return whom an action can be given to: colleagues who work where the series belongs."""
    grants = Membership.objects.filter(
        provider__isnull=True, user__is_active=True, user__is_client=False, user__is_system=False
    )
    if alert.site_id is not None:
        grants = grants.filter(Q(site__isnull=True) | Q(site=alert.site_id))
    return sorted(set(grants.values_list("user", flat=True)))


def digest_choice_of(actor: User) -> DigestChoice:
    """Return how often the actor wants a summary; daily until they choose."""
    found = DigestChoice.objects.filter(user=actor).first()
    return found or DigestChoice(user=actor, rhythm=DigestRhythm.DAILY, by_service=False)
