"""What the pages of retention share: who may look, and the tabs."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import actor_of, has
from retention.permissions import everywhere


@dataclass(frozen=True)
class Tab:
    """One page among those that belong together."""

    label: str
    url: str
    current: bool
    count: int | None = None


def reader(request: HttpRequest, permission: str = "retention.view") -> User:
    """Return who asks, if they may read this. Raises PermissionDenied."""
    actor = actor_of(request.user)
    if not has(actor, permission):
        raise PermissionDenied
    return actor


def reader_of_all(request: HttpRequest, permission: str = "retention.view") -> User:
    """Return who asks, if they may read what concerns everything. Raises PermissionDenied."""
    actor = reader(request, permission)
    if not everywhere(actor, permission):
        raise PermissionDenied
    return actor


def tabs(actor: User, current: str) -> list[Tab]:
    """Return the pages of retention that the reader may open."""
    whole = everywhere(actor, "retention.view")
    pages = [
        ("schedule", _("Schedule"), True),
        ("holds", _("Legal holds"), True),
        ("runs", _("Disposal"), whole),
        ("requests", _("People's requests"), everywhere(actor, "retention.read_subjects")),
    ]
    return [
        Tab(label, reverse(f"retention:{name}"), current == name)
        for name, label, shown in pages
        if shown
    ]


def before_of(request: HttpRequest) -> int | None:
    """Return where a page of a list begins, from its address."""
    return number_in(request, "before")


def number_in(request: HttpRequest, name: str) -> int | None:
    """Return a whole number of the address, or None."""
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < len(str(2**63)) else None


def frame(actor: User, current: str, **more: Any) -> dict[str, Any]:
    """Return the context that every page has."""
    return {"tabs": tabs(actor, current), **more}
