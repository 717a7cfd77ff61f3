"""The link by which somebody sets their first password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.forms import FirstPasswordForm
from accounts.selectors import open_invitation
from journal.errors import Refusal


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for the first password; the link works once, and shows nothing of anybody before."""
    now = timezone.now()
    found = open_invitation(secret, now)
    if found is None:
        return render(request, "accounts/invitation_over.html", status=410)
    form = FirstPasswordForm(request.POST or None, user=found.user)
    if request.method == "POST" and form.is_valid():
        try:
            services.accept_invitation(
                secret=secret, password=form.cleaned_data["password1"], at=now
            )
        except Refusal as refusal:
            form.add_error("password1" if refusal.field else None, str(refusal))
        else:
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect("account_login")
    context = {"form": form, "person": found.user}
    response = render(request, "accounts/invitation.html", context)
    # The secret stands in the address: it must not travel on with a link.
    response["Referrer-Policy"] = "no-referrer"
    return response
