"""What the pages of providers share: who may look, which provider, and a page with one form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Provider, User
from accounts.permissions import actor_of, has
from journal.errors import Refusal
from providers.forms import tell
from providers.permissions import VIEW
from providers.selectors.file import providers_visible_to
from providers.selectors.words import REASON_WORDS


def reader(request: HttpRequest, permission: str = VIEW) -> User:
    """Return who asks, if they may. Raises PermissionDenied."""
    actor = actor_of(request.user)
    if not has(actor, permission):
        raise PermissionDenied
    return actor


def provider_for(actor: User, code: str) -> Provider:
    """Return a provider that exists for the actor. Raises Http404."""
    return get_object_or_404(providers_visible_to(actor), code=code)


def because_words(codes: Sequence[str]) -> list[Any]:
    """Return why nothing is granted, in words."""
    return [REASON_WORDS[code] for code in codes]


@dataclass(frozen=True)
class Sheet:
    """A page with one form: its words, where it leads back to, and what it does."""

    title: Any
    label: Any  # of the main button
    back: str
    provider: Provider | None = None
    intro: Any = ""
    danger: bool = False
    template: str = "providers/sheet.html"


def run(
    request: HttpRequest,
    form: Any,
    sheet: Sheet,
    work: Callable[[Any], HttpResponse],
) -> HttpResponse:
    """Show a form, or do its work; a refusal lands beside the field it is about."""
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                return work(form)
            except Refusal as refusal:
                if refusal.status == HTTPStatus.FORBIDDEN:
                    raise
                _tell(form, refusal)
                status = HTTPStatus(refusal.status)
    context = {"form": form, "sheet": sheet, "provider": sheet.provider}
    return render(request, sheet.template, context, status=status)


def _tell(form: forms.Form, refusal: Refusal) -> None:
    own = getattr(form, "tell", None)
    if own is not None:
        own(refusal.field, str(refusal))
    else:
        tell(form, refusal)
