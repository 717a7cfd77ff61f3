"""An alert is raised, grows, and comes to rest: what scans and rules do with alerts."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from accounts.selectors import deputies_of
from accounts.services import system_user
from complaints.models import Complaint
from compliance.rules import ClockSpec, Unit, deadline
from compliance.selectors import load_calendar
from journal.services import record
from monitoring import events
from monitoring.models import Alert, AlertMember, AlertNotice, ScanRun, WarningSettings
from monitoring.permissions import SET_WARNINGS, may_see_alert
from monitoring.querysets import WORK
from monitoring.rules.watch_settings import WatchSettings
from monitoring.selectors.watching import first_asked, people_at
from monitoring.states import AlertLevel, Telling

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none of which is mistaken for another
TELL_FOR = timedelta(days=14)  # of what is older nobody is told: history was looked through


@dataclass(frozen=True)
class Finding:
    """What is to become an alert: the series, what was seen of it, and how it was judged."""

    key: str
    kind: str
    level: str
    dimensions: str
    members: Mapping[str, Any]  # by dimension: ids, a channel, a product
    first: date
    last: date
    observed: int
    complaints: Sequence[int]
    since: date | None = None
    step: int = 0
    expected: float | None = None
    upper: float | None = None
    p: float | None = None
    peak: float = 0.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    series: Mapping[str, Any] = field(default_factory=dict)
    also: Sequence[str] = ()
    about: Complaint | None = None
    follows: Alert | None = None


def raise_alert(
    finding: Finding,
    says: WatchSettings,
    *,
    run: ScanRun | None = None,
    settings: WarningSettings | None = None,
    at: datetime,
    now: datetime,
) -> Alert:
    """Write an alert down with the complaints behind it, and tell those who may work on it."""
    alert = Alert(
        reference=_new_reference(at),
        kind=finding.kind,
        level=finding.level,
        key=finding.key,
        dimensions=finding.dimensions,
        category_id=finding.members.get("category"),
        product=_spelled(finding),
        site_id=finding.members.get("site"),
        channel=str(finding.members.get("channel", "")),
        provider_id=finding.members.get("provider"),
        also=list(finding.also),
        about=finding.about,
        run=run,
        settings=settings,
        step=finding.step,
        period_from=finding.first,
        period_to=finding.last,
        since=finding.since or finding.first,
        observed=finding.observed,
        expected=finding.expected,
        upper=finding.upper,
        p=finding.p,
        parameters=dict(finding.parameters),
        series=dict(finding.series),
        peak=finding.peak,
        last_period=finding.first,
        raised_at=at,
        due_at=working_days_after(at, says.due_days, says.calendar),
        follows=finding.follows,
    )
    alert.save()
    join(alert, finding.complaints, at=at)
    payload = {
        "kind": str(alert.kind),
        "level": str(alert.level),
        "observed": alert.observed,
        "p": alert.p,
        "complaints": len(finding.complaints),
    }
    record(
        kind=events.ALERT_RAISED,
        subject=alert,
        actor=system_user(),
        occurred_at=at,
        payload=payload,
    )
    if now - at <= TELL_FOR:
        asked = first_asked(people_at(WORK, alert.site_id), people_at(SET_WARNINGS, None))
        tell_of(alert, asked, Telling.RAISED, at=at)
    return alert


def let_rise(alert: Alert, finding: Finding, *, at: datetime, now: datetime) -> None:
    """Note that an alert somebody works on has risen further; its first counts stay."""
    if finding.level == AlertLevel.RED:
        alert.level = AlertLevel.RED
    alert.peak, alert.last_period, alert.quiet = finding.peak, finding.first, 0
    alert.going_on, alert.calm_at = True, None
    alert.save(update_fields=["level", "peak", "last_period", "quiet", "going_on", "calm_at"])
    join(alert, finding.complaints, at=at)
    payload = {"level": str(alert.level), "period": finding.first, "surprise": alert.peak}
    record(
        kind=events.ALERT_RISEN,
        subject=alert,
        actor=system_user(),
        occurred_at=at,
        payload={**payload, "period": finding.first.isoformat()},
    )
    if now - at <= TELL_FOR:
        tell_of(alert, in_charge(alert), Telling.RISEN, at=at)


def go_on(
    alert: Alert, first: date, peak: float, complaints: Sequence[int], *, at: datetime
) -> None:
    """Note that an episode goes on, with what came in meanwhile."""
    alert.last_period, alert.quiet = max(alert.last_period, first), 0
    alert.peak = max(alert.peak, peak)
    alert.save(update_fields=["last_period", "quiet", "peak"])
    join(alert, complaints, at=at)


def calm_down(alert: Alert, *, at: datetime, now: datetime) -> None:
    """Give the all-clear: it is back to its usual level. The work on it goes on."""
    alert.going_on, alert.calm_at = False, at
    alert.save(update_fields=["going_on", "calm_at", "quiet"])
    payload = {"period": alert.last_period.isoformat()}
    record(
        kind=events.ALERT_CALM,
        subject=alert,
        actor=system_user(),
        occurred_at=at,
        payload=payload,
    )
    if alert.is_open and now - at <= TELL_FOR:
        tell_of(alert, in_charge(alert), Telling.CALM, at=at)


def in_charge(alert: Alert) -> Sequence[User]:
    """Return who has an alert, or who is asked to take it."""
    if alert.owner is not None:
        return [alert.owner]
    return first_asked(people_at(WORK, alert.site_id), people_at(SET_WARNINGS, None))


def join(alert: Alert, complaint_ids: Sequence[int], *, at: datetime) -> None:
    """Add complaints to those behind an alert."""
    AlertMember.objects.bulk_create(
        [AlertMember(alert=alert, complaint_id=pk, joined_at=at) for pk in complaint_ids],
        ignore_conflicts=True,
        batch_size=1000,
    )


def tell_of(alert: Alert, people: Iterable[User], kind: Telling, *, at: datetime) -> None:
    """Tell people, and who stands in for those who are away, as far as the alert is theirs."""
    told = {person.pk: person for person in people}
    for deputy in deputies_of(set(told), at).values():
        told.setdefault(deputy.pk, deputy)
    AlertNotice.objects.bulk_create(
        [
            AlertNotice(user=person, alert=alert, kind=kind, created_at=at)
            for person in told.values()
            if may_see_alert(person, alert)
        ]
    )


def working_days_after(at: datetime, days: int, calendar: str) -> datetime:
    """Return the end of the last working day of a time limit."""
    return deadline(ClockSpec(Unit.WORK_DAY, days), at, load_calendar(calendar)).due_at


def _spelled(finding: Finding) -> str:
    """Return a product as people write it: as the newest complaint has it."""
    key = str(finding.members.get("product", ""))
    if not key or not finding.complaints:
        return key
    return Complaint.objects.values_list("product", flat=True).get(pk=finding.complaints[0])


def _new_reference(at: datetime) -> str:
    # 256 is a multiple of 32, so that each letter is as likely as any other.
    draw = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(4))
    return f"A{at:%y}-{draw}"
