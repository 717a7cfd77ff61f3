"""Passkeys: allauth's views in our words, with each change entered in the journal.

Every key is asked to prove who holds it (finger, face or PIN) and to keep the account's name:
so one key is enough to sign in, with or without the password before it.
"""

from typing import Any

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services
from accounts.permissions import actor_of, needs_second_factor
from accounts.rules import LOOPBACK, gives_passkeys, name_of
from accounts.states import SecondFactorChange, SignInFailure


def passkey_trouble(request: HttpRequest) -> dict[str, Any]:
    """Return what a page says where browsers give out no passkeys, and where they would."""
    host = request.get_host()
    if gives_passkeys(host, secure=request.is_secure()):
        return {}
    if name_of(host) not in LOOPBACK:
        return {"passkeys_not_here": True}
    here = request.build_absolute_uri(request.get_full_path())
    return {
        "passkeys_not_here": True,
        "passkeys_at": here.replace(f"//{host}/", f"//localhost{host[len(name_of(host)) :]}/", 1),
    }


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """Make a passkey and give it a name."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask the browser for a key that signs in alone."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = actor_of(self.request.user)
        context["options"] = auth.begin_registration(user, passwordless=True)
        context["second_factor_due"] = needs_second_factor(user)
        return context | passkey_trouble(self.request)

    def form_valid(self, form: Form) -> HttpResponse:
        """Keep it and record it."""
        with services.changed_second_factor(
            user=actor_of(self.request.user),
            change=SecondFactorChange.PASSKEY_ADDED,
            at=timezone.now(),
        ):
            response: HttpResponse = super().form_valid(form)
        return response


class RenamePasskey(EditWebAuthnView):  # type: ignore[misc]
    """Give a passkey another name."""

    success_url = reverse_lazy("mfa_index")


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey."""

    success_url = reverse_lazy("mfa_index")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keep the last second factor of those whose role needs one."""
        own = Authenticator.objects.filter(
            user=request.user.pk, type=Authenticator.Type.WEBAUTHN, pk=kwargs["pk"]
        ).first()
        if own is not None and not get_adapter().can_delete_authenticator(own):
            messages.error(
                request, str(get_adapter().error_messages["cannot_delete_authenticator"])
            )
            return redirect("mfa_index")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it and record it."""
        with services.changed_second_factor(
            user=actor_of(self.request.user),
            change=SecondFactorChange.PASSKEY_REMOVED,
            at=timezone.now(),
        ):
            response: HttpResponse = super().form_valid(form)
        return response


class SignInWithPasskey(LoginWebAuthnView):  # type: ignore[misc]
    """Sign in with a passkey alone. What the browser sends is nobody's until it is proved."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Sign in, and go on to where the person was led from."""
        key = form.cleaned_data["credential"]
        login = Login(user=key.user, redirect_url=get_next_redirect_url(self.request))
        response: HttpResponse = flows.perform_passwordless_login(self.request, key, login)
        return response

    def form_invalid(self, _form: Form) -> HttpResponse:
        """Record that a key was refused."""
        services.note_failed_sign_in(
            user=services.system_user(), code=SignInFailure.PASSKEY, at=timezone.now()
        )
        messages.error(self.request, _("This passkey was not accepted."))
        return redirect("account_login")


class PasskeyAgain(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """A passkey once more, before something delicate."""

    def form_invalid(self, _form: Form) -> HttpResponse:
        """Record that a key was refused, and ask again."""
        services.note_failed_sign_in(
            user=actor_of(self.request.user), code=SignInFailure.PASSKEY, at=timezone.now()
        )
        messages.error(self.request, _("This passkey was not accepted."))
        return redirect(self.request.get_full_path())
