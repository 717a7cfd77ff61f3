"""POST /oauth/token/: id and secret against a token for an hour (RFC 6749, 4.4)."""

import json
from http import HTTPStatus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from journal.origin import current_origin, origin
from providers.api.limits import count_call
from providers.authentication.oauth import token_server
from providers.errors import TooManyCalls

log = structlog.get_logger(__name__)
FORM = "application/x-www-form-urlencoded"
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Answer with a token, or with the error that RFC 6749, 5.2 names."""
    address = current_origin().address
    try:
        limits = count_call(f"token:{address}", settings.API_TOKENS_A_MINUTE)
    except TooManyCalls as refusal:
        waiting = {"Retry-After": str(refusal.wait), **refusal.headers}
        return _error("slow_down", str(refusal), HTTPStatus.TOO_MANY_REQUESTS, waiting)
    if request.content_type != FORM:
        return _error("invalid_request", f"The body must be {FORM}.", HTTPStatus.BAD_REQUEST)
    with origin("api", address):
        headers, body, status = token_server().create_token_response(
            request.build_absolute_uri(),
            "POST",
            request.body.decode("utf-8", "replace"),
            {"Authorization": request.headers.get("Authorization", "")},
        )
    if status != HTTPStatus.OK:
        log.warning("token_refused", status=status)
    if status == HTTPStatus.UNAUTHORIZED:  # how a client may prove itself (RFC 6749, 5.2)
        headers["WWW-Authenticate"] = 'Basic realm="redress"'
    return HttpResponse(body, status=status, headers={**headers, **limits, **_NEVER_KEPT})


def _error(
    code: str, description: str, status: int, headers: dict[str, str] | None = None
) -> HttpResponse:
    body = json.dumps({"error": code, "error_description": description}, ensure_ascii=False)
    return HttpResponse(
        body,
        status=status,
        content_type="application/json",
        headers={**(headers or {}), **_NEVER_KEPT},
    )
