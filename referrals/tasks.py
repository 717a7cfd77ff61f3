"""The worker's doors to cases outside."""

from celery import shared_task

from journal.services import utc_now
from referrals.services import dates, questions


@shared_task
def sweep_outside_dates() -> None:
    """Tell of deadlines and hearings that come near or were missed."""
    dates.sweep_outside_dates(now=utc_now())


@shared_task
def sweep_outside_questions() -> None:
    """Note which questions to outsiders nobody answered in time."""
    questions.sweep_outside_questions(now=utc_now())
