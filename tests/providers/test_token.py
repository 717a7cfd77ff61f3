"""POST /oauth/token/: RFC 6749, 4.4 and 5, word for word."""

import base64
from datetime import timedelta
from urllib.parse import quote_plus, urlencode

import pytest
from django.test import Client
from django.utils import timezone

from providers.models import AccessToken
from providers.selectors.clients import bearer_of
from providers.services.clients import end_client
from tests.providers.partner import Partner

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


def ask(fields, *, basic=None, content_type=FORM, **headers):
    if basic is not None:
        told = ":".join(quote_plus(part) for part in basic).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(told).decode()}"
    body = fields if isinstance(fields, str) else urlencode(fields)
    return Client().post("/oauth/token/", body, content_type=content_type, headers=headers)


def proof(partner):
    return (partner.client.client_id, partner.secret)


def body_proof(partner):
    return {"client_id": partner.client.client_id, "client_secret": partner.secret}


@pytest.mark.parametrize("way", ["basic", "body"])
def test_id_and_secret_give_a_token(way):
    partner = Partner()
    answer = (
        ask(GRANT, basic=proof(partner))
        if way == "basic"
        else ask({**GRANT, **body_proof(partner)})
    )
    assert answer.status_code == 200
    told = answer.json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 3600
    assert told["scope"].split() == partner.client.scopes
    assert answer["Cache-Control"] == "no-store"
    assert answer["Pragma"] == "no-cache"
    assert bearer_of(told["access_token"], now=timezone.now()) is not None
    partner.client.refresh_from_db()
    assert partner.client.last_used_at is not None


def test_a_token_may_be_asked_for_less():
    partner = Partner()
    told = ask({**GRANT, "scope": "complaints:read"}, basic=proof(partner)).json()
    assert told["scope"] == "complaints:read"
    bearer = bearer_of(told["access_token"], now=timezone.now())
    assert bearer is not None
    assert bearer.scopes == {"complaints:read"}


def test_but_never_for_more():
    partner = Partner(scopes=["complaints:read"])
    answer = ask({**GRANT, "scope": "complaints:read webhooks:manage"}, basic=proof(partner))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "basic",
    [
        ("rc_00000000000000000000", "rs_x"),
        ("rc_\x00", "rs_x"),
        ("", ""),
        ("' or 1=1 --", "x"),
    ],
)
def test_a_stranger_gets_401_and_is_told_how_to_prove(basic):
    answer = ask(GRANT, basic=basic)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer["WWW-Authenticate"] == 'Basic realm="redress"'
    assert answer["Cache-Control"] == "no-store"


def test_a_wrong_secret_gets_401():
    partner = Partner()
    for wrong in (partner.secret[:-1], partner.secret.upper(), ""):
        answer = ask(GRANT, basic=(partner.client.client_id, wrong))
        assert answer.status_code == 401


@pytest.mark.parametrize("code", ["%%%", "", "dGVzdA==", "//8="])
def test_a_header_that_is_no_proof_gets_401(code):
    answer = ask(GRANT, Authorization=f"Basic {code}")
    assert answer.status_code == 401


def test_ended_clients_and_suspended_providers_get_401():
    ended, suspended = Partner("one"), Partner("two")
    end_client(client=ended.client, actor=None, at=timezone.now())
    suspended.provider.active = False
    suspended.provider.save()
    for partner in (ended, suspended):
        assert ask(GRANT, basic=proof(partner)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
        ("\x00", "invalid_request"),
    ],
)
def test_other_requests_get_the_error_of_the_standard(fields, error):
    answer = ask(fields, basic=proof(Partner()))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_only_forms_by_post_are_read():
    assert ask("{}", content_type="application/json").status_code == 400
    assert Client().get("/oauth/token/").status_code == 405
    partner = Partner()
    secret = urlencode({**GRANT, **body_proof(partner)})
    answer = Client().post(f"/oauth/token/?{secret}", "", content_type=FORM)
    assert answer.status_code == 400


def test_an_address_asks_so_often_a_minute_and_no_more(settings):
    settings.API_TOKENS_A_MINUTE = 2
    answers = [ask(GRANT, basic=("rc_x", "x")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2].json()["error"] == "slow_down"
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def test_a_token_ends_after_its_time(settings):
    partner = Partner()
    told = ask(GRANT, basic=proof(partner)).json()
    late = timezone.now() + timedelta(seconds=settings.API_TOKEN_SECONDS + 1)
    assert bearer_of(told["access_token"], now=late) is None
