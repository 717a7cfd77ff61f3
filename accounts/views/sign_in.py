"""Signing in and second factors: allauth's pages, with each change entered in the journal."""

from typing import Any

from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.base.views import AuthenticateView, IndexView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator

from accounts import services
from accounts.permissions import actor_of, needs_second_factor
from accounts.selectors import has_second_factor, passkeys_of, provider_name
from accounts.states import SecondFactorChange, SignInFailure
from accounts.views.passkeys import passkey_trouble


class SignIn(LoginView):  # type: ignore[misc]
    """Who are you? By password, passkey or single sign-on, as far as each is open here."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the page which ways are open."""
        return {
            **super().get_context_data(**kwargs),
            "single_sign_on": provider_name(),
            "passwords": settings.PASSWORD_SIGN_IN,
        }


@method_decorator(login_required, name="dispatch")
class ChangePassword(PasswordChangeView):  # type: ignore[misc]
    """A new password in the place of one's own; whoever has none is told how they get one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form to those who have a password to be replaced."""
        user = actor_of(request.user)
        if user.has_usable_password():
            response: HttpResponse = super().dispatch(request, *args, **kwargs)
            return response
        # allauth would let them choose one; here passwords are given by an administrator.
        return render(request, "account/password_none.html")


class SecondFactors(IndexView):  # type: ignore[misc]
    """What somebody has beside a password; the page before all others where a role needs it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the page whether it must be answered before all others."""
        user = actor_of(self.request.user)
        return {
            **super().get_context_data(**kwargs),
            "second_factor_due": needs_second_factor(user) and not has_second_factor(user),
            "passkeys": passkeys_of(user),
            **passkey_trouble(self.request),
        }


class AskSecondFactor(AuthenticateView):  # type: ignore[misc]
    """The second step of signing in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer only what the person has: a passkey, a code, or either."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        kinds = set(
            Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True)
        )
        context["has_passkey"] = Authenticator.Type.WEBAUTHN in kinds
        context["has_code"] = bool(kinds - {Authenticator.Type.WEBAUTHN})
        return context

    def form_invalid(self, form: Form) -> HttpResponse:
        """Record a wrong code."""
        services.note_failed_sign_in(
            user=self.stage.login.user, code=SignInFailure.SECOND_FACTOR, at=timezone.now()
        )
        response: HttpResponse = super().form_invalid(form)
        return response


class AskSecondFactorAgain(ReauthenticateView):  # type: ignore[misc]
    """A code asked for once more before something delicate."""

    def form_invalid(self, form: Form) -> HttpResponse:
        """Record a wrong code."""
        services.note_failed_sign_in(
            user=actor_of(self.request.user), code=SignInFailure.SECOND_FACTOR, at=timezone.now()
        )
        response: HttpResponse = super().form_invalid(form)
        return response


class SetUpSecondFactor(ActivateTOTPView):  # type: ignore[misc]
    """Set up an authenticator app."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the page whether it must be answered before all others."""
        due = needs_second_factor(actor_of(self.request.user))
        return {**super().get_context_data(**kwargs), "second_factor_due": due}

    def form_valid(self, form: Form) -> HttpResponse:
        """Set it up and record it."""
        with services.changed_second_factor(
            user=actor_of(self.request.user), change=SecondFactorChange.ADDED, at=timezone.now()
        ):
            response: HttpResponse = super().form_valid(form)
        return response


class RemoveSecondFactor(DeactivateTOTPView):  # type: ignore[misc]
    """Remove one's authenticator app."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it and record it."""
        with services.changed_second_factor(
            user=actor_of(self.request.user), change=SecondFactorChange.REMOVED, at=timezone.now()
        ):
            response: HttpResponse = super().form_valid(form)
        return response


class MakeRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """Make new recovery codes; the old ones are void."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Make them and record it."""
        with services.changed_second_factor(
            user=actor_of(self.request.user), change=SecondFactorChange.CODES, at=timezone.now()
        ):
            response: HttpResponse = super().form_valid(form)
        return response
