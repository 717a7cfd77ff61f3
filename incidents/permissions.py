"""Who may see and do what to an incident; the same rules as querysets.visible_to, on one object."""

from accounts.models import User
from accounts.permissions import grants_with, has
from complaints.models import Complaint
from complaints.permissions import may
from incidents.models import ApprovalStep, CommonFinding, Incident
from incidents.querysets import MANAGE, OVERSEE, VIEW

LINK = "incidents.link"


def may_see_incidents(actor: User) -> bool:
    """Return whether there is any incident that may exist for the actor."""
    return actor.is_system or has(actor, VIEW)


def _in_charge(actor: User, permission: str, incident: Incident) -> bool:
    return actor.is_system or any(
        grant.team_id is None and grant.site_id in {None, incident.site_id}
        for grant in grants_with(actor, permission)
    )


def may_manage(actor: User, incident: Incident) -> bool:
    """Return whether the actor commands the incident, or manages incidents where it belongs."""
    if not has(actor, MANAGE):
        return False
    return actor.pk == incident.commander_id or _in_charge(actor, MANAGE, incident)


def may_oversee(actor: User, incident: Incident) -> bool:
    """Return whether the actor sees the incident for its own sake, not only for a complaint's."""
    return _in_charge(actor, OVERSEE, incident) or may_manage(actor, incident)


def may_know_customers(actor: User, incident: Incident) -> bool:
    """Return whether the actor is shown who is affected: who works on it, and who audits it."""
    return may_manage(actor, incident) or (
        may_oversee(actor, incident) and has(actor, "complaints.view_confidential")
    )


def may_link(actor: User, complaint: Complaint) -> bool:
    """Return whether the actor may say that a complaint belongs to an incident, or does not."""
    return may(actor, LINK, complaint)


def may_approve_finding(actor: User, finding: CommonFinding) -> bool:
    """Return whether the actor may put a common finding in force: never who wrote it."""
    return actor.pk != finding.by_id and (
        actor.is_system
        or (
            has(actor, "complaints.approve")
            and _in_charge(actor, "complaints.approve", finding.incident)
        )
    )


def may_decide_step(actor: User, step: ApprovalStep) -> bool:
    """Return whether a step of a statement's chain asks the actor: never who wrote the words."""
    return actor.pk != step.version.by_id and _in_charge(
        actor, step.permission, step.version.statement.incident
    )
