"""The pages of disposal: lists, review, certificate and log."""

import csv
import io
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from journal.services import verify_subject
from retention.errors import BadInput
from retention.forms import tell
from retention.forms.disposal import RejectForm, TakeOutForm
from retention.models import DisposalItem, DisposalRun
from retention.permissions import everywhere
from retention.selectors import disposal as questions
from retention.selectors.due import held_back
from retention.selectors.schedule import content_in_force, schedule_in_force
from retention.services import disposal as verbs
from retention.states import Outcome, RunState, Skip
from retention.views.common import before_of, frame, number_in, reader_of_all

PAGE = 30


@login_required
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """List the runs."""
    actor = reader_of_all(request)
    rows, before = questions.runs(), before_of(request)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    context = frame(
        actor,
        "runs",
        runs=shown,
        schedule=schedule_in_force(),
        held=held_back(timezone.localdate(), content_in_force()),
        may_propose=everywhere(actor, "retention.propose"),
        next_url=f"{request.path}?before={shown[-1].pk}" if len(found) > PAGE else "",
    )
    return render(request, "retention/runs.html", context)


@login_required
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """List what is due now."""
    actor = reader_of_all(request, "retention.propose")
    run = verbs.propose_disposal(actor=actor, at=timezone.now())
    if run is None:
        messages.info(request, _("Nothing is due, or all that is due is on a list or on hold."))
        return redirect("retention:runs")
    messages.success(request, _("The list is made. Two others review it now."))
    return redirect("retention:run", run.pk)


@login_required
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a list with its rows, and what the reader may do."""
    return _page(request, reader_of_all(request), _known(pk))


def _page(
    request: HttpRequest, actor: User, chosen: DisposalRun, status: int = 200, **more: Any
) -> HttpResponse:
    outcome = request.GET.get("outcome", "")
    page = questions.rows_of(chosen, actor, outcome=outcome, after=number_in(request, "after") or 0)
    counts = questions.counts_of(chosen)
    kept = f"outcome={outcome}&" if outcome else ""
    names = class_names(chosen)
    context = frame(
        actor,
        "runs",
        run=chosen,
        steps=questions.steps_for(actor, chosen),
        rows=[_told(row, names) for row in page.rows],
        counts=[(value, label, counts[value]) for value, label in Outcome.choices],
        outcome=outcome,
        held=questions.held_in(chosen),
        done=chosen.total - counts[Outcome.LISTED],
        running=chosen.state == RunState.APPROVED,
        next_url=f"?{kept}after={page.after}" if page.after else "",
        **{"reject_form": RejectForm(), "take_out_form": TakeOutForm(), **more},
    )
    return render(request, "retention/run.html", context, status=status)


def _told(row: questions.Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "item": row.item,
        "reference": row.reference,
        "linked": row.linked,
        "held": row.held,
        "record_class": names.get(row.item.record_class, row.item.record_class),
        "why": str(Skip(row.item.code).label) if row.item.code else "",
    }


def class_names(chosen: DisposalRun) -> Mapping[str, str]:
    """Return the names of record classes in the reader's language, by the run's schedule."""
    language = get_language() or ""
    return {rule.code: rule.names.of(language) for rule in chosen.schedule.says.rules}


@login_required
@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to a list."""
    actor = reader_of_all(request, "retention.review")
    chosen = verbs.review_disposal(run_id=_known(pk).pk, actor=actor, at=timezone.now())
    done = (
        _("Both reviewers agree: it is being carried out.")
        if chosen.state == RunState.APPROVED
        else _("You agreed. A second person has to agree, too.")
    )
    messages.success(request, done)
    return redirect("retention:run", pk)


@login_required
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a list away."""
    actor = reader_of_all(request, "retention.review")
    chosen, form = _known(pk), RejectForm(request.POST)
    if form.is_valid():
        try:
            verbs.reject_disposal(
                run_id=pk, note=form.cleaned_data["note"], actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The list is rejected; nothing on it was changed."))
            return redirect("retention:run", pk)
    return _page(request, actor, chosen, HTTPStatus.UNPROCESSABLE_ENTITY, reject_form=form)


@login_required
@require_POST
def take_out(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Take a row off a list."""
    actor = reader_of_all(request, "retention.review")
    chosen = _known(pk)
    row = get_object_or_404(DisposalItem, pk=item, run=chosen)
    form = TakeOutForm(request.POST)
    if form.is_valid():
        try:
            verbs.take_out(
                item_id=row.pk,
                reason=form.cleaned_data["reason"],
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The row is taken out."))
            return redirect("retention:run", pk)
    return _page(
        request,
        actor,
        chosen,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        take_out_form=form,
        at_fault=row.pk,
    )


@login_required
@require_safe
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was disposed of, under which rules, by whose decision: to be printed and kept."""
    actor = reader_of_all(request)
    chosen = _known(pk)
    if chosen.state != RunState.FINISHED:
        return redirect("retention:run", pk)
    log, on_record = questions.log_digest(chosen), questions.digest_on_record(chosen)
    context = frame(
        actor,
        "runs",
        run=chosen,
        classes=_by_class(chosen),
        counts=questions.counts_of(chosen),
        digest=log,
        log_intact=log == on_record,
        proof=verify_subject(chosen),
    )
    return render(request, "retention/certificate.html", context)


def _by_class(chosen: DisposalRun) -> list[tuple[str, int]]:
    counted: dict[str, int] = {}
    names = class_names(chosen)
    done = chosen.items.filter(outcome=Outcome.DISPOSED).order_by()
    for code in done.values_list("record_class", flat=True).iterator():
        counted[code] = counted.get(code, 0) + 1
    return sorted((names.get(code, code), count) for code, count in counted.items())


@login_required
@require_safe
def log(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand the log of a run out as CSV: references, classes, dates; nothing of a person."""
    actor = reader_of_all(request, "retention.view")
    chosen = _known(pk)
    response = StreamingHttpResponse(_lines(chosen, actor), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="disposal-{chosen}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _lines(chosen: DisposalRun, actor: User) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    yield _line(
        [
            _("Reference"),
            _("Record class"),
            _("At its end"),
            pgettext("disposal", "Due"),
            _("What became of it"),
            _("Why"),
        ]
    )
    after, names = 0, class_names(chosen)
    while True:
        page = questions.rows_of(chosen, actor, after=after)
        for row in page.rows:
            item = row.item
            yield _line(
                [
                    row.reference or _("confidential"),
                    names.get(item.record_class, item.record_class),
                    item.ended_on.isoformat(),
                    item.due_on.isoformat(),
                    str(item.get_outcome_display()),
                    str(Skip(item.code).label) if item.code else "",
                ]
            )
        after = page.after
        if not after:
            return


def _line(values: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().encode()


def _known(pk: int) -> DisposalRun:
    return get_object_or_404(questions.runs(), pk=pk)
