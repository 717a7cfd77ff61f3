"""`manage.py create_api_client NAME`: let other software call the API; its secret is told once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Provider
from journal.errors import Refusal
from journal.services import utc_now
from providers.services.clients import create_client
from providers.states import Scope


class Command(BaseCommand):
    """Thin: the verb decides."""

    help = "Let other software call the API. Its secret is printed once and kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for a name, and for whom it works."""
        parser.add_argument("name")
        parser.add_argument("--provider", default="", help="code of a provider; else ourselves")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="repeat it; all if left out"
        )
        parser.add_argument("--calls-per-minute", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it and tell id and secret."""
        provider = Provider.objects.filter(code=options["provider"]).first()
        if options["provider"] and provider is None:
            raise CommandError(f"there is no provider {options['provider']}")
        try:
            new = create_client(
                name=options["name"],
                provider=provider,
                scopes=options["scope"] or Scope.values,
                calls_per_minute=options["calls_per_minute"],
                actor=None,
                at=utc_now(),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        print(f"client_id={new.client.client_id}")
        print(f"client_secret={new.secret}")
