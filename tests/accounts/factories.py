"""Plain people for tests: what a test needs, it says."""

from typing import Any

from accounts.models import Membership, Provider, Site, Team, User
from accounts.rules import NEVER_BY_HAND, PERMISSIONS_OF
from providers.rules.matrix import PERSONAL_FIELDS

PASSWORD = "correct horse battery staple"


def make_provider(code: str = "elsewhere", **fields: Any) -> Provider:
    """Return a provider at work, whose contract grants all that a provider can be granted."""
    given = {
        "active": True,
        "granted": sorted(PERMISSIONS_OF["provider_staff"]),
        "shown_fields": list(PERSONAL_FIELDS),
        **fields,
    }
    names = {"name_en": code.title(), "name_zh": f"服务商{code}"}
    return Provider.objects.get_or_create(code=code, defaults={**names, **given})[0]


def give_roles(
    user: User, *roles: str, site: Site | None, team: Team | None, provider: Provider | None = None
) -> None:
    """Give roles at one place or everywhere; those of providers for a provider (any, if unsaid)."""
    for role in roles:
        outside = provider or make_provider() if role in NEVER_BY_HAND else None
        place = {"provider": outside} if outside else {"site": site, "team": team}
        Membership.objects.create(user=user, role=role, **place)


def person(
    username: str,
    *roles: str,
    site: Site | None = None,
    team: Team | None = None,
    password: str | None = PASSWORD,
    **fields: Any,
) -> User:
    """Return a person with these roles, at one place or everywhere."""
    user = User.objects.create_user(username=username, password=password, **fields)
    give_roles(user, *roles, site=site, team=team)
    return user


def administrator(username: str = "ada") -> User:
    """Return somebody who manages people."""
    return person(username, "administrator")


def site(code: str = "north", **fields: Any) -> Site:
    """Return a site."""
    names = {"name_en": code.title(), "name_zh": f"{code}店"}
    return Site.objects.create(code=code, **(names | fields))


def team(code: str = "desk", **fields: Any) -> Team:
    """Return a team."""
    names = {"name_en": code.title(), "name_zh": f"{code}组"}
    return Team.objects.create(code=code, **(names | fields))
