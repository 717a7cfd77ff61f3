"""By whom time limits were missed, from what the record says (domain brief, 3.3)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.models import Provider, User
from complaints import events
from complaints.models import Approval, Clock, Complaint, Pause
from complaints.querysets import ComplaintQuerySet
from complaints.rules.causes import Evidence, Party, Stay, Wait, evidence_of
from complaints.states import ApprovalKind, ApprovalState, PauseReason, Stage
from journal.models import Entry
from providers.models import Contract
from providers.rules.matrix import STEPS, Matrix
from providers.states import ContractState

# The stages of which it is said, and the step of the responsibility matrix that ends each.
STEP_OF = {Stage.ACKNOWLEDGE: "acknowledge", Stage.RESPOND: "respond"}
PARTY_WORDS: Mapping[Party, Any] = {
    "org": pgettext_lazy("party", "Organisation"),
    "provider": pgettext_lazy("party", "Provider"),
    "third_party": pgettext_lazy("party", "Third party"),
    "complainant": pgettext_lazy("party", "Complainant"),
}
_WAITED_FOR: dict[str, Party] = {
    PauseReason.COMPLAINANT: "complainant",
    PauseReason.APPRAISAL: "third_party",
    PauseReason.MEDIATION: "third_party",
}
_APPROVAL = "approval"
AT_ONCE = 500


@dataclass(frozen=True)
class Miss:
    """A time limit that was missed, and where its time went."""

    clock: Clock
    evidence: Evidence

    @property
    def caused_by(self) -> Party:
        """Return by whom."""
        return self.evidence.caused_by


def evidence_lines(evidence: Evidence) -> list[str]:
    """Return where the time went, longest first, then the pauses."""
    lain = sorted(evidence.lain.items(), key=lambda pair: -pair[1])
    return [
        *(_("{party}: {n} min").format(party=PARTY_WORDS[party], n=n) for party, n in lain),
        *(
            _("stood still ({reason}): {n} min").format(reason=PauseReason(reason).label, n=n)
            for reason, n in evidence.stood_still.items()
        ),
    ]


def missed(now: datetime) -> Q:
    """Return which clocks are missed: stopped too late, or over and not stopped by anything."""
    return Q(met=False) | Q(met__isnull=True, paused_at__isnull=True, due_at__lt=now)


def misses_among(complaints: ComplaintQuerySet, *, now: datetime) -> list[Miss]:
    """Return the missed acknowledgements and answers of the first cycle of complaints."""
    clocks = Clock.objects.filter(
        missed(now),
        complaint__in=complaints.order_by().values("pk"),
        cycle=1,
        stage__in=STEP_OF,
        dropped=False,
    ).order_by("complaint", "pk")
    found: list[Miss] = []
    rows = clocks.iterator(AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        found += _told(some)
    return found


def miss_of(clock: Clock, *, now: datetime) -> Miss | None:
    """Return by whom one clock was missed; None where it was not, or where nobody asks."""
    asked = clock.stage in STEP_OF and not clock.dropped
    over = clock.met is False or (
        clock.met is None and clock.paused_at is None and clock.due_at < now
    )
    return next(iter(_told([clock])), None) if asked and over else None


def _told(clocks: Sequence[Clock]) -> Iterator[Miss]:
    record = _Record(clocks)
    for clock in clocks:
        complaint = record.complaints[clock.complaint_id]
        evidence = evidence_of(
            list(record.stays(complaint, Stage(clock.stage))),
            record.waits[complaint.pk],
            since=clock.started_at,
            until=clock.due_at,
            pauses_allowed=clock.pause_reasons,
        )
        yield Miss(clock, evidence)


class _Record:
    """What is on record of some complaints: whose they were, and what was waited for."""

    def __init__(self, clocks: Sequence[Clock]) -> None:
        ids = {clock.complaint_id for clock in clocks}
        # Whoever handed the clocks over has asked whether their complaints may be seen.
        self.complaints = Complaint.everything.in_bulk(ids)
        self.waits = _waits(ids)
        self.moves: dict[int, list[Entry]] = defaultdict(list)
        kinds = (events.ASSIGNED, events.HANDED_BACK)
        label = Complaint._meta.label_lower
        for entry in Entry.objects.filter(
            subject_type=label, subject_id__in=ids, kind__in=kinds
        ).order_by("seq"):
            self.moves[entry.subject_id].append(entry)
        providers = {one.provider_id for one in self.complaints.values() if one.provider_id}
        working = User.objects.filter(memberships__provider__in=providers)
        self.outsiders = set(working.values_list("pk", "memberships__provider"))
        self.contracts: dict[int, list[Contract]] = defaultdict(list)
        for contract in Contract.objects.filter(
            provider__in=providers, state__in=[ContractState.APPROVED, ContractState.ENDED]
        ).order_by("-pk"):
            self.contracts[contract.provider_id].append(contract)
        self.granted = dict(Provider.objects.filter(pk__in=providers).values_list("pk", "granted"))

    def stays(self, complaint: Complaint, stage: Stage) -> Iterator[Stay]:
        """Return with whom a complaint lay: before it was written down with whoever heard it."""
        moves = self.moves[complaint.pk]
        first = moves[0].payload.get("from") if moves else complaint.owner_id
        yield Stay(self._side(complaint, complaint.recorded_by_id), complaint.received_at)
        yield Stay(self._queue(complaint, first, stage), complaint.recorded_at)
        for move in moves:
            said = move.payload
            if move.kind == events.HANDED_BACK and not said.get("owner"):
                continue
            yield Stay(self._queue(complaint, said.get("to"), stage), move.occurred_at)

    def _queue(self, complaint: Complaint, owner_id: int | None, stage: Stage) -> Party:
        """Return whose queue it is in; without an owner it waits for whoever does the step."""
        if owner_id is not None:
            return self._side(complaint, owner_id)
        return "provider" if self._does(complaint, STEP_OF[stage]) else "org"

    def _side(self, complaint: Complaint, user_id: int) -> Party:
        return "provider" if (user_id, complaint.provider_id) in self.outsiders else "org"

    def _does(self, complaint: Complaint, step: str) -> bool:
        if complaint.provider_id is None:
            return False
        day = timezone.localdate(complaint.received_at)
        for contract in self.contracts[complaint.provider_id]:
            if contract.agreed.holds_on(day):
                return Matrix(duties=tuple(contract.duties)).of(step).is_providers
        return STEPS[step] in self.granted[complaint.provider_id]


def _waits(ids: Iterable[int]) -> dict[int, list[Wait]]:
    """Return the pauses of complaints, and the times in which an answer waited for approval."""
    waits: dict[int, list[Wait]] = defaultdict(list)
    for pause in Pause.objects.filter(complaint__in=ids):
        party = _WAITED_FOR[pause.reason]
        waits[pause.complaint_id].append(
            Wait(pause.reason, party, pause.started_at, pause.ended_at)
        )
    asked = Approval.objects.filter(complaint__in=ids, kind=ApprovalKind.RESPONSE)
    for approval in asked.exclude(state=ApprovalState.DROPPED):  # nobody kept until when it waited
        waits[approval.complaint_id].append(
            Wait(_APPROVAL, "org", approval.at, approval.decided_at)
        )
    return waits
