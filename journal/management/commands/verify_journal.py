"""`manage.py verify_journal`: prove that no entry was changed, removed or added."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.services import prove_journal, utc_now


class Command(BaseCommand):
    """Exit 0 when intact; exit 1 and name the first broken entry otherwise."""

    help = "Check every chain and seal of the journal."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the check, keep its result and say what was looked at."""
        proof = prove_journal(actor=None, at=utc_now())
        counted = f"{proof.entries} entries, {proof.chains} chains, {proof.seals} seals"
        if not proof.intact:
            entry = f" (entry {proof.fault_entry_id})" if proof.fault_entry_id else ""
            raise CommandError(f"BROKEN after {counted}: {proof.fault} at {proof.fault_at}{entry}")
        self.stdout.write(f"intact: {counted}")
