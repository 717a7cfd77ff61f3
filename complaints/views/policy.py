"""The pages of the handling policy for its readers, and the doors to its verbs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput
from complaints.forms.policy import ApproveForm, DueForm, RejectForm, SubmitForm, TakeBackForm
from complaints.models import HandlingPolicy
from complaints.selectors import policy as questions
from complaints.selectors.policy_document import (
    clocks_to_explain,
    document_of,
    policy_file,
    say,
    spec_of,
)
from complaints.selectors.policy_words import EVENT_WORDS, differences
from complaints.services import policy as verbs
from complaints.services.reckoning import calendar_for
from compliance.selectors import explain
from journal.selectors import history_of

DUE_IDS = "due_%s"


@login_required
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """List the versions; say which one is in force and what is waiting."""
    actor = reader(request)
    context = {
        "versions": questions.versions_for(actor),
        "in_force": questions.policy_in_force(timezone.now()),
        "needs_first_approval": questions.needs_first_approval(),
        "draft": questions.open_draft(),
        "may_edit": has(actor, "policy.edit"),
    }
    return render(request, "complaints/policy_list.html", context)


@login_required
@require_safe
def policy(request: HttpRequest, version: int) -> HttpResponse:
    """Show a version as the document it is, with the steps that are open to the reader."""
    actor = reader(request)
    chosen = version_or_404(version)
    in_force = questions.policy_in_force(timezone.now())
    context = {
        "policy": chosen,
        "doc": document_of(chosen),
        "in_force": in_force,
        "is_in_force": chosen == in_force,
        "needs_first_approval": questions.needs_first_approval(),
        "choices": questions.choices_for(actor, chosen),
        "history": [
            (EVENT_WORDS.get(entry.kind, entry.kind), entry) for entry in history_of(chosen)
        ],
        "submit_form": SubmitForm(initial={"note": chosen.change_note}),
        "approve_form": ApproveForm(),
        "reject_form": RejectForm(auto_id="reject_%s"),
        "take_back_form": TakeBackForm(auto_id="back_%s"),
        "due_form": _due_form(chosen),
        "crumbs": crumbs(),
    }
    return render(request, "complaints/policy.html", context)


@login_required
@require_safe
def policy_diff(request: HttpRequest, version: int) -> HttpResponse:
    """Show what a version says differently from another one."""
    reader(request)
    chosen = version_or_404(version)
    other = request.GET.get("with", "")
    against = version_or_404(int(other)) if other.isdigit() else questions.version_before(chosen)
    context = {
        "policy": chosen,
        "against": against,
        "versions": HandlingPolicy.objects.exclude(pk=chosen.pk),
        "differences": differences(against.content, chosen.content) if against else [],
        "crumbs": crumbs(chosen),
    }
    return render(request, "complaints/policy_diff.html", context)


@login_required
@require_safe
def policy_export(request: HttpRequest, version: int) -> HttpResponse:
    """Hand a version out as a file."""
    reader(request)
    chosen = version_or_404(version)
    response = HttpResponse(policy_file(chosen), content_type="application/yaml; charset=utf-8")
    name = f"handling-policy-{chosen.version}.yaml"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_safe
def policy_due(request: HttpRequest, version: int) -> HttpResponse:
    """Work out a due date as a complaint's clock would, step by step."""
    reader(request)
    chosen = version_or_404(version)
    form = _due_form(chosen, request.GET or None)
    answers = _due_answers(chosen, form) if form.is_valid() else []
    context = {"policy": chosen, "due_form": form, "answers": answers, "crumbs": crumbs(chosen)}
    template = "complaints/_policy_due.html" if is_htmx(request) else "complaints/policy_due.html"
    wrong = form.is_bound and not form.is_valid()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, template, context, status=status)


def _due_form(chosen: HandlingPolicy, data: Any = None) -> DueForm:
    says = chosen.says
    named = [(clock.code, say(clock.names)) for clock in says.clocks]
    initial = {"priority": says.default_priority, "start": timezone.localtime()}
    return DueForm(data, clocks=named, initial=initial, auto_id=DUE_IDS)


