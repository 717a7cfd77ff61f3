"""The pages of an incident: one for each matter, all below the same head."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import demand, has
from complaints.models import Complaint, ComplaintQuerySet
from complaints.selectors.paging import page_of as complaint_page
from complaints.selectors.policy import policy_in_force
from complaints.selectors.register import DUE_FIRST
from complaints.services.exporting import FORMATS, PERMISSION
from incidents.models import CommonFinding, FindingAnswer, Incident, JointItem, JointRun
from incidents.permissions import may_approve_finding, may_know_customers
from incidents.selectors.joint import (
    ITEMS_SHOWN,
    candidates,
    joint_items,
    joint_progress,
    run_of,
    runs_of,
)
from incidents.selectors.outcomes import linked_complaints, with_outcome, without_outcome
from incidents.selectors.page import finding_in_force, reach_of
from incidents.selectors.statements import fact_base, statements_of, step_names, waiting_statements
from incidents.selectors.timeline import timeline_of
from incidents.services.exporting import export_linked
from incidents.services.joint_letters import Letter, letter_of
from incidents.states import ItemOutcome, JointKind, Verdict
from incidents.views.opening import address_of, overseen, show, with_incident
from incidents.views.rows import rows_of
from journal.services import verify_subject

CUSTOMERS_SHOWN = 50
LINES_SHOWN = 12
SHOWS = {
    "all": gettext_lazy("All"),
    "without": gettext_lazy("Without an outcome of their own"),
    "answered": gettext_lazy("Told their outcome"),
    "open": pgettext_lazy("standing", "Open"),
}
_NARROW: Mapping[str, Callable[[ComplaintQuerySet], ComplaintQuerySet]] = {
    "without": without_outcome,
    "answered": with_outcome,
    "open": lambda complaints: complaints.open(),
}


def _names() -> dict[str, str]:
    says = policy_in_force(timezone.now()).says
    return step_names(says, translation.get_language() or "")


@login_required
@require_safe
@with_incident
def incident(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show where an incident stands and what comes next."""
    now = timezone.now()
    lines, older = timeline_of(incident, actor, _names())
    context = {
        "waiting": waiting_statements(incident, actor, _names(), now=now),
        "facts": fact_base(incident),
        "lines": lines[:LINES_SHOWN],
        "more_lines": len(lines) > LINES_SHOWN or older is not None,
        "proof": verify_subject(incident),
        "runs": runs_of(incident).filter(started_at__isnull=False, finished_at__isnull=True),
    }
    return show(request, actor, incident, "incident", context)


