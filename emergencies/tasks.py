"""The worker's doors to the fast channel."""

from celery import shared_task

from emergencies.services import calling, paging, practice, reports
from journal.services import utc_now


@shared_task
def sweep_calls() -> None:
    """Call the next level of each emergency that nobody has taken; overtake slow post."""
    calling.sweep_calls(now=utc_now())
    paging.send_waiting_pages(now=utc_now())


@shared_task
def sweep_warnings() -> None:
    """Warn of reports and reviews that fall due."""
    reports.sweep_warnings(now=utc_now())


@shared_task
def open_due_exercises() -> None:
    """Put tests of the rota and drills on the list when their time has come."""
    practice.open_due_exercises(now=utc_now())
