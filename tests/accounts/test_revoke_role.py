"""Roles are taken away, but somebody must be left to give them."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts import events
from accounts.models import Membership, User
from accounts.services import deactivate_user, revoke_role
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import administrator, person, site


def revoke(membership, actor):
    revoke_role(membership=membership, actor=actor, at=AT)


def test_a_role_taken_away_is_recorded_with_its_place(ada):
    ben = person("ben", "agent", site=site("north"))
    revoke(ben.memberships.get(), ada)
    assert told(ben) == [(events.ROLE_REVOKED, {"role": "agent", "site": "north", "team": None})]
    assert User.objects.get(pk=ben.pk).permissions == frozenset()


def test_the_last_administrator_keeps_the_role(ada):
    with pytest.raises(Refusal) as refusal:
        revoke(ada.memberships.get(), ada)
    assert refusal.value.code == "last_administrator"
    assert ada.memberships.exists()


def test_a_deactivated_administrator_does_not_count(ada):
    other = administrator("olga")
    other.is_active = False
    other.save()
    with pytest.raises(Refusal):
        revoke(ada.memberships.get(), None)


def test_one_of_two_administrators_may_step_down(ada):
    administrator("olga")
    revoke(ada.memberships.get(), ada)
    assert not ada.memberships.exists()


def test_others_may_not(ada):
    ben = person("ben", "manager")
    with pytest.raises(PermissionDenied):
        revoke(ada.memberships.get(), ben)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("how", ["revoke", "deactivate"])
def test_two_administrators_who_remove_each_other_leave_one(how):
    pair = [administrator("ada"), administrator("olga")]
    together, refused = threading.Barrier(2), []

    def remove(actor: User, other: User) -> None:
        together.wait()
        try:
            if how == "revoke":
                revoke(Membership.objects.get(user=other), actor)
            else:
                deactivate_user(user=other, actor=actor, at=AT)
        except (Refusal, PermissionDenied) as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=(a, b)) for a, b in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = User.objects.filter(is_active=True, memberships__role="administrator")
    assert len(refused) == left.count() == 1
