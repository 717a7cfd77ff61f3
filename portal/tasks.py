"""The worker's doors to the complainants' side."""

from celery import shared_task

from journal.services import utc_now
from portal.services import files


@shared_task
def clean_held_files() -> None:
    """Forget files whose form was never finished."""
    files.clean_held_files(now=utc_now())
