"""Clear away files that belong to no complaint, and scan what could not be scanned before."""

from typing import Any

from django.core.management.base import BaseCommand

from complaints.services.attachments import clean_attachments, scan_again
from journal.services import utc_now


class Command(BaseCommand):
    """For a nightly run; safe at any time."""

    help = "delete stored files that belong to nothing and are older than a day; scan again"

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do both and say what came of it."""
        now = utc_now()
        self.stdout.write(f"deleted: {clean_attachments(now=now)}")
        results = scan_again(at=now)
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in results.items()))
