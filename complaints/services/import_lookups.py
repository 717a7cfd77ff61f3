"""What an import looks up once and then knows: places, people, categories, policies, rights."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.models import Site, Team, User
from accounts.permissions import has_at
from complaints.models import Category, HandlingPolicy
from complaints.rules.policy import ClockDef, PolicyContent
from complaints.selectors.policy import policy_in_force
from complaints.services.reckoning import calendars_of
from complaints.states import PolicyState
from compliance.rules import WorkCalendar


class InForce(NamedTuple):
    """A policy, and what it says."""

    policy: HandlingPolicy
    says: PolicyContent


class Lookups:
    """Places, people, categories and policies by what a table calls them; read once per run."""

    def __init__(self, actor: User) -> None:
        """Read them."""
        self.actor = actor
        self.sites = {site.code.casefold(): site for site in Site.objects.all()}
        self.teams = {team.code.casefold(): team for team in Team.objects.all()}
        self.categories: dict[str, Category] = {}
        found = Category.objects.select_related("parent__parent", "team").order_by("active", "code")
        for name in ("name_zh", "name_en", "code"):
            self.categories |= {getattr(item, name).casefold(): item for item in found}
        self._owners: dict[str, User | None] = {}
        self._allowed: dict[tuple[int | None, int | None], bool] = {}
        turns = HandlingPolicy.objects.filter(
            state=PolicyState.APPROVED, effective_from__isnull=False
        ).values_list("effective_from", flat=True)
        self._turns = sorted(turn for turn in turns if turn is not None)
        self._in_force: dict[int, InForce] = {}
        self._calendars: dict[str, WorkCalendar] = {}

    def owner(self, username: str) -> User | None:
        """Return the active person of this name."""
        if username not in self._owners:
            self._owners[username] = User.objects.filter(
                username__iexact=username, is_active=True, is_system=False, is_client=False
            ).first()
        return self._owners[username]

    def allowed(self, site_id: int | None, team_id: int | None) -> bool:
        """Return whether the actor may import complaints of this site and team."""
        place = (site_id, team_id)
        if place not in self._allowed:
            self._allowed[place] = has_at(
                self.actor,
                "complaints.import",
                site_id=site_id,
                team_id=team_id,
                provider_id=self.actor.provider.pk if self.actor.provider else None,
            )
        return self._allowed[place]

    def in_force(self, at: datetime) -> InForce:
        """Return the policy in force at an instant; asked once between two changes of policy."""
        turn = bisect_right(self._turns, at)
        if turn not in self._in_force:
            policy = policy_in_force(at)
            self._in_force[turn] = InForce(policy, policy.says)
        return self._in_force[turn]

    def calendars(self, wanted: Sequence[ClockDef]) -> dict[str, WorkCalendar]:
        """Return the calendars of these clocks."""
        missing = [item for item in wanted if item.calendar not in self._calendars]
        if missing:
            self._calendars |= calendars_of(missing)
        return self._calendars
