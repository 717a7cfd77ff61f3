"""One complaint and its timeline, as far as this client may know them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import translation

from complaints.api.v1 import told
from complaints.api.v1.finding import found
from complaints.api.v1.steps import ACTIONS
from complaints.api.v1.telling import complaint_told, deadlines_told, issues_told
from complaints.models import Complaint
from complaints.permissions import may_know_complainant
from complaints.selectors.access import may_read_now
from complaints.selectors.obstacles import Situation
from complaints.selectors.page import situation_of
from complaints.selectors.partners import deadlines_of, shown_fields
from complaints.selectors.steps import option
from complaints.selectors.timeline import Material, lines_of, material_of
from complaints.services.partners import issues_of
from complaints.states import Stage
from complaints.workflow import HAS_OWNER
from providers.api.operations import Answer, Call, operation
from providers.api.views import ApiView, etag
from providers.states import Scope


class OneComplaint(ApiView):
    """One complaint."""

    @operation(
        "complaint_read",
        "Read a complaint",
        scope=Scope.READ,
        gives={200: told.ComplaintShape},
        tag="complaints",
        versioned=True,
    )
    def get(self, call: Call, reference: str) -> Answer:
        """With its deadlines, and the actions of this client: possible now, or why not.

        What the contract does not show is null and named in `masked`; so are the words of a
        confidential complaint until a reason was given (`read-confidential/`).
        """
        complaint = found(call.actor, reference)
        material = material_of(complaint, call.actor)
        clocks = list(
            complaint.clocks.filter(
                Q(cycle=complaint.cycle) | Q(stage=Stage.REMEDY, stopped_at__isnull=True)
            )
        )
        here = situation_of(complaint, call.actor, material, clocks, call.at)
        return Answer(
            complaint_told(
                complaint,
                call.actor,
                readable=may_read_now(complaint, call.actor, at=call.at),
                severity=_severity(material),
                deadlines=deadlines_told(deadlines_of(clocks)),
                actions=[*_actions(here)],
                completeness_issues=issues_told(issues_of(complaint)),
            ),
            headers=etag(complaint.version),
        )


def _severity(material: Material) -> str | None:
    judged = list(material.of("assessment").values())
    return judged[-1].severity if judged else None


def _actions(here: Situation) -> Sequence[dict[str, Any]]:
    takes = here.complaint.owner_id is None and here.may("complaints.assign_self")
    told_of = []
    for action in ACTIONS:
        offered = option(action.step, here)
        if not offered.allowed:
            continue
        # Whoever does the work of what nobody owns takes it with that.
        reasons = [why for why in offered.reasons if not (takes and why is HAS_OWNER.reason)]
        told_of.append({"action": action.name, "possible": not reasons, "reasons": reasons})
    return told_of


class Timeline(ApiView):
    """The record of a complaint."""

    @operation(
        "complaint_timeline",
        "Read the timeline",
        scope=Scope.READ,
        gives={200: told.TimelineShape},
        tag="complaints",
    )
    def get(self, call: Call, reference: str) -> Answer:
        """Oldest first. Texts stay away where the contract does not show the complainant whole."""
        complaint = found(call.actor, reference)
        lines = lines_of(
            material_of(complaint, call.actor),
            complaint.policy.says,
            language=translation.get_language() or "",
        )
        shown = texts_shown(complaint, call)
        return Answer(
            {
                "results": [
                    {
                        "seq": line.seq,
                        "kind": line.kind,
                        "at": line.at,
                        "title": line.title,
                        "who": line.who,
                        "door": line.door,
                        "cycle": line.cycle,
                        "texts": [said.text for said in line.said] if shown else [],
                    }
                    for line in lines
                ]
            }
        )


def texts_shown(complaint: Complaint, call: Call) -> bool:
    """Return whether the client is shown what others wrote: it may name the complainant."""
    actor = call.actor
    return (
        shown_whole(call)
        and may_know_complainant(actor, complaint)
        and may_read_now(complaint, actor, at=call.at)
    )


def shown_whole(call: Call) -> bool:
    """Return whether the client's contract shows the complainant by name and how to reach them."""
    shown = shown_fields(call.actor.provider)
    return shown is None or {"name", "phone", "email"} <= shown
