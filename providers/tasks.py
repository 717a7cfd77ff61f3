"""The worker's doors of this floor."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from journal.origin import origin
from journal.services import utc_now
from providers.services.clients import forget_spent
from providers.services.feed import clear_feed, number_news
from providers.services.sending import send_webhooks as post_webhooks
from providers.services.standing import sweep_contracts as sweep


@shared_task
def clean_up() -> int:
    """Throw away spent tokens, and answers that need not be repeated any more."""
    now = utc_now()
    with origin("scheduler"):
        kept = timedelta(hours=settings.API_ANSWERS_KEPT_HOURS)
        return forget_spent(answers_before=now - kept, at=now)


@shared_task
def announce() -> None:
    """Number what has happened, so that it can be read and told."""
    while number_news(at=utc_now()):
        pass


@shared_task
def send_webhooks() -> None:
    """Post what is due."""
    post_webhooks()


@shared_task
def forget_old_news() -> None:
    """Forget events after their time."""
    clear_feed(at=utc_now())


@shared_task
def sweep_contracts() -> None:
    """Let contracts begin and run out on their day, and warn before."""
    sweep(now=utc_now())
