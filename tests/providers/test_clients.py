"""Software that calls: made, given new secrets, ended; its tokens."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import User
from accounts.rules import digest_of
from journal.errors import Refusal
from journal.selectors import history_of
from providers.models import AccessToken, ApiClient, ClientSecret, IdempotentAnswer
from providers.selectors.clients import bearer_of, client_with_secret
from providers.services.answers import keep_answer
from providers.services.clients import (
    create_client,
    end_client,
    forget_spent,
    issue_token,
    rotate_secret,
)
from providers.states import Scope
from tests.accounts.factories import administrator, make_provider, person
from tests.providers.partner import Partner

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def make(**changes):
    given = {"name": "Desk software", "provider": None, "scopes": ["complaints:read"]}
    return create_client(**{**given, "actor": None, "at": timezone.now(), **changes})


def test_create_client_makes_an_account_that_nobody_signs_in_with():
    provider = make_provider("callco")
    new = make(provider=provider, actor=administrator())
    user = User.objects.get(pk=new.client.user_id)
    assert user.is_client
    assert not user.has_usable_password()
    assert user.provider == provider
    assert [grant.role for grant in user.grants] == ["api_client"]


def test_the_secret_is_told_once_and_kept_nowhere():
    new = make()
    (kept,) = new.client.secrets.all()
    assert kept.digest == digest_of(new.secret)
    assert new.secret not in str(vars(kept))
    assert kept.hint == new.secret[-4:]
    told = [entry.body for entry in history_of(new.client)]
    assert told
    assert not any(new.secret in body for body in told)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["complaints:read", "everything"]}, "scopes"),
    ],
)
def test_create_client_refuses(changes, field):
    with pytest.raises(Refusal) as refusal:
        make(**changes)
    assert refusal.value.field == field


def test_only_who_keeps_accounts_keeps_clients():
    stranger, new = person("stranger", "manager"), make()
    with pytest.raises(PermissionDenied):
        make(actor=stranger)
    with pytest.raises(PermissionDenied):
        rotate_secret(client=new.client, grace=HOUR, actor=stranger, at=timezone.now())
    with pytest.raises(PermissionDenied):
        end_client(client=new.client, actor=stranger, at=timezone.now())


def test_rotate_secret_lets_the_old_one_live_on_for_a_while():
    new, now = make(), timezone.now()
    fresh = rotate_secret(client=new.client, grace=HOUR, actor=None, at=now)
    name = new.client.client_id
    assert client_with_secret(name, new.secret, now=now) == new.client
    assert client_with_secret(name, fresh.secret, now=now) == new.client
    later = now + HOUR
    assert client_with_secret(name, new.secret, now=later) is None
    assert client_with_secret(name, fresh.secret, now=later) == new.client


def test_a_second_rotation_does_not_prolong_the_first():
    new, now = make(), timezone.now()
    rotate_secret(client=new.client, grace=HOUR, actor=None, at=now)
    rotate_secret(client=new.client, grace=10 * HOUR, actor=None, at=now)
    assert client_with_secret(new.client.client_id, new.secret, now=now + 2 * HOUR) is None


def test_end_client_stops_secrets_and_tokens_at_once():
    partner, now = Partner(), timezone.now()
    token = partner.token
    assert bearer_of(token, now=now) is not None
    ended = end_client(client=partner.client, actor=None, at=now)
    assert bearer_of(token, now=now) is None
    assert client_with_secret(ended.client_id, partner.secret, now=now) is None
    assert not partner.user.is_active
    for again in (end_client, lambda **who: rotate_secret(grace=HOUR, **who)):
        with pytest.raises(Refusal) as refusal:
            again(client=ended, actor=None, at=now)
        assert refusal.value.code == "ended"


def test_issue_token_keeps_a_digest_and_only_granted_scopes():
    new, now = make(scopes=["complaints:read", "complaints:create"]), timezone.now()
    kept = issue_token(
        client=new.client,
        token="ra_1",
        scopes=["complaints:create", "webhooks:manage"],
        lifetime=HOUR,
        at=now,
    )
    assert kept.scopes == ["complaints:create"]
    assert kept.digest == digest_of("ra_1")
    bearer = bearer_of("ra_1", now=now)
    assert bearer is not None
    assert bearer.scopes == {Scope.CREATE}
    assert bearer_of("ra_1", now=now + HOUR) is None
    assert bearer_of("ra_2", now=now) is None


def test_a_bearer_is_known_by_two_questions(django_assert_max_num_queries):
    partner = Partner()
    assert partner.token
    with django_assert_max_num_queries(2):
        bearer = bearer_of(partner.token, now=timezone.now())
        assert bearer is not None
        assert "complaints.receive" in bearer.user.permissions
        assert bearer.user.provider == partner.provider


@pytest.mark.parametrize("organisation", [False, True])
def test_a_bearer_is_who_the_tables_say(organisation):
    partner = Partner(organisation=organisation)
    bearer = bearer_of(partner.token, now=timezone.now())
    assert bearer is not None
    kept = ApiClient.objects.select_related("user", "provider").get()
    for read, whole in (
        (bearer.client, kept),
        (bearer.user, kept.user),
        *([(bearer.client.provider, kept.provider)] if kept.provider else []),
    ):
        names = {field.attname for field in whole._meta.concrete_fields}
        loaded = names - read.get_deferred_fields()
        assert len(loaded) >= 6
        assert {n: getattr(read, n) for n in loaded} == {n: getattr(whole, n) for n in loaded}
    assert str(bearer.user) == partner.client.name


def test_a_suspended_provider_has_no_clients():
    partner = Partner()
    token, provider = partner.token, partner.provider
    provider.active = False
    provider.save()
    assert bearer_of(token, now=timezone.now()) is None
    name = partner.client.client_id
    assert client_with_secret(name, partner.secret, now=timezone.now()) is None


def test_forget_spent_keeps_what_is_still_needed():
    partner, now = Partner(), timezone.now()
    assert partner.token
    issue_token(client=partner.client, token="ra_old", scopes=[], lifetime=-HOUR, at=now)
    for key, at in (("old", now - 30 * HOUR), ("new", now - 23 * HOUR)):
        keep_answer(
            client=partner.client,
            key=key,
            request_digest="",
            status=201,
            headers={},
            body="{}",
            at=at,
        )
    assert forget_spent(answers_before=now - 24 * HOUR, at=now) == 2
    assert [kept.digest for kept in AccessToken.objects.all()] == [digest_of(partner.token)]
    assert [kept.key for kept in IdempotentAnswer.objects.all()] == ["new"]
    assert ClientSecret.objects.count() == 1
