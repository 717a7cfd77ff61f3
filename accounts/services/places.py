"""The verbs on sites and teams. Neither is ever deleted: complaints keep pointing at them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.models import Site, Team, User
from accounts.permissions import demand
from accounts.services.changes import changed_fields, refuse_invalid, set_fields
from journal.services import record

MANAGE = "accounts.manage"


@transaction.atomic
def create_site(*, code: str, name_en: str, name_zh: str, actor: User | None, at: datetime) -> Site:
    """Add a place of the organisation."""
    site = Site(code=code, name_en=name_en, name_zh=name_zh)
    _create(site, events.SITE_CREATED, actor, at)
    return site


@transaction.atomic
def create_team(*, code: str, name_en: str, name_zh: str, actor: User | None, at: datetime) -> Team:
    """Add a team with a queue of its own."""
    team = Team(code=code, name_en=name_en, name_zh=name_zh)
    _create(team, events.TEAM_CREATED, actor, at)
    return team


@transaction.atomic
def change_site(
    *, site: Site, name_en: str, name_zh: str, active: bool, actor: User | None, at: datetime
) -> Site:
    """Rename a site, or take it out of use. Changing nothing records nothing."""
    values = {"name_en": name_en, "name_zh": name_zh, "active": active}
    _change(site, values, events.SITE_CHANGED, actor, at)
    return site


@transaction.atomic
def change_team(
    *, team: Team, name_en: str, name_zh: str, active: bool, actor: User | None, at: datetime
) -> Team:
    """Rename a team, or take it out of use. Changing nothing records nothing."""
    values = {"name_en": name_en, "name_zh": name_zh, "active": active}
    _change(team, values, events.TEAM_CHANGED, actor, at)
    return team


def _create(place: Site | Team, kind: str, actor: User | None, at: datetime) -> None:
    demand(actor, MANAGE)
    refuse_invalid(place)
    place.save(force_insert=True)
    record(kind=kind, subject=place, actor=actor, occurred_at=at)


def _change(
    place: Site | Team,
    values: Mapping[str, object],
    kind: str,
    actor: User | None,
    at: datetime,
) -> None:
    demand(actor, MANAGE)
    changed = changed_fields(place, values)
    if not changed:
        return
    set_fields(place, values)
    refuse_invalid(place)
    place.save(update_fields=changed)
    record(
        kind=kind,
        subject=place,
        actor=actor,
        occurred_at=at,
        payload=events.Changed(fields=changed),
    )
