"""Pages of cases outside: the panel beside a complaint, the list, one case and its steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.selectors.access import may_read_now
from referrals import forms
from referrals.models import OutsideCase, OutsideDate
from referrals.permissions import may_record
from referrals.selectors.cases import (
    TABS,
    Asked,
    case_counts,
    case_page,
    case_view,
    cases_beside,
    date_line,
    explanation_of,
)
from referrals.selectors.questions import questions_beside
from referrals.services.cases import (
    answer_outside_case,
    close_outside_case,
    correct_outside_case,
    decide_outside_case,
    open_outside_case,
)
from referrals.services.dates import mark_outside_date, set_outside_date
from referrals.services.documents import hand_in
from referrals.services.effects import decide_effect
from referrals.states import Effect, Kind, Result

CAP = 99
Form = Any  # one of referrals.forms; each step knows its own
Who = Mapping[str, Any]


def _complaint(request: HttpRequest, reference: str) -> tuple[User, Complaint]:
    """Return a complaint that exists for the asker and that they may read now."""
    actor = actor_of(request.user)
    complaint = get_object_or_404(
        Complaint.objects.visible_to(actor).select_related("policy", "owner"),
        reference=reference.upper(),
    )
    if not may_read_now(complaint, actor, at=timezone.now()):
        raise Http404
    return actor, complaint


@login_required
@require_safe
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the cases of a complaint on its page."""
    actor, complaint = _complaint(request, reference)
    context = {
        "complaint": complaint,
        "views": cases_beside(complaint, actor, now=timezone.now()),
        "may_open": may_record(actor, complaint),
        "questions": questions_beside(complaint),
    }
    part = "panel" if request.headers.get("HX-Request") else "panel_page"
    response = render(request, f"referrals/{part}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: HttpRequest, reference: str) -> HttpResponse:
    """Write a case down."""
    actor, complaint = _complaint(request, reference)
    if not may_record(actor, complaint):
        raise NotAllowed(_("Your role does not allow this for this complaint."))
    now = timezone.now()
    if request.method != "POST":
        form = forms.OpenForm(complaint=complaint, now=now)
        return _opening(request, complaint, form)
    form = forms.OpenForm(request.POST, complaint=complaint, now=now)
    if form.is_valid():
        try:
            case = open_outside_case(
                complaint_id=complaint.pk,
                opening=form.opening,
                reviewer=form.chosen_reviewer,
                actor=actor,
                at=now,
            )
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, gettext("The case is noted."))
            return redirect("referrals:case", case.pk)
    return _opening(request, complaint, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _opening(
    request: HttpRequest, complaint: Complaint, form: forms.OpenForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"complaint": complaint, "form": form}
    return render(request, "referrals/open.html", context, status=status)


# --- the list -----------------------------------------------------------------------------------


@login_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """List the cases outside by their next date."""
    actor, now = actor_of(request.user), timezone.now()
    demand(actor, "complaints.view")
    asked = Asked.parse(request.GET.dict())
    page = case_page(asked, actor, now=now, after=request.GET.get("after"))
    counts = case_counts(asked, actor, now=now, cap=CAP)
    kept = {"kind": asked.kind, "late": "1" if asked.late else ""}
    context = {
        "asked": asked,
        "tabs": [
            {
                "label": words,
                "url": _address(tab=name, **kept),
                "current": name == asked.tab,
                "count": f"{number_format(CAP)}+" if counts[name] > CAP else counts[name],
            }
            for name, words in TABS.items()
        ],
        "kinds": Kind.choices,
        "lines": page.lines,
        "next_url": _address(tab=asked.tab, after=page.after, **kept) if page.after else "",
    }
    return render(request, "referrals/cases.html", context)


def _address(**asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('referrals:cases')}?{query}"


# --- one case -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """A step of a case: the form it asks, its verb, its words, and to whom it is offered."""

    label: Any
    form: type[forms.CaseForm]
    run: Callable[[Form, Who], Any]
    done: Any
    offered: Callable[[Any], bool]  # a CaseView


def _set_date(form: Form, who: Who) -> None:
    date = form.date
    if date is None:
        raise BadInput(_("Say when it is, or choose a known time limit."), field="due_at")
    set_outside_date(date=date, **form.on, **who)


def _hand_in(form: Form, who: Who) -> None:
    given = form.given
    hand_in(
        case_id=form.case.pk,
        attachment_id=given["attachment"],
        received=given["received"],
        handed_at=form.moment("handed_at"),
        **who,
    )


ACTS: Mapping[str, Act] = {
    "answer": Act(
        _("Note our answer"),
        forms.AnswerForm,
        lambda form, who: answer_outside_case(
            text=form.given["text"], answered_at=form.moment("answered_at"), **form.on, **who
        ),
        _("The answer is noted."),
        lambda view: view.may_record and view.case.state == "opened",
    ),
    "date": Act(
        _("Add a deadline or hearing"),
        forms.DateForm,
        _set_date,
        _("The date is noted."),
        lambda view: view.may_record and view.pending,
    ),
    "document": Act(
        _("Note a document"),
        forms.HandInForm,
        _hand_in,
        _("The document is noted."),
        lambda view: view.may_record,
    ),
    "decide": Act(
        _("Note the result"),
        forms.DecideForm,
        lambda form, who: decide_outside_case(
            result=Result(form.given["result"]),
            decision=form.given["decision"],
            decided_at=form.moment("decided_at"),
            **form.on,
            **who,
        ),
        _("The result is noted."),
        lambda view: view.may_decide and view.pending,
    ),
    "effect": Act(
        _("Decide what follows"),
        forms.EffectForm,
        lambda form, who: decide_effect(
            effect=Effect(form.given["effect"]),
            reason=form.given["reason"],
            order=form.order,
            **form.on,
            **who,
        ),
        _("Decided: the complaint has it on its record."),
        lambda view: view.may_say_effect and view.asks_for_effect,
    ),
    "close": Act(
        _("Put the case away"),
        forms.CloseForm,
        lambda form, who: close_outside_case(**form.on, **who),
        _("The case is closed."),
        lambda view: view.may_close,
    ),
    "correct": Act(
        _("Complete the particulars"),
        forms.CorrectForm,
        lambda form, who: correct_outside_case(particulars=form.particulars, **form.on, **who),
        _("The particulars are kept."),
        lambda view: view.may_record,
    ),
}
_MAIN = ("effect", "close", "answer", "decide")  # what brings the case on, where it is offered
_FIELD_OF = {"preset": "regime", "started_at": "started_on", "due_at": "due_at"}


def _case(request: HttpRequest, pk: int) -> tuple[User, OutsideCase]:
    actor = actor_of(request.user)
    found = get_object_or_404(
        OutsideCase.objects.visible_to(actor).select_related(
            "complaint__policy", "complaint__owner", "complaint__complainant", "reviewer"
        ),
        pk=pk,
    )
    if not may_read_now(found.complaint, actor, at=timezone.now()):
        raise Http404
    return actor, found


@login_required
@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one case with its dates and documents, and what can be done."""
    actor, found = _case(request, pk)
    return _show(request, actor, found)


def _show(
    request: HttpRequest,
    actor: User,
    found: OutsideCase,
    *,
    opened: dict[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    view = case_view(found, actor, now=timezone.now())
    offered = [name for name, act in ACTS.items() if act.offered(view)]
    main = next((name for name in _MAIN if name in offered), "")
    context = {
        "view": view,
        "case": found,
        "complaint": found.complaint,
        "acts": [
            {
                "name": name,
                "label": ACTS[name].label,
                "url": reverse("referrals:act", args=[found.pk, name]),
                "main": name == main,
            }
            for name in offered
        ],
        "opened": opened,
    }
    return render(request, "referrals/case.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Show the form of a step of a case, or take it."""
    chosen = ACTS.get(act)
    if chosen is None:
        raise Http404
    actor, found = _case(request, pk)
    now = timezone.now()
    if request.method != "POST":
        form = chosen.form(case=found, now=now)
        return _show(request, actor, found, opened=_opened(act, chosen, form))
    form = chosen.form(request.POST, case=found, now=now)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            chosen.run(form, {"actor": actor, "at": now})
        except BadInput as refusal:
            field = _FIELD_OF.get(refusal.field, refusal.field)
            form.add_error(field if field in form.fields else None, str(refusal))
        except (MoveRefused, Conflict) as refusal:
            form.add_error(None, str(refusal))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, str(chosen.done))
            return redirect("referrals:case", found.pk)
    return _show(request, actor, found, opened=_opened(act, chosen, form), status=status)


def _opened(name: str, chosen: Act, form: Form) -> dict[str, Any]:
    return {"name": name, "label": chosen.label, "form": form}


@login_required
@require_POST
def date_done(request: HttpRequest, pk: int, date: int) -> HttpResponse:
    """Note that a deadline was kept or a hearing held, now."""
    actor, found = _case(request, pk)
    row = get_object_or_404(OutsideDate, pk=date, case=found)
    form, now = forms.DoneForm(request.POST), timezone.now()
    note = form.cleaned_data["note"] if form.is_valid() else ""
    mark_outside_date(date_id=row.pk, note=note, done_at=now, actor=actor, at=now)
    messages.success(request, gettext("The date is done."))
    return redirect("referrals:case", found.pk)


@login_required
@require_safe
def date(request: HttpRequest, pk: int, date: int) -> HttpResponse:
    """Show why a computed date is when it is."""
    _actor, found = _case(request, pk)
    row = get_object_or_404(OutsideDate, pk=date, case=found)
    context = {
        "case": found,
        "complaint": found.complaint,
        "date": row,
        "line": date_line(row, timezone.now()),
        "explanation": explanation_of(row, now=timezone.now()),
    }
    return render(request, "referrals/date.html", context)
