"""A complaint's record in sentences: what, who, when, from where, and what was written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.selectors import named_for
from complaints import events
from complaints.models import (
    Approval,
    Assessment,
    Attachment,
    Complaint,
    ConfidentialAccess,
    Escalation,
    FollowUpAttempt,
    IncomingMessage,
    Investigation,
    Message,
    Note,
    Pause,
    Remedy,
    ReopenRequest,
    Response,
)
from complaints.rules.policy import PolicyContent
from complaints.selectors.policy_words import WANTED_WORDS
from complaints.selectors.timeline_contents import CONTENTS, Said
from complaints.selectors.timeline_words import (
    DOORS,
    FIELD_WORDS,
    LABELS,
    STAFF_NOTICE,
    day_before,
    listed,
    telling_of,
)
from complaints.selectors.veil import veil_letter
from complaints.states import MessageChannel, MessageState, Occasion
from journal.models import Entry
from journal.selectors import history_of

WRITTEN_LATER = timedelta(minutes=2)
_CONTENT: Mapping[str, tuple[type[Model], tuple[str, ...]]] = {
    "note": (Note, ()),
    "message": (Message, ()),
    "incoming": (IncomingMessage, ()),
    "assessment": (Assessment, ()),
    "investigation": (Investigation, ()),
    "response": (Response, ()),
    "approval": (Approval, ("by", "response")),
    "escalation": (Escalation, ()),
    "remedy": (Remedy, ()),
    "attempt": (FollowUpAttempt, ()),
    "request": (ReopenRequest, ("by",)),
    "attachment": (Attachment, ()),
    "pause": (Pause, ()),
    "access": (ConfidentialAccess, ()),
}


@dataclass
class Material:
    """Everything a complaint's entries point at, read only as far as they point at it."""

    complaint: Complaint
    reader: User
    entries: Sequence[Entry]
    payloads: Sequence[Mapping[str, Any]]
    kept: dict[str, dict[int, Any]] = field(default_factory=dict)

    def of(self, name: str) -> dict[int, Any]:
        """Return the objects of a kind by id; the names are the payload's keys."""
        if name not in self.kept:
            model, related = _CONTENT[name]
            rows = model._default_manager.filter(complaint=self.complaint).order_by("pk")
            rows = rows.select_related(*related) if related else rows
            wanted = any(payload.get(name) for payload in self.payloads)
            self.kept[name] = {row.pk: row for row in rows} if wanted else {}
            if name in {"message", "incoming"}:
                for row in self.kept[name].values():
                    veil_letter(row, self.complaint)
        return self.kept[name]

    @cached_property
    def people(self) -> dict[int, User]:
        """Return everybody the entries and their contents name, by id."""
        known = {entry.actor_id: entry.actor for entry in self.entries if entry.actor is not None}
        unknown = self._named() - set(known)
        return {**known, **(User.objects.in_bulk(unknown) if unknown else {})}

    def _named(self) -> set[int]:
        named = [payload.get(key) for payload in self.payloads for key in ("to", "acting_for")]
        gone = [p.get("from") for p in self.payloads if "escalations" in p]
        named += [*gone, *(pk for payload in self.payloads for pk in payload.get("told") or ())]
        named += [message.to_user_id for message in self.of("message").values()]
        named += [row.taken_by_id for row in self.of("escalation").values()]
        named += [row.responsible_id for row in self.of("remedy").values()]
        return {pk for pk in named if isinstance(pk, int)}

    @cached_property
    def references(self) -> dict[int, str]:
        """Return the references of merged complaints, as far as the reader may know of them."""
        ids = {
            int(payload[key])
            for payload in self.payloads
            for key in ("into", "merged")
            if payload.get(key)
        }
        if not ids:
            return {}
        seen = Complaint.objects.visible_to(self.reader).filter(pk__in=ids)
        return dict(seen.values_list("pk", "reference"))

    @cached_property
    def teams(self) -> dict[int, Team]:
        """Return the teams the entries name, by id."""
        team = self.complaint.team
        at_hand = {team.pk: team} if team else {}
        ids = {payload["team"] for payload in self.payloads if payload.get("team")} - set(at_hand)
        return {**at_hand, **(Team.objects.in_bulk(ids) if ids else {})}


def material_of(complaint: Complaint, reader: User) -> Material:
    """Return the record of a complaint, oldest first, with what it points at."""
    entries = list(history_of(complaint))
    return Material(complaint, reader, entries, [_payload(entry) for entry in entries])


