"""An incident's record in sentences. What a reader may not see is not counted before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import User
from complaints.models import Complaint
from incidents import events
from incidents.models import Incident
from incidents.permissions import may_oversee
from incidents.states import Audience, JointKind, RepresentativeAct
from journal.models import Entry
from journal.selectors import history_of

SHOWN = 40


@dataclass(frozen=True)
class Telling:
    """How one kind of entry is told."""

    words: Any
    icon: str = "dot"
    tone: str = ""


TELLINGS: Mapping[str, Telling] = {
    events.OPENED: Telling(_("Suspected incident written down"), "plus", "info"),
    events.CHANGED: Telling(_("Scope or command changed"), "edit"),
    events.DECLARED: Telling(_("Declared"), "flag", "warn"),
    events.CONTAINED: Telling(_("Contained"), "shield", "ok"),
    events.RESOLVED: Telling(_("Resolved"), "check", "ok"),
    events.CLOSED: Telling(pgettext_lazy("incident", "Closed"), "lock", "ok"),
    events.STOOD_DOWN: Telling(_("Stood down: no incident after all"), "close"),
    events.REOPENED: Telling(_("Taken back to contained"), "undo", "warn"),
    events.LINKED: Telling(_("%(complaints)s linked"), "link"),
    events.UNLINKED: Telling(_("%(complaint)s taken out"), "close"),
    events.FINDING_PROPOSED: Telling(_("Common finding, version %(number)s, proposed"), "search"),
    events.FINDING_APPROVED: Telling(
        _("Common finding, version %(number)s, approved"), "approve", "ok"
    ),
    events.FINDING_RETURNED: Telling(
        _("Common finding, version %(number)s, returned"), "undo", "warn"
    ),
    events.FINDING_CONFIRMED: Telling(_("%(complaint)s: common finding confirmed"), "check"),
    events.FINDING_REJECTED: Telling(
        _("%(complaint)s: common finding does not fit"), "close", "warn"
    ),
    events.JOINT_PREPARED: Telling(_("Joint message prepared: %(kind)s"), "edit"),
    events.JOINT_CHANGED: Telling(_("Joint message changed"), "edit"),
    events.JOINT_STARTED: Telling(_("Joint message begun: %(kind)s"), "send", "info"),
    events.JOINT_FINISHED: Telling(_("Joint message finished: %(kind)s"), "check", "ok"),
    events.JOINT_DISCARDED: Telling(_("Joint message thrown away"), "close"),
    events.JOINT_TOLD: Telling(_("%(complaint)s: told by phone or letter"), "phone"),
    events.FACT_ADDED: Telling(_("Fact F%(number)s written down"), "note"),
    events.FACT_SETTLED: Telling(_("Fact F%(number)s: %(settled)s"), "check"),
    events.STATEMENT_WRITTEN: Telling(
        _("Statement to %(audience)s written, version %(number)s"), "edit"
    ),
    events.STATEMENT_SUBMITTED: Telling(_("Statement handed in for approval"), "up", "info"),
    events.STATEMENT_APPROVED: Telling(_("Statement approved (%(step)s)"), "approve", "ok"),
    events.STATEMENT_RETURNED: Telling(_("Statement returned (%(step)s)"), "undo", "warn"),
    events.STATEMENT_OVERDUE: Telling(
        _("Approval of a statement is late (%(step)s)"), "clock", "bad"
    ),
    events.STATEMENT_RELEASED: Telling(_("Statement to %(audience)s released"), "message", "ok"),
    events.CUSTOMERS_ADDED: Telling(_("Affected customers listed"), "people"),
    events.OFFER_DECIDED: Telling(_("Decided what affected customers are offered"), "scale"),
    events.OUTREACH_LOGGED: Telling(_("An affected customer was contacted"), "phone"),
    events.REPRESENTATIVE_NAMED: Telling(_("Representative named"), "user"),
    events.REPRESENTATIVE_ENDED: Telling(_("Representation ended"), "user"),
    events.CONSENT_RECORDED: Telling(_("Consent recorded: %(act)s"), "check"),
    events.REPRESENTATIVE_ACTED: Telling(_("Representative: %(act)s"), "scale"),
    events.EXPORTED: Telling(_("Linked complaints exported"), "download"),
    events.ERASED: Telling(_("%(complaint)s: disposed of, its words erased here too"), "shield"),
    events.PEOPLE_ERASED: Telling(_("Customers and representatives erased"), "shield"),
}
_SETTLED = {"confirmed": _("confirmed"), "refuted": _("refuted")}


@dataclass(frozen=True)
class TimelineLine:
    """One entry as the page shows it."""

    seq: int
    kind: str
    title: str
    icon: str
    tone: str
    who: str
    at: datetime


def timeline_of(
    incident: Incident, actor: User, steps: Mapping[str, str], *, before: int | None = None
) -> tuple[list[TimelineLine], int | None]:
    """Return a page of the record, newest first, and where the next one begins.

    `steps` names the links of the approval chain by their code.
    """
    history = history_of(incident).order_by("-seq")
    if before is not None:
        history = history.filter(seq__lt=before)
    entries = list(history[: SHOWN + 1])
    shown = entries[:SHOWN]
    payloads = [_payload(entry) for entry in shown]
    names = _references(payloads, actor)
    may_count = may_oversee(actor, incident)
    lines = [
        _line(entry, payload, names, steps, may_count=may_count)
        for entry, payload in zip(shown, payloads, strict=True)
    ]
    return lines, shown[-1].seq if len(entries) > SHOWN else None


def _payload(entry: Entry) -> Mapping[str, Any]:
    try:
        payload = entry.payload
    except ValueError:
        return {}  # tampered with: the page must show that it is broken
    return payload if isinstance(payload, dict) else {}


def _references(payloads: Sequence[Mapping[str, Any]], actor: User) -> dict[int, str]:
    """Return the references of the complaints that entries name, as far as the actor sees them."""
    ids = {payload["complaint"] for payload in payloads if payload.get("complaint")}
    for payload in payloads:
        listed = payload.get("complaints")
        ids |= set(listed) if isinstance(listed, list) else set()
    seen = Complaint.objects.visible_to(actor).filter(pk__in=ids)
    return dict(seen.values_list("pk", "reference")) if ids else {}


def _line(
    entry: Entry,
    payload: Mapping[str, Any],
    names: Mapping[int, str],
    steps: Mapping[str, str],
    *,
    may_count: bool,
) -> TimelineLine:
    telling = TELLINGS.get(entry.kind, Telling(entry.kind))
    listed = payload.get("complaints")
    seen = [pk for pk in listed if pk in names] if isinstance(listed, list) else []
    count = len(listed) if may_count and isinstance(listed, list) else len(seen)
    values = {
        "number": payload.get("number", ""),
        "complaint": names.get(payload.get("complaint", 0), str(_("Another complaint"))),
        "complaints": ngettext("%(count)s complaint", "%(count)s complaints", count)
        % {"count": count},
        "kind": _label(JointKind, payload.get("kind")),
        "audience": _label(Audience, payload.get("audience")),
        "act": _label(RepresentativeAct, payload.get("act")),
        "settled": str(_SETTLED.get(str(payload.get("to")), "")),
        "step": steps.get(str(payload.get("step", "")), str(payload.get("step", ""))),
    }
    return TimelineLine(
        seq=entry.seq,
        kind=entry.kind,
        title=str(telling.words) % values,
        icon=telling.icon,
        tone=telling.tone,
        who=str(entry.actor) if entry.actor and not entry.actor.is_system else "",
        at=entry.occurred_at,
    )


def _label(choices: Any, value: Any) -> str:
    return str(dict(choices.choices).get(value, value or ""))
