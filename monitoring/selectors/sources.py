"""What facts are made of, read for a batch of complaints at once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from complaints import events
from complaints.models import Assessment, Clock, Complaint, Escalation, Remedy, Response
from complaints.states import Stage
from emergencies.models import Emergency
from journal.models import Entry
from monitoring.rules.folding import (
    Answer,
    Case,
    Climb,
    ClockRow,
    Danger,
    Outside,
    Promise,
    Source,
    Turn,
    fact_of,
)
from monitoring.rules.rows import Hanging, Row
from referrals.models import OutsideCase

_STAGES = (Stage.ACKNOWLEDGE, Stage.ASSESS, Stage.RESPOND, Stage.PROGRESS)
_CLOSED = frozenset({"closed", "followed_up"})
COMPLAINT = Complaint._meta.label_lower
Made = tuple[Row, list[Hanging]]


class Run(NamedTuple):
    """All complaints from one id to another: so it is asked for more cheaply than by a list."""

    first: int
    last: int


Ids = Sequence[int] | Run


def run_of(batch: Sequence[int]) -> Run:
    """Return ids that stand in order, with no other complaint between them, as a run."""
    return Run(batch[0], batch[-1])


def among(column: str, ids: Ids) -> Q:
    """Return the condition that a column holds one of these ids."""
    if isinstance(ids, Run):
        return Q(**{f"{column}__gte": ids.first, f"{column}__lte": ids.last})
    return Q(**{f"{column}__in": ids})


def facts_made(ids: Ids) -> dict[int, Made]:
    """Return what the sources say of these complaints; those that are not counted are left out."""
    zone: tzinfo = timezone.get_default_timezone()
    return {pk: fact_of(source, zone) for pk, source in sources_of(ids).items()}


def sources_of(ids: Ids) -> dict[int, Source]:
    """Return the real complaints among these with what hangs on them, in a few statements."""
    rows = Complaint.everything.filter(among("pk", ids), is_test=False).order_by()
    found = {row[0]: Source(Case._make(row)) for row in rows.values_list(*Case._fields)}
    _add_clocks(found, ids)
    _add_handling(found, ids)
    _add_alarms(found)
    again = [pk for pk, source in found.items() if source.case.cycle > 1]
    if again:
        _add_turns(found, again)
    outside = [pk for pk, source in found.items() if source.case.referred_outside_at is not None]
    if outside:
        cases = OutsideCase.objects.filter(complaint__in=outside, decided_at__isnull=False)
        for pk, *case in cases.values_list("complaint", *Outside._fields).order_by("id"):
            found[pk].outside.append(Outside(*case))
    return found


def _add_clocks(found: Mapping[int, Source], ids: Ids) -> None:
    clocks = Clock.objects.filter(
        among("complaint", ids), cycle=1, dropped=False, stage__in=_STAGES
    )
    for pk, *clock in clocks.order_by().values_list("complaint", *ClockRow._fields):
        if pk in found:
            found[pk].clocks.append(ClockRow._make(clock))


def _add_handling(found: Mapping[int, Source], ids: Ids) -> None:
    """Add first priorities and promises, of what is assessed or decided as it stands now."""
    assessed = Assessment.objects.filter(among("complaint", ids)).order_by("-id")
    for pk, priority, at in assessed.values_list("complaint", "priority", "at"):
        if pk in found and found[pk].case.assessed_at is not None:
            found[pk].first_priority, found[pk].first_assessed_at = priority, at
    remedies = Remedy.objects.filter(among("complaint", ids)).order_by("id")
    columns = ("complaint", "due_at", "done_at", "amount", "currency")
    for pk, due_at, done_at, amount, currency in remedies.values_list(*columns):
        if pk in found and (found[pk].case.decided_at is not None or found[pk].case.cycle > 1):
            found[pk].promises.append(Promise(due_at, done_at, int(amount * 100), currency))


def _add_alarms(found: Mapping[int, Source]) -> None:
    """Add the rungs climbed by what climbed high, and the course of emergencies: of few."""
    high = [pk for pk, source in found.items() if source.case.escalation_level > 1]
    if high:
        climbs = Escalation.objects.filter(complaint__in=high).order_by("id")
        for pk, *climb in climbs.values_list("complaint", *Climb._fields):
            found[pk].climbs.append(Climb._make(climb))
    declared = [pk for pk, source in found.items() if source.case.emergency_declared_at is not None]
    if declared:
        dangers = Emergency.objects.filter(complaint__in=declared).order_by("id")
        for pk, *danger in dangers.values_list("complaint", *Danger._fields):
            found[pk].dangers.append(Danger._make(danger))


def _add_turns(found: Mapping[int, Source], again: Sequence[int]) -> None:
    entries = Entry.objects.filter(
        subject_type=COMPLAINT,
        subject_id__in=again,
        kind__in=(events.CLOSED, events.REOPENED),
    ).order_by("subject_id", "seq")
    columns = ("subject_id", "kind", "occurred_at", "body")
    for pk, kind, at, body in entries.values_list(*columns):
        reopened = kind == events.REOPENED
        was_closed = reopened and json.loads(body).get("from") in _CLOSED
        found[pk].turns.append(Turn(reopened, at, was_closed))
    answers = Response.objects.filter(complaint__in=again, sent=True).order_by("id")
    for pk, finding, at in answers.values_list("complaint", "finding", "at"):
        found[pk].answers.append(Answer(finding, at))


def batches(ids: Iterable[int], size: int) -> Iterable[list[int]]:
    """Yield ids in lists of at most `size`."""
    batch: list[int] = []
    for pk in ids:
        batch.append(pk)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
