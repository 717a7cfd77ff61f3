"""What the doors note of signing in is recorded with the sign-in, or not at all."""

import pytest

from accounts import events
from accounts.services import (
    changed_second_factor,
    note_failed_sign_in,
    note_sessions_ended,
    note_sign_in,
    note_sign_out,
)
from accounts.states import SecondFactorChange, SignInFailure
from tests.accounts.conftest import AT, told


class BrokenOffError(Exception):
    """Something inside the block went wrong."""


def test_a_sign_in_that_happened_is_recorded_with_its_second_factor(ben):
    with note_sign_in(user=ben, second_factor="totp", at=AT):
        pass
    assert told(ben) == [(events.SIGNED_IN, {"second_factor": "totp"})]


def test_a_sign_in_that_was_broken_off_is_not_recorded(ben):
    with pytest.raises(BrokenOffError), note_sign_in(user=ben, second_factor=None, at=AT):
        raise BrokenOffError
    assert told(ben) == []


def test_a_second_factor_that_was_not_changed_is_not_recorded(ben):
    change = next(iter(SecondFactorChange))
    with (
        pytest.raises(BrokenOffError),
        changed_second_factor(user=ben, change=change, at=AT),
    ):
        raise BrokenOffError
    assert told(ben) == []
    with changed_second_factor(user=ben, change=change, at=AT):
        pass
    assert [kind for kind, _payload in told(ben)] == [events.SECOND_FACTOR_CHANGED]


def test_a_failure_is_recorded_by_code_and_nothing_that_was_typed(ben):
    code = next(iter(SignInFailure))
    note_failed_sign_in(user=ben, code=code, at=AT)
    assert told(ben) == [(events.SIGN_IN_FAILED, {"code": code.value})]


def test_leaving_is_recorded(ben):
    note_sign_out(user=ben, at=AT)
    note_sessions_ended(user=ben, actor=ben, at=AT)
    assert [kind for kind, _payload in told(ben)] == [events.SIGNED_OUT, events.SESSIONS_ENDED]
