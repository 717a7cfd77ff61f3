"""The shape of a fact, as rules read it: the columns of monitoring.models.Fact in their order."""

from datetime import date
from typing import NamedTuple


class Row(NamedTuple):
    """One complaint as it is counted; see monitoring.models.Fact for what each column means."""

    complaint_id: int
    counted: bool
    ending: str
    confidential: bool
    reachable: bool
    site_id: int | None
    team_id: int | None
    provider_id: int | None
    category_id: int | None
    owner_id: int | None
    subject_person_id: int | None
    product: str
    channel: str
    priority: str
    received_day: date
    repeat: bool
    complete: bool
    escalated: bool
    escalated_by: str
    peak_level: int
    ack_due_day: date | None
    ack_met: bool | None
    ack_minutes: int | None
    assess_due_day: date | None
    assess_met: bool | None
    respond_due_day: date | None
    respond_met: bool | None
    legal_due_day: date | None
    legal_met: bool | None
    progress_due_day: date | None
    progress_met: bool | None
    remedy_due_day: date | None
    remedy_met: bool | None
    assessed_day: date | None
    reprioritised: bool
    decided_day: date | None
    finding: str
    cause: str
    answered_day: date | None
    answer_days: int | None
    first_ended_day: date | None
    first_ending: str
    first_closed_day: date | None
    reopened_soon: bool
    ended_day: date | None
    ended_days: int | None
    band: int | None
    referred_day: date | None
    referred_soon: bool
    outside_day: date | None
    overturned: bool
    emergency_day: date | None
    declare_minutes: int | None
    take_minutes: int | None
    act_minutes: int | None
    contain_minutes: int | None
    declared_late: bool
    false_alarm: bool
    next_due_day: date | None
    on_hold: bool


FIELDS: tuple[str, ...] = Row._fields


class StretchRow(NamedTuple):
    """A later time in which a complaint was open."""

    begins_day: date
    ends_day: date | None
    ending: str


class PaymentRow(NamedTuple):
    """Money that was paid as a remedy; what is taken back is negative."""

    day: date
    cents: int
    currency: str


# What hangs on a fact, as many as there are.
Hanging = StretchRow | PaymentRow
