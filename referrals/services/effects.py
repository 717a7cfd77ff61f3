"""What a result means for the complaint: a person decides, and it goes through the desk's verbs."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.selectors.involved import handlers_of
from complaints.services.moves import digest
from complaints.services.outside import Order, order_remedy
from complaints.services.reopening import reopen_after_decision
from referrals import events
from referrals.models import OutsideCase
from referrals.permissions import DECIDE, may_say_effect
from referrals.services.cases import finish
from referrals.services.moves import keep, take_case, tell_chain
from referrals.states import PENDING, Effect

HANDLER_DECIDES_NOT = _("Whoever handled the complaint does not decide what the result means.")


@transaction.atomic
def decide_effect(
    *,
    case_id: int,
    effect: Effect,
    reason: str,
    order: Order | None = None,
    responsible: User | None = None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> OutsideCase:
    """Say what the result means: reopen with it as the reason, owe a remedy, or only record it.

    Whoever handled the complaint does not decide this; the case is closed with it. Raises
    NotAllowed, MoveRefused when there is no result yet, it was said before or the complaint cannot
    be reopened, BadInput naming `effect`, `reason`, `remedy_kind` or `due_at`.
    """
    complaint, case = take_case(
        case_id, actor=actor, permission=DECIDE, expected_version=expected_version
    )
    if not may_say_effect(actor, complaint, handlers=handlers_of(complaint)):
        raise NotAllowed(HANDLER_DECIDES_NOT)
    if case.state in PENDING:
        raise MoveRefused([_("There is no result yet.")])
    if case.effect:
        raise MoveRefused([_("What the result means has been decided already.")])
    if effect not in set(Effect.values) - {""}:
        raise BadInput(_("Say what follows for the complaint."), field="effect")
    if not reason.strip():
        raise BadInput(_("Give the reasons for the decision."), field="reason")
    if effect == Effect.REMEDY and order is None:
        raise BadInput(_("Choose what is owed."), field="remedy_kind")
    case.effect, case.effect_note = effect, reason.strip()
    case.effect_by, case.effect_at = actor, at
    keep(case, "effect", "effect_note", "effect_by", "effect_at")
    tell_chain(
        events.EFFECT_DECIDED,
        case,
        actor=actor,
        at=at,
        payload={"outside_effect": str(effect), "sha256": digest(case.effect_note)},
    )
    finish(complaint, case, actor=actor, at=at)
    _carry_out(complaint, case, order, responsible, actor, at)
    return case


def _carry_out(
    complaint: Complaint,
    case: OutsideCase,
    order: Order | None,
    responsible: User | None,
    actor: User,
    at: datetime,
) -> None:
    if case.effect == Effect.REOPENED:
        words = _("%(result)s (%(body)s): %(decision)s") % {
            "result": case.get_result_display(),
            "body": case.body,
            "decision": case.decision,
        }
        reason = "\n\n".join((str(words), case.effect_note))
        reopen_after_decision(complaint_id=complaint.pk, reason=reason, actor=actor, at=at)
    if order is not None and case.effect != Effect.RECORDED:
        order_remedy(
            complaint_id=complaint.pk,
            order=order,
            responsible=responsible or complaint.owner or actor,
            actor=actor,
            at=at,
        )
