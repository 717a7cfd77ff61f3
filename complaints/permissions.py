"""Who may see and do what to a complaint. The same rules as querysets.visible_to, on one object."""

from collections.abc import Collection
from typing import Protocol

from accounts.models import Membership, User
from accounts.permissions import grants_with, has
from complaints.models import Complaint
from complaints.querysets import WHEREVER_SEEN, reaches
from providers.rules.matrix import PERSONAL_FIELDS


class Case(Protocol):
    """What the questions below need to know: a complaint, or a row of a list about one."""

    @property
    def owner_id(self) -> int | None:
        """Return whose it is."""

    @property
    def recorded_by_id(self) -> int:
        """Return who took it down."""

    @property
    def subject_person_id(self) -> int | None:
        """Return whom it is about."""

    @property
    def confidential(self) -> bool:
        """Return whether only some may see it."""

    @property
    def site_id(self) -> int | None:
        """Return where it belongs."""

    @property
    def team_id(self) -> int | None:
        """Return to whom it belongs."""

    @property
    def provider_id(self) -> int | None:
        """Return which provider took it down, if any."""


def is_own(actor: User, complaint: Case) -> bool:
    """Return whether the actor owns or recorded the complaint."""
    return actor.pk in {complaint.owner_id, complaint.recorded_by_id}


def _persons(actor: User, permission: str, complaint: Case) -> list[User]:
    """Return as whom the actor may do this: themselves, and absent colleagues they stand in for.

    Nobody lends what they do not have themselves, nor a complaint about themselves.
    """
    lenders = [
        colleague
        for colleague in actor.covering
        if has(colleague, permission) and complaint.subject_person_id != colleague.pk
    ]
    return [actor, *lenders]


def _reached(actor: User, permission: str, complaint: Case) -> list[Membership]:
    """Return the memberships, own or lent, that carry a permission to where the complaint lies."""
    return [
        grant
        for grant in grants_with(actor, permission)
        if grant.covers(
            site_id=complaint.site_id,
            team_id=complaint.team_id,
            provider_id=complaint.provider_id,
        )
        and (grant.lender_id is None or grant.lender_id != complaint.subject_person_id)
    ]


def may_see(actor: User, complaint: Case) -> bool:
    """Return whether the complaint exists for the actor at all (otherwise every door says 404)."""
    if actor.is_system:
        return True
    if complaint.subject_person_id == actor.pk:
        return False
    if has(actor, "complaints.view") and any(
        is_own(person, complaint) for person in _persons(actor, "complaints.view", complaint)
    ):
        return True
    wanted = "complaints.view_confidential" if complaint.confidential else "complaints.view"
    return bool(_reached(actor, wanted, complaint))


def may(actor: User, permission: str, complaint: Case) -> bool:
    """Return whether the actor may do this to this complaint; state and guards are asked elsewhere.

    Whoever owns the complaint may do what any of their roles allows, and so may whoever recorded
    it until somebody owns it: the caller is still on the line. Others need the permission at the
    complaint's site and team; to do a handler's work there, it must be their team's, or they must
    be in charge of all. An emergency is declared by anyone who sees it and may declare one at all.
    Who stands in for an absent colleague reaches what that colleague reaches, and may do there
    what both may.
    """
    if not may_see(actor, complaint):
        return False
    in_charge = complaint.owner_id or complaint.recorded_by_id
    if actor.is_system:
        return True
    if not has(actor, permission):
        return False
    if any(person.pk == in_charge for person in _persons(actor, permission, complaint)):
        return True
    return permission in WHEREVER_SEEN or any(
        reaches(grant, permission) for grant in _reached(actor, permission, complaint)
    )


def acted_for(actor: User, complaint: Case, permission: str = "complaints.view") -> int | None:
    """Return the id of the absent colleague in whose place the actor does this, or None.

    Whoever is in charge of the complaint comes first: their work is done for them even by those
    who might have done it anyway.
    """
    if not actor.covering:
        return None
    in_charge = complaint.owner_id or complaint.recorded_by_id
    if in_charge != actor.pk and in_charge in actor.persons:
        return in_charge
    if actor.pk == in_charge:
        return None
    reached = [
        grant for grant in _reached(actor, permission, complaint) if reaches(grant, permission)
    ]
    if not reached or any(grant.lender_id is None for grant in reached):
        return None
    return reached[0].lender_id


def needs_reason(actor: User, complaint: Case) -> bool:
    """Return whether the actor must say why before reading: confidential and not their work."""
    return complaint.confidential and not actor.is_system and actor.pk != complaint.owner_id


def may_know_complainant(actor: User, complaint: Case) -> bool:
    """Return whether the actor is shown who complains and how to reach them.

    Those who work on complaints or check them need to know; those who only look at figures do not.
    Of a provider's people and software the contract says what they need (withheld_from).
    """
    if actor.provider is not None:
        return bool(actor.provider.shown_fields) and may_see(actor, complaint)
    return may(actor, "complaints.note", complaint) or may(
        actor, "complaints.view_confidential", complaint
    )


def withheld_from(actor: User) -> frozenset[str]:
    """Return which fields of complainants the actor's contract does not show; none for colleagues.

    Everything that shows, exports or sends a complainant asks this.
    """
    if actor.provider is None:
        return frozenset()
    return frozenset(PERSONAL_FIELDS) - frozenset(actor.provider.shown_fields)


def may_approve(
    actor: User, complaint: Case, *, asked_by_id: int, asked_for_id: int | None = None
) -> bool:
    """Return whether the actor may answer a request: never who asked, never the owner.

    Both persons count: who asked for somebody absent, and whom the actor stands in for.
    """
    concerned = {asked_by_id, asked_for_id, complaint.owner_id}
    return not concerned & actor.persons and may(actor, "complaints.approve", complaint)


def may_decide_reopening(
    actor: User, complaint: Case, *, handlers: Collection[int], asked_by_id: int
) -> bool:
    """Return whether the actor may decide if it is reopened: neither who handled nor who asked."""
    return actor.pk not in {*handlers, asked_by_id} and may(
        actor, "complaints.decide_reopening", complaint
    )


def may_rate(actor: User, complaint: Case, *, involved: Collection[int]) -> bool:
    """Return whether the actor may ask how it went: nobody rates what they worked on."""
    return actor.is_system or (
        actor.pk not in involved and may(actor, "complaints.follow_up", complaint)
    )


def may_take_escalation(actor: User, complaint: Complaint, *, level: int) -> bool:
    """Return whether the actor is among those whom a level of the complaint's ladder asks."""
    steps = complaint.policy.says.escalation
    return any(may(actor, step.permission, complaint) for step in steps if step.level == level)


def may_set_up(actor: User) -> bool:
    """Return whether the actor brings a new installation into use: accounts or policy."""
    return has(actor, "accounts.manage") or has(actor, "policy.edit")
