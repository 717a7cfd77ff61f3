"""Doors for the worker."""

from celery import shared_task

from journal.services import utc_now
from monitoring.services.folding import fold_journal


@shared_task
def fold() -> None:
    """Fold what has been recorded since into facts and cells."""
    for _ in range(20):  # then let others have the worker
        if not fold_journal(at=utc_now()):
            break
