"""The pages of a provider's software: a client is made, given another secret, ended."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Provider, User
from providers.forms.clients import ClientForm
from providers.models import ApiClient
from providers.permissions import MANAGE
from providers.services.clients import NewSecret, create_client, end_client, rotate_secret
from providers.views.common import Sheet, provider_for, reader, run


def _keeper(request: HttpRequest, code: str) -> tuple[User, Provider]:
    actor = reader(request, MANAGE)
    return actor, provider_for(actor, code)


def _client(provider: Provider, pk: int) -> ApiClient:
    return get_object_or_404(
        ApiClient.objects.select_related("provider", "user"), pk=pk, provider=provider
    )


def _back(provider: Provider) -> str:
    return reverse("providers:file", args=[provider.code]) + "#software"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request: HttpRequest, code: str) -> HttpResponse:
    """Let software of a provider call the API; its secret is shown once."""
    actor, provider = _keeper(request, code)

    def work(form: ClientForm) -> HttpResponse:
        made = create_client(**form.cleaned_data, provider=provider, actor=actor, at=timezone.now())
        return _show(request, provider, made)

    sheet = Sheet(
        _("Let software of the provider call the API"),
        _("Create the client"),
        _back(provider),
        provider,
        intro=_("It sees the complaints of its provider, and may do what the contract grants."),
    )
    return run(request, ClientForm(request.POST or None), sheet, work)


def _show(request: HttpRequest, provider: Provider, made: NewSecret) -> HttpResponse:
    context = {"provider": provider, "client": made.client, "secret": made.secret}
    response = render(request, "providers/client_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def client_rotate(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a client another secret; the one before works for a while beside it."""
    actor, provider = _keeper(request, code)
    grace = timedelta(hours=settings.API_SECRET_GRACE_HOURS)
    made = rotate_secret(client=_client(provider, pk), grace=grace, actor=actor, at=timezone.now())
    return _show(request, provider, made)


@login_required
@require_POST
def client_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Let a client call no more."""
    actor, provider = _keeper(request, code)
    end_client(client=_client(provider, pk), actor=actor, at=timezone.now())
    messages.success(request, _("The client has ended; its tokens work no more."))
    return redirect(_back(provider))
