"""What all pages without an account share: their language, their headers, whose door it is."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from complaints.selectors.policy import policy_in_force
from journal.origin import current_origin, origin
from portal.selectors.publication import emergency_phones
from portal.services.files import MOST_FILES

View = Callable[..., HttpResponseBase]
_ROOM_FOR_WORDS = 1024 * 1024


def public(door: str, *, found: bool = False) -> Callable[[View], View]:
    """Make a page for people without an account.

    Work is recorded as coming through this door. The address may hold a secret: it is sent to
    nobody as a referrer, and nothing is kept by caches; search engines stay out unless the page is
    to be `found`. There is no session that another site could misuse, so no token is demanded: a
    complaint must not be lost because a browser takes no cookies.
    """

    def around(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def inner(request: HttpRequest, *args: object, **parts: object) -> HttpResponseBase:
            chosen = _speak(request)
            with origin(door, current_origin().address):
                response = _too_big(request) or view(request, *args, **parts)
            response.headers["Referrer-Policy"] = "no-referrer"
            if not found:
                response.headers["X-Robots-Tag"] = "noindex, nofollow"
                response.headers["Cache-Control"] = "no-store"
            if chosen:
                response.set_cookie(
                    settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax", max_age=365 * 86400
                )
            return response

        return inner

    return around


def _speak(request: HttpRequest) -> str:
    """Switch to the language that the page was asked for in; return it, or nothing."""
    chosen = request.GET.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return ""
    translation.activate(chosen)
    request.LANGUAGE_CODE = chosen
    return chosen


def _too_big(request: HttpRequest) -> HttpResponse | None:
    """Refuse what is far more than a form with its files, before any of it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    most = MOST_FILES * settings.ATTACHMENT_MAX_BYTES + _ROOM_FOR_WORDS
    if length.isdecimal() and int(length) <= most:
        return None
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return render(request, "portal/too_big.html", {"phones": phones()}, status=status)


def phones() -> list[tuple[str, str]]:
    """Return whom to call in danger, in the present language."""
    says = policy_in_force(timezone.now()).says
    return emergency_phones(says, translation.get_language() or "")
