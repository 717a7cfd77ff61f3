"""What a step of an incident is: its form, its verb, its words, and what it is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from complaints.models import Complaint
from incidents.forms.base import ActForm
from incidents.models import ApprovalStep, Customer, Incident, JointItem, StatementVersion
from incidents.selectors.outcomes import linked_complaints

Form = Any  # one of the forms of incidents.forms; each step knows its own
Who = Mapping[str, Any]  # actor and at, as every verb takes them


@dataclass(frozen=True)
class Again:
    """A step that was taken in part: what is left stands in the form again, with the reasons."""

    said: str
    faults: Sequence[str]
    initial: Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """A step behind its button."""

    title: Any
    form: type[ActForm]
    run: Callable[[Form, Who], Any]
    done: Any
    tab: str = "incident"
    find: Callable[[Incident, User, int], Any] | None = None  # what the step is about
    button: Any = ""
    hint: Any = ""
    danger: bool = False
    # Approvals are decided by those whom they ask, who need not manage the incident.
    for_managers: bool = True


# --- what steps are about ---------------------------------------------------------------------


def the_complaint(incident: Incident, actor: User, pk: int) -> Complaint | None:
    return linked_complaints(incident).visible_to(actor).filter(pk=pk).first()


def the_finding(incident: Incident, _actor: User, pk: int) -> Any:
    return incident.findings.filter(pk=pk).first()


def the_run(incident: Incident, _actor: User, pk: int) -> Any:
    return incident.runs.filter(pk=pk).first()


def the_item(incident: Incident, actor: User, pk: int) -> JointItem | None:
    seen = Complaint.objects.visible_to(actor).values("pk")
    items = JointItem.objects.filter(run__incident=incident, complaint__in=seen, pk=pk)
    return items.select_related(
        "run__finding", "run__by", "complaint__complainant", "complaint__policy"
    ).first()


def the_fact(incident: Incident, _actor: User, pk: int) -> Any:
    return incident.fact_base.filter(pk=pk).first()


def the_statement(incident: Incident, _actor: User, pk: int) -> Any:
    return incident.statements.filter(pk=pk).first()


def the_version(incident: Incident, _actor: User, pk: int) -> Any:
    return StatementVersion.objects.filter(statement__incident=incident, pk=pk).first()


def the_step(incident: Incident, _actor: User, pk: int) -> Any:
    return ApprovalStep.objects.filter(version__statement__incident=incident, pk=pk).first()


def the_representative(incident: Incident, _actor: User, pk: int) -> Any:
    return incident.representatives.filter(pk=pk).first()


def the_customer(incident: Incident, _actor: User, pk: int) -> Any:
    return Customer.objects.filter(incident=incident, pk=pk).first()


def title_of(act: Act, thing: Any) -> str:
    """Return the heading of a step: what it is, and about what."""
    if isinstance(thing, JointItem):
        return f"{act.title}: {thing.complaint.reference}"
    if isinstance(thing, Complaint):
        return f"{act.title}: {thing.reference}"
    return str(act.title)
