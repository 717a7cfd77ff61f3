"""The worker's doors to the record."""

from celery import shared_task

from journal import services


@shared_task
def deliver_pending() -> None:
    """Deliver what is due."""
    services.deliver_pending()


@shared_task
def seal_days() -> None:
    """Seal the days that have ended."""
    services.seal_days(now=services.utc_now())


@shared_task
def verify_journal() -> None:
    """Prove the whole journal, for the operator's page."""
    services.prove_journal(actor=None, at=services.utc_now())
