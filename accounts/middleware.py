"""What each request carries: where it comes from, whose it is, and in which language."""

import time
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import needs_second_factor
from accounts.selectors import has_second_factor, standing_in
from journal.origin import origin

Layer = Callable[[HttpRequest], HttpResponse]

RENEWED = "renewed_at"
# Pages that still answer while a password or a second factor is due.
OPEN_WHILE_DUE = frozenset(
    {
        "account_change_password",
        "account_logout",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
        "mfa_reauthenticate",
        "accounts:language",
        "healthz",
        "readyz",
    }
)


class PersonMiddleware:
    """Mark the request's work as coming from a page; speak the person's own language."""

    def __init__(self, get_response: Layer) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer within the person's language and origin."""
        # The person, not the stand-in that looks them up when asked for: a list asks 1,500 times.
        user = request.user = get_user(request)
        if isinstance(user, User) and user.is_client:
            logout(request)  # programs have a door of their own; no session is theirs
        elif isinstance(user, User):
            if user.language:
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
            _renew(request)
            standing_in(user, timezone.now())
        with origin("web", _address(request), sandbox=_tries_out(user)):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Lead people to what is due before anything else: a password, a second factor."""
        user = request.user
        if not isinstance(user, User) or request.resolver_match is None:
            return None
        if request.resolver_match.view_name in OPEN_WHILE_DUE:
            return None
        due = _due(user)
        if due is None:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(reverse(due))
        return redirect(due)


def _tries_out(user: object) -> bool:
    """Return whether the person works for a provider that tries things out."""
    return isinstance(user, User) and user.provider is not None and user.provider.is_test


def _address(request: HttpRequest) -> str:
    """Return the client's address as sign-in counts it; none over a bare socket."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""


def _renew(request: HttpRequest) -> None:
    """Count the idle time anew, but write the session only now and then.

    What a timer on an open page asks for is no sign of a person: pages mark it with X-Timer.
    """
    if request.headers.get("X-Timer"):
        return
    now = int(time.time())
    if now - request.session.get(RENEWED, 0) > settings.SESSION_COOKIE_AGE / 10:
        request.session[RENEWED] = now


def _due(user: User) -> str | None:
    if user.must_change_password:
        return "account_change_password"
    if needs_second_factor(user) and not has_second_factor(user):
        return "mfa_index"
    return None
