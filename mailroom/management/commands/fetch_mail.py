"""Fetch mail now, instead of waiting for the worker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.origin import origin
from journal.services import utc_now
from mailroom.services.fetching import fetch_mail


class Command(BaseCommand):
    """`manage.py fetch_mail`."""

    help = "Fetch a batch of mail from the IMAP mailbox that the settings name."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch, and say how many came in. Raises CommandError when the server fails."""
        with origin("mail"):
            fetched = fetch_mail(at=utc_now())
        if fetched is None:
            self.stdout.write("no mailbox is set, or another process is reading it")
            return
        if fetched.error:
            raise CommandError(f"not fetched: {fetched.error}")
        self.stdout.write(f"new: {fetched.new}, known: {fetched.known}")
