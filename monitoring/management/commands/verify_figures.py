"""`manage.py verify_figures`: prove that the figures say what the complaints say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitoring.services.proving import verify_figures


class Command(BaseCommand):
    """Exit 0 when all agree; exit 1 and name the first difference otherwise."""

    help = "Count everything again from the sources and compare it with facts and cells."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the proof and say what was looked at."""
        proof = verify_figures()
        looked = f"{proof.complaints} complaints, {proof.cells} cells"
        if proof.waiting:
            looked += f"; {proof.waiting} complaints have changed since the last fold"
        if proof.difference:
            raise CommandError(f"DIFFERENT after {looked}: {proof.difference}")
        self.stdout.write(f"equal: {looked}")
