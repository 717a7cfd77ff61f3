"""Many complaints of a partner at once: the rules of receipt for each, a batch per transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import DataError, IntegrityError, transaction

from accounts.models import User
from accounts.permissions import has
from complaints import events
from complaints.errors import BadInput, NotAllowed, ReferenceHeld
from complaints.models import Clock, Complaint
from complaints.services.clocks import refresh_next_due
from complaints.services.import_lookups import Lookups
from complaints.services.import_people import complainants_of, link_repeats
from complaints.services.intake import (
    FROM_RECEIPT,
    NO_RECEIVER,
    build_complaint,
    check_intake,
    held_among,
    received_payload,
)
from complaints.services.partners import HandedOver, hand_over_complaint
from complaints.services.reckoning import new_clock, wanted_clocks
from complaints.services.searching import index_many
from journal.errors import Refusal
from journal.services import Fact, record_many
from journal.services.bulk_rows import insert_rows

BATCH = 100  # in one transaction: others wait no longer than this takes


class Taken(NamedTuple):
    """A complaint that was taken, with its clocks."""

    complaint: Complaint
    clocks: list[Clock]


Outcome = Taken | Refusal


def hand_over_many(*, handed: Sequence[HandedOver], actor: User, at: datetime) -> list[Outcome]:
    """Receive what a partner hands over, each on its own: one that is refused harms no other.

    Most are written a batch at a time; what sets something off at once (an emergency, a letter)
    goes the way of single ones. Raises NotAllowed when the actor may not receive complaints.
    """
    if not has(actor, "complaints.receive"):
        raise NotAllowed(NO_RECEIVER)
    taker = _Taker(actor, at)
    for start in range(0, len(handed), BATCH):
        taker.take(handed[start : start + BATCH])
    return taker.outcomes


class _Taker:
    """Takes batches in the name of one client; policies and calendars are read once."""

    def __init__(self, actor: User, at: datetime) -> None:
        self.actor, self.at = actor, at
        self.lookups = Lookups(actor)
        self.outcomes: list[Outcome] = []

    def take(self, handed: Sequence[HandedOver]) -> None:
        """Take one batch, and note what came of each."""
        found: dict[int, Outcome] = {}
        plain: list[tuple[int, HandedOver]] = []
        for place, item in enumerate(handed):
            try:
                check_intake(item.intake, at=self.at)
            except BadInput as refusal:
                found[place] = refusal
                continue
            if self._sets_off(item):
                found[place] = self._alone(item)
            else:
                plain.append((place, item))
        self._store(self._unheld(plain, found), found)
        self.outcomes += [found[place] for place in range(len(handed))]

    def _sets_off(self, item: HandedOver) -> bool:
        """Return whether more than rows come of it: a letter, an alarm, a note."""
        intake = item.intake
        says = self.lookups.in_force(intake.received_at).says
        letter = intake.channel in says.auto_acknowledge and bool(intake.person.email)
        return letter or bool(intake.emergency_trigger) or bool(item.unfit)

    def _alone(self, item: HandedOver) -> Outcome:
        try:
            with transaction.atomic():
                complaint = hand_over_complaint(handed=item, actor=self.actor, at=self.at)
        except Refusal as refusal:
            return refusal
        return Taken(complaint, list(complaint.clocks.all()))

    def _unheld(
        self, plain: Sequence[tuple[int, HandedOver]], found: dict[int, Outcome]
    ) -> list[tuple[int, HandedOver]]:
        """Leave out what the client has handed over before, or twice in this batch."""
        named = {item.intake.external_id.strip() for _, item in plain} - {""}
        rows = held_among(named, self.actor)
        seen = rows.visible_to(self.actor).values_list("external_id", "reference")
        held = {**dict.fromkeys(rows.values_list("external_id", flat=True), ""), **dict(seen)}
        fresh = []
        for place, item in plain:
            mine = item.intake.external_id.strip()
            if mine and mine in held:
                found[place] = ReferenceHeld(held[mine])
                continue
            if mine:
                held[mine] = ""
            fresh.append((place, item))
        return fresh

    def _store(self, plain: Sequence[tuple[int, HandedOver]], found: dict[int, Outcome]) -> None:
        """Write all at once; what the database refuses is found by halves."""
        if not plain:
            return
        try:
            with transaction.atomic():
                taken = self._write([item for _, item in plain])
        except (DataError, IntegrityError):
            if len(plain) == 1:
                place, item = plain[0]
                found[place] = self._alone(item)
                return
            middle = len(plain) // 2
            self._store(plain[:middle], found)
            self._store(plain[middle:], found)
        else:
            found.update(zip((place for place, _ in plain), taken, strict=True))

    def _write(self, handed: Sequence[HandedOver]) -> list[Taken]:
        people = complainants_of([item.intake for item in handed], self.at)
        taken = list(self._built(handed))
        complaints = [item.complaint for item in taken]
        for complaint, person in zip(complaints, people, strict=True):
            complaint.complainant = person
        insert_rows(complaints)
        clocks = [clock for item in taken for clock in item.clocks]
        for clock in clocks:
            clock.complaint = clock.complaint  # its id is known only now
        insert_rows(clocks)
        link_repeats(complaints, self._window)
        record_many([self._fact(complaint) for complaint in complaints])
        index_many(complaints)
        return taken

    def _built(self, handed: Sequence[HandedOver]) -> Iterator[Taken]:
        for item in handed:
            intake = item.intake
            policy, says = self.lookups.in_force(intake.received_at)
            complaint = build_complaint(intake, actor=self.actor, at=self.at, says=says)
            complaint.policy = policy
            wanted = wanted_clocks(complaint, FROM_RECEIPT, says)
            calendars = self.lookups.calendars(wanted)
            clocks = [
                new_clock(complaint, one, intake.received_at, calendars[one.calendar])
                for one in wanted
            ]
            refresh_next_due(complaint, clocks)
            yield Taken(complaint, clocks)

    def _window(self, complaint: Complaint) -> timedelta:
        says = self.lookups.in_force(complaint.received_at).says
        return timedelta(days=says.windows.repeat_days)

    def _fact(self, complaint: Complaint) -> Fact:
        payload = {
            "state": str(complaint.state),
            "cycle": complaint.cycle,
            **received_payload(complaint),
        }
        return Fact(events.RECEIVED, complaint, self.actor, self.at, payload)
