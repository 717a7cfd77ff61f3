"""What a complainant sees of their own complaint: plain words, and what they may do now.

Never notes, names of colleagues, or anything about other people. Of a confidential complaint they
see their own words and where it is, and nothing that was written about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from complaints import events
from complaints.models import Complaint, Note, ReopenRequest
from complaints.rules.policy import PolicyContent
from complaints.selectors.reopening import may_ask_reopening
from complaints.services.letter_values import contact, day_text, due_text
from complaints.states import (
    Answer,
    Channel,
    MessageChannel,
    MessageState,
    Occasion,
    ReopenVerdict,
    Stage,
    State,
)
from journal.selectors import history_of
from portal.selectors.publication import RouteView, routes_of

DOORS = ("complainant", "public")
_OWN_WORDS = (
    events.INFORMATION_ADDED,
    events.DECISION_RECORDED,
    events.REOPENING_ASKED,
    events.WITHDRAWN,
)
_STEPS = (
    (pgettext_lazy("step", "Received"), (State.RECEIVED, State.ACKNOWLEDGED)),
    (gettext_lazy("Being looked into"), (State.ASSESSED, State.INVESTIGATING)),
    (pgettext_lazy("step", "Decided"), (State.RESPONDED,)),
    (gettext_lazy("Finished"), (State.CLOSED, State.FOLLOWED_UP)),
)
_WORDS = {
    State.RECEIVED: gettext_lazy(
        "We have your complaint. Somebody will judge how serious it is and who should deal with it."
    ),
    State.ACKNOWLEDGED: gettext_lazy(
        "We have your complaint. Somebody will judge how serious it is and who should deal with it."
    ),
    State.ASSESSED: gettext_lazy("Your complaint is with the people who deal with such matters."),
    State.INVESTIGATING: gettext_lazy("We are finding out what happened and why."),
    State.CLOSED: gettext_lazy("Your complaint is closed."),
    State.FOLLOWED_UP: gettext_lazy("Your complaint is closed, and you told us how you found it."),
    State.WITHDRAWN: gettext_lazy("You took your complaint back. We keep it on record."),
    State.NOT_A_COMPLAINT: gettext_lazy(
        "We do not deal with this as a complaint. If you see that differently, tell us."
    ),
    State.MERGED: gettext_lazy("We deal with this together with another complaint of yours."),
}
_TOLD_BY = {
    MessageChannel.EMAIL: pgettext_lazy("how it was told", "by e-mail"),
    MessageChannel.PHONE: pgettext_lazy("how it was told", "by phone"),
    MessageChannel.SMS: pgettext_lazy("how it was told", "by text message"),
    MessageChannel.LETTER: pgettext_lazy("how it was told", "by letter"),
    MessageChannel.IN_PERSON: pgettext_lazy("how it was told", "in person"),
    MessageChannel.OTHER: pgettext_lazy("how it was told", "on this page"),
}


@dataclass(frozen=True)
class Words:
    """Something that was said: by us (`ours`) or by the complainant."""

    at: datetime
    title: Any
    text: str
    ours: bool
    how: Any = ""
    decides: bool = False


@dataclass(frozen=True)
class Step:
    """One of the few steps that a complainant sees: done, now or todo."""

    label: Any
    mark: str


@dataclass(frozen=True)
class Offer:
    """What may be done on the page now."""

    add: bool
    answer: bool
    follow_up: bool
    reopen: bool
    withdraw: bool
    quiet: bool  # may say: no further contact
    loud: bool  # may take that back


@dataclass(frozen=True)
class Status:
    """The page of one complaint for the person who made it."""

    reference: str
    received_at: datetime
    channel: Any
    words: str
    steps: Sequence[Step]
    next_what: str
    next_day: str
    confidential: bool
    said: Sequence[Words]  # the newest first
    decision: Words | None  # what is to be answered now
    files: Sequence[str]
    routes: Sequence[RouteView]
    reopening: ReopenRequest | None
    offer: Offer
    contact: str
    emergency_phones: Sequence[tuple[str, str]]


def status_of(complaint: Complaint, *, language: str, at: datetime) -> Status:
    """Return what the complainant sees now, in a language of the house."""
    says = complaint.policy.says
    wishes = complaint.reopenrequests.order_by("pk")
    wish = wishes.filter(cycle=complaint.cycle).last()
    # What was granted shows by itself, in a new cycle; what was declined stays to be read.
    told = wish or wishes.filter(verdict=ReopenVerdict.DECLINED).last()
    what, day = _next(complaint, says)
    shared = complaint.attachments.standing().filter(internal=False)
    said, offer = _said(complaint), _offer(complaint, at=at)
    decisions = [words for words in said if words.decides]
    return Status(
        reference=complaint.reference,
        received_at=complaint.received_at,
        channel=Channel(complaint.channel).label,
        words=_where(complaint),
        steps=_steps(complaint),
        next_what=what,
        next_day=day,
        confidential=complaint.confidential,
        said=said,
        decision=decisions[0] if decisions and offer.answer else None,
        files=list(shared.values_list("name", flat=True)),
        routes=routes_of(says, language),
        reopening=told,
        offer=offer,
        contact=contact(),
        emergency_phones=[
            (phone.names.of(language), phone.number) for phone in says.emergency_phones
        ],
    )


def _where(complaint: Complaint) -> str:
    if complaint.state != State.RESPONDED:
        return str(_WORDS[State(complaint.state)])
    if complaint.answer == Answer.ACCEPTED:
        return _("You accepted our decision. We do what we promised, then the complaint is closed.")
    if complaint.answer == Answer.REFUSED:
        return _("You do not accept our decision. Below you see where else you can turn.")
    if not _told(complaint):
        return _("We have decided. Our answer is on its way to you.")
    return _("We have told you our decision. Please tell us whether you accept it.")


def _told(complaint: Complaint) -> bool:
    """Return whether the decision reached them; who cannot be written to reads it on this page."""
    return complaint.decision_sent_at is not None or complaint.unreachable


def _steps(complaint: Complaint) -> list[Step]:
    places = [State(complaint.state) in states for _label, states in _STEPS]
    if True not in places:  # ended in another way: withdrawn, merged, no complaint
        return []
    now = places.index(True)
    ended = complaint.state in {State.CLOSED, State.FOLLOWED_UP}
    marks = ["done" if n < now or ended else "now" if n == now else "todo" for n in range(4)]
    return [Step(label, mark) for (label, _states), mark in zip(_STEPS, marks, strict=True)]


def _next(complaint: Complaint, says: PolicyContent) -> tuple[str, str]:
    """Return what happens next and by which day; both empty where nothing is promised."""
    clocks = complaint.clocks.filter(
        cycle=complaint.cycle, dropped=False, stopped_at__isnull=True
    ).order_by("due_at")
    first = {clock.stage: clock for clock in reversed(clocks)}
    promises = (
        (Stage.RESPOND, _("You have our decision")),
        (Stage.REMEDY, _("We have done what we promised")),
    )
    for stage, what in promises:
        if stage in first:
            return what, due_text(first[stage])
    waiting = complaint.state == State.RESPONDED and not complaint.answer
    if waiting and complaint.decision_sent_at is not None:
        until = complaint.decision_sent_at + timedelta(days=says.silence.days)
        return _("We wait for your answer"), day_text(until)
    return "", ""


def _said(complaint: Complaint) -> list[Words]:
    """Return what was said from both sides, newest first."""
    said = [*_own_words(complaint)]
    if not complaint.confidential:
        said += _ours(complaint)
    return sorted(said, key=lambda words: words.at, reverse=True)


def _own_words(complaint: Complaint) -> list[Words]:
    first = [Words(complaint.received_at, _("You told us"), complaint.description, ours=False)]
    if complaint.remedy_sought:
        wished = _("You asked for")
        first.append(Words(complaint.received_at, wished, complaint.remedy_sought, ours=False))
    entries = history_of(complaint).filter(door__in=DOORS, kind__in=_OWN_WORDS)
    notes = {entry.payload.get("note"): entry.occurred_at for entry in entries}
    rows = Note.objects.filter(complaint=complaint, pk__in=[pk for pk in notes if pk])
    titled = _("You told us")
    first += [Words(notes[row.pk], titled, row.text, ours=False) for row in rows]
    for attempt in complaint.followupattempts.exclude(comment="").filter(by__is_system=True):
        first.append(Words(attempt.at, titled, attempt.comment, ours=False))
    return first


def _ours(complaint: Complaint) -> list[Words]:
    messages = complaint.messages.filter(
        state__in=[MessageState.SENT, MessageState.NOTED], to_user__isnull=True
    ).exclude(occasion=Occasion.STAFF_NOTICE)
    said = [
        Words(
            message.sent_at or message.queued_at,
            Occasion(message.occasion).label,
            message.body.replace(settings.STATUS_PAGE, "").strip(),
            ours=True,
            how=_TOLD_BY[MessageChannel(message.channel)],
            decides=message.occasion == Occasion.DECISION,
        )
        for message in messages
    ]
    if complaint.unreachable:
        # No letter could go to them: here, and only here, they read what was decided.
        said += [
            Words(row.at, Occasion.DECISION.label, row.text, ours=True, decides=True)
            for row in complaint.responses.filter(sent=True)
        ]
    return said


def _offer(complaint: Complaint, *, at: datetime) -> Offer:
    responded = complaint.state == State.RESPONDED
    told = responded and _told(complaint)
    early = told and complaint.follow_up_gates_closing and complaint.followed_up_at is None
    return Offer(
        add=complaint.is_open,
        answer=told and complaint.answer not in {Answer.ACCEPTED, Answer.REFUSED},
        follow_up=complaint.state == State.CLOSED or (early and bool(complaint.answer)),
        reopen=may_ask_reopening(complaint, at=at),
        withdraw=complaint.is_open and not complaint.answer,
        quiet=complaint.no_contact_at is None and complaint.state != State.MERGED,
        loud=complaint.no_contact_at is not None,
    )
