"""Facts and cells as they are kept."""

from collections.abc import Sequence

from monitoring.models import Fact, Stretch
from monitoring.rules.rows import FIELDS, Row, StretchRow
from monitoring.selectors.sources import Made


def stored(ids: Sequence[int]) -> dict[int, Made]:
    """Return the facts that are kept of these complaints."""
    facts: dict[int, Made] = {}
    of_fact: dict[int, list[StretchRow]] = {}
    rows = Fact.objects.filter(complaint__in=ids).order_by()
    for pk, *values in rows.values_list("pk", *FIELDS):
        row = Row(*values)
        of_fact[pk] = []
        facts[row.complaint_id] = (row, of_fact[pk])
    if of_fact:
        later = Stretch.objects.filter(fact__complaint__in=ids).order_by("fact", "begins_day", "id")
        for pk, *values in later.values_list("fact", *StretchRow._fields):
            of_fact[pk].append(StretchRow(*values))
    return facts
