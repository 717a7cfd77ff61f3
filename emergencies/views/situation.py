"""The page of an emergency, and the steps taken on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from complaints.models import Complaint
from compliance.selectors import spoken
from emergencies.errors import BadInput, Conflict, MoveRefused, NotAllowed
from emergencies.forms import (
    ContainForm,
    FactsForm,
    FirstCallForm,
    ReportedForm,
    ReportForm,
    ReturnForm,
    ReviewForm,
    moment,
)
from emergencies.models import Emergency, ReportDecision
from emergencies.selectors.reports import explain_due
from emergencies.selectors.situation import Situation, emergency_of, situation_of
from emergencies.services import reports
from emergencies.services import situation as verbs
from emergencies.services.reviews import Lessons, finish_review
from emergencies.states import Measure, Reportable
from emergencies.views.opening import existing, with_emergency


@dataclass(frozen=True)
class Step:
    """A step of the page: its form, its verb, and what is said when it is done."""

    form: type[forms.Form] | None
    run: Callable[[dict[str, Any], dict[str, Any]], Any]
    done: Any


def _contain(given: dict[str, Any], who: dict[str, Any]) -> None:
    verbs.decide_containment(measure=Measure(given["measure"]), details=given["details"], **who)


def _first_call(given: dict[str, Any], who: dict[str, Any]) -> None:
    called_at = moment(given["called_at"], who["at"])
    verbs.note_first_call(
        reached=given["reached"], note=given["note"], called_at=called_at or who["at"], **who
    )


def _decide(given: dict[str, Any], who: dict[str, Any]) -> None:
    verdict = reports.Verdict(
        preset=given["preset"],
        reportable=Reportable(given["reportable"]),
        reason=given["reason"],
        clock=given.get("clock", ""),
        counts_from=moment(given.get("counts_from"), who["at"]),
    )
    reports.decide_report(verdict=verdict, **who)


def _review(given: dict[str, Any], who: dict[str, Any]) -> None:
    finish_review(lessons=Lessons(**given), **who)


REPORT_ACTS = ("approve", "return", "reported")
STEPS: Mapping[str, Step] = {
    "contain": Step(ContainForm, _contain, _("The decision is recorded.")),
    "contained": Step(
        None, lambda _given, who: verbs.declare_contained(**who), _("The danger is contained.")
    ),
    "facts": Step(
        FactsForm,
        lambda given, who: verbs.write_facts(**given, **who),
        _("The facts are recorded."),
    ),
    "first_call": Step(FirstCallForm, _first_call, _("The call is recorded.")),
    "report": Step(ReportForm, _decide, _("The decision is recorded; somebody else approves it.")),
    "review": Step(ReviewForm, _review, _("The review is recorded.")),
}


@login_required
@require_safe
@with_emergency
def situation(request: HttpRequest, actor: User, complaint: Complaint) -> HttpResponse:
    """Show an emergency with all that was done; in its first seconds, that it is being opened."""
    if emergency_of(complaint) is None:
        return render(request, "emergencies/opening.html", {"complaint": complaint})
    return _page(request, actor, complaint)


@login_required
@require_safe
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show how an emergency stands, as a panel that the complaint's page asks for."""

    @with_emergency
    def shown(request: HttpRequest, actor: User, complaint: Complaint) -> HttpResponse:
        row = emergency_of(complaint)
        if row is None:
            return render(request, "emergencies/_opening.html", {"complaint": complaint})
        context = {"now": situation_of(row, actor, now=timezone.now()), "complaint": complaint}
        return render(request, "emergencies/_panel.html", context)

    return shown(request, reference)  # type: ignore[return-value]


@login_required
@require_POST
@with_emergency
def step(request: HttpRequest, actor: User, complaint: Complaint, step: str) -> HttpResponse:
    """Take a step; what stands in the way is said beside the input, which stays."""
    chosen = STEPS.get(step)
    if chosen is None:
        raise Http404
    form = _bound(step, request, complaint, actor)
    who = {"complaint_id": complaint.pk, "actor": actor, "at": timezone.now()}
    return _attempt(
        request, actor, complaint, step, form, lambda given: chosen.run(given, who), chosen.done
    )


def _bound(name: str, request: HttpRequest, complaint: Complaint, actor: User) -> forms.Form | None:
    if name == "report":
        now = situation_of(_row(complaint), actor, now=timezone.now())
        duty = next((d for d in now.duties if d.code == request.POST.get("preset")), None)
        if duty is None:
            raise Http404
        prefix = f"report-{duty.code}"
        return ReportForm(request.POST, duty=duty, chinese=_chinese(), auto_id=f"id_{prefix}_%s")
    made = STEPS[name].form
    return made(request.POST, auto_id=f"id_{name}_%s") if made else None


def _attempt(
    request: HttpRequest,
    actor: User,
    complaint: Complaint,
    name: str,
    form: forms.Form | None,
    run: Callable[[dict[str, Any]], Any],
    done: Any,
) -> HttpResponse:
    if form is not None and not form.is_valid():
        return _page(request, actor, complaint, {name: form}, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        run(form.cleaned_data if form is not None else {})
    except (BadInput, MoveRefused, Conflict, NotAllowed) as refusal:
        form = form or forms.Form({})
        form.full_clean()
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, str(refusal))
        return _page(request, actor, complaint, {name: form}, refusal.status)
    messages.success(request, str(done))
    return redirect("emergencies:situation", complaint.reference)


