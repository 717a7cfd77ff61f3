"""Plain helpers that make what a test needs, by the verbs of the desk. Nothing is random."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import Provider, Site, Team, User
from accounts.services import system_user
from complaints.models import Complaint, HandlingPolicy
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.policy import install_default_policy
from tests.accounts.factories import give_roles

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
PASSWORD = "a-long-test-password"
_PERSON_FIELDS = frozenset(
    {"name", "organisation", "phone", "email", "customer_number", "address", "needs"}
)
_number = count(1)


def make_site(code: str = "") -> Site:
    """Make a site."""
    code = code or f"site-{next(_number)}"
    return Site.objects.create(code=code, name_en=code.title(), name_zh=f"门店{code}")


def make_team(code: str = "") -> Team:
    """Make a team."""
    code = code or f"team-{next(_number)}"
    return Team.objects.create(code=code, name_en=code.title(), name_zh=f"小组{code}")


def make_user(
    *roles: str,
    username: str = "",
    site: Site | None = None,
    team: Team | None = None,
    provider: Provider | None = None,
    **fields: Any,
) -> User:
    """Make a person with these roles: everywhere, at a site, in a team, or for a provider."""
    username = username or f"{roles[0] if roles else 'nobody'}-{next(_number)}"
    fields.setdefault("email", f"{username}@desk.example")
    user = User.objects.create_user(username=username, password=PASSWORD, **fields)
    give_roles(user, *roles, site=site, team=team, provider=provider)
    return user


def make_policy() -> HandlingPolicy:
    """Install the policy that comes with the product, once, and return it in force."""
    policy = HandlingPolicy.objects.order_by("version").first()
    return policy or install_default_policy(at=NOW - timedelta(days=365))


def make_complaint(
    *, actor: User | None = None, at: datetime | None = None, **fields: Any
) -> Complaint:
    """Receive a complaint; fields of the complainant (name, phone, email …) may be given too.

    Without a way to reach somebody it gets a phone number of its own, so that nothing is mailed.
    It was received an hour before it is recorded, unless `received_at` says otherwise.
    """
    make_policy()
    at = at or NOW
    person = {name: fields.pop(name) for name in list(fields) if name in _PERSON_FIELDS}
    anonymous = fields.get("anonymous") or fields.get("contact_unknown")
    if not (anonymous or fields.get("person") or fields.get("complainant")):
        person.setdefault("name", "Li Ming")
        if not person.keys() & {"phone", "email", "customer_number", "address"}:
            person["phone"] = f"138{next(_number):08d}"
    if person:
        fields["person"] = Person(**person)
    fields.setdefault("channel", "phone")
    fields.setdefault("description", "The kettle leaks.")
    fields.setdefault("received_at", at - timedelta(hours=1))
    return receive_complaint(intake=Intake(**fields), actor=actor or system_user(), at=at)
