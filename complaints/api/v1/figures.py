"""GET kpis/ and alerts/: figures in scope, and what needs somebody now."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.api.v1 import given, told
from complaints.selectors.figures import OnTime, alerts_for, figures_of
from providers.api.operations import Answer, Call, operation
from providers.api.views import ApiView
from providers.errors import Invalid
from providers.states import Scope

DAYS = 30
LONGEST = 366


class Figures(ApiView):
    """Figures."""

    @operation(
        "kpis",
        "Read the figures",
        scope=Scope.REPORTS,
        asks=given.PeriodQuery,
        gives={200: told.FiguresShape},
        tag="figures",
    )
    def get(self, call: Call) -> Answer:
        """Of the complaints received in a period (a year at most) that this client may see."""
        today = timezone.localdate(call.at)
        first, last = call.asked.get("first"), call.asked.get("last")
        if first is None:
            last = last or today
            first = last - timedelta(days=min(DAYS - 1, last.toordinal() - 1))
        elif last is None:
            last = max(first, min(today, first + timedelta(days=LONGEST - 1)))
        if not timedelta(0) <= last - first < timedelta(days=LONGEST):
            raise Invalid([("?first", "range", _("Ask for a year at most, its first day first."))])
        found = figures_of(call.actor, first=first, last=last, now=call.at)
        return Answer(
            {
                "first": first,
                "last": last,
                "received": found.received,
                "closed": found.closed,
                "emergencies": found.emergencies,
                "reopened": found.reopened,
                "open_now": found.open_now,
                "overdue_now": found.overdue_now,
                "acknowledged_on_time": _share(found.acknowledged),
                "responded_on_time": _share(found.responded),
            }
        )


def _share(share: OnTime) -> dict[str, Any]:
    return {**share._asdict(), "percent": share.percent}


class Alerts(ApiView):
    """What needs somebody now."""

    @operation(
        "alerts",
        "Read the alerts",
        scope=Scope.REPORTS,
        gives={200: told.AlertsShape},
        tag="figures",
    )
    def get(self, call: Call) -> Answer:
        """Emergencies that nobody has taken charge of, then time limits that are over."""
        found, more = alerts_for(call.actor, now=call.at)
        return Answer({"results": [alert._asdict() for alert in found], "more": more})
