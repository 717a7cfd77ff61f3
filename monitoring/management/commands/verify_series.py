"""Prove that the counts of series are those of the complaints."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.models import SeriesPrint
from monitoring.services.series import verify_series

SHOWN = 10


class Command(BaseCommand):
    """`manage.py verify_series`; exits with an error that names the days that differ."""

    help = "Count every day again and compare with what is kept."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Count again, and say whether it is the same."""
        different = verify_series(now=timezone.now())
        for one in different[:SHOWN]:
            self.stderr.write(f"{one.day}: {one.kept} kept, {one.counted} counted")
        if different:
            raise CommandError(_("%(days)d days differ.") % {"days": len(different)})
        days = SeriesPrint.objects.count()
        self.stdout.write(_("%(days)d days: kept counts and complaints agree.") % {"days": days})
