"""The public form, the receipt, and how to complain."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from complaints.errors import BadInput
from complaints.selectors.links import code_for, find_link, opens
from portal.forms import YES, ComplaintForm
from portal.selectors.publication import publication
from portal.selectors.status import status_of
from portal.services.files import held_files, hold_file, let_go
from portal.services.intake import take_complaint
from portal.views.limits import too_often
from portal.views.public import phones, public
from portal.views.status import dead_link

_FORM_METHODS = ["GET", "HEAD", "POST"]
_FIELD_OF = {"contact": "email"}
_DANGER_FACTOR = 5  # who is in danger may try more often than who is not


@public("public", found=True)
@require_http_methods(_FORM_METHODS)
def form(request: HttpRequest) -> HttpResponse:
    """Show the form; or take a complaint, whatever else is wrong with what was sent."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, ComplaintForm(now=now))
    bound = ComplaintForm(request.POST, now=now)
    key = _key(request)
    file_errors = _hold_files(request, key) if key else []
    if "speak" in request.POST or "drop" in request.POST or key is None:
        return _again(request)
    valid = bound.is_valid()
    for error in file_errors:
        bound.add_error("uploads", error)
    if not valid or file_errors:
        return _page(request, bound, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if _limited(bound):
        return _page(request, bound, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        taken = take_complaint(sent=bound.sent, at=now)
    except BadInput as refusal:
        field = _FIELD_OF.get(refusal.field, refusal.field)
        bound.add_error(field if field in bound.fields else None, str(refusal))
        return _page(request, bound, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    for name, why in taken.refused:
        messages.warning(request, f"{name}: {why}")
    return redirect("portal:receipt", taken.issued.token)


def _key(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def _hold_files(request: HttpRequest, key: UUID) -> list[str]:
    """Keep what was chosen, so that it need not be chosen again; return what is wrong with it."""
    errors = []
    for file in request.FILES.getlist("uploads"):
        try:
            hold_file(key=key, file=file, at=timezone.now())
        except BadInput as refusal:
            errors.append(str(refusal))
    for held in held_files(key):
        if request.POST.get("drop") == str(held.pk):
            let_go(held)
    return errors


def _again(request: HttpRequest) -> HttpResponse:
    """Show what was typed so far, in another language or without a file. Nothing is checked."""
    speak = request.POST.get("speak", "")
    if speak in dict(settings.LANGUAGES):
        translation.activate(speak)
        request.LANGUAGE_CODE = speak
    typed: dict[str, Any] = request.POST.dict()
    if _key(request) is None:
        typed.pop("key", None)
    response = _page(request, ComplaintForm(now=timezone.now(), initial=typed))
    if speak in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, speak, samesite="Lax")
    return response


def _limited(bound: ComplaintForm) -> bool:
    """Return whether this address, or this very text, came too often this hour."""
    factor = _DANGER_FACTOR if bound.cleaned_data["danger"] == YES else 1
    text = " ".join(bound.cleaned_data["description"].split()).casefold()
    by_address = too_often("form", settings.PUBLIC_FORMS_AN_HOUR * factor)
    by_text = too_often("text", settings.PUBLIC_SAME_TEXT_AN_HOUR * factor, of=text)
    return by_address or by_text


def _page(
    request: HttpRequest, shown: ComplaintForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    key = shown["key"].value()
    context: Mapping[str, Any] = {
        "form": shown,
        "phones": phones(),
        "held": held_files(key if isinstance(key, UUID) else UUID(str(key))),
        "limited": status == HTTPStatus.TOO_MANY_REQUESTS,
        "in_danger": shown["danger"].value() == YES,
        "languages": settings.LANGUAGES,
    }
    return render(request, "portal/form.html", context, status=status)


@public("public")
@require_safe
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Show number, code and link of what was just sent, to be kept or printed."""
    link = find_link(token)
    now = timezone.now()
    if link is None or not opens(link, at=now):
        return dead_link(request, token)
    language = translation.get_language() or ""
    context = {
        "status": status_of(link.complaint, language=language, at=now),
        "complaint": link.complaint,
        "token": token,
        "code": code_for(token),
        "address": f"{settings.STATUS_PAGE}{token}/",
        "status_page": settings.STATUS_PAGE,
        "expires_at": link.expires_at,
        "by_mail": bool(link.complaint.complainant and link.complaint.complainant.email),
        "phones": phones(),
    }
    return render(request, "portal/receipt.html", context)


@public("public", found=True)
@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """Say how to complain, as the policy in force has it."""
    language = translation.get_language() or ""
    told = publication(language=language, at=timezone.now())
    return render(request, "portal/how.html", {"told": told, "phones": told.emergency_phones})
