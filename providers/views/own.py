"""What people of a provider see of its file: their own page, and what they confirm there."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Provider, User
from accounts.permissions import actor_of
from providers.models import Requirements
from providers.selectors.file import file_of, open_suspension
from providers.selectors.words import extras_in, fields_in, matrix_words, topics_in
from providers.services.requirements import confirm_requirements
from providers.views.common import because_words


def own_provider(actor: User) -> Provider:
    """Return the provider somebody works for. Raises PermissionDenied for everybody else."""
    if actor.provider is None or actor.is_client:
        raise PermissionDenied
    return actor.provider


@login_required
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """Show people of a provider the part of the file that is about their work."""
    actor = actor_of(request.user)
    provider = own_provider(actor)
    found = file_of(provider, timezone.localdate())
    contract = found.standing.contract
    context = {
        "provider": provider,
        "standing": found.standing,
        "because": because_words(found.standing.because),
        "requirements": found.requirements[0] if found.requirements else None,
        "topics": topics_in(found.requirements[0] if found.requirements else None),
        "contract": contract,
        "matrix": matrix_words(contract.duties) if contract else [],
        "extras": extras_in(contract.granted) if contract else [],
        "fields": fields_in(contract.shown_fields) if contract else [],
        "quarters": found.quarters,
        "plans": found.plans,
        "suspension": open_suspension(provider),
    }
    return render(request, "providers/own.html", context)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm, for one's provider, what it was told."""
    actor = actor_of(request.user)
    told = get_object_or_404(Requirements, pk=pk, provider=own_provider(actor))
    confirm_requirements(requirements_id=told.pk, actor=actor, at=timezone.now())
    messages.success(request, _("Confirmed for your organisation."))
    return redirect("providers:own")
