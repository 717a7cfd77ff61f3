"""Figures for a reader, and the complaints behind them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from complaints.models import Complaint
from complaints.selectors.paging import Page, capped_counts, page_of
from complaints.selectors.register import NEWEST
from monitoring.models import Fact, Payment, Stretch
from monitoring.rules.kpi import Counted, Kpi, Of, Part, Result, Shape, Span, Term, result_of
from monitoring.rules.measures import BY_CODE, BY_CODE_OF_PAYMENTS, BY_CODE_OF_STRETCHES
from monitoring.selectors.alert_counts import alerts_behind, counted_alerts, sees_alerts
from monitoring.selectors.counting import condition_of, counted
from monitoring.selectors.exposure import exposures
from monitoring.selectors.incident_counts import counted_incidents, incidents_behind, sees_incidents
from monitoring.selectors.scope import Scope

COUNTED, WHOLE, REST = "counted", "whole", "rest"
NOBODY = "none"
NO_CAUSE = "."  # no code is written so


def results(scope: Scope, asked: Sequence[tuple[Kpi, Span]]) -> list[Result]:
    """Return figures over spans, all of them counted together."""
    shapes = [kpi.shape(span) for kpi, span in asked]
    lines = list(zip(asked, shapes, strict=True))
    counts: dict[Of, Counted] = {
        Of.COMPLAINTS: counted(scope, _terms(lines, Of.COMPLAINTS)),
        Of.ALERTS: counted_alerts(scope, _terms(lines, Of.ALERTS)),
        Of.INCIDENTS: counted_incidents(scope, _terms(lines, Of.INCIDENTS)),
    }
    seen = {
        Of.COMPLAINTS: True,
        Of.ALERTS: sees_alerts(scope),
        Of.INCIDENTS: sees_incidents(scope),
    }
    exposed = exposures(scope, [span for (_, span), shape in lines if shape.exposed])
    return [
        result_of(kpi, span, shape, counts[kpi.of], exposed.get(span))
        if seen[kpi.of]
        else Result(kpi, span, 0, None, None, {})
        for (kpi, span), shape in lines
    ]


def _terms(lines: Sequence[tuple[tuple[Kpi, Span], Shape]], of: Of) -> list[Term]:
    return [term for (kpi, _), shape in lines if kpi.of == of for term in shape.terms()]


def facts_behind(scope: Scope, kpi: Kpi, span: Span, which: str) -> "QuerySet[Fact]":
    """Return the facts behind a figure: those it counts, all it is of, or the others.

    `which` may also name a reason for leaving out, or a band.
    """
    shape = kpi.shape(span)
    facts = Fact.objects.filter(scope.facts())
    if shape.open_at is not None and which not in shape.bands:
        return facts.filter(_open_at(shape.open_at))
    if which != REST:
        return facts.filter(_any(_part(shape, which)))
    among = Fact.objects.filter(_any(shape.numerator))
    return facts.filter(_any(shape.denominator or ())).exclude(pk__in=among.values("pk"))


_BEHIND: Mapping[Of, Callable[[Scope, Part], list[int]]] = {
    Of.ALERTS: alerts_behind,
    Of.INCIDENTS: incidents_behind,
}


def signals_behind(scope: Scope, kpi: Kpi, span: Span, which: str) -> list[int]:
    """Return the ids of the alerts or incidents behind a figure of them, the newest first."""
    shape, found = kpi.shape(span), _BEHIND[kpi.of]
    if which != REST:
        return found(scope, _part(shape, which))
    among = set(found(scope, shape.numerator))
    return [pk for pk in found(scope, shape.denominator or ()) if pk not in among]


@dataclass(frozen=True)
class Listed:
    """A page of the complaints behind a figure, and how many they are (capped)."""

    page: Page
    count: int


def behind(
    scope: Scope,
    kpi: Kpi,
    span: Span,
    which: str,
    *,
    only: Mapping[str, str],
    actor: User,
    after: str | None = None,
    before: str | None = None,
) -> Listed:
    """Return a page of the complaints behind a figure, newest first.

    `only` narrows it to one `owner` (or "none"), or to what has one class of `cause`.
    """
    facts = facts_behind(scope, kpi, span, which)
    if owner := only.get("owner"):
        facts = facts.filter(owner_id=int(owner) if owner != NOBODY else None)
    if cause := only.get("cause"):
        facts = facts.filter(cause="" if cause == NO_CAUSE else cause)
    return listed(facts, actor=actor, after=after, before=before)


def listed(
    facts: "QuerySet[Fact]", *, actor: User, after: str | None = None, before: str | None = None
) -> Listed:
    """Return a page of the complaints of these facts that exist for the actor, newest first."""
    parts = [Complaint.objects.visible_to(actor).filter(pk__in=facts.values("complaint"))]
    page = page_of(parts, NEWEST, after=after, before=before)
    return Listed(page, capped_counts({"list": parts})["list"])


def _part(shape: Shape, which: str) -> Part:
    if which in shape.excluded:
        return shape.excluded[which]
    if which in shape.bands:
        return shape.bands[which]
    if shape.by is not None:
        return (shape.by,)
    return (shape.denominator or shape.numerator) if which == WHOLE else shape.numerator


def _any(part: Part) -> Q:
    """Return the condition of being counted by any of these terms."""
    found = Q(pk=0)  # nothing, which the paging may still ask about
    for term in part:
        if term.first is not None and term.first == term.after:
            continue
        if term.measure in BY_CODE:
            measure = BY_CODE[term.measure]
            condition = condition_of(measure, term.first, term.after)
            if measure.by:
                condition &= Q(**{f"{measure.by}__isnull": False})
            found |= condition
        if term.measure in BY_CODE_OF_STRETCHES:
            measure = BY_CODE_OF_STRETCHES[term.measure]
            later = Stretch.objects.filter(condition_of(measure, term.first, term.after))
            found |= Q(pk__in=later.values("fact"))
        if term.measure in BY_CODE_OF_PAYMENTS:
            measure = BY_CODE_OF_PAYMENTS[term.measure]
            paid = Payment.objects.filter(condition_of(measure, term.first, term.after))
            found |= Q(pk__in=paid.values("fact"))
    return found


def _open_at(day: date) -> Q:
    """Return the condition of being open when a day begins."""
    first = Q(received_day__lt=day) & (
        Q(first_ended_day__isnull=True) | Q(first_ended_day__gte=day)
    )
    later = Stretch.objects.filter(
        Q(ends_day__isnull=True) | Q(ends_day__gte=day), begins_day__lt=day
    )
    return first | Q(pk__in=later.values("fact"))
