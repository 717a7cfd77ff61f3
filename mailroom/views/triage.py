"""The triage page: what waits, what a mail says, and what a person decides about it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput
from complaints.models import Complaint
from complaints.permissions import may_see, needs_reason
from complaints.services.notes import grant_confidential_access
from mailroom.forms import AddForm, AsideForm, MakeForm
from mailroom.models import Mail
from mailroom.permissions import VIEW, asks_for_reason, may_triage, secret_of
from mailroom.selectors.triage import (
    candidates,
    counts_by_reason,
    dangers,
    mail_for,
    triage_page,
)
from mailroom.services.raw import raw_file
from mailroom.services.triage import (
    add_to_complaint,
    make_complaint,
    open_raw,
    put_aside,
    take_back,
)
from mailroom.states import Aside, MailState, Reason

# A mail is never a page of ours, whatever it holds.
_NOTHING = (
    "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TABS = (MailState.WAITING, MailState.FILED, MailState.ASIDE)
_FIELD_OF = {"contact": "email"}

View = Callable[..., HttpResponseBase]


def _viewer(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not has(actor, VIEW):
        raise PermissionDenied
    return actor


def with_mail(view: View) -> View:
    """Hand a view the actor and a mail that exists for them and that they may read now."""

    @wraps(view)
    def inner(request: HttpRequest, pk: int) -> HttpResponseBase:
        actor = actor_of(request.user)
        mail = mail_for(actor, pk)
        if mail is None:
            raise Http404
        complaint = secret_of(mail)
        if complaint is not None and asks_for_reason(mail, actor, at=timezone.now()):
            onward = urlencode({"next": reverse("mailroom:mail", args=[mail.pk])})
            address = reverse("complaints:confidential", args=[complaint.reference])
            return redirect(f"{address}?{onward}")
        return view(request, actor, mail)

    return inner


@login_required
@require_safe
def triage(request: HttpRequest) -> HttpResponse:
    """List what waits for a person, or what was decided."""
    actor = _viewer(request)
    asked = request.GET
    state = next((one for one in _TABS if one == asked.get("state")), MailState.WAITING)
    reason = next((one for one in Reason if one and one == asked.get("reason")), Reason.NONE)
    words, after = asked.get("q", "").strip()[:100], asked.get("after", "")
    page = triage_page(
        actor,
        state=state,
        reason=reason if state == MailState.WAITING else "",
        words=words,
        after=int(after) if after.isdecimal() and len(after) < 19 else None,  # noqa: PLR2004
        at=timezone.now(),
    )
    counts = counts_by_reason(actor)
    kept = {"state": state, "reason": reason, "q": words}
    context = {
        "page": page,
        "state": state,
        "reason": reason,
        "words": words,
        "counts": counts,
        "waiting": sum(count for _reason, count in counts),
        "tabs": _tabs(state),
        "next_url": _next_url(request, kept, page.next_after),
        "may_decide": may_triage(actor),
    }
    return render(request, "mailroom/triage.html", context)


def _tabs(current: MailState) -> list[dict[str, Any]]:
    address = reverse("mailroom:triage")
    return [
        {"label": one.label, "url": f"{address}?state={one.value}", "current": one == current}
        for one in _TABS
    ]


def _next_url(request: HttpRequest, kept: dict[str, Any], after: int | None) -> str:
    if after is None:
        return ""
    asked = {name: str(value) for name, value in kept.items() if value}
    return f"{request.path}?{urlencode({**asked, 'after': after})}"


@login_required
@require_safe
@with_mail
def mail(request: HttpRequest, actor: User, mail: Mail) -> HttpResponse:
    """Show what a mail says and what may be done about it."""
    return _show(request, actor, mail)


def _show(
    request: HttpRequest,
    actor: User,
    mail: Mail,
    *,
    add: Form | None = None,
    aside: Form | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    decides = may_triage(actor)
    waits = mail.state == MailState.WAITING
    likely = candidates(mail, actor) if waits else []
    suggested = mail.suggestion.reference if mail.suggestion in likely and mail.suggestion else ""
    context = {
        "mail": mail,
        "waits": waits,
        "decides": decides,
        "may_take_back": decides
        and (mail.state == MailState.ASIDE or mail.incoming_id is not None),
        "candidates": likely,
        "dangers": dangers(mail) if waits else [],
        "add": add or AddForm(initial={"reference": suggested}, auto_id="add_%s"),
        "aside": aside or AsideForm(auto_id="aside_%s"),
        "crumbs": [(_("Mail that came in"), reverse("mailroom:triage"))],
    }
    return render(request, "mailroom/mail.html", context, status=status)


@login_required
@require_safe
@with_mail
def raw(request: HttpRequest, actor: User, mail: Mail) -> HttpResponseBase:  # noqa: ARG001
    """Hand out a mail as it came: to be saved, never to be shown."""
    try:
        opened = open_raw(mail_id=mail.pk, actor=actor, at=timezone.now())
        content = raw_file(opened.path).open("rb")
    except (Mail.DoesNotExist, FileNotFoundError):
        raise Http404 from None
    response = FileResponse(
        content,
        as_attachment=True,
        filename=f"mail-{mail.pk}.eml",
        content_type="application/octet-stream",
    )
    response.headers["Content-Security-Policy"] = _NOTHING
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
@with_mail
def add(request: HttpRequest, actor: User, mail: Mail) -> HttpResponse:
    """Put a mail onto a complaint."""
    form = AddForm(request.POST, auto_id="add_%s")
    if form.is_valid():
        try:
            row = add_to_complaint(
                mail_id=mail.pk, actor=actor, at=timezone.now(), **form.cleaned_data
            )
        except BadInput as refusal:
            form.add_error("reference", str(refusal))
        else:
            complaint = row.complaint
            messages.success(request, _("The mail is on its complaint now."))
            return _onward(actor, complaint)
    return _show(request, actor, mail, add=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_POST
@with_mail
def aside(request: HttpRequest, actor: User, mail: Mail) -> HttpResponse:
    """Say that a mail is no complaint."""
    form = AsideForm(request.POST, auto_id="aside_%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            put_aside(
                mail_id=mail.pk,
                why=Aside(given["why"]),
                remark=given["remark"],
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Put aside. It can be taken back at any time."))
            return redirect("mailroom:triage")
    return _show(request, actor, mail, aside=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_POST
@with_mail
def back(request: HttpRequest, actor: User, mail: Mail) -> HttpResponse:
    """Undo a decision."""
    take_back(mail_id=mail.pk, actor=actor, at=timezone.now())
    messages.success(request, _("The mail waits again."))
    return redirect("mailroom:mail", mail.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@with_mail
def make(request: HttpRequest, actor: User, mail: Mail) -> HttpResponse:
    """Make a mail a complaint, with what it says filled in."""
    if not may_triage(actor):
        raise PermissionDenied
    if mail.state != MailState.WAITING and request.method != "POST":
        return redirect("mailroom:mail", mail.pk)
    form = MakeForm(request.POST if request.method == "POST" else None, mail=mail)
    if form.is_bound and form.is_valid():
        now = timezone.now()
        try:
            complaint = make_complaint(mail_id=mail.pk, intake=form.intake, actor=actor, at=now)
        except BadInput as refusal:
            field = _FIELD_OF.get(refusal.field, refusal.field)
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            messages.success(
                request, _("Recorded as %(reference)s.") % {"reference": complaint.reference}
            )
            return _onward(actor, complaint)
    context = {
        "form": form,
        "mail": mail,
        "dangers": dangers(mail),
        "crumbs": [
            (_("Mail that came in"), reverse("mailroom:triage")),
            (mail.subject or _("(no subject)"), reverse("mailroom:mail", args=[mail.pk])),
        ],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "mailroom/make.html", context, status=status)


def _onward(actor: User, complaint: Complaint | None) -> HttpResponse:
    """Go on to a complaint; who has just read its mail need not say why again."""
    if complaint is None or not may_see(actor, complaint):
        return redirect("mailroom:triage")
    if needs_reason(actor, complaint):
        grant_confidential_access(
            complaint_id=complaint.pk, reason=_("Took it down."), actor=actor, at=timezone.now()
        )
    return redirect("complaints:complaint", complaint.reference)
