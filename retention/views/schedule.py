"""The pages of the schedule, and the doors to its verbs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from journal.selectors import history_of
from retention import events
from retention.errors import BadInput
from retention.forms.schedule import ApproveForm, ReturnForm, ScheduleForm
from retention.models import Schedule
from retention.permissions import everywhere
from retention.rules.schedule import Rule, ScheduleContent
from retention.selectors import schedule as questions
from retention.selectors.classes import plugged_in
from retention.services import schedule as verbs
from retention.states import VersionState
from retention.views.common import frame, reader, reader_of_all

KIND_WORDS = (
    ("complaint", pgettext_lazy("record class", "Complaints")),
    ("part", pgettext_lazy("record class", "Parts of complaints")),
    ("loose", pgettext_lazy("record class", "What belongs to no complaint")),
    ("kept", pgettext_lazy("record class", "What always stays")),
)
HISTORY_WORDS = {
    events.SCHEDULE_DRAFTED: pgettext_lazy("schedule", "begun"),
    events.SCHEDULE_CHANGED: pgettext_lazy("schedule", "changed"),
    events.SCHEDULE_SUBMITTED: pgettext_lazy("schedule", "handed in"),
    events.SCHEDULE_RETURNED: pgettext_lazy("schedule", "given back"),
    events.SCHEDULE_APPROVED: pgettext_lazy("schedule", "approved"),
    events.CLEANED: pgettext_lazy("schedule", "cleared away by it"),
}


@dataclass(frozen=True)
class Line:
    """One class as the page shows it; `before` is its period in the version in force, if other."""

    rule: Rule
    name: str
    period: str
    basis: str
    action: Any
    confidence: Any
    plugged: bool
    before: str


@login_required
@require_safe
def schedule(request: HttpRequest) -> HttpResponse:
    """Show what holds now, what waits, and the versions."""
    actor = reader(request)
    in_force = questions.schedule_in_force()
    content = questions.content_in_force()
    context = frame(
        actor,
        "schedule",
        in_force=in_force,
        groups=groups_of(content),
        rights_work_days=content.rights_work_days,
        open=questions.open_version(),
        versions=questions.versions(),
        may_edit=everywhere(actor, "retention.edit"),
    )
    return render(request, "retention/schedule.html", context)


@login_required
@require_safe
def version(request: HttpRequest, version: int) -> HttpResponse:
    """Show one version with the steps that are open to the reader."""
    actor = reader(request)
    return _version_page(request, actor, _known(version))


def _version_page(
    request: HttpRequest, actor: User, chosen: Schedule, status: int = 200, **forms: Any
) -> HttpResponse:
    history = [(HISTORY_WORDS.get(entry.kind, entry.kind), entry) for entry in history_of(chosen)]
    context = frame(
        actor,
        "schedule",
        schedule=chosen,
        groups=groups_of(chosen.says, questions.content_in_force()),
        rights_work_days=chosen.says.rights_work_days,
        choices=questions.choices_for(actor, chosen),
        in_force=questions.schedule_in_force() == chosen,
        history=history,
        **{"approve_form": ApproveForm(), "return_form": ReturnForm(auto_id="return_%s"), **forms},
    )
    return render(request, "retention/version.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, version: int) -> HttpResponse:
    """Write a draft."""
    actor = reader_of_all(request, "retention.edit")
    chosen = _known(version)
    if chosen.state != VersionState.DRAFT:
        return redirect("retention:version", chosen.version)
    form = ScheduleForm(
        request.POST if request.method == "POST" else None,
        content=chosen.says,
        initial={"note": chosen.change_note},
    )
    if request.method == "POST" and form.is_valid() and _saved(form, chosen, actor):
        messages.success(request, _("Saved in the draft."))
        return redirect("retention:version", chosen.version)
    context = frame(actor, "schedule", schedule=chosen, form=form, groups=list(_edited(form)))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "retention/schedule_edit.html", context, status=status)


def _edited(form: ScheduleForm) -> Iterable[tuple[str, Any]]:
    language = get_language() or ""
    for rule, fields in form.groups():
        yield rule.names.of(language), fields


def _saved(form: ScheduleForm, chosen: Schedule, actor: User) -> bool:
    try:
        verbs.change_schedule(
            schedule_id=chosen.pk,
            content=form.said(),
            note=form.cleaned_data["note"],
            actor=actor,
            at=timezone.now(),
        )
    except BadInput as refusal:
        form.tell(refusal)
        return False
    return True


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Begin a version."""
    actor = reader_of_all(request, "retention.edit")
    begun = verbs.draft_schedule(actor=actor, at=timezone.now())
    messages.success(request, _("A draft was begun. It changes nothing until it is approved."))
    return redirect("retention:edit", begun.version)


