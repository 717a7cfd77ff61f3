"""Follow-ups that are due: whose, by when, what happens next, and who may ask (CM-8.6b)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint, FollowUpAttempt, Message
from complaints.permissions import may_know_complainant, may_rate, needs_reason
from complaints.querysets import VIEW, ComplaintQuerySet, places_of
from complaints.rules.follow_ups import INVITATION, REMINDER, Case, Letter, Plan, due_plan_of
from complaints.selectors.access import readable_now
from complaints.selectors.involved import involved_in_each, not_involving
from complaints.selectors.paging import Page, page_of
from complaints.selectors.register import DUE_FIRST, OVERDUE, TODAY, WEEK, due_within
from complaints.selectors.veil import veiled
from complaints.states import State

MINE, TEAM, ALL = "mine", "team", "all"
TABS: Mapping[str, Any] = {
    MINE: pgettext_lazy("follow-ups", "For me to ask"),
    TEAM: pgettext_lazy("follow-ups", "My team"),
    ALL: pgettext_lazy("follow-ups", "All"),
}
DUES = (OVERDUE, TODAY, WEEK)
FRESH, TRIED, AGREED = "fresh", "tried", "agreed"
TRIES: Mapping[str, Any] = {
    FRESH: pgettext_lazy("follow-ups", "Nobody has called yet"),
    TRIED: pgettext_lazy("follow-ups", "Called in vain"),
    AGREED: pgettext_lazy("follow-ups", "Another call is agreed"),
}
ATTEMPTS_SHOWN = 3
# Words for complaints.rules.follow_ups.
WHAT_WORDS: Mapping[str, Any] = {
    "held": _("Nobody asks for the time being"),
    "invite": _("Invitation by e-mail goes out"),
    "on_its_way": _("A letter is on its way"),
    "remind": _("Invited; the reminder goes out"),
    "await": _("Reminded; an answer may come until"),
    "call": _("Call"),
    "write": _("Write, or note that nobody can be reached"),
    "give_up": _("No answer to the letters, and no number to call"),
}
WHY_WORDS: Mapping[str, Any] = {
    "no_policy": _("no letter: the handling policy invites nobody by e-mail"),
    "anonymous": _("no letter: the complainant is anonymous"),
    "no_email": _("no letter: no usable e-mail address is known"),
    "by_phone": _("no letter: the complainant came by phone or in person"),
    "came_back": _("the letter did not arrive"),
    "called": _("no letter: somebody has called already"),
    "no_answer": _("no answer to invitation and reminder"),
}


@dataclass(frozen=True)
class Asked:
    """What the list is narrowed to, as it stands in the address; anything odd is left out."""

    tab: str = MINE
    due: str = ""
    tries: str = ""

    @classmethod
    def parse(cls, asked: Mapping[str, str], actor: User) -> Self:
        """Read the address."""
        tabs = tabs_for(actor)
        tab, due, tries = (asked.get(name, "") for name in ("tab", "due", "tries"))
        return cls(
            tab if tab in tabs else tabs[0],
            due if due in DUES else "",
            tries if tries in TRIES else "",
        )


def tabs_for(actor: User) -> list[str]:
    """Return the tabs that say anything to this person, the one to begin with in front."""
    if not has(actor, "complaints.follow_up"):
        return [ALL]
    return [MINE, *([TEAM] if all(places_of(actor, VIEW)) else []), ALL]


def due_parts(asked: Asked, actor: User, *, now: datetime) -> list[ComplaintQuerySet]:
    """Return the complaints whose follow-up is due, as far as the actor sees them, in parts."""
    if asked.tab == MINE:
        seen = [not_involving(Complaint.objects.where_may(actor, "complaints.follow_up"), actor)]
    elif asked.tab == TEAM:
        all_seen = Complaint.objects.visible_to(actor)
        seen = [all_seen.filter(place) for place in places_of(actor, VIEW)]
    else:
        seen = list(Complaint.objects.parts_visible_to(actor))
    return [
        _narrowed(part.filter(which), asked, now=now) for part in seen for which in (CLOSED, EARLY)
    ]


_REACHABLE = Q(unreachable=False, no_contact_at__isnull=True)
CLOSED = _REACHABLE & Q(state=State.CLOSED, is_open=False, next_due_at__isnull=False)
# Where the policy asks before closing: once the complainant has said what they think of it.
EARLY = (
    _REACHABLE
    & Q(state=State.RESPONDED, is_open=True, follow_up_gates_closing=True)
    & Q(followed_up_at__isnull=True, decision_sent_at__isnull=False)
    & ~Q(answer="")
)


def _narrowed(part: ComplaintQuerySet, asked: Asked, *, now: datetime) -> ComplaintQuerySet:
    if asked.due:
        part = part.filter(due_within(asked.due, now))
    tried = FollowUpAttempt.objects.filter(
        complaint=OuterRef("pk"), cycle=OuterRef("cycle")
    ).order_by()
    if asked.tries == FRESH:
        return part.filter(~Exists(tried))
    if asked.tries == TRIED:
        return part.filter(Exists(tried))
    return part.filter(Exists(tried.filter(next_at__isnull=False))) if asked.tries else part


@dataclass(frozen=True)
class Due:
    """One follow-up that is due, as a reader may see it."""

    complaint: Complaint
    plan: Plan
    attempts: Sequence[FollowUpAttempt]  # the last ones, newest first
    tried: int
    masked: bool = False  # confidential, and the reader has not said why they need to read it
    knows: bool = True  # whether the reader is shown who complains and their number
    asks: bool = True  # whether the reader may ask

    @property
    def what(self) -> Any:
        """Return in words what happens next."""
        return WHAT_WORDS[self.plan.what]

    @property
    def why(self) -> list[Any]:
        """Return in words why no letter goes out."""
        if self.plan.why == "held":
            return [HOLD_WORDS.get(code, code) for code in self.complaint.follow_up_holds]
        return [WHY_WORDS[self.plan.why]] if self.plan.why else []


HOLD_WORDS: Mapping[str, Any] = {
    "outside_case": _("not sent: a case outside is open"),
    "legal_hold": _("not sent: a legal hold is in place"),
}


@dataclass(frozen=True)
class DuePage:
    """Some follow-ups, the most urgent first, and the marks of the pages around."""

    rows: Sequence[Due]
    page: Page


def due_follow_ups(
    asked: Asked,
    actor: User,
    *,
    now: datetime,
    after: str | None = None,
    before: str | None = None,
) -> DuePage:
    """Return a page of what is due."""
    page = page_of(due_parts(asked, actor, now=now), DUE_FIRST, after=after, before=before)
    return DuePage(_rows([line.pk for line in page.lines], actor, now=now), page)


def follow_up_lists(asked: Asked, actor: User, *, now: datetime) -> dict[str, Any]:
    """Return each tab's complaints, narrowed as asked, to be counted."""
    return {tab: due_parts(replace(asked, tab=tab), actor, now=now) for tab in tabs_for(actor)}


