"""The pages of import: hand a table in, watch it, look at what was not taken."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.errors import BadInput
from complaints.forms.imports import ImportForm
from complaints.models import ImportJob
from complaints.selectors.imports import (
    MAPS,
    ProblemPage,
    error_text,
    field_text,
    imports_for,
    problems_of,
    row_problem_text,
    shipped_maps,
)
from complaints.services.import_report import bad_rows
from complaints.services.importing import hand_in_import

IMPORT = "complaints.import"
SHOWN = 50
LONGEST_ID = 15  # digits


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """List the imports, and take a new one in."""
    actor = _importer(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        job = _handed_in(form, actor)
        if job is not None:
            return redirect("complaints:import_detail", job.pk)
    language = get_language() or ""
    context = {
        "form": form,
        "jobs": imports_for(actor)[:SHOWN],
        "maps": [
            (
                code,
                f"{code}.yaml",
                item.names.of(language),
                item.about.of(language) if item.about else "",
            )
            for code, item in shipped_maps().items()
        ],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "complaints/import_list.html", context, status=status)


def _handed_in(form: ImportForm, actor: User) -> ImportJob | None:
    file = form.cleaned_data["file"]
    try:
        return hand_in_import(
            file=file.chunks(),
            file_name=file.name,
            mapping=form.cleaned_data["mapping"],
            dry_run=form.cleaned_data["dry_run"],
            actor=actor,
            at=timezone.now(),
        )
    except BadInput as refusal:
        form.tell(refusal)
        return None


@login_required
@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far an import is and the rows that were not taken; only that part for a poll."""
    job = _job(request, pk)
    running = job.finished_at is None
    after = request.GET.get("after", "")[:LONGEST_ID]
    page = problems_of(job, after=int(after) if after.isdecimal() else 0)
    context = {
        "job": job,
        "running": running,
        "error": error_text(job),
        "problems": _told(page),
        "pager": _pager(request, page),
        "left_out": job.rows_done - job.rows_new - job.rows_known - job.rows_bad,
        "crumbs": [(_("Import"), reverse("complaints:imports"))],
    }
    if not request.headers.get("HX-Request"):
        return render(request, "complaints/import_detail.html", context)
    response = render(request, "complaints/_import_progress.html", context)
    if not running:
        response["HX-Refresh"] = "true"  # now the whole page has more to say
    return response


def _told(page: ProblemPage) -> list[tuple[int, str, str, str]]:
    return [
        (
            item.line,
            str(field_text(item.field)),
            str(row_problem_text(item.field, item.code)),
            item.value,
        )
        for item in page.problems
    ]


def _pager(request: HttpRequest, page: ProblemPage) -> dict[str, str]:
    first = f"{request.path}#problems" if request.GET.get("after") else ""
    following = f"{request.path}?after={page.after}#problems" if page.after else ""
    return {"first_url": first, "next_url": following}


@login_required
@require_safe
def import_bad_rows(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the rows that were not taken, with the reasons, as a CSV."""
    job = _job(request, pk)
    response = StreamingHttpResponse(
        bad_rows(job, language=get_language() or "en"), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-bad-rows.csv"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_safe
def import_map(request: HttpRequest, code: str) -> HttpResponse:
    """Hand out a map that comes with the product, as a pattern."""
    _importer(request)
    if code not in shipped_maps():
        raise Http404
    text = (MAPS / f"{code}.yaml").read_text(encoding="utf-8")
    response = HttpResponse(text, content_type="text/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}.yaml"'
    return response


def _importer(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    demand(actor, IMPORT)
    return actor


def _job(request: HttpRequest, pk: int) -> ImportJob:
    return get_object_or_404(imports_for(_importer(request)), pk=pk)
