"""The intake that shops put on their phones: it opens without a line, and sends when there is one.

The page itself holds nothing about anybody and is the same for everybody, so that the browser may
keep it. Who somebody is, and whether they may, is asked when the line is there.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import has
from journal.errors import Refusal
from portal.forms import ShopForm
from portal.services.shop import Received, take_from_shop

ASSETS = ("css/base.css", "css/shop.css", "js/shop.js", "js/shop-store.js", "img/mark.svg")


@ensure_csrf_cookie
@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """Show the page that is kept on the device."""
    return render(request, "portal/shop.html", {"form": ShopForm()})


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Say how the page is put on a home screen."""
    start = reverse("portal:shop")
    return JsonResponse(
        {
            "name": _("Complaint intake"),
            "short_name": _("Complaints"),
            "lang": request.LANGUAGE_CODE,
            "id": start,
            "start_url": start,
            "scope": start,
            "display": "standalone",
            "background_color": "#f5f6f8",
            "theme_color": "#2450b8",
            "icons": [
                {
                    "src": staticfiles_storage.url("img/mark.svg"),
                    "type": "image/svg+xml",
                    "sizes": "any",
                    "purpose": "any",
                }
            ],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker, with the addresses of what the page needs."""
    assets = [staticfiles_storage.url(name) for name in ASSETS]
    context = {"page": reverse("portal:shop"), "assets": assets}
    response = render(request, "portal/worker.js", context, content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"  # a new one is noticed at the next visit
    return response


@require_safe
def who(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, and whether they take complaints down."""
    user = request.user
    if not isinstance(user, User):
        return _no(HTTPStatus.UNAUTHORIZED, _("Please sign in."), "signed_out")
    return JsonResponse({"id": user.pk, "name": str(user), "may": has(user, "complaints.receive")})


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Take one complaint that waited on a device. The same key is the same complaint."""
    user, now = request.user, timezone.now()
    if not isinstance(user, User):
        return _no(HTTPStatus.UNAUTHORIZED, _("Please sign in."), "signed_out")
    form = ShopForm(request.POST)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        return _no(HTTPStatus.UNPROCESSABLE_ENTITY, str(errors[0]), "invalid", field=field)
    given = form.cleaned_data
    try:
        received = take_from_shop(
            words=form.words,
            captured_at=_captured(given["captured_at"], given["sent_at"], now),
            captured_by=given["captured_by"],
            take_over=given["take_over"],
            files=request.FILES.getlist("uploads"),
            actor=user,
            at=now,
        )
    except Refusal as refusal:
        status = refusal.status or HTTPStatus.CONFLICT
        return _no(status, str(refusal), refusal.code, field=refusal.field)
    status = HTTPStatus.CREATED if received.new else HTTPStatus.OK
    return JsonResponse(_receipt(received), status=status)


def _receipt(received: Received) -> dict[str, Any]:
    complaint = received.complaint
    return {
        "warning": " ".join(received.refused),
        "reference": complaint.reference,
        "url": reverse("complaints:complaint", args=[complaint.reference]),
        "captured_at": complaint.received_at.isoformat(),
        "recorded_at": complaint.recorded_at.isoformat(),
    }


def _captured(captured_at: str, sent_at: str, now: datetime) -> datetime:
    """Return when a complaint was taken down, by our clock.

    A device's clock may be wrong, but the time between two of its moments is right.
    """
    captured, sent = parse_datetime(captured_at), parse_datetime(sent_at)
    if captured is None or sent is None or not (captured.tzinfo and sent.tzinfo):
        return now
    return now - max(sent - captured, timedelta(0))


def _no(status: int, message: str, code: str, *, field: str = "") -> JsonResponse:
    return JsonResponse({"error": message, "code": code, "field": field}, status=int(status))
