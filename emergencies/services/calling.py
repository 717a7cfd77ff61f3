"""Calling people until somebody takes an emergency: one level higher every few minutes (CM-8.2b).

Who is called is decided here, inside; that a call leaves the house is the outbox's work, page by
page, so that a channel that hangs holds up none of the others.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint
from complaints.selectors.people import Circle
from complaints.services.notices import tell
from emergencies import events
from emergencies.models import Address, Emergency, Page
from emergencies.rules.ladder import next_round_at, rounds_due
from emergencies.selectors.rota import Called, addresses_of, on_call
from emergencies.services.opening import latest_before, row_of
from emergencies.services.reviews import open_review
from emergencies.states import Ending
from journal.origin import origin
from journal.services import Fact, record, record_many


@transaction.atomic
def open_emergency(*, complaint_id: int, declared_by: int | None, at: datetime) -> None:
    """Begin to call for an emergency that was declared; nothing where it is over already."""
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    if complaint.emergency_declared_at is None:
        return
    row = row_of(complaint, declared_by_id=declared_by)
    if row.declared_by_id is None and declared_by is not None:
        row.declared_by_id = declared_by
        row.save(update_fields=["declared_by"])
    if row.next_call_at is not None and row.next_call_at <= at:
        _call(row.pk, complaint, at)


def sweep_calls(*, now: datetime) -> int:
    """Call for every emergency whose next round is due; return how many people were called.

    Cheap when nothing is due: one look at an index of what waits.
    """
    due = Emergency.objects.filter(next_call_at__lte=now).order_by("next_call_at", "pk")
    called = 0
    with origin("scheduler"):
        for pk, complaint_id in list(due.values_list("pk", "complaint")):
            with transaction.atomic():
                # The complaint first, as every verb locks.
                complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
                called += _call(pk, complaint, now)
    return called


def _call(pk: int, complaint: Complaint, now: datetime) -> int:
    row = Emergency.objects.select_for_update(of=("self",)).get(pk=pk)
    row.complaint = complaint
    if row.next_call_at is None or row.next_call_at > now:
        return 0  # another worker was quicker
    if not (row.waits and complaint.emergency and complaint.is_open):
        row.next_call_at = None
        row.save(update_fields=["next_call_at"])
        return 0
    every = timedelta(minutes=complaint.policy.says.fast_channel.call_every_minutes)
    height = rounds_due(row.declared_at, now, every)
    row.calls += 1
    row.next_call_at = next_round_at(row.declared_at, now, every)
    row.save(update_fields=["calls", "next_call_at"])
    people = _whom(complaint, height, now)
    system = system_user()
    if not people:
        _nobody(row, now)
        return 0
    pages = _pages(row, people, now)
    record(
        kind=events.CALLED,
        subject=complaint,
        actor=system,
        occurred_at=now,
        payload={
            "state": str(complaint.state),
            "cycle": complaint.cycle,
            "round": row.calls,
            "rung": height,
            "told": [called.person.pk for called in people],
            "pages": [page.pk for page in pages],
        },
    )
    owe_pages(complaint, events.PAGE_QUEUED, pages, at=now)
    if row.calls > 1:  # at the declaration the desk itself has told them
        tell((called.person for called in people), complaint, kind="emergency", by=system, at=now)
    return len(people)


def _whom(complaint: Complaint, height: int, now: datetime) -> list[Called]:
    """Return who is called in a round: the lowest `height` levels that somebody keeps.

    Where nobody at all is on call, everybody of the policy's escalation ladder.
    """
    reachable = on_call(now, complaint)
    levels = sorted({called.duty.level for called in reachable if called.duty is not None})[:height]
    found = [called for called in reachable if called.duty and called.duty.level in levels]
    if not found:
        circle = Circle()
        steps = complaint.policy.says.escalation
        ladder = (person for step in steps for person in circle.of(step.permission, complaint))
        found = [Called(None, person) for person in ladder]
    once: dict[int, Called] = {}
    for called in found:
        once.setdefault(called.person.pk, called)
    return list(once.values())


def _nobody(row: Emergency, now: datetime) -> None:
    """Write down, once, that there is nobody to call; the rounds go on."""
    if row.calls == 1:
        record(
            kind=events.NOBODY_TO_CALL,
            subject=row.complaint,
            actor=system_user(),
            occurred_at=now,
            payload={"state": str(row.complaint.state), "cycle": row.complaint.cycle},
        )


def _pages(row: Emergency, people: Sequence[Called], now: datetime) -> list[Page]:
    """Return a page for each address of each person, saved; duty-less people by e-mail alone."""
    known = addresses_of(called.person.pk for called in people if called.duty is not None)
    return Page.objects.bulk_create(
        Page(
            emergency=row,
            round=row.calls,
            duty=called.duty,
            person=called.person,
            stands_in_for=called.stands_in_for,
            address=address,
            queued_at=now,
        )
        for called in people
        for address in ways_to(called.person, known.get(called.person.pk, ()))
    )


def ways_to(person: User, addresses: Iterable[Address]) -> list[Address | None]:
    """Return every way to reach somebody; None stands for the e-mail address of the account."""
    ways: list[Address | None] = [None] if person.email else []
    return [*ways, *addresses]


def owe_pages(subject: Complaint, kind: str, pages: Sequence[Page], *, at: datetime) -> None:
    """Put pages into the outbox, each on its own."""
    system = system_user()
    record_many(
        [
            Fact(
                kind,
                subject,
                system,
                at,
                {
                    "page": page.pk,
                    "to": page.person_id,
                    "service": page.address.scheme or "email" if page.address else "email",
                },
            )
            for page in pages
        ]
    )


# --- what the desk did -------------------------------------------------------------------------


@transaction.atomic
def note_taken(*, complaint_id: int, actor_id: int | None, at: datetime) -> None:
    """Stop calling: somebody has taken charge."""
    Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    row = latest_before(complaint_id, at)
    if row is None or row.taken_by_id is not None:
        return
    row.taken_at = row.taken_at or at
    row.taken_by_id, row.next_call_at = actor_id, None
    row.save(update_fields=["taken_at", "taken_by", "next_call_at"])


@transaction.atomic
def note_end(*, complaint_id: int, how: Ending, at: datetime) -> None:
    """Note that an emergency is over, and owe its review."""
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    row = latest_before(complaint_id, at)
    if row is None or row.ended_at is not None:
        return
    row.complaint = complaint
    row.ended_at, row.ended_how, row.next_call_at = at, how, None
    row.save(update_fields=["ended_at", "ended_how", "next_call_at"])
    open_review(row, at=at)


@transaction.atomic
def resume_emergency(*, complaint_id: int, at: datetime) -> None:
    """Take up an emergency whose complaint is open again: a merge undone, a case reopened.

    Where nobody had taken it, the calls go on as high as they should stand by now.
    """
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    row = latest_before(complaint_id, at)
    if row is None or row.ended_how != Ending.AT_ITS_END:
        return
    if not (complaint.emergency and complaint.is_open):
        return
    row.ended_at, row.ended_how = None, ""
    row.next_call_at = at if row.taken_by_id is None else None
    row.save(update_fields=["ended_at", "ended_how", "next_call_at"])


@transaction.atomic
def call_again(*, complaint_id: int, at: datetime) -> None:
    """Call anew, as high as the calls should stand by now: whoever had taken charge has left."""
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    row = latest_before(complaint_id, at)
    if row is None or row.ended_at is not None or complaint.emergency_taken_by_id is not None:
        return
    if not (complaint.emergency and complaint.is_open):
        return
    row.taken_by, row.next_call_at = None, at
    row.save(update_fields=["taken_by", "next_call_at"])
    _call(row.pk, complaint, at)
