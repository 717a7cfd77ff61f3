"""One complaint for the person who made it. A link only shows; pressing a button does something."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.services import system_user
from complaints.errors import BadInput
from complaints.models import Complaint, PersonalLink
from complaints.selectors.links import find_link, opens, tidy_reference
from complaints.services.complainants import add_information
from complaints.services.links import mark_link_used
from journal.errors import Refusal
from portal.forms import (
    AddForm,
    AnswerForm,
    FollowUpForm,
    LookupForm,
    ReopenForm,
    SendAgainForm,
    WithdrawForm,
)
from portal.selectors.status import status_of
from portal.services.answers import (
    allow_contact,
    answer_decision,
    answer_follow_up,
    ask_for_quiet,
    ask_reopening,
    open_by_code,
    send_link_again,
    take_back,
)
from portal.services.files import attach_held_files, hold_file
from portal.views.limits import too_often
from portal.views.public import phones, public


def dead_link(request: HttpRequest, token: str = "") -> HttpResponse:
    """Say that a link does not work: the same whether it is old, revoked or made up."""
    context = {
        "token": token,
        "form": LookupForm(),
        "again": SendAgainForm(),
        "phones": phones(),
    }
    return render(request, "portal/dead_link.html", context, status=HTTPStatus.NOT_FOUND)


# --- finding one's complaint ----------------------------------------------------------------------


@public("complainant")
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """Ask for number and code, and lead to the page of the complaint."""
    if request.method != "POST":
        return _lookup_page(request, LookupForm())
    bound = LookupForm(request.POST)
    if not bound.is_valid():
        return _lookup_page(request, bound, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    reference, code = bound.cleaned_data["reference"], bound.cleaned_data["code"]
    if _tried_too_often(reference):
        return _lookup_page(request, bound, status=HTTPStatus.TOO_MANY_REQUESTS)
    issued = open_by_code(reference=reference, code=code, at=timezone.now())
    if issued is None:
        bound.add_error(None, _("We find no complaint with this number and this code."))
        return _lookup_page(request, bound, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("portal:status", issued.token)


def _tried_too_often(reference: str) -> bool:
    """Count a try by the address and by the number, so that nobody finds a code by trying."""
    by_address = too_often("try", settings.PUBLIC_TRIES_AN_HOUR)
    by_number = too_often(
        "number", settings.PUBLIC_TRIES_AN_HOUR, of=tidy_reference(reference) or "-"
    )
    return by_address or by_number


def _lookup_page(
    request: HttpRequest, bound: LookupForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "form": bound,
        "again": SendAgainForm(),
        "phones": phones(),
        "limited": status == HTTPStatus.TOO_MANY_REQUESTS,
    }
    return render(request, "portal/lookup.html", context, status=status)


@public("complainant")
@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send a fresh link to the contact on record. The answer never says whether there is one."""
    token, reference = request.POST.get("token", ""), request.POST.get("reference", "")
    limited = _tried_too_often(reference or token)
    if not limited:
        complaint = _meant(token, reference)
        if complaint is not None:
            send_link_again(complaint_id=complaint.pk, at=timezone.now())
    status = HTTPStatus.TOO_MANY_REQUESTS if limited else HTTPStatus.OK
    context = {"limited": limited, "phones": phones()}
    return render(request, "portal/sent_again.html", context, status=status)


def _meant(token: str, reference: str) -> Complaint | None:
    """Return the complaint of an old link, or of a number."""
    link = find_link(token) if token else None
    if link is not None:
        return link.complaint
    return Complaint.objects.filter(reference=tidy_reference(reference)).first()


# --- the page -------------------------------------------------------------------------------------


