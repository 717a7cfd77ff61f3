"""Counting incidents for a figure (K25d): those that exist for the reader, where it looks."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from incidents.models import Incident, Suggestion
from incidents.permissions import may_see_incidents
from incidents.states import IncidentState
from monitoring.models import Alert
from monitoring.rules.folding import product_key
from monitoring.rules.incident_measures import MEASURES, IncidentRow
from monitoring.rules.kpi import Part, Term
from monitoring.rules.signals import CountedSignals
from monitoring.selectors.alert_counts import one_of, within
from monitoring.selectors.scope import Scope

_OF_AN_INCIDENT = frozenset({"site", "category", "product"})


def sees_incidents(scope: Scope) -> bool:
    """Return whether incidents can be counted here: they have no team, provider or channel."""
    if scope.reader is None or not set(scope.members) <= _OF_AN_INCIDENT:
        return False
    return may_see_incidents(scope.reader)


def counted_incidents(scope: Scope, terms: Iterable[Term]) -> CountedSignals[IncidentRow]:
    """Return the incidents that these terms are about, in one statement."""
    wanted = list(terms)
    if not wanted or not sees_incidents(scope):
        return CountedSignals([], MEASURES)
    found = _narrowed(scope).filter(within(wanted, "opened_at"))
    return CountedSignals(_rows(scope, found), MEASURES)


def incidents_behind(scope: Scope, part: Part) -> list[int]:
    """Return the ids of the incidents that a part of a figure counts, the newest first."""
    counted = counted_incidents(scope, part)
    return sorted((row.pk for row in counted.among(part)), reverse=True)


def _narrowed(scope: Scope) -> "QuerySet[Incident]":
    if scope.reader is None:
        return Incident.objects.none()
    found = Incident.objects.visible_to(scope.reader)
    for name in ("site", "category"):
        if name in scope.members:
            found = found.filter(one_of(name, scope.members[name]))
    return found


def _rows(scope: Scope, found: "QuerySet[Incident]") -> list[IncidentRow]:
    alerts = Alert.objects.filter(incident=OuterRef("pk"), raised_at__lte=OuterRef("opened_at"))
    suggestions = Suggestion.objects.filter(
        incident=OuterRef("pk"), first_at__lte=OuterRef("opened_at")
    )
    products = scope.members.get("product")
    zone = timezone.get_default_timezone()
    columns = ("pk", "product", "state", "opened_at", "pointed_at")
    return [
        IncidentRow(
            pk, timezone.localdate(at, zone), state == IncidentState.STOOD_DOWN, not pointed
        )
        for pk, product, state, at, pointed in found.order_by()
        .annotate(pointed_at=Exists(alerts) | Exists(suggestions))
        .values_list(*columns)
        if products is None or product_key(product) in products
    ]
