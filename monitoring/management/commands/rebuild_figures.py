"""`manage.py rebuild_figures`: make all facts and cells anew from the complaints."""

from typing import Any

from django.core.management.base import BaseCommand

from journal.services import utc_now
from monitoring.services.folding import rebuild_figures


class Command(BaseCommand):
    """Make the figures anew."""

    help = "Make all facts and cells anew from complaints, clocks and the journal."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many complaints are in them."""
        self.stdout.write(f"{rebuild_figures(at=utc_now()):,} complaints are in the figures.")
