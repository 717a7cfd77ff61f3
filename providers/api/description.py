"""GET openapi.json and docs/: the description of the API, for machines and for people."""

import json
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from providers.api.schema import components, link_together


@cache
def described() -> dict[str, Any]:
    """Return the description: of this version, in English, the same wherever it is drawn."""
    with translation.override("en"):
        drawn: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        drawn["components"] |= components()
        link_together(drawn)
    plain: dict[str, Any] = json.loads(json.dumps(drawn, default=str))
    return plain


def as_yaml() -> str:
    """Return the description as it lies in docs/api/v1.yaml."""
    return yaml.safe_dump(described(), allow_unicode=True, sort_keys=False, width=100)


@cache
def _as_json() -> str:
    return json.dumps(described(), ensure_ascii=False)


@require_safe
def description(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Return the description; it holds nothing but names, so nobody needs to sign in."""
    return HttpResponse(
        _as_json(),
        content_type="application/vnd.oai.openapi+json;version=3.1",
        headers={"Cache-Control": "public, max-age=300"},
    )


@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """Show pages to read and try it, from assets of our own."""
    return render(request, "api/docs.html", {"version": settings.SPECTACULAR_SETTINGS["VERSION"]})
