"""What is counted of incidents: ONE table, by which they are counted and found (K25d)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from monitoring.rules.signals import SignalMeasure


class IncidentRow(NamedTuple):
    """One incident as it is counted, by the local day since which it was suspected."""

    pk: int
    day: date
    stood_down: bool  # it turned out to be none
    by_people: bool  # nothing had pointed at it before


MEASURES: Mapping[str, SignalMeasure[IncidentRow]] = {
    "incidents": SignalMeasure(lambda row: not row.stood_down),
    "incidents_by_people": SignalMeasure(lambda row: not row.stood_down and row.by_people),
    "incidents_stood_down": SignalMeasure(lambda row: row.stood_down),
}