def _payload(entry: Entry) -> Mapping[str, Any]:
    """Return an entry's payload; of one that was tampered with, as much as can be read."""
    try:
        payload = entry.payload
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


@dataclass(frozen=True)
class Line:
    """One entry as the timeline shows it."""

    seq: int
    kind: str
    group: str
    icon: str
    tone: str
    title: str
    who: str
    door: str
    address: str
    at: datetime
    recorded_at: datetime | None  # where it was written down noticeably later than it happened
    cycle: int
    said: tuple[Said, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    message: Message | None = None
    attachment: Attachment | None = None
    folded: tuple["Line", ...] = ()


def lines_of(
    material: Material, says: PolicyContent, *, language: str, show: str = "all", since: int = 0
) -> list[Line]:
    """Return the entries after a place in the chain as lines, oldest first.

    `show` narrows them to messages, notes, moves or system; notices to colleagues are folded.
    """
    teller = Teller(material, says, language)
    lines = [
        teller.line(entry, payload)
        for entry, payload in zip(material.entries, material.payloads, strict=True)
        if entry.seq > since
    ]
    return _folded(line for line in lines if show in {"all", line.group})


def _folded(lines: Iterable[Line]) -> list[Line]:
    """Lay notices to colleagues that follow each other into one line."""
    found: list[Line] = []
    for line in lines:
        is_notice = line.icon == STAFF_NOTICE.icon
        if is_notice and found and found[-1].folded:
            found[-1] = replace(found[-1], folded=(*found[-1].folded, line))
        elif is_notice:
            found.append(replace(line, title=_("Colleagues told"), folded=(line,)))
        else:
            found.append(line)
    return found


class Teller:
    """Turns entries into lines, in one language."""

    def __init__(self, material: Material, says: PolicyContent, language: str) -> None:
        """Keep what sentences are made from."""
        self.material = material
        self.categories = {item.code: item.names.of(language) for item in says.categories}
        self.clocks = {item.code: item.names.of(language) for item in says.clocks}
        self.causes = {item.code: item.names.of(language) for item in says.causes}
        self.ladder = {item.level: item.names.of(language) for item in says.escalation}
        self.triggers = {item.code: item.names.of(language) for item in says.emergency_triggers}
        self.first_told: set[int] = set()
        # A demo tells years in one night: that each line was written down late says nothing there.
        self.is_tale = bool(material.entries) and material.entries[0].door == "demo"

    def line(self, entry: Entry, payload: Mapping[str, Any]) -> Line:
        """Return one entry as a line; to be asked in the order of the chain."""
        payload = self._with_message(payload)
        telling = telling_of(entry.kind, payload)
        late = not self.is_tale and entry.recorded_at - entry.occurred_at > WRITTEN_LATER
        said, facts = self._below(entry.kind, payload)
        return Line(
            seq=entry.seq,
            kind=entry.kind,
            group=telling.group,
            icon=telling.icon,
            tone=telling.tone,
            title=str(telling.words) % self._params(entry.kind, payload),
            who=self._who(entry, payload),
            door=str(DOORS.get(entry.door, entry.door)),
            address=entry.address,
            at=entry.occurred_at,
            recorded_at=entry.recorded_at if late else None,
            cycle=int(payload.get("cycle", 1)),
            said=tuple(item for item in said if item.text.strip()),
            facts=tuple((label, value) for label, value in facts if value),
            message=self._letter(payload),
            attachment=self._file(payload),
        )

    def _file(self, payload: Mapping[str, Any]) -> Attachment | None:
        file: Attachment | None = self.material.of("attachment").get(payload.get("attachment", 0))
        return file if file is not None and file.withdrawn_at is None else None

    def _with_message(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add occasion, channel and receiver of a message, which its later entries leave out."""
        message = self.material.of("message").get(payload.get("message", 0))
        if message is None:
            return payload
        own = {"occasion": message.occasion, "channel": message.channel, "to": message.to_user_id}
        return {**own, **payload}

    def _letter(self, payload: Mapping[str, Any]) -> Message | None:
        """Return a letter where its text belongs: at its writing, not at each later fate."""
        message: Message | None = self.material.of("message").get(payload.get("message", 0))
        if message is None or message.pk in self.first_told:
            return None
        self.first_told.add(message.pk)
        return None if message.occasion == Occasion.STAFF_NOTICE else message

    def _params(self, kind: str, payload: Mapping[str, Any]) -> Mapping[str, str]:
        # What a tampered entry lacks stays empty: the page must show that it is broken.
        values: defaultdict[str, str] = defaultdict(str)
        for key, value in payload.items():
            values[key] = str(LABELS[key].get(value, value)) if key in LABELS else str(value)
        values["kind_code"] = kind
        values["to"] = self._person(payload.get("to"))
        if kind == events.HANDED_BACK:
            values["from"] = self._person(payload.get("from"))
        values["category"] = self._named(self.categories, payload, "category")
        if payload.get("trigger") in self.triggers:
            values["trigger"] = self.triggers[payload["trigger"]]
        values["clock"] = self._named(self.clocks, payload, "clock")
        values["fields"] = listed(str(FIELD_WORDS.get(f, f)) for f in payload.get("fields") or ())
        if "level" in payload:
            name = self.ladder.get(payload["level"], "")
            values["level"] = _("%(level)s (%(name)s)") % {"level": payload["level"], "name": name}
        for key in ("into", "merged"):
            other = _("another complaint")
            values[key] = self.material.references.get(payload.get(key, 0), other)
        if kind == events.EXTENDED:
            values["until"] = day_before(payload.get("to", ""))
        return values

    @staticmethod
    def _named(names: Mapping[str, str], payload: Mapping[str, Any], key: str) -> str:
        code = payload.get(key) or ""
        return names.get(code, code)

    def _person(self, pk: Any) -> str:
        person = self.material.people.get(pk) if isinstance(pk, int) else None
        return str(person) if person else ""

    def _who(self, entry: Entry, payload: Mapping[str, Any]) -> str:
        if entry.actor is None or entry.actor.is_system:
            return ""
        absent = payload.get("acting_for")
        known = self.material.people.get(absent) if isinstance(absent, int) else None
        return named_for(entry.actor, known)

    def _below(
        self, kind: str, payload: Mapping[str, Any]
    ) -> tuple[list[Said], list[tuple[str, str]]]:
        said: list[Said] = []
        facts: list[tuple[str, str]] = []
        note = self.material.of("note").get(payload.get("note", 0))
        if note is not None:
            said.append(Said(note.text, "note" if kind == events.NOTE_ADDED else ""))
        for name in CONTENTS:
            row = self.material.of(name).get(payload[name]) if payload.get(name) else None
            if row is not None:
                below = CONTENTS[name](kind, row, self.causes)
                said += below.said
                facts += below.facts
        return said, facts + self._plain_facts(kind, payload)

    def _plain_facts(self, kind: str, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
        if kind == events.ASSIGNED and payload.get("team") in self.material.teams:
            return [(_("Team"), str(self.material.teams[payload["team"]]))]
        if kind == events.ESCALATED:
            told = [self._person(pk) for pk in payload.get("told") or ()]
            clock = self._named(self.clocks, payload, "clock")
            return [(_("Told"), listed(told)), (_("Because of"), clock)]
        if kind == events.CLOSED:
            return [(_("Cause"), self._named(self.causes, payload, "cause"))]
        if kind == events.RECEIVED:
            missing = [str(WANTED_WORDS.get(name, name)) for name in payload.get("missing") or ()]
            return [
                (_("Still missing"), listed(missing)),
                (_("Handling policy"), f"v{payload.get('policy', '?')}"),
            ]
        return []


def waiting_messages(material: Material) -> list[Message]:
    """Return the letters that need a person: not told yet, or stuck on their way."""
    stuck = {MessageState.FAILED, MessageState.BOUNCED, MessageState.UNCERTAIN}
    return [
        message
        for message in material.of("message").values()
        if message.state in stuck
        or (message.state == MessageState.QUEUED and message.channel != MessageChannel.EMAIL)
    ]


def told_in_vain(material: Material) -> list[Occasion]:
    """Return what must be told again, because no message of this cycle has brought it across."""
    complaint = material.complaint
    lost = {MessageState.FAILED, MessageState.BOUNCED}
    found = []
    for occasion, milestone in (
        (Occasion.ACKNOWLEDGEMENT, complaint.acknowledged_at),
        (Occasion.DECISION, complaint.decision_sent_at),
    ):
        tries = [
            message.state
            for message in material.of("message").values()
            if message.occasion == occasion and message.cycle == complaint.cycle
        ]
        if milestone is None and tries and set(tries) <= lost:
            found.append(occasion)
    return found
