"""Deadlines and hearings of a case: typed, or computed from a regime; told before they end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint
from complaints.selectors.people import Circle
from complaints.services.moves import digest
from complaints.services.notices import News, tell_many
from compliance.rules import deadline
from compliance.selectors import load_calendar, presets, spoken
from journal.origin import origin
from referrals import events
from referrals.models import OutsideCase, OutsideDate
from referrals.permissions import RECORD
from referrals.services.moves import take_case, tell_chain
from referrals.states import PENDING, DateKind

BATCH = 200


@dataclass(frozen=True)
class NewDate:
    """A date that somebody was told: what for, when, where."""

    kind: str
    name: str
    due_at: datetime
    place: str = ""
    ours: bool = True


@dataclass(frozen=True)
class Reckoned:
    """A deadline by a known regime (compliance/presets), counted from `started_at`."""

    preset: str
    clock: str
    started_at: datetime
    ours: bool = False


@transaction.atomic
def set_outside_date(
    *,
    case_id: int,
    date: NewDate | Reckoned,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> OutsideDate:
    """Keep a deadline or hearing; one of a regime is worked out, with steps that can be explained.

    Raises MoveRefused once there is a result, BadInput naming `kind`, `name`, `due_at`, `preset`
    or `started_at`.
    """
    _complaint, case = take_case(
        case_id, actor=actor, permission=RECORD, expected_version=expected_version
    )
    if case.state not in PENDING:
        raise MoveRefused([_("There is a result already.")])
    row = _reckoned(case, date) if isinstance(date, Reckoned) else _typed(case, date)
    row.by, row.at = actor, at
    row.save()
    refresh_next_date(case)
    tell_chain(
        events.DATE_SET,
        case,
        actor=actor,
        at=at,
        payload={
            "date": row.pk,
            "date_kind": row.kind,
            "due_at": row.due_at.isoformat(),
            "preset": row.preset,
            "sha256": digest(row.name),
        },
    )
    return row


def _typed(case: OutsideCase, date: NewDate) -> OutsideDate:
    if date.kind not in DateKind.values:
        raise BadInput(_("Say whether it is a deadline or a hearing."), field="kind")
    if not date.name.strip():
        raise BadInput(_("Say what the date is for."), field="name")
    if date.due_at < case.opened_at:
        raise BadInput(_("This lies before the case was opened."), field="due_at")
    return OutsideDate(
        case=case,
        kind=date.kind,
        name=date.name.strip(),
        place=date.place.strip(),
        due_at=date.due_at,
        ours=date.ours,
    )


def _reckoned(case: OutsideCase, date: Reckoned) -> OutsideDate:
    try:
        preset = presets()[date.preset]
        clock = preset.clock(date.clock)
    except LookupError:
        raise BadInput(_("There is no such time limit."), field="preset") from None
    if not preset.is_enabled(clock):
        raise BadInput(_("This time limit waits for somebody to confirm it."), field="preset")
    calendar = load_calendar(clock.calendar)
    if not preset.in_force(date.started_at.astimezone(calendar.zone).date()):
        raise BadInput(_("This regime was not in force on that day."), field="started_at")
    found = deadline(clock.spec, date.started_at, calendar)
    return OutsideDate(
        case=case,
        kind=DateKind.DEADLINE,
        name=spoken(clock.name),
        due_at=found.due_at,
        preset=preset.code,
        preset_clock=clock.code,
        started_at=date.started_at,
        spec=clock.spec.to_dict(),
        calendar=clock.calendar,
        calendar_revision=calendar.revision,
        ours=date.ours,
    )


@transaction.atomic
def mark_outside_date(
    *, date_id: int, note: str = "", done_at: datetime, actor: User, at: datetime
) -> OutsideDate:
    """Note that a deadline was kept or a hearing held. Raises MoveRefused, BadInput (`done_at`)."""
    case_id = OutsideDate.objects.values_list("case_id", flat=True).get(pk=date_id)
    _complaint, case = take_case(case_id, actor=actor, permission=RECORD)
    row = OutsideDate.objects.select_for_update(of=("self",)).get(pk=date_id)
    if row.done_at is not None:
        raise MoveRefused([_("This date is done with already.")])
    if done_at > at:
        raise BadInput(_("This lies in the future."), field="done_at")
    row.done_at, row.done_note = done_at, note.strip()[:300]
    row.save(update_fields=["done_at", "done_note"])
    refresh_next_date(case)
    tell_chain(
        events.DATE_DONE,
        case,
        actor=actor,
        at=at,
        payload={"date": row.pk, "date_kind": row.kind, "sha256": digest(row.done_note)},
    )
    return row


def refresh_next_date(case: OutsideCase) -> None:
    """Keep by which date the case stands in the list."""
    ahead = case.dates.filter(done_at__isnull=True).order_by("due_at")
    case.next_date_at = ahead.values_list("due_at", flat=True).first()
    case.save(update_fields=["next_date_at"])


# --- what the scheduler does -----------------------------------------------------------------


def sweep_outside_dates(*, now: datetime) -> int:
    """Tell of dates that come near, and of deadlines of ours that were missed; each once.

    Returns how many were told of. How many days ahead is the handling policy's to say.
    """
    told = 0
    with origin("scheduler"):
        for pk in _near(now):
            with transaction.atomic():
                told += _tell_of(pk, now)
    return told


def _near(now: datetime) -> list[int]:
    """Return what may have to be told of: the farthest warning any policy asks for is 60 days."""
    ahead = OutsideDate.objects.filter(
        done_at__isnull=True, missed_told_at__isnull=True, due_at__lte=now + timedelta(days=60)
    )
    return list(ahead.order_by("due_at").values_list("pk", flat=True))


def _tell_of(date_id: int, now: datetime) -> int:
    row = OutsideDate.objects.select_related("case").get(pk=date_id)
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=row.case.complaint_id)
    row = OutsideDate.objects.select_for_update(of=("self",)).select_related("case").get(pk=date_id)
    case = row.case
    case.complaint = complaint
    days = complaint.policy.says.outside.warn_days
    missed = row.due_at <= now
    warned = row.warned_at is not None
    if row.done_at or case.state not in PENDING or (not missed and warned):
        return 0
    if not missed and row.due_at - timedelta(days=days) > now:
        return 0
    if missed:
        row.missed_told_at = now
    row.warned_at = row.warned_at or now
    row.save(update_fields=["warned_at", "missed_told_at"])
    tell_chain(
        events.DATE_MISSED if missed else events.DATE_WARNED,
        case,
        actor=None,
        at=now,
        payload={"date": row.pk, "date_kind": row.kind, "ours": row.ours},
    )
    news = [News(person, complaint, "outside_date") for person in _who_must_know(complaint, case)]
    tell_many(news, by=system_user(), at=now)
    return 1


def _who_must_know(complaint: Complaint, case: OutsideCase) -> list[User]:
    near = [case.reviewer, complaint.owner, case.recorded_by]
    people = {person.pk: person for person in near if person is not None}
    able = [who for who in people.values() if who.is_active and not who.is_system]
    return able or Circle().of(RECORD, complaint)