def _due_answers(chosen: HandlingPolicy, form: DueForm) -> list[dict[str, Any]]:
    data = form.cleaned_data
    answers = []
    for clock, name in clocks_to_explain(
        chosen.says, priority=data["priority"], code=data["clock"]
    ):
        try:
            found = explain(spec_of(clock), data["start"], calendar_for(clock.calendar))
        except (OverflowError, ValueError):
            form.add_error("start", _("This lies beyond what can be counted."))
            return []
        answers.append({"name": name, "clock": clock, "found": found})
    return answers


# --- verbs -----------------------------------------------------------------------------------


@login_required
@require_POST
def policy_draft(request: HttpRequest) -> HttpResponse:
    """Begin a draft from a version, or from the one in force."""
    actor = reader(request)
    given = request.POST.get("from", "")
    base = version_or_404(int(given)).version if given.isdigit() else None
    draft = verbs.draft_policy(from_version=base, actor=actor, at=timezone.now())
    messages.success(request, _("A draft was begun. It changes nothing until it is approved."))
    return go(request, reverse("complaints:policy_edit", args=[draft.version]))


@login_required
@require_POST
def policy_submit(request: HttpRequest, version: int) -> HttpResponse:
    """Hand a draft in."""
    data = read(SubmitForm(request.POST))
    return _decided(
        request,
        version,
        lambda pk, actor, at: verbs.submit_policy(policy_id=pk, actor=actor, at=at, **data),
        _("The draft waits for approval now. Somebody else must approve it."),
    )


@login_required
@require_POST
def policy_approve(request: HttpRequest, version: int) -> HttpResponse:
    """Approve a version."""
    data = read(ApproveForm(request.POST))
    return _decided(
        request,
        version,
        lambda pk, actor, at: verbs.approve_policy(policy_id=pk, actor=actor, at=at, **data),
        _("The version is approved."),
    )


@login_required
@require_POST
def policy_reject(request: HttpRequest, version: int) -> HttpResponse:
    """Reject a version, or take one's own back."""
    data = read(RejectForm(request.POST))
    return _decided(
        request,
        version,
        lambda pk, actor, at: verbs.reject_policy(policy_id=pk, actor=actor, at=at, **data),
        _("The version is rejected."),
    )


@login_required
@require_POST
def policy_discard(request: HttpRequest, version: int) -> HttpResponse:
    """Give a draft up."""
    return _decided(
        request,
        version,
        lambda pk, actor, at: verbs.discard_policy(policy_id=pk, actor=actor, at=at),
        _("The draft is discarded."),
    )


def _decided(
    request: HttpRequest, version: int, verb: Callable[[int, User, Any], Any], done: str
) -> HttpResponse:
    actor = reader(request)
    chosen = version_or_404(version)
    verb(chosen.pk, actor, timezone.now())
    messages.success(request, done)
    return go(request, reverse("complaints:policy", args=[chosen.version]))


# --- what the pages of the policy share ------------------------------------------------------


def reader(request: HttpRequest) -> User:
    """Return who asks, if they may read the policy. Raises PermissionDenied."""
    actor = actor_of(request.user)
    if not has(actor, "policy.view"):
        raise PermissionDenied
    return actor


def version_or_404(version: int) -> HandlingPolicy:
    """Return a version with its people."""
    rows = HandlingPolicy.objects.select_related("author", "approved_by")
    return get_object_or_404(rows, version=version)


def read(form: forms.Form) -> dict[str, Any]:
    """Return what a form says. Raises BadInput naming the first field at fault."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise BadInput(errors[0], field=field)
    return form.cleaned_data


def is_htmx(request: HttpRequest) -> bool:
    """Return whether a script asks for a part of the page."""
    return bool(request.headers.get("HX-Request"))


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the reader on, whoever asked."""
    return HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)


def crumbs(chosen: HandlingPolicy | None = None) -> list[tuple[str, str]]:
    """Return the way to a page of the policy."""
    way = [(_("Handling policy"), reverse("complaints:policy_list"))]
    if chosen is not None:
        label = _("Version %(version)s") % {"version": chosen.version}
        way.append((label, reverse("complaints:policy", args=[chosen.version])))
    return way
