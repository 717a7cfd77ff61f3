"""`manage.py load_demo`: a living organisation of 18 months in an empty installation."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

from accounts.models import User
from complaints.demo.content import content
from complaints.demo.loading import load
from complaints.models import Complaint
from journal.services import utc_now

UNNAMED = "Redress"  # the default of ORGANISATION_NAME


class Command(BaseCommand):
    """Refused with production settings and where there are people or complaints already."""

    help = "Fill an empty installation with the demo organisation; sign-ins go to var/demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --if-empty."""
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is something already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and write the sign-ins where only this account may read them."""
        if not settings.DEMO_ALLOWED:
            raise CommandError("The demo is not loaded under production settings.")
        if Complaint.objects.exists() or User.objects.filter(is_system=False).exists():
            if options["if_empty"]:
                return
            raise CommandError("There are people or complaints here already; nothing was changed.")
        # Nobody is written to: the demo's letters count as sent and go nowhere. They are signed by
        # its own organisation, unless this one has been given a name.
        name = content().organisation
        named = settings.ORGANISATION_NAME != UNNAMED
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
            ORGANISATION_NAME=settings.ORGANISATION_NAME if named else name.en,
            ORGANISATION_NAME_ZH=settings.ORGANISATION_NAME_ZH if named else name.zh,
        ):
            loaded = load(now=utc_now(), say=self.stdout.write)
        file = settings.VAR_DIR / "demo.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(
            json.dumps(
                {
                    "organisation": {"en": name.en, "zh": name.zh},
                    "users": loaded.users,
                    "api_clients": loaded.api_clients,
                },
                ensure_ascii=False,
                indent=2,
            ),
            encoding="utf-8",
        )
        self.stdout.write(f"{Complaint.objects.count()} complaints; sign-ins in {file.name}")
