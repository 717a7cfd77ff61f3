"""The week that is still running: what is recorded of it, and what probably comes in late.

Provisional, and told as such: nothing is ever judged by it.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Sum

from accounts.models import User
from monitoring.models import Alert, SeriesDay
from monitoring.rules.cells import monday_of, ordinal
from monitoring.rules.delays import LONGEST, known_after, still_to_come
from monitoring.rules.folding import product_key
from monitoring.rules.kpi import DAY, Term
from monitoring.rules.series import Floats
from monitoring.selectors.counting import counted
from monitoring.selectors.scope import Asked, Scope, scope_of
from monitoring.selectors.watching import below
from monitoring.states import COUNTED_KINDS

LEARNT = timedelta(days=365)  # of delays: as many days before those that may still grow


@dataclass(frozen=True)
class Running:
    """The running week from its Monday: how many are recorded, how many once all is entered.

    Of what was received up to now; nothing is said of days to come.
    """

    first: date
    seen: int
    likely: int


def running_week(scope: Scope, today: date) -> Running:
    """Return what a scope has received this week, and what is probably not recorded yet."""
    first = monday_of(today)
    days = [first + timedelta(days=at) for at in range((today - first).days + 1)]
    terms = [Term("received", day, day + DAY) for day in days]
    counts = counted(scope, terms)
    seen = np.array([counts.count((term,)) for term in terms], dtype=np.float64)
    places = np.array([ordinal(day) for day in days], dtype=np.int64)
    missing = still_to_come(seen, places, _known_after(today), today=ordinal(today))
    return Running(first, int(seen.sum()), round(float(seen.sum()) + missing))


def running_of(alert: Alert, actor: User, today: date) -> Running | None:
    """Return the running week of an alert's series, as the actor may know it.

    None where it counts no complaints, has ended, or its place is not the actor's.
    """
    if alert.kind not in COUNTED_KINDS or not alert.is_open:
        return None
    asked = Asked(
        site_id=alert.site_id,
        provider_id=alert.provider_id,
        category_ids=tuple(sorted(below(alert.category_id))) if alert.category_id else (),
        product=product_key(alert.product),
        channel=alert.channel,
    )
    scope = scope_of(actor, asked)
    return None if scope is None else running_week(scope, today)


def _known_after(today: date) -> Floats:
    """Return how much is known after how many days, learnt from a year that grows no more."""
    last = today - timedelta(days=LONGEST)
    rows = (
        SeriesDay.objects.filter(day__gt=last - LEARNT, day__lte=last)
        .order_by()
        .values_list("day", "recorded_on")
        .annotate(n=Sum("complaints"))
    )
    found = [(ordinal(day), ordinal(recorded), n) for day, recorded, n in rows]
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    counts = table[:, 2].astype(np.float64)
    return known_after(table[:, 0], table[:, 1], counts, today=ordinal(today))
