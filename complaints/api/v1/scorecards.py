"""GET providers/{id}/scorecard/: how well a provider does in a quarter."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from complaints.api.v1 import given, told
from complaints.selectors.causes import Miss
from complaints.selectors.scorecard import live_scorecard, misses_of
from providers.api.operations import Answer, Call, operation
from providers.api.views import ApiView
from providers.errors import Invalid
from providers.models import QuarterResult
from providers.rules.scorecard import Scored, days_of, is_quarter, quarter_of, rounded
from providers.selectors.file import providers_rated_for
from providers.selectors.words import scheme_in_force
from providers.states import Scope


class ScorecardOfProvider(ApiView):
    """A scorecard."""

    @operation(
        "provider_scorecard",
        "Read a provider's scorecard",
        scope=Scope.REPORTS,
        asks=given.QuarterQuery,
        gives={200: told.ScorecardShape},
        refuses=(404,),
        tag="figures",
    )
    def get(self, call: Call, provider: str) -> Answer:
        """The present quarter or an earlier one, from the complaints that this client may see.

        A provider's client reads its own: the id is the code of the provider.
        """
        found = providers_rated_for(call.actor).filter(code=provider).first()
        if found is None:
            raise Http404
        present = quarter_of(timezone.localdate(call.at))
        quarter = call.asked.get("quarter") or present
        if not is_quarter(quarter) or quarter > present:
            said = _("Name a quarter that has begun, as in 2026Q3.")
            raise Invalid([("?quarter", "range", said)])
        first, after = days_of(quarter)
        scheme = scheme_in_force()
        card = live_scorecard(found, quarter, actor=call.actor, now=call.at, scheme=scheme)
        frozen = QuarterResult.objects.filter(provider=found, quarter=quarter).first()
        return Answer(
            {
                "provider": found.code,
                "quarter": quarter,
                "first": first,
                "until": after,
                "complaints": card.complaints,
                "band": card.band or None,
                "score": None if card.shown_score is None else float(card.shown_score),
                "gates": list(card.gates),
                "measures": [_measure(one) for one in card.measures],
                "missed": _missed(misses_of(found, quarter, actor=call.actor, now=call.at)),
                "frozen_band": (frozen.band or None) if frozen else None,
                "frozen_at": frozen.rated_at if frozen else None,
            }
        )


def _missed(misses: Sequence[Miss]) -> list[dict[str, Any]]:
    counts = Counter((miss.clock.stage, miss.caused_by) for miss in misses)
    return [
        {"stage": stage, "caused_by": party, "complaints": count}
        for (stage, party), count in sorted(counts.items())
    ]


def _measure(one: Scored) -> dict[str, Any]:
    actual = one.count.actual
    return {
        "code": one.measure.code,
        "name": one.measure.names.of(translation.get_language() or ""),
        "weight": one.measure.weight,
        "floor": one.measure.floor,
        "target": one.measure.target,
        "part": one.count.part,
        "whole": one.count.whole,
        "actual": None if actual is None else round(float(actual), 2),
        "points": None if one.points is None else float(rounded(one.points)),
    }
