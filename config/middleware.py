"""Around every request: a log line without personal data, and refusals told in one place."""

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from journal.errors import Refusal

log = structlog.get_logger(__name__)
Layer = Callable[[HttpRequest], HttpResponse]


# What stands in an address behind these words opens somebody's complaint.
_SECRET = re.compile(r"(/complain/(?:status|received|answer)/)(?!again/)[^/\s\"']+")


class WithoutTokens(logging.Filter):
    """Takes the secrets of personal links out of whatever is logged with an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a line; let every line through."""
        line = record.getMessage() if isinstance(record.msg, str) else ""
        if _SECRET.search(line):
            record.msg, record.args = _SECRET.sub(r"\1…", line), ()
        return True


class RequestLogMiddleware:
    """One line per request: method, route, status, time, who by id. Never a query or a body."""

    def __init__(self, get_response: Layer) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and log."""
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        user = getattr(request, "user", None)
        log.info(
            "request",
            method=request.method,
            route=match.view_name if match else None,
            status=response.status_code,
            ms=round((time.perf_counter() - began) * 1000, 1),
            user=user.pk if user is not None and user.is_authenticated else None,
        )
        return response


class RefusalMiddleware:
    """Answer a refused move with its status and its reason, as a page or as a fragment."""

    def __init__(self, get_response: Layer) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; process_exception does the work."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a Refusal into an answer; leave everything else alone."""
        if not isinstance(error, Refusal):
            return None
        template = "_refusal.html" if request.headers.get("HX-Request") else "refusal.html"
        status = error.status or HTTPStatus.CONFLICT
        return render(request, template, {"refusal": error}, status=status)
