"""How django-allauth's sign-in fits this house: nobody signs up, every sign-in is recorded."""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User
from accounts.permissions import actor_of, has, needs_second_factor
from accounts.selectors import SECOND_FACTORS, find_by_username, organisation_name
from accounts.states import SignInFailure
from journal.errors import Refusal


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator; allauth's moments become entries of the journal."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is deactivated. Ask an administrator."),
        "username_password_mismatch": _("The user name or the password is not right."),
        "too_many_login_attempts": _(
            "Too many failed attempts. For your safety signing in is locked for 15 minutes; after"
            " that you can try again. If it was not you, tell an administrator."
        ),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_code": _("This code is not right, or it was used already. Try the next one."),
        "rate_limited": _("Too many attempts. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Refuse sign-up."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Let nobody try a locked account, or a password where none counts; record who did."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._note_failure(credentials, SignInFailure.LOCKED)
            raise
        if settings.PASSWORD_SIGN_IN or request.user.is_authenticated:
            return
        user = find_by_username(str(credentials.get("username", "")))
        if user is not None and not has(user, "accounts.manage"):
            self._note_failure(credentials, SignInFailure.PASSWORD_OFF)
            # The same words as for a wrong password: they tell nobody who an administrator is.
            raise self.validation_error("username_password_mismatch")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a wrong password."""
        asked_again = request.user.is_authenticated
        self._note_failure(
            credentials, SignInFailure.CONFIRMATION if asked_again else SignInFailure.PASSWORD
        )

    def pre_login(
        self, request: HttpRequest, user: User, **hook_kwargs: Any
    ) -> HttpResponse | None:
        """Stop deactivated people after the right password; record that they tried."""
        if not user.is_active:
            services.note_failed_sign_in(user=user, code=SignInFailure.INACTIVE, at=timezone.now())
        response: HttpResponse | None = super().pre_login(request, user, **hook_kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in and record it, both or neither."""
        used = get_authentication_records(request, user)
        second_factor = next((one["type"] for one in reversed(used) if one.get("type")), None)
        by = ""
        if any(one.get("passwordless") for one in used):
            by = "passkey"
        elif any(one.get("method") == "socialaccount" for one in used):
            by = "single_sign_on"
        with services.note_sign_in(
            user=user, second_factor=second_factor, by=by, at=timezone.now()
        ):
            super().login(request, user)

    def logout(self, request: HttpRequest) -> None:
        """Record who signs out, then forget them."""
        user = request.user
        if isinstance(user, User):
            services.note_sign_out(user=user, at=timezone.now())
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """Change one's own password."""
        services.set_password(
            user=user, password=password, one_time=False, actor=user, at=timezone.now()
        )

    def clean_password(self, password: str, user: User | None = None) -> str:
        """Check a new password; the present one is not new."""
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError(_("Choose a password that differs from the present one."))
        return str(super().clean_password(password, user))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead everybody to the first page that is theirs."""
        actor = actor_of(request.user)
        if has(actor, "complaints.view"):
            return str(super().get_login_redirect_url(request))
        if actor.provider is not None:  # suspended, or not at work yet
            return reverse("providers:own")
        managing = has(actor, "accounts.manage")
        return reverse("accounts:people" if managing else "accounts:profile")

    def get_logout_redirect_url(self, _request: HttpRequest) -> str:
        """Lead back to the sign-in page."""
        return reverse("account_login")

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        """Lead back to one's own page."""
        return reverse("accounts:profile")

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        # By account alone: under another host name one must not have another five attempts.
        return str(credentials.get("username", "")).strip().lower()

    def _note_failure(self, credentials: dict[str, Any], code: SignInFailure) -> None:
        user = find_by_username(str(credentials.get("username", "")))
        if user is None:
            user, code = services.system_user(), SignInFailure.UNKNOWN
        services.note_failed_sign_in(user=user, code=code, at=timezone.now())


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on: which provider, and who comes in by it."""

    def list_apps(
        self, _request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the provider that the environment names, if any."""
        oidc = settings.OIDC
        asked = {provider, client_id} - {None, "oidc", "openid_connect", oidc.get("client_id")}
        if not oidc or asked:
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id="oidc",
                name=oidc["name"][0],
                client_id=oidc["client_id"],
                secret=oidc["secret"],
                settings={"server_url": oidc["issuer"], "oauth_pkce_enabled": True},
            )
        ]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in whom the provider vouches for, or say why not. Nothing it says is kept."""
        data = sociallogin.account.extra_data
        sociallogin.account.extra_data = {}
        if sociallogin.account.pk:
            sociallogin.account.save(update_fields=["extra_data"])
        token, profile = data.get("id_token") or {}, data.get("userinfo") or {}
        nonce = sociallogin.state.get("nonce")
        if not nonce or token.get("nonce") != nonce or token.get("sub") != profile.get("sub"):
            self._refuse(request, _("The answer does not belong to your question. Try again."))
        claims, house, now = _claims(token | profile), _house(), timezone.now()
        try:
            if sociallogin.state.get("process") == AuthProcess.CONNECT:
                services.tie_sign_in(
                    user=actor_of(request.user), claims=claims, house=house, at=now
                )
                messages.success(request, _("Your account is tied to single sign-on now."))
                raise ImmediateHttpResponse(redirect("accounts:profile"))
            sociallogin.user = services.admit(claims=claims, house=house, at=now)
        except Refusal as refusal:
            self._refuse(request, str(refusal))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,  # noqa: ARG002 - allauth hands it in by name
        error: str | None = None,
        **_more: Any,
    ) -> None:
        """Say in plain words that nothing came of it."""
        if error == AuthError.CANCELLED:
            self._refuse(request, _("You did not finish signing in at your organisation's page."))
        self._refuse(request, _("The answer does not belong to your question. Try again."))

    def _refuse(self, request: HttpRequest, why: Any) -> NoReturn:
        services.note_failed_sign_in(
            user=services.system_user(), code=SignInFailure.SINGLE_SIGN_ON, at=timezone.now()
        )
        page = "accounts/single_sign_on_refused.html"
        raise ImmediateHttpResponse(
            render(request, page, {"why": why}, status=HTTPStatus.FORBIDDEN)
        )


def _claims(said: Mapping[str, Any]) -> services.Claims:
    oidc = settings.OIDC
    groups = said.get(oidc["groups_claim"]) or []
    return services.Claims(
        provider="oidc",
        uid=str(said["sub"]),
        username=str(said.get(oidc["username_claim"]) or ""),
        name=str(said.get("name") or ""),
        email=str(said.get("email") or ""),
        email_verified=said.get("email_verified") is True,
        groups=frozenset(map(str, groups if isinstance(groups, list) else [groups])),
    )


def _house() -> services.House:
    oidc = settings.OIDC
    return services.House(
        domains=tuple(oidc["domains"]),
        creates=oidc["creates"],
        roles=tuple(services.GroupRole(*parts) for parts in oidc["roles"]),
    )


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: their secrets lie encrypted, and roles may demand one."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "Your role needs a second factor, so it cannot be removed. Ask an administrator to"
            " remove it when the device is lost."
        ),
        "incorrect_code": _("This code is not right, or it was used already. Try the next one."),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret before it goes into the database."""
        return _cipher().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret back."""
        return _cipher().decrypt(encrypted_text).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last second factor of those whose role needs one."""
        if not needs_second_factor(authenticator.user):
            return True
        others = Authenticator.objects.filter(
            user=authenticator.user, type__in=SECOND_FACTORS
        ).exclude(pk=authenticator.pk)
        return bool(others.exists())

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - allauth's
        """Suggest a name for a new passkey."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(number)s") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the organisation in the browser's question, and bind the key to this address."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": organisation_name()}


class UserSessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Ending one's other sessions is recorded."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        """End the sessions and record it."""
        super().end_sessions(sessions)
        if sessions:
            user = sessions[0].user
            services.note_sessions_ended(user=user, actor=user, at=timezone.now())


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(force_bytes(key))) for key in keys])


def _key(secret: bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"second factor " + secret).digest())
