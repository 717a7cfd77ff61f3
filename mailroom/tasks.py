"""The worker's door to the mailroom."""

from celery import shared_task

from journal.origin import origin
from journal.services import utc_now
from mailroom.services import fetching


@shared_task
def fetch_mail() -> None:
    """Fetch what has come in since."""
    with origin("mail"):
        fetching.fetch_mail(at=utc_now())
