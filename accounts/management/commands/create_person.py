"""`manage.py create_person NAME --role ROLE`: add somebody and print a one-time password."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Site, Team
from accounts.rules import one_time_password
from accounts.services import create_user, grant_role
from accounts.states import Role
from journal.errors import Refusal


class Command(BaseCommand):
    """Add a person with one or more roles, for an installation that has nobody yet."""

    help = "Create a person and print the one-time password to sign in with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user name, the roles and where they hold."""
        parser.add_argument("username")
        parser.add_argument("--role", action="append", required=True, choices=Role.values)
        parser.add_argument("--site", help="code of the site; without it the role holds everywhere")
        parser.add_argument("--team", help="code of the team; without it the role holds in all")
        parser.add_argument("--name", default="", help="as colleagues read it")
        parser.add_argument(
            "--language", default="", choices=["", *(code for code, _ in settings.LANGUAGES)]
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the person, all or nothing, and print the password."""
        password = one_time_password()
        try:
            self._create(options, password)
        except (Refusal, Site.DoesNotExist, Team.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['username']}: {password}")

    @transaction.atomic
    def _create(self, options: dict[str, Any], password: str) -> None:
        now = datetime.now(UTC)
        site = Site.objects.get(code=options["site"]) if options["site"] else None
        team = Team.objects.get(code=options["team"]) if options["team"] else None
        user = create_user(
            username=options["username"],
            password=password,
            display_name=options["name"],
            language=options["language"],
            one_time=True,
            actor=None,
            at=now,
        )
        for role in options["role"]:
            grant_role(user=user, role=role, site=site, team=team, actor=None, at=now)