@public("complainant")
@require_safe
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Show one complaint. Nothing is changed by looking, however often and by whatever program."""
    link = _working(token)
    return _page(request, link, token) if link else dead_link(request, token)


def _working(token: str) -> PersonalLink | None:
    link = find_link(token)
    return link if link is not None and opens(link, at=timezone.now()) else None


def _page(
    request: HttpRequest,
    link: PersonalLink,
    token: str,
    *,
    forms_: Mapping[str, forms.Form] | None = None,
    refusal: Refusal | None = None,
    code: int = HTTPStatus.OK,
) -> HttpResponse:
    now, language = timezone.now(), translation.get_language() or ""
    shown = {
        name: act.form(auto_id=ids_of(name)) for name, act in ACTS.items() if act.form is not None
    }
    context = {
        "status": status_of(link.complaint, language=language, at=now),
        "language": link.complaint.language,
        "token": token,
        "link": link,
        # A template cannot ask for a name with a dash.
        "forms": {n.replace("-", "_"): f for n, f in {**shown, **(forms_ or {})}.items()},
        "open": next(iter(forms_ or {}), "").replace("-", "_"),
        "refusal": refusal,
        "phones": phones(),
    }
    return render(request, "portal/status.html", context, status=code)


# --- pressing a button ----------------------------------------------------------------------------


class Act:
    """Something a complainant may do: the form it takes, the verb, and what is said after it."""

    def __init__(
        self,
        do: Callable[[HttpRequest, int, Mapping[str, Any], datetime], None],
        done: Callable[[], str],
        form: type[forms.Form] | None = None,
        *,
        sure: bool = False,
    ) -> None:
        """Keep what it takes; `sure` asks once more before it is done."""
        self.do, self.done, self.form, self.sure = do, done, form, sure


def _add(request: HttpRequest, pk: int, given: Mapping[str, Any], at: datetime) -> None:
    files = request.FILES.getlist("uploads")
    text = given["text"].strip()
    if not text and not files:
        raise BadInput(_("Write what you would like to add, or choose a file."), field="text")
    key = uuid4()
    for file in files:
        hold_file(key=key, file=file, at=at)
    if text or files:
        said = text or ", ".join(file.name or "" for file in files)
        add_information(complaint_id=pk, text=said, actor=system_user(), at=at)
    for name, why in attach_held_files(key=key, complaint_id=pk, actor=system_user(), at=at):
        messages.warning(request, f"{name}: {why}")


def _answer(_request: HttpRequest, pk: int, given: Mapping[str, Any], at: datetime) -> None:
    accepted = given["answer"] == "accept"
    answer_decision(complaint_id=pk, accepted=accepted, reason=given["reason"], at=at)


def _follow_up(_request: HttpRequest, pk: int, given: Mapping[str, Any], at: datetime) -> None:
    answer_follow_up(
        complaint_id=pk,
        handling=given["handling_score"],
        outcome=given["outcome_score"],
        comment=given["comment"].strip(),
        at=at,
    )


def _reopen(_request: HttpRequest, pk: int, given: Mapping[str, Any], at: datetime) -> None:
    ask_reopening(complaint_id=pk, reason=given["reason"], at=at)


def _withdraw(_request: HttpRequest, pk: int, given: Mapping[str, Any], at: datetime) -> None:
    take_back(complaint_id=pk, reason=given["reason"], at=at)


def _quiet(_request: HttpRequest, pk: int, _given: Mapping[str, Any], at: datetime) -> None:
    ask_for_quiet(complaint_id=pk, at=at)


def _loud(_request: HttpRequest, pk: int, _given: Mapping[str, Any], at: datetime) -> None:
    allow_contact(complaint_id=pk, at=at)


ACTS: Mapping[str, Act] = {
    "add": Act(_add, lambda: _("We have added it. Thank you."), AddForm),
    "answer": Act(
        _answer, lambda: _("We have recorded your answer. Thank you."), AnswerForm, sure=True
    ),
    "follow-up": Act(_follow_up, lambda: _("Thank you for telling us."), FollowUpForm),
    "reopen": Act(
        _reopen, lambda: _("We have your request. Somebody decides and tells you."), ReopenForm
    ),
    "withdraw": Act(
        _withdraw, lambda: _("You have taken your complaint back."), WithdrawForm, sure=True
    ),
    "quiet": Act(_quiet, lambda: _("We send you no reminders and ask no questions any more.")),
    "loud": Act(_loud, lambda: _("We may write to you again.")),
}


def ids_of(name: str) -> str:
    """Return the pattern of a form's ids: several forms of the page have a field `reason`."""
    return f"id_{name}_%s"


@public("complainant")
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """Do something, because a button was pressed; whoever only opens the address is led back."""
    link, wanted = _working(token), ACTS.get(name)
    if link is None:
        return dead_link(request, token)
    if request.method != "POST" or wanted is None:
        return redirect("portal:status", token)
    if too_often("act", settings.PUBLIC_TRIES_AN_HOUR, of=token):
        return _page(request, link, token, code=HTTPStatus.TOO_MANY_REQUESTS)
    return _done(request, link, token, name, wanted)


def _done(
    request: HttpRequest, link: PersonalLink, token: str, name: str, wanted: Act
) -> HttpResponse:
    """Do it, or show what is wrong beside what was typed."""
    bound = None
    if wanted.form is not None:
        bound = wanted.form(request.POST, request.FILES, auto_id=ids_of(name))
    shown = {name: bound} if bound is not None else {}
    if bound is not None and not bound.is_valid():
        return _page(request, link, token, forms_=shown, code=HTTPStatus.UNPROCESSABLE_ENTITY)
    if wanted.sure and "sure" not in request.POST and bound is not None:
        return _ask(request, link, token, name, bound)
    try:
        given = bound.cleaned_data if bound is not None else {}
        wanted.do(request, link.complaint_id, given, timezone.now())
    except Refusal as refusal:
        _place(bound, refusal)
        link.complaint.refresh_from_db()
        code = refusal.status or HTTPStatus.CONFLICT
        return _page(request, link, token, forms_=shown, refusal=refusal, code=code)
    mark_link_used(link_id=link.pk, at=timezone.now())
    messages.success(request, wanted.done())
    return redirect("portal:status", token)


def _place(bound: forms.Form | None, refusal: Refusal) -> None:
    """Put a refusal beside the field it names."""
    if bound is not None and refusal.field in bound.fields:
        bound.add_error(refusal.field, str(refusal))


def _ask(
    request: HttpRequest, link: PersonalLink, token: str, name: str, bound: forms.Form
) -> HttpResponse:
    """Show once more what is about to be done, with a button that does it and one that does not."""
    context = {
        "name": name,
        "token": token,
        "reference": link.complaint.reference,
        "accepted": bound.cleaned_data.get("answer") == "accept",
        "reason": bound.cleaned_data.get("reason", ""),
        "given": [(field, request.POST[field]) for field in bound.fields if field in request.POST],
        "phones": phones(),
    }
    return render(request, "portal/sure.html", context)
