"""What operations the API has, found among the addresses."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver

from providers.api.views import ApiView


def operations(resolver: URLResolver) -> Iterator[tuple[str, str, Any]]:
    """Yield name, method and view of each operation."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from operations(pattern)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if view is None or not issubclass(view, ApiView):
                continue
            for method in ("get", "post", "put", "patch", "delete"):
                said = getattr(getattr(view, method, None), "operation", None)
                if said is not None:
                    yield said.name, method, view
