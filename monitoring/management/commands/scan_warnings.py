"""Judge what is over, and raise alerts; or look through history."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.rules.levels import Explained
from monitoring.services.scanning import Scanned, look_through, scan_warnings


class Command(BaseCommand):
    """`manage.py scan_warnings [--as-of DATE] [--since DATE [--by-week]] [--dry-run]`."""

    help = "Judge every series by its own past, and raise alerts for what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the arguments."""
        parser.add_argument("--as-of", help="the last day judged (default: yesterday)")
        parser.add_argument("--since", help="look through history from this day on")
        parser.add_argument("--by-week", action="store_true", help="with --since: weeks only")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, print alarms")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Scan, and say what came of it."""
        now = timezone.now()
        as_of = _day(options["as_of"], "--as-of") or timezone.localdate(now) - timedelta(days=1)
        since = _day(options["since"], "--since")
        if as_of >= timezone.localdate(now):
            raise CommandError(_("--as-of: this day is not over yet."))
        if since and since > as_of:
            raise CommandError(_("--since: must not be later than --as-of."))
        if since and options["dry_run"]:
            raise CommandError(_("--dry-run: judges one day; leave --since out."))
        if since:
            found = look_through(since=since, as_of=as_of, now=now, by_week=options["by_week"])
        else:
            found = scan_warnings(as_of=as_of, now=now, dry_run=options["dry_run"])
        self._tell(found)

    def _tell(self, found: Scanned) -> None:
        for alert in found.alerts:
            self.stdout.write(
                f"{alert.period_from} {alert.reference} {alert.level} {alert.key}"
                f" {alert.observed}/{_number(alert.expected)} p={_p(alert.p)}"
            )
        if not found.alerts:
            for one in found.raised:
                self.stdout.write(_line(one))
        self.stdout.write(
            _("%(series)d series, %(judged)d judged, %(raised)d alerts.")
            % {
                "series": found.series,
                "judged": found.judged,
                "raised": len(found.alerts) or len(found.raised),
            }
        )


def _line(one: Explained) -> str:
    node = one.node
    return f"{node.key} {node.observed:.0f}/{node.expected:.1f} p={node.p:.2g}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _day(text: str | None, option: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            _("%(option)s: must be a date like 2026-03-02.") % {"option": option}
        ) from None
