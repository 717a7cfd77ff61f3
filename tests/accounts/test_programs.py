"""Accounts of other software: they act by tokens, and never sign in as people do."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services.access import set_password
from accounts.services.people import engage, grant_role
from journal.errors import Refusal
from tests.accounts.factories import make_provider, person

pytestmark = pytest.mark.django_db


def program(provider=None) -> User:
    user = User.objects.create_user(username="robot", password=None, is_client=True)
    engage(user=user, role="api_client", provider=provider, actor=None, at=timezone.now())
    return user


def test_a_program_cannot_sign_in() -> None:
    """Not by a password, which nobody can give it, and not by a session that somebody forged."""
    robot = program()
    with pytest.raises(PermissionDenied):
        set_password(
            user=robot, password="Correct-Horse-9", one_time=False, actor=None, at=timezone.now()
        )
    client = Client()
    client.force_login(robot)
    answer = client.get("/complaints/")
    assert answer.status_code == 302
    assert "/accounts/" in answer["Location"]
    assert "_auth_user_id" not in client.session


def test_nobody_is_inside_and_outside_at_once() -> None:
    agent, staff = person("agent", "agent"), person("outside")
    ours, theirs = make_provider("ours"), make_provider("theirs")
    with pytest.raises(Refusal, match="has a role"):
        engage(user=agent, role="provider_staff", provider=ours, actor=None, at=timezone.now())
    engage(user=staff, role="provider_staff", provider=ours, actor=None, at=timezone.now())
    with pytest.raises(Refusal, match="another provider"):
        engage(user=staff, role="provider_staff", provider=theirs, actor=None, at=timezone.now())
    with pytest.raises(Refusal, match="provider's file"):
        grant_role(user=staff, role="manager", actor=None, at=timezone.now())


@pytest.mark.parametrize("role", ["manager", "nonsense"])
def test_for_a_provider_there_are_only_its_own_roles(role: str) -> None:
    with pytest.raises(Refusal):
        engage(user=person("p"), role=role, provider=make_provider(), actor=None, at=timezone.now())


def test_people_of_no_provider_are_no_provider_staff() -> None:
    with pytest.raises(Refusal):
        engage(
            user=person("p"), role="provider_staff", provider=None, actor=None, at=timezone.now()
        )


@pytest.mark.clause("CM-8.7")
def test_a_provider_has_what_its_contract_grants_and_nothing_while_suspended() -> None:
    ours = make_provider("ours", granted=["complaints.view", "accounts.manage"])
    staff = person("outside")
    engage(user=staff, role="provider_staff", provider=ours, actor=None, at=timezone.now())
    assert staff.permissions == {"complaints.view"}  # nothing that no provider can be granted
    ours.active = False
    ours.save()
    assert User.objects.get(pk=staff.pk).permissions == frozenset()
