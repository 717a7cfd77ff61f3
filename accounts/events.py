"""The kinds of entry this app writes; payloads hold ids and codes."""

from typing import NotRequired, TypedDict

USER_CREATED = "user.created"
USER_CHANGED = "user.changed"  # Changed
USER_DEACTIVATED = "user.deactivated"
USER_REACTIVATED = "user.reactivated"
ROLE_GRANTED = "user.role_granted"  # Place
ROLE_REVOKED = "user.role_revoked"  # Place
SIGNED_IN = "user.signed_in"  # SignedIn
SIGN_IN_FAILED = "user.sign_in_failed"  # SignInFailed
SIGNED_OUT = "user.signed_out"
SESSIONS_ENDED = "user.sessions_ended"
SECOND_FACTOR_CHANGED = "user.second_factor_changed"  # SecondFactorChanged
PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - a kind, not a secret; PasswordChanged
USER_INVITED = "user.invited"  # Invited
USER_LEAVING = "user.leaving"  # Leaving
USER_STAYS = "user.stays"  # Leaving
MOVE_PLANNED = "user.move_planned"  # Moved
MOVE_DROPPED = "user.move_dropped"  # Moved
USER_MOVED = "user.moved"  # Moved
SIGN_IN_UNTIED = "user.sign_in_untied"
SIGN_IN_LINKED = "user.sign_in_linked"  # Linked
ABSENCE_SET = "user.absence_set"  # AbsenceSet
ABSENCE_ENDED = "user.absence_ended"  # AbsenceEnded
SITE_CREATED = "site.created"
SITE_CHANGED = "site.changed"  # Changed
TEAM_CREATED = "team.created"
TEAM_CHANGED = "team.changed"  # Changed

# What a person's own page shows as recent sign-ins.
SIGN_IN_KINDS = (SIGNED_IN, SIGN_IN_FAILED)


class Changed(TypedDict):
    """Names of the fields that changed, never their values."""

    fields: list[str]


class Place(TypedDict):
    """A role and where it holds; None is everywhere."""

    role: str
    site: str | None
    team: str | None
    provider: NotRequired[str]  # for whom the person or the software works


class SignedIn(TypedDict):
    """What was asked beside the password: "totp", "recovery_codes", "webauthn" or nothing.

    `by` is how else somebody came in: "passkey" alone, or "single_sign_on".
    """

    second_factor: str | None
    by: NotRequired[str]


class SignInFailed(TypedDict):
    """Why, as a SignInFailure. What was typed is never kept: it may be a password."""

    code: str


class SecondFactorChanged(TypedDict):
    """What happened, as a SecondFactorChange."""

    change: str


class PasswordChanged(TypedDict):
    """Whether the new password must be changed at the next sign-in."""

    one_time: bool


class Invited(TypedDict):
    """Which link was made; its secret is not kept."""

    invitation: int


class Leaving(TypedDict):
    """The first day on which the person is out, as ISO 8601; None: they stay after all."""

    on: str | None


class Moved(TypedDict):
    """Which planned move, and from which day it holds (ISO 8601)."""

    move: int
    on: str


class Linked(TypedDict):
    """The provider of single sign-on that was tied to the account, and how it was found."""

    provider: str
    by: str  # "email" (verified by the provider), "claim" (a joiner), "confirmed" (signed in)


class AbsenceSet(TypedDict):
    """Which absence, who stands in (None: nobody), and when; instants as ISO 8601."""

    absence: int
    deputy: int | None
    starts_at: str
    ends_at: str


class AbsenceEnded(TypedDict):
    """Which absence ended before its time, or never began."""

    absence: int
