"""Single sign-on by OpenID Connect: begin, come back, tie and untie one's account.

Authorisation code with PKCE; state and nonce are kept in the session; the ID token's signature,
issuer, audience and times are checked, and that the profile is about the same person. It begins
with a link, not with a form, so that the page need not name the provider's address.
"""

import secrets
from typing import Any

import jwt
import requests
from allauth.account.decorators import reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.permissions import actor_of

PROVIDER = "oidc"
# Only what the provider alone can sign: never "none", never a secret that both know.
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
CLOCKS_DIFFER = 30  # seconds at most
_FAULTS = (requests.RequestException, OAuth2Error, ValueError, KeyError)


class Checked(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """allauth's client, which also checks what it may leave unchecked over TLS."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says of itself, if it is the one we were told of."""
        config: dict[str, Any] = super().openid_config
        expected = self.get_provider().app.settings["server_url"]
        if config["issuer"].rstrip("/") != expected.rstrip("/"):
            raise OAuth2Error("the provider names another issuer")
        return config

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        """Return what the ID token says, if the provider signed it for us and it still holds."""
        try:
            token: dict[str, Any] = jwt.decode(
                id_token,
                self._key_of(id_token).key,
                algorithms=SIGNATURES,
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                leeway=CLOCKS_DIFFER,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("the ID token is not valid") from error
        return token

    def _key_of(self, id_token: str) -> jwt.PyJWK:
        kid = jwt.get_unverified_header(id_token).get("kid")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        # A provider with a single key need not name it (OpenID Connect Core, 10.1).
        fitting = [key for key in keys if kid is None or key.key_id == kid]
        if len(fitting) != 1:
            raise OAuth2Error("the ID token names no key of the provider")
        return fitting[0]


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Lead somebody to the provider to sign in there."""
    return _lead(request, AuthProcess.LOGIN, get_next_redirect_url(request))


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_safe
def tie(request: HttpRequest) -> HttpResponse:
    """Lead a signed-in person to the provider, to tie that sign-in to their account."""
    return _lead(request, AuthProcess.CONNECT, None)


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take in whom the provider sends back."""
    _provider(request)
    if provider_id != PROVIDER:
        raise Http404
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(Checked(request, PROVIDER))(request)
    except _FAULTS:
        return _unreachable(request)
    return answer


@login_required
@require_POST
def untie(request: HttpRequest) -> HttpResponse:
    """Cut the tie between one's account and single sign-on."""
    services.untie_sign_in(user=actor_of(request.user), at=timezone.now())
    messages.success(request, _("Your account is no longer tied to single sign-on."))
    return redirect("accounts:profile")


def _provider(request: HttpRequest) -> OpenIDConnectProvider:
    try:
        provider = get_adapter().get_provider(request, provider=PROVIDER)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    provider.oauth2_adapter_class = Checked
    return provider


def _lead(request: HttpRequest, process: str, onward: str | None) -> HttpResponse:
    provider = _provider(request)
    nonce = secrets.token_urlsafe(24)
    parameters = {**provider.get_auth_params(), "nonce": nonce}
    try:
        answer: HttpResponse = provider.redirect(
            request, process, next_url=onward, auth_params=parameters, nonce=nonce
        )
    except ImmediateHttpResponse as stopped:
        answer = stopped.response
    except _FAULTS:
        return _unreachable(request)
    return answer


def _unreachable(request: HttpRequest) -> HttpResponse:
    words = _("The sign-in service of your organisation does not answer as it should. Try later.")
    return render(request, "accounts/single_sign_on_refused.html", {"why": words}, status=502)
