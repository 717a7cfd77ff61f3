"""`manage.py replay NAME`: feed a new subscriber from old entries."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.services import replay


class Command(BaseCommand):
    """Owe a subscriber the entries of its kind that it has never been owed."""

    help = "Deliver old entries to a subscriber."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the subscriber's name."""
        parser.add_argument("subscriber")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Owe the entries; the relay delivers them."""
        try:
            count = replay(subscriber=options["subscriber"], now=datetime.now(UTC))
        except LookupError as error:
            raise CommandError(f"no subscriber is called {options['subscriber']!r}") from error
        self.stdout.write(f"{count} entries owed")