@login_required
@require_safe
@with_incident
def record(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show the whole record, by key."""
    before = request.GET.get("before", "")
    lines, older = timeline_of(
        incident, actor, _names(), before=int(before) if before.isdecimal() else None
    )
    context = {
        "lines": lines,
        "next_url": f"{request.path}?before={older}" if older else "",
        "proof": verify_subject(incident),
    }
    return show(request, actor, incident, "record", context)


@login_required
@require_safe
@with_incident
def complaints(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """List the linked complaints by key, the most urgent first."""
    shown = request.GET.get("show", "all")
    shown = shown if shown in SHOWS else "all"
    parts = [
        part.filter(pk__in=linked_complaints(incident).values("pk"))
        for part in Complaint.objects.parts_visible_to(actor)
    ]
    if shown != "all":
        parts = [_NARROW[shown](part) for part in parts]
    page = complaint_page(
        parts, DUE_FIRST, after=request.GET.get("after"), before=request.GET.get("before")
    )
    finding = finding_in_force(incident)
    verdicts = _verdicts(finding, [line.pk for line in page.lines])
    kept = f"{request.path}?show={shown}"
    context = {
        "rows": rows_of(page.lines, actor, now=timezone.now(), verdicts=verdicts),
        "shown": shown,
        "shows": SHOWS.items(),
        "previous_url": f"{kept}&before={page.before}" if page.before else "",
        "next_url": f"{kept}&after={page.after}" if page.after else "",
        "may_export": has(actor, PERMISSION),
    }
    return show(request, actor, incident, "complaints", context)


def _verdicts(finding: CommonFinding | None, ids: list[int]) -> dict[int, tuple[str, str]]:
    if finding is None:
        return {}
    answers = FindingAnswer.objects.filter(finding=finding, complaint__in=ids)
    return {
        answer.complaint_id: (answer.verdict, str(Verdict(answer.verdict).label))
        for answer in answers
    }


@login_required
@require_POST
@with_incident
def export(request: HttpRequest, actor: User, incident: Incident) -> StreamingHttpResponse:
    """Stream the linked complaints as a file. By POST, because an export is recorded."""
    demand(actor, PERMISSION)
    fmt = request.POST.get("format", "csv")
    now = timezone.now()
    language = translation.get_language() or "en"
    pieces = export_linked(incident=incident, fmt=fmt, language=language, actor=actor, at=now)
    response = StreamingHttpResponse(pieces, content_type=FORMATS[fmt])
    name = f"{incident.reference}-{timezone.localtime(now):%Y-%m-%d}.{fmt}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_safe
@with_incident
def finding(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show the common finding in its versions."""
    language = translation.get_language() or ""
    causes = policy_in_force(timezone.now()).says.causes
    versions = list(incident.findings.select_related("by", "decided_by", "incident"))
    context = {
        "versions": [(version, may_approve_finding(actor, version)) for version in versions],
        "causes": {cause.code: cause.names.of(language) for cause in causes},
        "waits": any(version.state == "proposed" for version in versions),
    }
    return show(request, actor, incident, "finding", context)


@login_required
@require_safe
@with_incident
def statements(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show the fact base and the communication log."""
    overseen(actor, incident)
    context = {
        "facts": fact_base(incident),
        "statements": statements_of(incident, actor, _names(), now=timezone.now()),
    }
    return show(request, actor, incident, "statements", context)


@login_required
@require_safe
@with_incident
def customers(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show who is affected and did not complain, by key; names only for those who work on it."""
    overseen(actor, incident)
    shown, after = request.GET.get("show", ""), request.GET.get("after", "")
    found = incident.customers.select_related("complaint").prefetch_related("outreaches__by")
    if shown in {"reached", "unreached"}:
        found = found.filter(reached=shown == "reached")
    if after.isdecimal():
        found = found.filter(pk__gt=int(after))
    knows = may_know_customers(actor, incident)
    rows = list(found.order_by("pk")[: CUSTOMERS_SHOWN + 1]) if knows else []
    kept = f"{request.path}?show={shown}" if shown else f"{request.path}?"
    more = len(rows) > CUSTOMERS_SHOWN
    context = {
        "rows": rows[:CUSTOMERS_SHOWN],
        "knows": knows,
        "shown": shown,
        "reach": reach_of(incident),
        "next_url": f"{kept}&after={rows[CUSTOMERS_SHOWN - 1].pk}" if more else "",
    }
    return show(request, actor, incident, "customers", context)


@login_required
@require_safe
@with_incident
def representatives(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show who speaks for whom."""
    overseen(actor, incident)
    found = incident.representatives.prefetch_related(
        "represented__complaint", "represented__consents", "deeds"
    ).select_related("mandate_file__complaint")
    context = {
        "representatives": found,
        "most": policy_in_force(timezone.now()).says.incidents.representatives,
        "visible": set(linked_complaints(incident).visible_to(actor).values_list("pk", flat=True)),
    }
    return show(request, actor, incident, "representatives", context)


# --- joint messages --------------------------------------------------------------------------


@login_required
@require_safe
@with_incident
def messages(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Show the joint messages, and what could be done for all."""
    overseen(actor, incident)
    kinds = [(kind, candidates(incident, kind, actor).count()) for kind in JointKind]
    context = {"runs": runs_of(incident)[:50], "kinds": kinds}
    return show(request, actor, incident, "messages", context)


@login_required
@require_safe
@with_incident
def message(request: HttpRequest, actor: User, incident: Incident, pk: int) -> HttpResponse:
    """Show a joint message: what each complainant is told, and what became of each."""
    overseen(actor, incident)
    run = run_of(incident, pk)
    if run is None:
        raise Http404
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in ItemOutcome.values else ""
    after = request.GET.get("after", "")
    items = joint_items(run, actor, outcome=outcome, after=int(after) if after.isdecimal() else 0)
    progress = joint_progress(run, actor)
    tabs = [(value, label, getattr(progress, value)) for value, label in ItemOutcome.choices]
    now = timezone.now()
    page_url = address_of(incident, "message", run.pk)
    query = f"outcome={outcome}&" if outcome else ""
    context = {
        "run": run,
        "progress": progress,
        "items": [(item, _letter(run, item, now)) for item in items],
        "outcome": outcome,
        "outcomes": [tab for tab in tabs if tab[2]],
        "next_url": f"{page_url}?{query}after={items[-1].pk}" if len(items) == ITEMS_SHOWN else "",
        "page_url": page_url,
        "title": _("Joint message: %(kind)s") % {"kind": run.get_kind_display()},
    }
    if request.headers.get("HX-Target") == "run":
        context["incident"] = incident
        return render(request, "incidents/_run.html", context)
    return show(request, actor, incident, "message", context)


def _letter(run: JointRun, item: JointItem, now: datetime) -> Letter | None:
    """Return what a complainant is told, for a draft or for who is to be told otherwise."""
    if run.kind == JointKind.CLOSE or not (run.is_draft or item.outcome == ItemOutcome.BY_HAND):
        return None
    return letter_of(run, item, item.complaint, at=now)
