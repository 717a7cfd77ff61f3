"""Judge count series of a table."""

import csv
import gzip
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from monitoring.rules.deciding import RATE_ALPHA, alarms
from monitoring.rules.judging import judge
from monitoring.rules.rates import judge_rate, upper_rate
from monitoring.rules.tables import Block, TableFaultError, blocks, read_cells

COLUMNS = ("series", "date", "count", "expected", "upper", "p", "alarm")
Line = tuple[str | int, ...]


class Command(BaseCommand):
    """`manage.py detect_series --input FILE.csv[.gz] --output FILE.csv[.gz] [--last N]`."""

    help = "Say of each period of each series whether it deserves an alarm, by its past alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the arguments."""
        parser.add_argument("--input", type=Path, required=True, help="series,date,count[,total]")
        parser.add_argument("--output", type=Path, required=True)
        parser.add_argument("--last", type=int, help="judge so many periods only (default: all)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, judge, write, and say how many alarms there are."""
        source: Path = options["input"]
        if options["last"] is not None and options["last"] < 1:
            raise CommandError(_("--last: must be at least 1."))
        try:
            lines = _judged(source, options["last"])
            with _open(options["output"], "wt") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(lines)
        except TableFaultError as fault:
            raise CommandError(f"{source}: {_sentence(fault)}") from None
        except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{source}: {error}") from None
        told = sum(line[-1] == 1 for line in lines)
        self.stdout.write(
            _("%(periods)d periods judged, %(alarms)d alarms.")
            % {"periods": len(lines), "alarms": told}
        )


def _judged(source: Path, last: int | None) -> list[Line]:
    with _open(source, "rt") as file:
        reader = csv.DictReader(file)
        cells = read_cells(reader.fieldnames or (), reader)
    lines: dict[int, Line] = {}
    for block in blocks(cells):
        lines.update(_judge_block(block, min(last or len(block.days), len(block.days))))
    return [lines[row] for row in sorted(lines)]


def _judge_block(block: Block, last: int) -> dict[int, Line]:
    if block.totals is None:
        judged = judge(block.counts, block.days, last=last)
        upper = judged.upper()
        found = alarms(judged, block.counts, last=last)
    else:
        judged = judge_rate(block.counts, block.totals, block.days, last=last)
        upper = upper_rate(judged, block.totals[:, -last:])
        found = alarms(judged, block.counts, last=last, alpha=RATE_ALPHA)
    lines: dict[int, Line] = {}
    for at, name in enumerate(block.names):
        for column in range(last):
            place = len(block.days) - last + column
            seen = (name, block.days[place].isoformat(), int(block.counts[at, place]))
            said: Line = ("", "", "")
            if judged.judged[column]:
                said = (
                    f"{judged.expected[at, column]:.4f}",
                    f"{upper[at, column]:.0f}",
                    f"{judged.p[at, column]:.6g}",
                )
            lines[block.rows[at][place]] = (*seen, *said, int(found[at, column]))
    return lines


def _open(path: Path, mode: str) -> IO[str]:
    if path.suffix == ".gz":
        return cast(
            "IO[str]",
            gzip.open(path, mode, encoding="utf-8-sig" if "r" in mode else "utf-8", newline=""),
        )
    encoding = "utf-8-sig" if "r" in mode else "utf-8"
    return path.open(mode.replace("t", ""), encoding=encoding, newline="")


def _sentence(fault: TableFaultError) -> str:
    reasons = {
        "missing_column": _("this column is missing."),
        "empty": _("there is nothing under the heading."),
        "blank": _("must not be blank."),
        "not_a_date": _("must be a date like 2026-03-02."),
        "not_whole": _("must be a whole number, not negative."),
        "less_than_count": _("must not be smaller than the count."),
        "twice": _("this date stands twice for this series."),
        "gap": _(
            "dates must follow each other by one day or by seven days; one is missing before."
        ),
    }
    place = _("Row %(row)d, column %(column)s:") % {"row": fault.row, "column": fault.column}
    value = f" [{fault.value}]" if fault.value else ""
    return f"{place} {reasons[fault.code]}{value}"
