"""The worker's door to people."""

from celery import shared_task

from accounts import services
from journal.services import utc_now


@shared_task
def forget_expired_sessions() -> None:
    """Remove what is left of sessions that have run out."""
    services.forget_expired_sessions()


@shared_task
def sweep_life_cycle() -> None:
    """Make the moves and departures whose day has come."""
    services.sweep_life_cycle(now=utc_now())
