"""The operator's pages: what hangs in the outbox, and whether the record is intact."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from journal import selectors
from journal.permissions import may_operate, may_verify
from journal.rules import GIVE_UP_AFTER, QUICKLY_PROVEN
from journal.services import prove_journal, retry_delivery


@login_required
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Show how the outbox stands and the deliveries that hang."""
    _operator(request)
    after = request.GET.get("after", "")
    page = selectors.hanging_page(after=int(after) if after.isdecimal() else 0)
    context = {"state": selectors.outbox_state(), "page": page, "give_up_after": GIVE_UP_AFTER}
    return render(request, "journal/operations.html", context)


@login_required
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a delivery again at once."""
    actor = _operator(request)
    delivery = get_object_or_404(selectors.hanging(), pk=pk)
    retry_delivery(delivery_id=delivery.pk, actor=actor, at=timezone.now())
    messages.success(request, _("The delivery will be tried again within a few seconds."))
    return redirect("journal:operations")


@login_required
@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """Show the last proof of the record and the last seals."""
    if not may_verify(request.user):
        raise PermissionDenied
    context = {
        "verification": selectors.last_verification(),
        "seals": selectors.last_seals(),
        "small": selectors.about_how_many_entries() <= QUICKLY_PROVEN,
        "may_operate": may_operate(request.user),
    }
    return render(request, "journal/record.html", context)


@login_required
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Prove the record now, when it is small enough to wait for."""
    user = request.user
    small = selectors.about_how_many_entries() <= QUICKLY_PROVEN
    if not may_verify(user) or not isinstance(user, AbstractBaseUser) or not small:
        raise PermissionDenied
    prove_journal(actor=user, at=timezone.now())
    return redirect("journal:record")


def _operator(request: HttpRequest) -> AbstractBaseUser:
    user = request.user
    if not may_operate(user) or not isinstance(user, AbstractBaseUser):
        raise PermissionDenied
    return user