def _rows(ids: Sequence[int], actor: User, *, now: datetime) -> list[Due]:
    found = Complaint.objects.select_related("policy", "complainant", "owner").in_bulk(ids)
    complaints = [found[pk] for pk in ids if pk in found]
    cases, attempts = cases_of(complaints)
    involved = involved_in_each(complaints)
    secret = [item.pk for item in complaints if needs_reason(actor, item)]
    readable = readable_now(secret, actor, at=now)
    return [
        Due(
            veiled(complaint, actor),
            due_plan_of(cases[complaint.pk], complaint.policy.says.follow_up, now),
            attempts[complaint.pk][: -ATTEMPTS_SHOWN - 1 : -1],
            len(attempts[complaint.pk]),
            masked=complaint.pk in secret and complaint.pk not in readable,
            knows=may_know_complainant(actor, complaint),
            asks=may_rate(actor, complaint, involved=involved[complaint.pk]),
        )
        for complaint in complaints
    ]


def cases_of(
    complaints: Collection[Complaint],
) -> tuple[Mapping[int, Case], Mapping[int, list[FollowUpAttempt]]]:
    """Return what is known of each, by id, and its tries, oldest first; two statements."""
    cycles = {complaint.pk: complaint.cycle for complaint in complaints}
    letters: defaultdict[int, list[Letter]] = defaultdict(list)
    rows = Message.objects.filter(complaint__in=cycles, occasion__in=[INVITATION, REMINDER])
    columns = ("complaint_id", "cycle", "occasion", "state", "sent_at")
    for pk, cycle, occasion, state, sent_at in rows.order_by("pk").values_list(*columns):
        if cycle == cycles[pk]:
            letters[pk].append(Letter(occasion, state, sent_at))
    attempts: defaultdict[int, list[FollowUpAttempt]] = defaultdict(list)
    tries = FollowUpAttempt.objects.filter(complaint__in=cycles).select_related("by")
    for attempt in tries.order_by("pk"):
        if attempt.cycle == cycles[attempt.complaint_id]:
            attempts[attempt.complaint_id].append(attempt)
    return {
        complaint.pk: case_of(complaint, letters[complaint.pk], attempts[complaint.pk])
        for complaint in complaints
    }, attempts


def case_of(
    complaint: Complaint, letters: Sequence[Letter], attempts: Sequence[FollowUpAttempt]
) -> Case:
    """Return what is known of one complaint for its follow-up."""
    person = complaint.complainant
    return Case(
        since=complaint.closed_at or complaint.answered_at or complaint.received_at,
        channel=complaint.channel,
        mailable=person is not None and _usable(person.email),
        callable=person is not None and bool(person.phone.strip()),
        anonymous=complaint.anonymous,
        holds=complaint.follow_up_holds,
        letters=letters,
        called=bool(attempts),
        next_at=attempts[-1].next_at if attempts else None,
    )


def _usable(address: str) -> bool:
    try:
        validate_email(address.strip())
    except ValidationError:
        return False
    return True


def plan_for(
    complaint: Complaint,
    messages: Iterable[Message],
    attempts: Iterable[FollowUpAttempt],
    *,
    now: datetime,
) -> Plan:
    """Return what happens next with the follow-up of a complaint whose record is at hand."""
    letters = [
        Letter(item.occasion, item.state, item.sent_at)
        for item in messages
        if item.cycle == complaint.cycle and item.occasion in {INVITATION, REMINDER}
    ]
    tries = [item for item in attempts if item.cycle == complaint.cycle]
    return due_plan_of(case_of(complaint, letters, tries), complaint.policy.says.follow_up, now)
