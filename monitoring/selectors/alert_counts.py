"""Counting alerts for figures (K25): those that exist for the reader, where the figure looks."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from monitoring.models import Alert
from monitoring.querysets import WATCH, AlertQuerySet, places_with
from monitoring.rules.alert_measures import MEASURES, AlertRow
from monitoring.rules.folding import product_key
from monitoring.rules.kpi import Part, Term
from monitoring.rules.signals import CountedSignals
from monitoring.selectors.scope import Scope
from monitoring.selectors.series_counts import begin_of
from monitoring.states import AlertState, Dismissal

_IDS = ("site", "provider", "category")
_MINUTE = 60


def sees_alerts(scope: Scope) -> bool:
    """Return whether alerts can be counted here: a series belongs to a site or to all, no team."""
    if scope.reader is None or "team" in scope.members:
        return False
    everywhere, sites = places_with(scope.reader, WATCH)
    return everywhere or bool(sites)


def counted_alerts(scope: Scope, terms: Iterable[Term]) -> CountedSignals[AlertRow]:
    """Return the alerts that these terms are about, in one statement."""
    wanted = list(terms)
    if not wanted or not sees_alerts(scope):
        return CountedSignals([], MEASURES)
    found = _narrowed(scope).filter(within(wanted, "raised_at"))
    return CountedSignals(_rows(scope, found), MEASURES)


def within(terms: Sequence[Term], column: str) -> Q:
    """Return the condition that a moment lies in the days that these terms want together."""
    first = [term.first for term in terms if term.first is not None]
    after = [term.after for term in terms if term.after is not None]
    found = Q()
    if len(first) == len(terms):
        found &= Q(**{f"{column}__gte": begin_of(min(first))})
    if len(after) == len(terms):
        found &= Q(**{f"{column}__lt": begin_of(max(after))})
    return found


def alerts_behind(scope: Scope, part: Part) -> list[int]:
    """Return the ids of the alerts that a part of a figure counts, the newest first."""
    counted = counted_alerts(scope, part)
    return sorted((row.pk for row in counted.among(part)), reverse=True)


def _narrowed(scope: Scope) -> AlertQuerySet:
    if scope.reader is None:
        return Alert.objects.none()
    # What was over long before anybody was told of it is history, no work.
    found = Alert.objects.visible_to(scope.reader).exclude(dismissal=Dismissal.HISTORY)
    if not scope.confidential:
        found = found.exclude(about__confidential=True)
    for name in _IDS:
        if name in scope.members:
            found = found.filter(one_of(name, scope.members[name]))
    if "channel" in scope.members:
        found = found.filter(channel__in=scope.members["channel"])
    return found


def one_of(name: str, members: Sequence[str]) -> Q:
    """Return the condition that a row belongs to one of these members; "" stands for none."""
    found = Q(**{f"{name}__in": [int(member) for member in members if member]})
    return found | Q(**{f"{name}__isnull": True}) if "" in members else found


def _rows(scope: Scope, found: AlertQuerySet) -> list[AlertRow]:
    columns = ("state", "incident", "raised_at", "acknowledged_at", "acted_at", "closed_at")
    products = scope.members.get("product")
    rows = []
    for pk, product, *values in found.order_by().values_list("pk", "product", *columns):
        if products is not None and product_key(product) not in products:
            continue
        state, incident, raised, acknowledged, acted, closed = values
        confirmed = acted is not None or incident is not None
        rows.append(
            AlertRow(
                pk,
                timezone.localdate(raised, timezone.get_default_timezone()),
                confirmed or state == AlertState.DISMISSED,
                confirmed,
                _minutes(raised, acknowledged),
                _minutes(raised, closed),
            )
        )
    return rows


def _minutes(first: datetime, last: datetime | None) -> int | None:
    return None if last is None else max(0, int((last - first).total_seconds() // _MINUTE))
