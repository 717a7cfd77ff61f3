"""Facts and cells as they are kept."""

from monitoring.models import Fact, Payment, Stretch
from monitoring.rules.rows import FIELDS, PaymentRow, Row, StretchRow
from monitoring.selectors.sources import Ids, Made, among


def stored(ids: Ids) -> dict[int, Made]:
    """Return the facts that are kept of these complaints."""
    facts: dict[int, Made] = {}
    for values in Fact.objects.filter(among("complaint", ids)).order_by().values_list(*FIELDS):
        row = Row._make(values)
        facts[row.complaint_id] = (row, [])
    if facts:
        later = Stretch.objects.filter(among("fact__complaint", ids))
        later = later.order_by("fact", "begins_day", "id")
        for pk, *values in later.values_list("fact__complaint", *StretchRow._fields):
            facts[pk][1].append(StretchRow._make(values))
        paid = Payment.objects.filter(among("fact__complaint", ids))
        paid = paid.order_by("fact", *PaymentRow._fields)
        for pk, *values in paid.values_list("fact__complaint", *PaymentRow._fields):
            facts[pk][1].append(PaymentRow._make(values))
    return facts
