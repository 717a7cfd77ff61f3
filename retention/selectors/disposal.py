"""Disposal runs as their readers see them: rows, counts, what each may do, the certificate."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.models import Complaint
from complaints.permissions import may_see
from journal.selectors import history_of
from retention import events
from retention.models import DisposalItem, DisposalRun
from retention.permissions import everywhere
from retention.states import Outcome, RunState

PAGE = 100


def runs() -> QuerySet[DisposalRun]:
    """Return all runs, newest first."""
    return DisposalRun.objects.select_related(
        "schedule", "proposed_by", "first_reviewer", "second_reviewer", "rejected_by", "request"
    )


@dataclass(frozen=True)
class Row:
    """One complaint of a run. Without a reference the reader may not know which it is."""

    item: DisposalItem
    reference: str
    linked: bool
    held: bool


@dataclass(frozen=True)
class RowPage:
    """Some rows and where the next page begins (0 at the end)."""

    rows: list[Row]
    after: int


def rows_of(run: DisposalRun, actor: User, *, outcome: str = "", after: int = 0) -> RowPage:
    """Return a page of a run's rows; of confidential complaints only what the reader may know."""
    items = run.items.filter(pk__gt=after).select_related("complaint", "by").order_by("pk")
    if outcome in Outcome.values:
        items = items.filter(outcome=outcome)
    found = list(items[: PAGE + 1])
    rows = []
    for item in found[:PAGE]:
        known = may_see(actor, item.complaint)
        reference = item.complaint.reference if known else ""
        listed = item.outcome == Outcome.LISTED
        rows.append(Row(item, reference, known, listed and item.complaint.holds > 0))
    return RowPage(rows, found[PAGE - 1].pk if len(found) > PAGE else 0)


def counts_of(run: DisposalRun) -> dict[str, int]:
    """Return how many rows have which outcome."""
    counted = run.items.values_list("outcome").annotate(n=Count("pk")).order_by()
    return {**dict.fromkeys(Outcome.values, 0), **dict(counted)}


def held_in(run: DisposalRun) -> int:
    """Return how many rows would be skipped because a hold lies on them."""
    return run.items.filter(outcome=Outcome.LISTED, complaint__holds__gt=0).count()


def log_lines(run: DisposalRun) -> Iterable[tuple[str, str, str, str, str, str]]:
    """Yield reference, class, day of its end, day due, outcome and code of each row."""
    rows = run.items.select_related("complaint").order_by("pk")
    for item in rows.iterator(chunk_size=2_000):
        yield (
            item.complaint.reference,
            item.record_class,
            item.ended_on.isoformat(),
            item.due_on.isoformat(),
            item.outcome,
            item.code,
        )


def log_digest(run: DisposalRun) -> str:
    """Return the SHA-256 of a run's log, as its certificate and the record name it."""
    running = sha256()
    for line in log_lines(run):
        running.update(("\x1f".join(line) + "\n").encode())
    return running.hexdigest()


def digest_on_record(run: DisposalRun) -> str:
    """Return what the record says of a finished run's log; empty while it is not finished."""
    entry = history_of(run).filter(kind=events.DISPOSAL_FINISHED).last()
    return str(entry.payload.get("sha256", "")) if entry else ""


@dataclass(frozen=True)
class Steps:
    """What a reader may do with a run, and why not where they might expect it."""

    review: bool
    against: list[str]
    take_out: bool
    reject: bool


def steps_for(actor: User, run: DisposalRun) -> Steps:
    """Return what the reader may do with a run."""
    waits = run.state in {RunState.PROPOSED, RunState.REVIEWED}
    may = waits and everywhere(actor, "retention.review")
    against = why_not(actor, run) if may else []
    return Steps(review=may and not against, against=against, take_out=may, reject=may)


def why_not(actor: User, run: DisposalRun) -> list[str]:
    """Return why somebody who reviews runs cannot review this one."""
    if run.proposed_by_id == actor.pk:
        return [_("You made this list: two others review it.")]
    if run.first_reviewer_id == actor.pk:
        return [_("You are the first reviewer: somebody else is the second.")]
    return []


def run_of(complaint: Complaint) -> DisposalRun | None:
    """Return the run under which a complaint was disposed of."""
    return DisposalRun.objects.filter(
        items__complaint=complaint, items__outcome=Outcome.DISPOSED
    ).first()
