"""Give a new installation what it starts with: handling policy and message templates."""

from typing import Any

from django.core.management.base import BaseCommand

from complaints.services.policy import install_default_policy
from complaints.services.templates import install_default_templates
from journal.services import utc_now


class Command(BaseCommand):
    """Safe to run at every start: what is there already stays as it is."""

    help = "install the default handling policy and message templates where there are none"

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Install and say what there is now."""
        at = utc_now()
        policy = install_default_policy(at=at)
        install_default_templates(at=at)
        self.stdout.write(f"handling policy: version {policy.version}, {policy.state}")
