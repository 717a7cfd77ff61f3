"""Print the state machine as a drawing: `manage.py draw_workflow`."""

from typing import Any

from django.core.management.base import BaseCommand

from complaints.selectors.diagram import workflow_diagram


class Command(BaseCommand):
    """Only prints; docs/workflow.md holds the result, and a test holds it to it."""

    help = "Print the state machine of a complaint as Mermaid, from the machine itself."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print."""
        self.stdout.write(workflow_diagram(), ending="")
