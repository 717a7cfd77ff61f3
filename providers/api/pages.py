"""Pages by cursor: the next one begins behind a row, never behind a count of rows."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from providers.api.fields import Strict, Text, Whole
from providers.api.operations import Answer, Call
from providers.errors import Invalid

PAGE, LARGEST_PAGE = 50, 200


class PageQuery(Strict):
    """What every list may be asked."""

    cursor = Text(
        longest=200,
        letters="^[A-Za-z0-9_-]*$",
        required=False,
        help_text="From `next` or `previous`; opaque.",
    )
    page_size = Whole(least=1, most=LARGEST_PAGE, required=False, default=PAGE)


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind a mark, before one, or with neither at the start."""

    after: str = ""
    before: str = ""


def place_of(call: Call) -> Place:
    """Return where the asked page begins. Raises Invalid naming `cursor`."""
    cursor = call.asked.get("cursor", "")
    if not cursor:
        return Place()
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        way, _colon, mark = base64.urlsafe_b64decode(padded).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        way, mark = "", ""
    if way not in {"a", "b"} or not mark:
        raise BadCursor
    return Place(after=mark) if way == "a" else Place(before=mark)


class BadCursor(Invalid):
    """A cursor that no page of ours has named."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__([("?cursor", "invalid", _("Take cursors from next and previous only."))])


def page_answer(
    call: Call, results: Sequence[Any], *, after: str = "", before: str = "", **more: Any
) -> Answer:
    """Return a page: its rows, and the addresses of the pages behind and before it."""
    return Answer(
        {
            "results": results,
            "next": _link(call, "a", after),
            "previous": _link(call, "b", before),
            **more,
        }
    )


def _link(call: Call, way: str, mark: str) -> str | None:
    if not mark:
        return None
    cursor = base64.urlsafe_b64encode(f"{way}:{mark}".encode()).decode().rstrip("=")
    kept = {name: value for name, value in call.said.items() if name != "cursor"}
    return f"{call.address}?{urlencode({**kept, 'cursor': cursor})}"


def page_of(shape: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the shape of a page of these rows, for the description of the API."""
    name = f"{shape.__name__.removesuffix('Shape')}Page"
    fields = {
        "results": shape(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "__doc__": f"A page of {shape.__name__.removesuffix('Shape')} rows.",
        "__module__": __name__,
    }
    return type(name, (serializers.Serializer,), fields)
