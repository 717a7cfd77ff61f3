"""The questions about imports: how they stand, what was wrong with which row, which maps exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import has_at
from complaints.models import ImportJob, ImportProblem
from complaints.rules.importing import ImportMap, Problem
from complaints.rules.policy import Fault

MAPS = Path(__file__).resolve().parent.parent / "maps"
PAGE = 50
FIELD_WORDS: Mapping[str, Any] = {
    "external_id": _("Reference elsewhere"),
    "channel": _("Channel"),
    "description": _("What happened"),
    "remedy_sought": _("Remedy sought"),
    "product": _("Product or service"),
    "order_number": _("Order or contract number"),
    "representative": _("Representative"),
    "language": _("Language"),
    "name": _("Name"),
    "organisation": _("Organisation"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "customer_number": _("Customer number"),
    "address": _("Address"),
    "needs": _("Needs to be considered"),
    "site": _("Site"),
    "team": _("Team"),
    "category": _("Category"),
    "owner": _("Owner"),
    "priority": _("Priority"),
    "state": _("State"),
    "finding": _("Finding"),
    "answer": _("Answer"),
    "anonymous": _("Anonymous"),
    "contact_unknown": _("Contact unknown"),
    "confidential": _("Confidential"),
    "occurred_at": _("Occurred"),
    "received_at": _("Received"),
    "acknowledged_at": _("Acknowledged"),
    "assessed_at": _("Assessed"),
    "decided_at": _("Decided"),
    "decision_sent_at": _("Decision sent"),
    "answered_at": _("Answered"),
    "closed_at": _("Closed"),
    "followed_up_at": _("Followed up"),
    "contact": _("Contact"),
}
PROBLEM_WORDS: Mapping[str, Any] = {
    # of a row
    "missing": _("This is missing."),
    "unreadable": _("This cannot be read: a quotation mark may be missing."),
    "too_many_cells": _("The row has more cells than the first line has names."),
    "control_character": _("There is a control character in it."),
    "too_long": _("This is too long."),
    "unknown_value": _("This value is not known here."),
    "no_date": _("This is not a date in one of the forms that the map names."),
    "in_future": _("This lies in the future."),
    "before_receipt": _("This is earlier than the receipt."),
    "after_receipt": _("This is later than the receipt."),
    "not_allowed": _("You may not import complaints for this place."),
    "database": _("The database does not accept this row."),
    # of a file
    "encoding_unknown": _("The file is neither UTF-8 nor GB18030: name its encoding in the map."),
    "too_large": _("The file is too large: split it, or save it as CSV."),
    "no_header": _("The first line holds no names of columns."),
    "no_sheet": _("The workbook has no such sheet: %(value)s"),
    "no_columns": _("The file lacks columns that the map reads: %(value)s"),
    "failed": _("The import broke off (%(value)s). What was taken in before is there."),
}
REFUSED_WORDS: Mapping[str, Any] = {
    "email": _("This is not an e-mail address."),
    "owner": _("Nobody handles a complaint about themselves: choose another owner."),
}
FILE_WORDS: Mapping[str, Any] = {
    "unreadable": _("The file cannot be read: it is damaged, or of another kind."),
    "not_allowed": _("Whoever handed this in may no longer import complaints."),
}
MAP_WORDS: Mapping[str, Any] = {
    "missing": _("This is missing."),
    "extra_forbidden": _("A map has no such field."),
    "literal_error": _("Choose one of: %(expected)s."),
    "string_type": _("This must be a text: put it in quotation marks."),
    "string_too_short": _("This is empty."),
    "string_too_long": _("This has more than %(max_length)s characters."),
    "dict_type": _("This must be a group of fields."),
    "model_type": _("This must be a group of fields."),
    "model_attributes_type": _("This must be a group of fields."),
    "string_pattern_mismatch": _("Use small letters, digits, dots, dashes and underscores."),
    "one_source": _("Give exactly one of column, template and value."),
    "unknown_zone": _("There is no such time zone."),
    "no_date_format": _("This is no form of a date: use iso, or signs such as %%d.%%m.%%Y."),
}
_OTHERWISE = _("This is not possible here.")


def row_problem_text(field: str, code: str) -> Any:
    """Return why a row was not taken, as a sentence."""
    if code == "refused":
        return REFUSED_WORDS.get(field, _OTHERWISE)
    return PROBLEM_WORDS.get(code, _OTHERWISE)


def file_problem_text(problem: Problem) -> Any:
    """Return why a whole file was not taken, as a sentence."""
    words: Any = FILE_WORDS.get(problem.code) or PROBLEM_WORDS.get(problem.code, _OTHERWISE)
    return words % {"value": problem.value} if "%(" in str(words) else words


def map_fault_text(fault: Fault) -> Any:
    """Return what is wrong with a place of a map, as a sentence."""
    words: Any = MAP_WORDS.get(fault.code, _OTHERWISE)
    return words % dict(fault.params) if "%" in str(words) else words


def error_text(job: ImportJob) -> Any:
    """Return why a whole import failed, or nothing."""
    if not job.error:
        return ""
    code, _colon, value = job.error.partition(":")
    return file_problem_text(Problem("", code, value))


def field_text(name: str) -> Any:
    """Return what a field is called; a row as a whole has no field."""
    return FIELD_WORDS.get(name, name) if name else _("The whole row")


# --- jobs ----------------------------------------------------------------------------------------


def imports_for(actor: User) -> "QuerySet[ImportJob]":
    """Return the imports the actor may look at: their own, or all when they import everywhere."""
    jobs = ImportJob.objects.select_related("by")
    if has_at(actor, "complaints.import", site_id=None, team_id=None):
        return jobs
    return jobs.filter(by=actor)


@dataclass(frozen=True)
class ProblemPage:
    """Some bad rows, in the order of the file, and behind which one the next page begins."""

    problems: list[ImportProblem]
    after: int | None


def problems_of(job: ImportJob, *, after: int = 0) -> ProblemPage:
    """Return a page of what was wrong."""
    found = list(job.problems.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    shown = found[:PAGE]
    return ProblemPage(shown, shown[-1].pk if len(found) > PAGE else None)


# --- maps ----------------------------------------------------------------------------------------


@cache
def shipped_maps() -> Mapping[str, ImportMap]:
    """Return the maps that come with the product, by the name of their file."""
    return {
        file.stem: ImportMap.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        for file in sorted(MAPS.glob("*.yaml"))
    }