# --- one decision about a report -------------------------------------------------------------


def _decision(complaint: Complaint, pk: int) -> ReportDecision:
    found = ReportDecision.objects.filter(pk=pk, emergency__complaint=complaint.pk).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_POST
@with_emergency
def report(
    request: HttpRequest, actor: User, complaint: Complaint, pk: int, act: str
) -> HttpResponse:
    """Approve a decision, send it back, or say that the authority was told."""
    if act not in REPORT_ACTS:
        raise Http404
    decision, now = _decision(complaint, pk), timezone.now()
    who: dict[str, Any] = {"report_id": decision.pk, "actor": actor, "at": now}
    made: forms.Form | None = None
    if act == "approve":
        run, done = (lambda _given: reports.approve_report(**who)), _("The decision is approved.")
    elif act == "return":
        made = ReturnForm(request.POST, auto_id=f"id_return_{pk}_%s")
        run = lambda given: reports.return_report(why=given["why"], **who)  # noqa: E731
        done = _("The decision goes back: it has to be made anew.")
    else:
        made = ReportedForm(request.POST, auto_id=f"id_reported_{pk}_%s")

        def run(given: dict[str, Any]) -> Any:
            told = moment(given["reported_at"], now) or now
            return reports.note_reported(reported_at=told, reference=given["reference"], **who)

        done = _("The report is recorded.")
    return _attempt(request, actor, complaint, f"{act}-{pk}", made, run, done)


# --- what the page shows ---------------------------------------------------------------------


def _chinese() -> bool:
    return (translation.get_language() or "").startswith("zh")


def _row(complaint: Complaint) -> Emergency:
    """Return the emergency. Raises Http404 in the seconds before the outbox has come to it."""
    row = emergency_of(complaint)
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest,
    actor: User,
    complaint: Complaint,
    tried: Mapping[str, forms.Form] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    tried = tried or {}
    complaint = existing(actor, complaint.reference)
    now = situation_of(_row(complaint), actor, now=timezone.now())
    context = {
        "now": now,
        "complaint": complaint,
        "forms": _forms(now) | {name: form for name, form in tried.items() if "-" not in name},
        "duties": _duties(now, tried),
        "faults": [form for form in tried.values() if form.errors],
        "tried": next(iter(tried), ""),
    }
    return render(request, "emergencies/situation.html", context, status=status)


def _forms(now: Situation) -> dict[str, forms.Form]:
    sheet = now.facts
    at = timezone.localtime()
    return {
        "contain": ContainForm(auto_id="id_contain_%s"),
        "facts": FactsForm(
            auto_id="id_facts_%s",
            initial={
                "expected_version": sheet.version if sheet else 0,
                "confirmed": sheet.confirmed if sheet else "",
                "unconfirmed": sheet.unconfirmed if sheet else "",
            },
        ),
        "first_call": FirstCallForm(auto_id="id_first_call_%s", initial={"called_at": at}),
        "review": ReviewForm(
            auto_id="id_review_%s", initial={"false_alarm": now.row.ended_how == "downgraded"}
        ),
    }


def _duties(now: Situation, tried: Mapping[str, forms.Form]) -> list[dict[str, Any]]:
    failed = tried.get("report")
    at = timezone.localtime()
    found = []
    for duty in now.duties:
        said = duty.preset.notes or duty.preset.duty
        form = failed if failed is not None and failed.data.get("preset") == duty.code else None
        found.append(
            {
                "duty": duty,
                "name": spoken(duty.preset.names),
                "source": f"{spoken(duty.preset.legal_source)} {duty.preset.article}".strip(),
                "note": spoken(said) if said else "",
                "form": form
                or ReportForm(
                    duty=duty,
                    chinese=_chinese(),
                    auto_id=f"id_report-{duty.code}_%s",
                    initial={
                        "preset": duty.code,
                        "counts_from": timezone.localtime(now.row.declared_at),
                    },
                ),
                "decisions": [_shown(one, duty.clocks, tried, at) for one in duty.decisions],
            }
        )
    return found


def _shown(
    decision: ReportDecision, clocks: Any, tried: Mapping[str, forms.Form], at: Any
) -> dict[str, Any]:
    due = explain_due(decision)
    pk = decision.pk
    return {
        "decision": decision,
        "clock": next((spoken(c.name) for c in clocks if c.code == decision.clock), ""),
        "late": decision.due_at is not None
        and decision.reported_at is None
        and decision.due_at <= timezone.now(),
        "due_day": due.deadline.due_date if due and due.spec.unit.runs_by_the_day else None,
        "steps": due.steps if due else [],
        "return_form": tried.get(f"return-{pk}") or ReturnForm(auto_id=f"id_return_{pk}_%s"),
        "reported_form": tried.get(f"reported-{pk}")
        or ReportedForm(auto_id=f"id_reported_{pk}_%s", initial={"reported_at": at}),
    }
