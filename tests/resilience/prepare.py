"""Make an empty installation with one agent: `python -m tests.resilience.prepare PASSWORD`."""

import sys

import django
from django.core.management import call_command


def main(password: str) -> None:
    """Migrate, install what a new house starts with, add the agent."""
    django.setup()
    from accounts.services import create_user, grant_role  # noqa: PLC0415 - after setup
    from journal.services import utc_now  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("install_defaults")
    call_command("collectstatic", verbosity=0, interactive=False)
    at = utc_now()
    kim = create_user(username="kim", password=password, display_name="Kim", actor=None, at=at)
    grant_role(user=kim, role="agent", actor=None, at=at)


if __name__ == "__main__":
    main(sys.argv[1])
