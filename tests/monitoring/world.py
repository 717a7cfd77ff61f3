"""Some dozens of complaints with lives of every kind, and people who look at them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from accounts.models import Provider, Site, Team, User
from accounts.services import system_user
from complaints.models import Category, Complaint
from complaints.services.emergencies import declare_emergency
from complaints.services.reopening import reopen_complaint
from complaints.states import State, Trigger
from monitoring.models import Alert
from monitoring.services.alerts import (
    acknowledge_alert,
    act_on_alert,
    dismiss_alert,
    investigate_alert,
)
from tests.complaints.desk import Desk, category
from tests.complaints.factories import NOW, make_site, make_team, make_user
from tests.monitoring.access_warnings import make_alert

CHANNELS = ("phone", "email", "web")
PRODUCTS = ("Aqua 3", "aqua  3", "Breeze", "")
_ENDS = (
    *(State.RECEIVED, State.ACKNOWLEDGED, State.ASSESSED, State.INVESTIGATING, State.RESPONDED),
    *(State.CLOSED, State.CLOSED, State.FOLLOWED_UP),
    *(State.WITHDRAWN, State.NOT_A_COMPLAINT, State.MERGED),
)


class World:
    """Two sites, two teams, a provider; complaints of ten weeks up to NOW."""

    def __init__(self, many: int, seed: int = 7) -> None:
        self.rng = Random(seed)
        self.sites: Sequence[Site] = [make_site("north"), make_site("south")]
        self.teams: Sequence[Team] = [make_team("red"), make_team("blue")]
        self.provider = Provider.objects.create(code="calls", name_en="Calls", name_zh="呼叫")
        self.desk = Desk()
        self.categories: Sequence[Category] = [category(), category("service.delivery_late")]
        self.boss = make_user("manager", username="boss")
        self.local = make_user("manager", username="local", site=self.sites[0])
        self.plain = make_user("top_management", username="plain")
        self.complaints = [self.case(number) for number in range(many)]
        self.alerts = [self.alert(number) for number in range(14)]

    def alert(self, number: int) -> Alert:
        """Raise an alert somewhere, and bring it to where its number says."""
        rng, at = self.rng, NOW - timedelta(days=self.rng.uniform(0, 60))
        site = (*self.sites, None)[number % 3]
        members: dict[str, Any] = {} if site is None else {"site": site.pk}
        if number % 4 == 0:
            members["product"] = "aqua 3"
        if number % 5 == 0:
            members["category"] = self.categories[0].pk
        alert = make_alert(site, members=members, at=at)
        given: dict[str, Any] = {"alert_id": alert.pk, "actor": system_user()}
        later = at + timedelta(hours=rng.uniform(1, 60))
        if number % 3 == 0:
            acknowledge_alert(**given, at=later)
        if number % 3 == 1:
            dismiss_alert(**given, at=later, why="chance", note="Nothing in common.")
        if number % 6 == 2:
            investigate_alert(**given, at=later)
            act_on_alert(
                **given, at=later, cause="Seal", action="Recall", by=self.boss, due=NOW.date()
            )
        return alert

    def case(self, number: int) -> Complaint:
        """Bring a complaint to where its number says, at a moment of its own."""
        rng, at = self.rng, NOW - timedelta(days=self.rng.uniform(0, 70))
        state = _ENDS[number % len(_ENDS)]
        complaint = self.desk.case(
            state,
            at=at,
            site=rng.choice((*self.sites, None)),
            team=rng.choice((*self.teams, None)),
            category=rng.choice(self.categories),
            channel=rng.choice(CHANNELS),
            product=rng.choice(PRODUCTS),
            confidential=number % 7 == 0,
            received_at=at - timedelta(hours=rng.uniform(0, 90)),
        )
        changes: dict[str, object] = {}
        if number % 5 == 0:
            changes["provider"] = self.provider
        if number % 9 == 0:
            changes["subject_person"] = self.boss
        if changes:
            Complaint.objects.filter(pk=complaint.pk).update(**changes)
        self._more(number, complaint, at)
        return complaint

    def _more(self, number: int, complaint: Complaint, at: datetime) -> None:
        later = at + timedelta(days=self.rng.uniform(1, 5))
        acts: list[Callable[[], object]] = []
        if complaint.state == State.CLOSED and number % 2:
            acts.append(
                lambda: reopen_complaint(
                    complaint_id=complaint.pk, reason="Again.", actor=system_user(), at=later
                )
            )
        if complaint.is_open and number % 4 == 0:
            acts.append(
                lambda: declare_emergency(
                    complaint_id=complaint.pk,
                    trigger=Trigger.PERSONAL_SAFETY,
                    facts="Sparks.",
                    actor=system_user(),
                    at=later,
                )
            )
        for act in acts:
            act()

    @property
    def readers(self) -> Sequence[User]:
        """Return people with different sight: everything, one site, nothing confidential."""
        return [User.objects.get(pk=person.pk) for person in (self.boss, self.local, self.plain)]
