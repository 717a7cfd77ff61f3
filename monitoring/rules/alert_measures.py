"""What is counted of alerts: ONE table, by which they are counted and found (K25)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from monitoring.rules.signals import SignalMeasure


class AlertRow(NamedTuple):
    """One alert as it is counted, by the local day on which it was raised."""

    pk: int
    day: date
    decided: bool  # it led to an action, belongs to an incident, or was dismissed
    confirmed: bool  # one of the first two
    acknowledge_minutes: int | None
    close_minutes: int | None


MEASURES: Mapping[str, SignalMeasure[AlertRow]] = {
    "alerts": SignalMeasure(lambda _row: True),
    "alerts_decided": SignalMeasure(lambda row: row.decided),
    "alerts_confirmed": SignalMeasure(lambda row: row.confirmed),
    "alerts_undecided": SignalMeasure(lambda row: not row.decided),
    "alerts_unacknowledged": SignalMeasure(lambda row: row.acknowledge_minutes is None),
    "alerts_unended": SignalMeasure(lambda row: row.close_minutes is None),
    "alert_acknowledge_time": SignalMeasure(
        lambda row: row.acknowledge_minutes is not None, lambda row: row.acknowledge_minutes
    ),
    "alert_close_time": SignalMeasure(
        lambda row: row.close_minutes is not None, lambda row: row.close_minutes
    ),
}
