"""`manage.py freeze_reports`: freeze the monthly reports that are due, or those of one month."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import system_user
from journal.errors import Refusal
from journal.services import utc_now
from monitoring.rules.periods import month_of
from monitoring.services.reports import freeze_due_months, freeze_month


class Command(BaseCommand):
    """What the worker does each night; with --month also a month longer ago than it looks back."""

    help = "Freeze the reports of months that ended ten working days ago or longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --month."""
        parser.add_argument("--month", metavar="YYYY-MM", help="this month only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Freeze, and say what was frozen."""
        now, given = utc_now(), options["month"]
        if given is None:
            months = freeze_due_months(at=now)
        else:
            month = month_of(given)
            if month is None:
                raise CommandError("--month: write a month as 2026-05")
            try:
                freeze_month(month=month, actor=system_user(), at=now)
            except Refusal as refusal:
                raise CommandError(f"--month: {refusal}") from refusal
            months = [month]
        told = ", ".join(f"{month:%Y-%m}" for month in months)
        self.stdout.write(f"frozen: {told}" if told else "nothing is due")
