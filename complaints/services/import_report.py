"""The bad rows of an import as a file, to be mended and handed in again."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import override

from complaints.models import ImportJob, ImportProblem
from complaints.rules.importing import ImportMap
from complaints.rules.spreadsheets import harmless
from complaints.selectors.imports import field_text, row_problem_text
from complaints.services.importing import path_of
from complaints.services.tables import Line, TableFault, open_table

_BOM = b"\xef\xbb\xbf"


def bad_rows(job: ImportJob, *, language: str) -> Iterator[bytes]:
    """Yield a CSV of what was wrong, one line per fault, beside the row as it stood in the file.

    Files are kept for a month; without the file the cells are missing, the reasons are there.
    """
    with override(language):
        names = [_("Line"), _("Field"), _("Reason"), _("Value")]
        words = {
            (field, code): (str(field_text(field)), str(row_problem_text(field, code)))
            for field, code in job.problems.order_by().values_list("field", "code").distinct()
        }
    problems = job.problems.order_by("pk").iterator(chunk_size=500)
    by_line = groupby(problems, key=lambda problem: problem.line)
    try:
        with open_table(path_of(job), ImportMap.model_validate(job.mapping)) as table:
            yield _BOM + _line([*names, *table.header])
            for number, found in by_line:
                cells = _cells_of(number, table.lines)
                yield from _told(found, words, cells)
    except (TableFault, FileNotFoundError):
        yield _BOM + _line(names)
        for _number, found in by_line:
            yield from _told(found, words, [])


def _cells_of(number: int, lines: Iterator[Line]) -> list[str]:
    return next((line.cells for line in lines if line.number == number), [])


def _told(
    problems: Iterator[ImportProblem],
    words: dict[tuple[str, str], tuple[str, str]],
    cells: Sequence[str],
) -> Iterator[bytes]:
    for problem in problems:
        field, reason = words[problem.field, problem.code]
        yield _line([str(problem.line), field, reason, problem.value, *cells])


def _line(values: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([harmless(value) for value in values])
    return text.getvalue().encode()
