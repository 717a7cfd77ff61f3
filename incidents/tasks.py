"""The worker's doors to incidents."""

from celery import shared_task

from incidents.services import joint, statements, suggesting
from journal.origin import origin
from journal.services import utc_now


@shared_task
def sweep_suggestions() -> None:
    """Look for complaints so alike that one cause may be behind them."""
    suggesting.sweep_suggestions(now=utc_now())


@shared_task
def run_joint() -> None:
    """Go on with a joint message that somebody has begun."""
    with origin("bulk"):
        joint.continue_oldest_joint(now=utc_now())


@shared_task
def sweep_approvals() -> None:
    """Tell of approvals of statements whose minutes are over."""
    statements.sweep_approvals(now=utc_now())
