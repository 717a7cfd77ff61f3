"""Opening an emergency: through the reader's eyes, a confidential one only for a reason."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import actor_of
from complaints.models import Complaint
from complaints.selectors.access import may_read_now
from complaints.selectors.page import complaint_for
from emergencies.permissions import may_view

View = Callable[..., HttpResponseBase]


def viewer(request: HttpRequest) -> User:
    """Return who looks at rota and exercises. Raises PermissionDenied."""
    actor = actor_of(request.user)
    if not may_view(actor):
        raise PermissionDenied
    return actor


def existing(actor: User, reference: str) -> Complaint:
    """Return a complaint that exists for the actor. Raises Http404 otherwise."""
    complaint = complaint_for(actor, reference)
    if complaint is None:
        raise Http404
    return complaint


def with_emergency(view: View) -> View:
    """Hand a view the actor and a complaint that they may read now and that is or was an emergency.

    Answers 404 where it is none for them; a confidential one asks for a reason first.
    """

    @wraps(view)
    def inner(request: HttpRequest, reference: str, **parts: Any) -> HttpResponseBase:
        actor = actor_of(request.user)
        complaint = existing(actor, reference)
        if complaint.emergency_declared_at is None:
            raise Http404
        if not may_read_now(complaint, actor, at=timezone.now()):
            onward = reverse("emergencies:situation", args=[complaint.reference])
            address = reverse("complaints:confidential", args=[complaint.reference])
            return redirect(f"{address}?{urlencode({'next': onward})}")
        return view(request, actor, complaint, **parts)

    return inner
