"""Write the search index anew."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from complaints.services.searching import rebuild_index


class Command(BaseCommand):
    """`manage.py rebuild_search`."""

    help = "Write the search index anew; the desk goes on working meanwhile."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rebuild and say how many."""
        done = rebuild_index(on_progress=self._progress)
        self.stdout.write(_("%(count)d complaints indexed.") % {"count": done})

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done}/{total}", ending="")
