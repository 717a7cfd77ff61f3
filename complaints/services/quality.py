"""The verbs of quality checks and rated quarters: what a provider did is judged (CM-8.7 c)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.permissions import has
from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import QualityCheck
from complaints.selectors.involved import involved_in
from complaints.selectors.scorecard import live_scorecard
from complaints.services.moves import digest, note_down, take
from journal.origin import origin
from providers.rules.scorecard import quarter_before, quarter_of
from providers.selectors.words import scheme_in_force
from providers.services.scorecards import freeze_quarter

CHECK = "providers.manage"


@dataclass(frozen=True)
class Verdict:
    """What a quality check found."""

    customer_ok: bool
    compliance_ok: bool
    remark: str = ""


@transaction.atomic
def check_quality(
    *, complaint_id: int, verdict: Verdict, actor: User, at: datetime
) -> QualityCheck:
    """Record a quality check of a provider's complaint, by somebody who had no part in it.

    Raises NotAllowed, Conflict when it was checked before, BadInput naming `remark` when a mistake
    is not described.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.note")
    if complaint.provider_id is None or not has(actor, CHECK):
        raise NotAllowed(_("Your role does not check the work of providers."))
    if actor.pk in involved_in(complaint):
        raise NotAllowed(_("Whoever worked on a complaint does not check it."))
    if QualityCheck.objects.filter(complaint=complaint).exists():
        raise Conflict(_("This complaint was checked already."))
    right = verdict.customer_ok and verdict.compliance_ok
    if not right and not verdict.remark.strip():
        raise BadInput(_("Say what was wrong."), field="remark")
    check = QualityCheck.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        customer_ok=verdict.customer_ok,
        compliance_ok=verdict.compliance_ok,
        remark=verdict.remark.strip(),
    )
    payload = {"check": check.pk, "right": right, "sha256": digest(check.remark)}
    note_down(events.QUALITY_CHECKED, complaint, actor=actor, at=at, payload=payload)
    return check


def rate_quarters(*, now: datetime) -> None:
    """Freeze the scorecard of the last quarter for each provider that had complaints in it.

    By the scheduler; what is frozen stays, so it may ask as often as it likes. It waits some days
    into the new quarter, until what was begun before has been written down.
    """
    quarter = quarter_before(quarter_of(timezone.localdate(now)))
    with origin("scheduler"):
        for provider in (
            Provider.objects.filter(is_test=False).exclude(quarters__quarter=quarter).order_by("pk")
        ):
            rate_quarter(provider=provider, quarter=quarter, at=now)


def rate_quarter(*, provider: Provider, quarter: str, at: datetime) -> None:
    """Freeze one quarter of a provider; nothing where it had neither complaints nor breaches."""
    scheme = scheme_in_force()
    card = live_scorecard(provider, quarter, actor=system_user(), now=at, scheme=scheme)
    if card.complaints or card.gates:
        freeze_quarter(provider_id=provider.pk, quarter=quarter, card=card, scheme=scheme, at=at)
