"""The demo's sites, teams, people and approved handling policy."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Site, Team, User
from accounts.services import create_site, create_team, create_user, grant_role
from complaints.demo.content import content
from complaints.models import Category
from complaints.services.policy import (
    approve_policy,
    change_policy,
    draft_policy,
    install_default_policy,
    submit_policy,
)
from complaints.services.setup import mark_setup_step
from complaints.services.templates import install_default_templates
from complaints.states import SetupStep

_TEAM_OF = {
    "product": "product-quality",
    "service": "delivery",
    "process": "billing",
    "person": "desk",
}

CHANGE = "明确各类投诉的负责团队。The owning team of each class is named."


@dataclass(frozen=True)
class Organisation:
    """Who and what there is to play with."""

    people: dict[str, User]
    sites: dict[str, Site]
    teams: dict[str, Team]
    categories: dict[str, Category]

    def one(self, role: str) -> User:
        """Return the first person of a role."""
        username = next(person.username for person in content().people if person.role == role)
        return self.people[username]


def found(*, at: datetime) -> tuple[Organisation, list[dict[str, str]]]:
    """Create the organisation; return it with the sign-ins, whose passwords are new each time."""
    words = content()
    sites = {
        item.code: create_site(code=item.code, name_en=item.en, name_zh=item.zh, actor=None, at=at)
        for item in words.sites
    }
    teams = {
        item.code: create_team(code=item.code, name_en=item.en, name_zh=item.zh, actor=None, at=at)
        for item in words.teams
    }
    people: dict[str, User] = {}
    sign_ins = []
    for person in words.people:
        if person.role == "provider_staff":
            continue  # let in by the file of their provider (demo/partners.py)
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        user = create_user(
            username=person.username,
            password=password,
            display_name=person.name,
            language=person.language,
            actor=None,
            at=at,
        )
        grant_role(
            user=user,
            role=person.role,
            site=sites[person.site] if person.site else None,
            team=teams[person.team] if person.team else None,
            actor=None,
            at=at,
        )
        people[person.username] = user
        sign_ins.append({"username": person.username, "password": password, "role": person.role})
    install_default_templates(at=at)
    _approve_policy(people, at)
    categories = {item.code: item for item in Category.objects.select_related("team", "parent")}
    return Organisation(people, sites, teams, categories), sign_ins


def _approve_policy(people: dict[str, User], at: datetime) -> None:
    """Make the shipped policy the organisation's own: teams named, approved by somebody else."""
    install_default_policy(at=at)
    author = next(user for name, user in people.items() if name == "he.qing")
    approver = next(user for name, user in people.items() if name == "gao.yuan")
    draft = draft_policy(actor=author, at=at)
    says: dict[str, Any] = dict(draft.content)
    says["categories"] = [
        {**item, "team": _TEAM_OF[item["code"].split(".")[0]]} for item in says["categories"]
    ]
    change_policy(
        policy_id=draft.pk,
        content=says,
        note=CHANGE,
        actor=author,
        at=at,
    )
    submit_policy(policy_id=draft.pk, note=CHANGE, actor=author, at=at)
    approve_policy(policy_id=draft.pk, actor=approver, at=at)
    # A living organisation has its first hour behind it.
    mark_setup_step(step=SetupStep.DISMISSED, actor=author, at=at)
