"""One's own pages: profile and language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from accounts import selectors, services
from accounts.forms import ProfileForm
from accounts.models import User
from accounts.permissions import actor_of, needs_second_factor


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show one's own account; change name and language."""
    actor = actor_of(request.user)
    form = ProfileForm(
        request.POST or None,
        initial={"display_name": actor.display_name, "language": actor.language},
    )
    if request.method == "POST" and form.is_valid():
        services.change_profile(actor=actor, at=timezone.now(), **form.cleaned_data)
        if actor.language:
            translation.activate(actor.language)
        messages.success(request, _("Your account was changed."))
        return redirect("accounts:profile")
    context = {
        "form": form,
        "second_factor": selectors.has_second_factor(actor),
        "second_factor_due": needs_second_factor(actor),
        "single_sign_on": selectors.provider_name(),
        "linked": selectors.is_linked(actor),
        "sign_ins": selectors.recent_sign_ins(actor),
    }
    return render(request, "accounts/profile.html", context)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of all pages, for good when signed in; come back to where one was."""
    chosen = request.POST.get("language", "")
    if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES):
        services.change_profile(actor=request.user, at=timezone.now(), language=chosen)
    response: HttpResponse = set_language(request)
    return response
