"""What goes wrong, told as application/problem+json (RFC 9457): one shape, made in one place."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from journal.errors import Refusal
from providers.errors import Invalid, ScopeMissing, TooManyCalls

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
KIND = "urn:redress:problem:"

TITLES: Mapping[int, Any] = {
    400: _("The request cannot be read"),
    401: _("Sign-in is needed"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("No such method here"),
    406: _("No such format here"),
    409: _("Not possible now"),
    410: _("No longer there"),
    411: _("The length is missing"),
    412: _("Changed in the meantime"),
    413: _("Too large"),
    415: _("This format is not read here"),
    422: _("Cannot be accepted"),
    429: _("Too many calls"),
    500: _("An error on our side"),
}
_SAID: Mapping[int, tuple[str, Any]] = {
    400: ("malformed", _("The body is not what its Content-Type says.")),
    401: ("unauthenticated", _("Send the token as “Authorization: Bearer …”.")),
    403: ("not_allowed", _("This client may not do this.")),
    404: ("not_found", _("There is nothing here for this client.")),
    405: ("method_not_allowed", _("This address takes other methods: see the Allow header.")),
    406: ("not_acceptable", _("Answers are application/json.")),
    411: ("length_required", _("Send the length of the body (Content-Length).")),
    413: ("too_large", _("The request is larger than allowed here.")),
    415: ("unsupported_media_type", _("Send what the API's description names.")),
    429: ("too_many_calls", _("Wait until the minute is over.")),
    500: ("error", _("The error has been noted. The same request may be sent again later.")),
}


def problem(
    status: int,
    *,
    code: str = "",
    detail: Any = "",
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """Return a problem as an answer; `more` are extension members."""
    usual = _SAID.get(status, ("refused", ""))
    body = {
        "type": KIND + (code or usual[0]),
        "title": str(TITLES.get(status, HTTPStatus(status).phrase)),
        "status": int(status),
        "detail": str(detail or usual[1]),
        **more,
    }
    if errors:
        body["errors"] = [dict(error) for error in errors]
    # What was sent is named in the answer: half a character of it must not break the answer.
    text = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return HttpResponse(text, status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


def refused(refusal: Refusal) -> HttpResponse:
    """Return the answer to a refusal of any verb: its status, its code, its sentence."""
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(refusal, Invalid):
        errors = [_fault(*fault) for fault in refusal.faults]
    else:
        errors = []
        if refusal.field:
            errors = [_fault(pointer_of(refusal.field), refusal.code, refusal.message)]
    if isinstance(refusal, TooManyCalls):
        headers |= {"Retry-After": str(refusal.wait), **refusal.headers}
    if isinstance(refusal, ScopeMissing):
        headers["WWW-Authenticate"] = (
            f'Bearer realm="redress", error="insufficient_scope", scope="{refusal.scope}"'
        )
    # A move that is not possible says why, and what is (complaints.errors.MoveRefused).
    for name in ("reasons", "possible"):
        said = getattr(refusal, name, None)
        if said is not None:
            more[name] = [str(item) for item in said]
    # Anything else that a refusal wants machines to know.
    more |= getattr(refusal, "more", {})
    return problem(
        refusal.status,
        code=refusal.code,
        detail=refusal.message,
        errors=errors,
        headers=headers,
        **more,
    )


def pointer_of(field: str) -> str:
    """Return the JSON pointer of a field that a verb names, or the name of a header as it is."""
    return field if "-" in field else "/" + field.replace(".", "/")


def _fault(pointer: str, code: str, detail: Any) -> dict[str, Any]:
    return {"pointer": pointer, "code": code, "detail": str(detail)}


def answer(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn an exception into its problem; None for faults of ours, which are raised on.

    The one exception handler of the API (settings.REST_FRAMEWORK).
    """
    if isinstance(error, Refusal):
        return refused(error)
    if isinstance(error, exceptions.APIException):
        return _of_the_library(error, context)
    status = next((status for kinds, status in _STATUS if isinstance(error, kinds)), None)
    return None if status is None else problem(status)


_STATUS: Sequence[tuple[tuple[type[Exception], ...], int]] = (
    ((Http404, ObjectDoesNotExist), HTTPStatus.NOT_FOUND),
    ((PermissionDenied,), HTTPStatus.FORBIDDEN),
    ((RequestDataTooBig,), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ((UnreadablePostError, SuspiciousOperation), HTTPStatus.BAD_REQUEST),
)


def _of_the_library(error: exceptions.APIException, context: Mapping[str, Any]) -> HttpResponse:
    headers: dict[str, str] = {}
    code, detail = "", ""
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
        if isinstance(error, exceptions.AuthenticationFailed):
            headers["WWW-Authenticate"] += ', error="invalid_token"'
            code, detail = "invalid_token", str(error.detail)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if isinstance(error, exceptions.ParseError) and error.detail != error.default_detail:
        detail = str(error.detail)
    return problem(error.status_code, code=code, detail=detail, headers=headers)
