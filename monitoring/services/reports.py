"""Reports of a month: frozen ten working days after it, once and for all, and printed (CM-9.1)."""

import json
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.services import system_user
from complaints.errors import BadInput, Conflict
from journal.services import record
from monitoring import events
from monitoring.kpis import BY_CODE, CATALOGUE, COMPARED
from monitoring.models import Report, ReportFile
from monitoring.packs.report_paper import month_paper, month_table
from monitoring.rules.periods import months_on
from monitoring.rules.tabular import csv_text
from monitoring.selectors.report_data import LANGUAGES, Whole, report_data
from monitoring.selectors.reports import freezes_at, months_to_freeze, wholes
from monitoring.services.folding import fold_all
from papers.services import Attachment, render_paper

_PRINTED_AT_ONCE = 10  # files: so much a run of the worker prints


def freeze_month(*, month: date, actor: User, at: datetime) -> list[Report]:
    """Freeze the reports of a month, of everything and of each site: all of them or none.

    Raises BadInput naming `month` where it is not over or may not be frozen yet, Conflict where it
    is frozen.
    """
    _demand_over(month, at)
    fold_all(at=at)  # a report of yesterday's figures would be wrong for ever
    with transaction.atomic():
        if Report.objects.filter(month=month).exists():
            raise Conflict(_("The reports of this month are frozen."))
        return [_freeze(whole, month, actor, at) for whole in wholes()]


def _demand_over(month: date, at: datetime) -> None:
    if month != month.replace(day=1) or months_on(month, 1) > timezone.localdate(at):
        raise BadInput(_("This month is not over."), field="month")
    due = freezes_at(month, now=at)
    if at < due:
        raise BadInput(
            _("It is frozen ten working days after its end: not before %(day)s.")
            % {"day": date_format(timezone.localdate(due), "DATE_FORMAT")},
            field="month",
        )


def _freeze(whole: Whole, month: date, actor: User, at: datetime) -> Report:
    text = data_text(whole, month, at=at)
    report = Report.objects.create(
        month=month,
        site=whole.site,
        confidential=whole.confidential,
        data=text,
        sha256=sha256(text.encode()).hexdigest(),
        frozen_at=at,
        frozen_by=actor,
    )
    record(
        kind=events.REPORT_FROZEN,
        subject=report,
        actor=actor,
        occurred_at=at,
        payload={
            "month": f"{month:%Y-%m}",
            "site": whole.site.pk if whole.site else None,
            "confidential": whole.confidential,
            "sha256": report.sha256,
        },
    )
    return report


def freeze_due_months(*, at: datetime) -> list[date]:
    """Freeze every month that is due and was not frozen, the oldest first."""
    fold_all(at=at)
    months = months_to_freeze(now=at)
    for month in months:
        freeze_month(month=month, actor=system_user(), at=at)
    return months


def print_report(*, report_id: int, language: str, at: datetime) -> ReportFile:
    """Return a frozen report as PDF; printed the first time, and kept as it was then.

    Two who ask at once get the same file. Raises Report.DoesNotExist, PaperError.
    """
    kept = ReportFile.objects.filter(report=report_id, language=language).first()
    if kept is not None:
        return kept
    report = Report.objects.get(pk=report_id)
    content = _pressed(
        report.data, language=language, at=report.frozen_at, frozen_at=report.frozen_at
    )
    with transaction.atomic():
        Report.objects.select_for_update().get(pk=report_id)
        kept = ReportFile.objects.filter(report=report_id, language=language).first()
        if kept is not None:
            return kept
        file = ReportFile.objects.create(
            report=report,
            language=language,
            content=content,
            sha256=sha256(content).hexdigest(),
            made_at=at,
        )
        record(
            kind=events.REPORT_PRINTED,
            subject=report,
            actor=system_user(),
            occurred_at=at,
            payload={"language": language, "sha256": file.sha256},
        )
    return file


def print_missing(*, at: datetime) -> int:
    """Print some of what was frozen and never printed, the newest first; return how many."""
    done = 0
    for language in LANGUAGES:
        missing = Report.objects.exclude(files__language=language).order_by("-month", "pk")
        for pk in missing.values_list("pk", flat=True)[: _PRINTED_AT_ONCE // len(LANGUAGES)]:
            print_report(report_id=pk, language=language, at=at)
            done += 1
    return done


def preview_report(*, text: str, language: str, at: datetime) -> bytes:
    """Return the data of a month that is not frozen as PDF; it says so, and is not kept."""
    return _pressed(text, language=language, at=at)


def data_text(whole: Whole, month: date, *, at: datetime) -> str:
    """Return the data of a report as they are kept, digested and handed out."""
    compare = [BY_CODE[code] for code in COMPARED]
    data = report_data(whole, month, kpis=CATALOGUE, compare=compare, at=at)
    return json.dumps(data, ensure_ascii=False)


def _pressed(text: str, *, language: str, at: datetime, frozen_at: datetime | None = None) -> bytes:
    data = json.loads(text)
    name = f"report-{data['month']}"
    with override(language):
        paper = month_paper(data, frozen_at=frozen_at, sha256=sha256(text.encode()).hexdigest())
        table = csv_text(month_table(data))
        about = _("The data of this report")
    return render_paper(
        sheet="report",
        data=paper,
        language=language,
        at=at,
        attachments=[
            Attachment(f"{name}.json", "application/json", about, text.encode()),
            Attachment(f"{name}.csv", "text/csv", about, table),
        ],
    )
