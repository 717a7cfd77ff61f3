"""Print the glossary as a document: manage.py glossary > docs/glossary.md."""

from typing import Any

from django.core.management.base import BaseCommand

from complaints.selectors.glossary import glossary_document


class Command(BaseCommand):
    """Only prints; the words stand in complaints/defaults/glossary.yaml."""

    help = "print the glossary in both languages as Markdown"

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print."""
        self.stdout.write(glossary_document(), ending="")
