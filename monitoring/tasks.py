"""Doors for the worker."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from journal.services import utc_now
from monitoring.services.digest import make_digests
from monitoring.services.folding import fold_journal
from monitoring.services.following import sweep_alerts
from monitoring.services.reports import freeze_due_months, print_missing
from monitoring.services.scanning import scan_warnings
from monitoring.services.warning_settings import reckon_previews


@shared_task
def fold() -> None:
    """Fold what has been recorded since into facts and cells."""
    for _ in range(20):  # then let others have the worker
        if not fold_journal(at=utc_now()):
            break


@shared_task
def watch() -> None:
    """Judge what was over last night, and send the summaries."""
    now = utc_now()
    scan_warnings(as_of=timezone.localdate(now) - timedelta(days=1), now=now)
    make_digests(now=now)


@shared_task
def follow_alerts() -> None:
    """Tell of alerts that nobody took, and of effects to look at."""
    sweep_alerts(now=utc_now())


@shared_task
def reckon_warning_previews() -> None:
    """Reckon what settings would have alarmed."""
    reckon_previews(now=utc_now())


@shared_task
def freeze_reports() -> None:
    """Freeze the reports of months that ended ten working days ago, and of those missed."""
    freeze_due_months(at=utc_now())


@shared_task
def print_reports() -> None:
    """Print some of the frozen reports that nobody has printed yet."""
    print_missing(at=utc_now())
