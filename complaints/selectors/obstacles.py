"""What stands in the way of each step: who looks at which complaint, and why not now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Approval, Complaint, Remedy, ReopenRequest
from complaints.permissions import may, may_approve, may_decide_reopening
from complaints.states import DEPTHS, Depth, ReopenVerdict, State
from complaints.workflow import (
    ASKED_BEFORE,
    OTHERS_DECIDE,
    OWN_CASE,
    reasons_against,
    reasons_against_following_up,
)

NOT_ALLOWED = _("Your role does not allow this for this complaint.")
AT_ITS_END = _("The complaint is at its end; reopen it first.")
_WAITING = _("A request for approval is still waiting.")
HANDLED = {State.ASSESSED, State.INVESTIGATING}


@dataclass(frozen=True)
class Situation:
    """Who looks at which complaint when, and what of it the steps depend on."""

    complaint: Complaint
    actor: User
    now: datetime
    approval: Approval | None = None  # the one that waits
    remedies: Sequence[Remedy] = ()  # promised and not done
    extendable: bool = False
    handlers: frozenset[int] = frozenset()  # who owned it or worked on it
    involved: bool = False  # whether the reader worked on it or decided about it
    asked: ReopenRequest | None = None  # this cycle's wish to reopen it

    @property
    def wish(self) -> ReopenRequest | None:
        """Return the wish to reopen that waits for somebody to decide."""
        waits = self.asked is not None and self.asked.verdict == ReopenVerdict.WAITING
        return self.asked if waits else None

    def may(self, permission: str) -> bool:
        """Return whether the reader may do this to the complaint; to what is gone, nothing."""
        return self.complaint.anonymised_at is None and may(self.actor, permission, self.complaint)


def machine(name: str, *, besides: Sequence[Any] = ()) -> Callable[[Situation], list[Any]]:
    """Return what the machine has against a move; `besides` are guards its form satisfies."""
    solved = [guard.reason for guard in besides]

    def against(here: Situation) -> list[Any]:
        return [why for why in reasons_against(here.complaint, name) if why not in solved]

    return against


def while_open(here: Situation) -> list[Any]:
    return [] if here.complaint.is_open else [AT_ITS_END]


def always(_here: Situation) -> list[Any]:
    return []


def when(fact: Callable[[Complaint], Any]) -> Callable[[Situation], bool]:
    return lambda here: bool(fact(here.complaint))


def against_taking(here: Situation) -> list[Any]:
    if here.complaint.owner_id is not None:
        return [_("Somebody owns this complaint already.")]
    return while_open(here)


def against_handling(here: Situation) -> list[Any]:
    if here.complaint.state == State.INVESTIGATING:
        return []
    return reasons_against(here.complaint, "investigate")


def against_reassessing(here: Situation) -> list[Any]:
    if here.complaint.state in HANDLED:
        return []
    return [_("Only a complaint that is being handled can be assessed anew.")]


def against_skipping(here: Situation) -> list[Any]:
    if here.complaint.state not in HANDLED:
        return [_("Only an assessed complaint can go without an investigation.")]
    return [_WAITING] if here.complaint.pending_approval else []


def against_responding(here: Situation) -> list[Any]:
    waiting = [_WAITING] if here.complaint.pending_approval else []
    return reasons_against(here.complaint, "respond") + waiting


def against_deciding(here: Situation) -> list[Any]:
    asked = here.approval
    if asked is None:
        return [_("Nobody asks for approval.")]
    if not may_approve(
        here.actor, here.complaint, asked_by_id=asked.by_id, asked_for_id=asked.asked_for_id
    ):
        return [_("A second person must decide: not who asked, not who owns the complaint.")]
    return []


def against_dismissing(here: Situation) -> list[Any]:
    return [_WAITING] if here.complaint.pending_approval else while_open(here)


def against_following_up(here: Situation) -> list[Any]:
    if here.involved:
        return [OWN_CASE]
    return reasons_against_following_up(here.complaint)


def against_asking_to_reopen(here: Situation) -> list[Any]:
    if here.asked is not None:
        return [ASKED_BEFORE]
    return reasons_against(here.complaint, "reopen")


def against_deciding_reopening(here: Situation) -> list[Any]:
    wish = here.wish
    if wish is None:
        return [_("Nobody asks to reopen it.")]
    free = may_decide_reopening(
        here.actor, here.complaint, handlers=here.handlers, asked_by_id=wish.by_id
    )
    return [] if free or not here.may("complaints.decide_reopening") else [OTHERS_DECIDE]


def against_leaving_alone(here: Situation) -> list[Any]:
    return [OWN_CASE] if here.involved and here.complaint.state == State.CLOSED else []


def against_telling_remedies(here: Situation) -> list[Any]:
    if here.complaint.state == State.RESPONDED:
        return []
    return [_("Other remedies are told after a response.")]


def against_merging(here: Situation) -> list[Any]:
    if here.complaint.complainant_id is None:
        return [_("Only complaints of one known complainant are merged; link others instead.")]
    return reasons_against(here.complaint, "merge")


def against_unmerging(here: Situation) -> list[Any]:
    complaint = here.complaint
    days = complaint.policy.says.windows.unmerge_days
    over = complaint.merged_at and here.now - complaint.merged_at > timedelta(days=days)
    if over:
        return [_("A merge can be undone for %(days)s days only.") % {"days": days}]
    return reasons_against(complaint, "unmerge")


def against_escalating(here: Situation) -> list[Any]:
    if here.complaint.escalation_level >= len(here.complaint.policy.says.escalation):
        return [_("The top of the escalation ladder has been reached.")]
    return while_open(here)


def against_extending(here: Situation) -> list[Any]:
    if here.extendable:
        return []
    return [_("No running clock of this complaint can be extended.")]


def deep_enough(complaint: Complaint) -> bool:
    """Return whether it was investigated as deep as its severity asks, or need not be."""
    return complaint.investigation_skipped or DEPTHS.index(
        Depth(complaint.depth_done)
    ) >= DEPTHS.index(Depth(complaint.depth_required))