@login_required
@require_POST
def submit(request: HttpRequest, version: int) -> HttpResponse:
    """Hand a draft in."""
    return _decided(
        request,
        version,
        "retention.edit",
        lambda pk, actor, at: verbs.submit_schedule(schedule_id=pk, actor=actor, at=at),
        _("The draft waits for approval now. Somebody else must approve it."),
    )


@login_required
@require_POST
def discard(request: HttpRequest, version: int) -> HttpResponse:
    """Throw a draft away."""
    _decided(
        request,
        version,
        "retention.edit",
        lambda pk, actor, at: verbs.discard_schedule(schedule_id=pk, actor=actor, at=at),
        _("The draft is discarded."),
    )
    return redirect("retention:schedule")


@login_required
@require_POST
def approve(request: HttpRequest, version: int) -> HttpResponse:
    """Put a version in force."""
    note = request.POST.get("note", "")
    return _decided(
        request,
        version,
        "retention.approve",
        lambda pk, actor, at: verbs.approve_schedule(schedule_id=pk, note=note, actor=actor, at=at),
        _("The version is approved and in force."),
    )


@login_required
@require_POST
def give_back(request: HttpRequest, version: int) -> HttpResponse:
    """Give a version back."""
    note = request.POST.get("note", "")
    return _decided(
        request,
        version,
        "retention.approve",
        lambda pk, actor, at: verbs.return_schedule(schedule_id=pk, note=note, actor=actor, at=at),
        _("The version is a draft again."),
    )


def _decided(
    request: HttpRequest,
    version: int,
    permission: str,
    verb: Callable[[int, User, datetime], Any],
    done: str,
) -> HttpResponse:
    actor = reader_of_all(request, permission)
    chosen = _known(version)
    try:
        verb(chosen.pk, actor, timezone.now())
    except BadInput as refusal:
        form = ReturnForm(request.POST, auto_id="return_%s")
        form.is_valid()
        if not form.errors:
            form.add_error(None, str(refusal))
        return _version_page(
            request, actor, chosen, HTTPStatus.UNPROCESSABLE_ENTITY, return_form=form
        )
    messages.success(request, done)
    return redirect(reverse("retention:version", args=[chosen.version]))


def _known(version: int) -> Schedule:
    rows = Schedule.objects.select_related("author", "approved_by")
    chosen = get_object_or_404(rows, version=version)
    if chosen.state == VersionState.DISCARDED:
        raise PermissionDenied
    return chosen


def groups_of(
    content: ScheduleContent, against: ScheduleContent | None = None
) -> list[tuple[Any, str, list[Line]]]:
    """Return the classes by kind, as lines of the page."""
    return [
        (label, kind, [_line(rule, against) for rule in content.of_kind(kind)])
        for kind, label in KIND_WORDS
    ]


def _line(rule: Rule, against: ScheduleContent | None) -> Line:
    language = get_language() or ""
    other = against.rule(rule.code) if against else None
    now, then = questions.period_words(rule), questions.period_words(other) if other else ""
    return Line(
        rule=rule,
        name=rule.names.of(language),
        period=now,
        basis=rule.basis.of(language),
        action=questions.ACTION_WORDS[rule.action],
        confidence=questions.CONFIDENCE_WORDS[rule.confidence],
        plugged=rule.code in plugged_in(),
        before=then if then != now else "",
    )
