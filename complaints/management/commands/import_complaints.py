"""Import a table of complaints by a map."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import system_user
from complaints.models import ImportJob
from complaints.selectors.imports import error_text, field_text, row_problem_text, shipped_maps
from complaints.services.importing import BadMap, hand_in_import, read_map, run_import
from journal.errors import Refusal

BAR = 30
SHOWN = 20
_CHUNK = 2**20


class Command(BaseCommand):
    """`manage.py import_complaints FILE --map MAP.yaml [--dry-run] [--as USERNAME]`."""

    help = "Import complaints from a CSV, CSV.gz or XLSX file. Running it twice is safe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", required=True, help="a YAML file, or one of: " + ", ".join(shipped_maps())
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--as", dest="username", help="in whose name (default: the system)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, show how far it is, and tell the result."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                job = hand_in_import(
                    file=iter(lambda: file.read(_CHUNK), b""),
                    file_name=path.name,
                    mapping=_mapping(options["map"]),
                    dry_run=options["dry_run"],
                    actor=_actor(options["username"]),
                    at=timezone.now(),
                )
            job = run_import(job_id=job.pk, on_progress=self._progress)
        except BadMap as error:
            faults = "\n".join(f"{options['map']}: {place}: {why}" for place, why in error.faults)
            raise CommandError(faults) from None
        except (Refusal, OSError) as error:
            raise CommandError(f"{path}: {error}") from None
        self._tell(job)

    def _progress(self, job: ImportJob) -> None:
        if not self.stderr.isatty():
            return
        bar = ""
        if job.rows_total:  # a workbook does not say before its end
            bar = "[" + ("#" * (BAR * job.rows_done // job.rows_total)).ljust(BAR, ".") + "] "
        self.stderr.write(f"\r{bar}{job.rows_done}/{job.rows_total or '?'}", ending="")

    def _tell(self, job: ImportJob) -> None:
        if self.stderr.isatty():
            self.stderr.write("")
        if job.status == ImportJob.Status.FAILED:
            raise CommandError(str(error_text(job)))
        words = (
            _("%(done)d rows read: %(new)d would be new, %(known)d there already, %(bad)d bad.")
            if job.dry_run
            else _("%(done)d rows read: %(new)d new, %(known)d there already, %(bad)d bad.")
        )
        counts = {name: getattr(job, f"rows_{name}") for name in ("done", "new", "known", "bad")}
        self.stdout.write(words % counts)
        for bad in job.problems.order_by("pk")[:SHOWN]:
            self.stdout.write(
                _("Line %(line)d, %(field)s: %(why)s %(value)s")
                % {
                    "line": bad.line,
                    "field": field_text(bad.field),
                    "why": row_problem_text(bad.field, bad.code),
                    "value": bad.value,
                }
            )
        if job.rows_bad > SHOWN:
            self.stdout.write(_("All bad rows are listed on the import page."))


def _mapping(name: str) -> Any:
    """Return a map by the name of a shipped one, or from a file."""
    shipped = shipped_maps().get(name)
    if shipped is not None:
        return shipped.model_dump(mode="json", exclude_defaults=True)
    try:
        return read_map(Path(name).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name}: {error}") from None


def _actor(username: str | None) -> User:
    if username is None:
        return system_user()
    try:
        return User.objects.get(username__iexact=username, is_active=True)
    except User.DoesNotExist:
        raise CommandError(_("Nobody is called %(name)s.") % {"name": username}) from None
