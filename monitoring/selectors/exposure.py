"""How many customers, orders or units stand behind a figure's complaints."""

from collections.abc import Mapping, Sequence

from monitoring.models import Exposure
from monitoring.rules.exposure import Exposed, exposed_over
from monitoring.rules.kpi import Span
from monitoring.selectors.scope import Scope

ALONG = ("all", "site", "product")  # models.Exposure.dimension


def exposures(scope: Scope, spans: Sequence[Span]) -> Mapping[Span, Exposed]:
    """Return the exposure of each span in one statement; of days that have begun."""
    begun = [span for span in spans if span.first < span.over]
    cell = scope.cell
    nothing = {span: Exposed() for span in spans}
    if not begun or cell is None or cell[0] not in ALONG or len(cell[1]) != 1:
        return nothing
    rows = Exposure.objects.filter(
        dimension=cell[0],
        member=cell[1][0],
        month__gte=min(span.first for span in begun).replace(day=1),
        month__lt=max(span.over for span in begun),
    )
    months = {month: (unit, amount) for month, unit, amount in rows.values_list(*_COLUMNS)}
    return nothing | {span: exposed_over(months, span.first, span.over) for span in begun}


_COLUMNS = ("month", "unit", "amount")
