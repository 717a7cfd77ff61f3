"""The verbs on passwords, second factors and sessions, and the notes on who signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import User
from accounts.permissions import demand
from accounts.states import SecondFactorChange, SignInFailure
from journal.errors import Refusal
from journal.services import record

MANAGE = "accounts.manage"


@transaction.atomic
def set_password(
    *, user: User, password: str, one_time: bool, actor: User | None, at: datetime
) -> User:
    """Set a person's password: one's own, or another's to one that must be changed at once."""
    own = actor is not None and actor.pk == user.pk
    if not own:
        demand(actor, MANAGE)
    if user.is_system or user.is_client:
        raise PermissionDenied
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refusal(error.messages[0], code="weak_password", field="password") from error
    user.set_password(password)
    user.must_change_password = one_time
    user.save(update_fields=["password", "must_change_password"])
    if not own:
        close_sessions(user)
    record(
        kind=events.PASSWORD_CHANGED,
        subject=user,
        actor=actor,
        occurred_at=at,
        payload=events.PasswordChanged(one_time=one_time),
    )
    return user


@transaction.atomic
def remove_second_factor(*, user: User, actor: User | None, at: datetime) -> None:
    """Take off a second factor whose device was lost. Raises Refusal when there is none."""
    demand(actor, MANAGE)
    removed, _counts = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise Refusal(_("This person has no second factor."), code="no_second_factor")
    _record_second_factor(user, SecondFactorChange.TAKEN_OFF, actor, at)


def revoke_credentials(user: User, *, actor: User | None, at: datetime) -> None:
    """Take off passkeys, authenticator apps and the tie to single sign-on, as somebody leaves."""
    SocialAccount.objects.filter(user=user).delete()
    removed, _counts = Authenticator.objects.filter(user=user).delete()
    if removed:
        _record_second_factor(user, SecondFactorChange.TAKEN_OFF, actor, at)


@contextmanager
def changed_second_factor(
    *, user: User, change: SecondFactorChange, at: datetime
) -> Iterator[None]:
    """Record a change that a person makes to their own second factor inside the block."""
    with transaction.atomic():
        yield
        _record_second_factor(user, change, user, at)


def _record_second_factor(
    user: User, change: SecondFactorChange, actor: User | None, at: datetime
) -> None:
    record(
        kind=events.SECOND_FACTOR_CHANGED,
        subject=user,
        actor=actor,
        occurred_at=at,
        payload=events.SecondFactorChanged(change=change.value),
    )


@transaction.atomic
def end_sessions(*, user: User, actor: User | None, at: datetime) -> int:
    """Sign a person out everywhere; return how many sessions ended."""
    demand(actor, MANAGE)
    ended = close_sessions(user)
    note_sessions_ended(user=user, actor=actor, at=at)
    return ended


def close_sessions(user: User) -> int:
    """End all sessions of a person; part of a larger change that is recorded by itself."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


def forget_expired_sessions() -> None:
    """Remove what is left of sessions that have run out."""
    SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()


@transaction.atomic
def note_sessions_ended(*, user: User, actor: User | None, at: datetime) -> None:
    """Record that sessions of a person were ended."""
    record(kind=events.SESSIONS_ENDED, subject=user, actor=actor, occurred_at=at)


@contextmanager
def note_sign_in(
    *, user: User, second_factor: str | None, by: str = "", at: datetime
) -> Iterator[None]:
    """Record the sign-in that happens inside the block, in its transaction."""
    payload = events.SignedIn(second_factor=second_factor)
    if by:
        payload["by"] = by
    with transaction.atomic():
        yield
        record(
            kind=events.SIGNED_IN,
            subject=user,
            actor=user,
            occurred_at=at,
            payload=payload,
        )


@transaction.atomic
def note_failed_sign_in(*, user: User, code: SignInFailure, at: datetime) -> None:
    """Record that somebody failed to sign in as this person (the system, when unknown).

    What was typed is not handed in: people type their password where the name belongs.
    """
    record(
        kind=events.SIGN_IN_FAILED,
        subject=user,
        actor=None,
        occurred_at=at,
        payload=events.SignInFailed(code=code.value),
    )


@transaction.atomic
def note_sign_out(*, user: User, at: datetime) -> None:
    """Record that a person signed out."""
    record(kind=events.SIGNED_OUT, subject=user, actor=user, occurred_at=at)
