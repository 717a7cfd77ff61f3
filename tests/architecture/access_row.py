"""The words in which the access matrix is written: rows, and shorthands for common expectations.

A row says for one address what each role gets, for GET and for POST:

    "ok"        a page (2xx)
    "redirect"  sent on to another page after success
    "login"     sent to the sign-in page
    "403"       the whole area is not for this role
    "404"       this object is not for this role: it must not even be known to exist
    "405" …     any other status, as its number
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts.models import Site, Team, User
from accounts.states import Role
from tests.accounts.factories import give_roles

ANONYMOUS = "anonymous"
# Other software never signs in (accounts/test_programs.py); its doors have a matrix of their own.
PEOPLE = tuple(role for role in Role.values if role != Role.API_CLIENT)
ROLES = (*PEOPLE, ANONYMOUS)
# Roles that work at one place; all others hold everywhere.
AT_A_SITE = {"agent", "handler", "manager"}
PASSWORD = "correct horse battery staple"


class World:
    """Two sites, a team, and a person of each role; made anew for each row.

    Those of AT_A_SITE work at `site`; `elsewhere` is out of their scope. An app that needs objects
    makes them in its rows' `kwargs` or `data` from these.
    """

    def __init__(self) -> None:
        self.site = Site.objects.create(code="here", name_en="Here", name_zh="本店")
        self.elsewhere = Site.objects.create(code="there", name_en="There", name_zh="别店")
        self.team = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
        self.users = {role: self._person(role) for role in PEOPLE}

    def _person(self, role: str) -> User:
        user = User.objects.create_user(username=role, password=PASSWORD, display_name=role)
        site = self.site if role in AT_A_SITE else None
        # For a provider: one whose contract grants everything, and to whom nothing here belongs.
        give_roles(user, role, site=site, team=None)
        return user

    @cached_property
    def somebody(self) -> User:
        """Return a person without any role, for pages about people."""
        return User.objects.create_user(username="somebody", password=PASSWORD)


Expected = str | Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """What each role gets at one address. `kwargs` fill the address, `data` is what is posted."""

    get: Expected
    post: Expected
    kwargs: Callable[[World], Mapping[str, Any]] = field(default=lambda _world: {})
    data: Callable[[World], Mapping[str, Any]] = field(default=lambda _world: {})

    def expected(self, method: str, role: str) -> str:
        """Return what the role gets by this method."""
        cells = self.get if method == "get" else self.post
        return cells if isinstance(cells, str) else cells[role]


def only(
    *roles: str, gives: str = "ok", others: str = "403", anonymous: str = "login"
) -> dict[str, str]:
    """Return what a page gives that only these roles may open."""
    unknown = set(roles) - set(PEOPLE)
    assert not unknown, f"no such roles: {sorted(unknown)}"
    cells = dict.fromkeys(PEOPLE, others)
    return cells | dict.fromkeys(roles, gives) | {ANONYMOUS: anonymous}


def signed_in(gives: str = "ok", *, anonymous: str = "login") -> dict[str, str]:
    """Return what a page gives that everybody may open who has signed in."""
    return only(*PEOPLE, gives=gives, anonymous=anonymous)


def no_such_method(*, anonymous: str = "login") -> dict[str, str]:
    """Return what a page gives that does not take this method; strangers are sent to sign in."""
    return signed_in("405", anonymous=anonymous)
