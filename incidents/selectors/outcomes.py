"""Who has been told an outcome of their own, and what the guards of an incident must know."""

from django.db.models import Q

from complaints.models import Complaint, ComplaintQuerySet
from incidents.models import Incident
from incidents.states import FindingState, StatementState
from incidents.workflow import Facts

# Told, or at its end in another way (withdrawn, merged, no complaint), or decided and out of reach.
_HAS_OUTCOME = (
    Q(decision_sent_at__isnull=False)
    | Q(is_open=False)
    | Q(unreachable=True, decided_at__isnull=False)
)


def linked_complaints(incident: Incident) -> ComplaintQuerySet:
    """Return the complaints that are linked now."""
    return Complaint.objects.filter(
        pk__in=incident.links.filter(unlinked_at__isnull=True).values("complaint")
    )


def without_outcome(complaints: ComplaintQuerySet) -> ComplaintQuerySet:
    """Return those whose complainants have not been told an outcome of their own."""
    return complaints.exclude(_HAS_OUTCOME)


def with_outcome(complaints: ComplaintQuerySet) -> ComplaintQuerySet:
    """Return those whose complainants have been told an outcome of their own."""
    return complaints.filter(_HAS_OUTCOME)


def gather(incident: Incident) -> Facts:
    """Return what the guards must know, and leave it with the incident."""
    linked = linked_complaints(incident)
    incident.facts = Facts(
        linked=linked.count(),
        without_outcome=without_outcome(linked).count(),
        findings_approved=incident.findings.filter(state=FindingState.APPROVED).count(),
        statements_waiting=incident.statements.filter(
            versions__state=StatementState.WAITING
        ).count(),
        joint_running=incident.runs.filter(
            started_at__isnull=False, finished_at__isnull=True
        ).count(),
        customers=incident.customers.count(),
    )
    return incident.facts
