"""The worker's doors to the desk."""

from celery import shared_task

from complaints.services import (
    attachments,
    bulk,
    handover,
    importing,
    invitations,
    policy,
    quality,
    sandbox,
    sweeping,
)
from journal.origin import origin
from journal.services import utc_now


@shared_task
def sweep_clocks() -> None:
    """Tell of clocks that run out or have run out."""
    sweeping.sweep_clocks(now=utc_now())


@shared_task
def sweep_stranded_work() -> None:
    """Give back what people hold who are gone."""
    handover.sweep_stranded_work(now=utc_now())


@shared_task
def sweep_silence() -> None:
    """Remind complainants who have not answered a decision."""
    sweeping.sweep_silence(now=utc_now())


@shared_task
def sweep_follow_ups() -> None:
    """Invite complainants to say how it went, and remind them once."""
    invitations.sweep_follow_ups(now=utc_now())


@shared_task
def run_bulk() -> None:
    """Go on with a move on many complaints that somebody has begun."""
    with origin("bulk"):
        bulk.continue_oldest_bulk(now=utc_now())


@shared_task
def run_imports() -> None:
    """Go on with an import that waits."""
    importing.run_next_import(now=utc_now())


@shared_task
def put_policy_in_force() -> None:
    """Let a version of the handling policy take effect whose time has come."""
    policy.put_policy_in_force(now=utc_now())


@shared_task
def scan_attachments() -> None:
    """Scan the files that could not be scanned when they came in."""
    attachments.scan_again(at=utc_now())


@shared_task
def rate_quarters() -> None:
    """Freeze the scorecards of the last quarter."""
    quality.rate_quarters(now=utc_now())


@shared_task
def purge_test_complaints() -> None:
    """Throw away what partners tried out, after its days."""
    sandbox.purge_test_complaints(at=utc_now())
