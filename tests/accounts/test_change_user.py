"""An administrator changes what is known of a person; everybody changes their own name."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts import events
from accounts.services import change_profile, change_user
from journal.errors import Refusal
from tests.accounts.conftest import AT, told


def change(user, actor, **fields):
    values = {"display_name": user.display_name, "email": user.email, "language": user.language}
    return change_user(user=user, actor=actor, at=AT, **(values | fields))


def test_the_record_names_the_fields_and_not_their_values(ada, ben):
    change(ben, ada, display_name="Benjamin", email="ben@example.org")
    ben.refresh_from_db()
    assert (ben.display_name, ben.email) == ("Benjamin", "ben@example.org")
    assert told(ben) == [(events.USER_CHANGED, {"fields": ["display_name", "email"]})]


def test_changing_nothing_records_nothing(ada, ben):
    change(ben, ada)
    assert told(ben) == []


def test_a_wrong_address_is_refused(ada, ben):
    with pytest.raises(Refusal):
        change(ben, ada, email="nowhere")


def test_others_may_not(ben):
    with pytest.raises(PermissionDenied):
        change(ben, ben, display_name="Benjamin")


def test_everybody_may_change_their_own_name_and_language(ben):
    change_profile(actor=ben, at=AT, display_name="Benjamin", language="zh-hans")
    ben.refresh_from_db()
    assert (ben.display_name, ben.language) == ("Benjamin", "zh-hans")
    assert told(ben) == [(events.USER_CHANGED, {"fields": ["display_name", "language"]})]


def test_a_language_that_is_not_offered_is_refused(ben):
    with pytest.raises(Refusal):
        change_profile(actor=ben, at=AT, language="tlh")
