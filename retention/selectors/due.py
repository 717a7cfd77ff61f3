"""Which complaints are due: the longest period that applies to each decides."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from complaints.models import Attachment, Complaint, Message
from retention.models import DisposalItem
from retention.rules.schedule import BASE, DueBy, ScheduleContent, due_by, first_day_back
from retention.selectors.classes import starts_of
from retention.states import OPEN_RUNS, Outcome

BATCH = 1_000


def local_day(moment: datetime) -> date:
    """Return the day of an instant where the organisation is."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def start_of_day(day: date) -> datetime:
    """Return the instant at which a day of the organisation begins."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def end_of(complaint: Complaint) -> date | None:
    """Return the day on which a complaint came to its end; None while it, or what it was merged
    into, is open.
    """
    last = complaint
    while last.merged_into is not None:
        last = last.merged_into
    moments = [m for m in (complaint.closed_at, last.closed_at, last.followed_up_at) if m]
    if complaint.is_open or last.is_open or not moments:
        return None
    return local_day(max(moments))


def due_of(complaints: Sequence[Complaint], content: ScheduleContent) -> dict[int, DueBy]:
    """Return by when each complaint is due, by id; those that are not at their end are left out."""
    ends = {c.pk: end for c in complaints if (end := end_of(c)) is not None}
    starts: dict[int, list[tuple[str, date]]] = {pk: [] for pk in ends}
    for complaint in complaints:
        if complaint.pk in ends:
            starts[complaint.pk] += _own_classes(complaint, ends[complaint.pk])
    for code, model in (("messages", Message), ("attachments", Attachment)):
        having = model._default_manager.filter(complaint__in=list(ends)).values_list("complaint")
        for (pk,) in having.order_by().distinct():
            starts[pk].append((code, ends[pk]))
    for code, pk, since in starts_of(list(ends)):
        if pk in starts:
            starts[pk].append((code, max(ends[pk], local_day(since)) if since else ends[pk]))
    found = {pk: due_by(content, applying) for pk, applying in starts.items()}
    return {pk: due for pk, due in found.items() if due is not None}


def _own_classes(complaint: Complaint, end: date) -> Iterator[tuple[str, date]]:
    yield BASE[str(complaint.state)], end
    if complaint.emergency or complaint.emergency_declared_at is not None:
        yield "emergency", end


def candidates(today: date, content: ScheduleContent) -> QuerySet[Complaint]:
    """Return what could be due by the shortest period of all, and is in no open run."""
    base = [rule for rule in content.of_kind("complaint") if rule.code in BASE.values()]
    listed = DisposalItem.objects.filter(run__state__in=OPEN_RUNS, outcome=Outcome.LISTED)
    latest = max(first_day_back(today, rule.count, rule.unit) for rule in base)
    return (
        Complaint.objects.filter(
            is_open=False,
            anonymised_at__isnull=True,
            closed_at__lt=start_of_day(latest + timedelta(days=1)),
        )
        .exclude(pk__in=listed.values("complaint"))
        .select_related("merged_into")
        .order_by("pk")
    )


def due_now(
    today: date, content: ScheduleContent, *, most: int
) -> Iterator[tuple[Complaint, DueBy]]:
    """Yield what is due today and not held, oldest ids first, at most so many."""
    left, last = most, 0
    while left > 0:
        batch = list(candidates(today, content).filter(pk__gt=last, holds=0)[:BATCH])
        if not batch:
            return
        last = batch[-1].pk
        due = due_of(batch, content)
        ripe = [(c, due[c.pk]) for c in batch if c.pk in due and due[c.pk].due_on <= today]
        yield from ripe[:left]
        left -= len(ripe)


def held_back(today: date, content: ScheduleContent) -> int:
    """Return how many complaints would be due by the shortest period, but are held."""
    return candidates(today, content).filter(holds__gt=0).count()
