"""What needs somebody now: the lists of the first page, and how much is in each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.permissions import has
from complaints.models import Approval, Complaint, Message, Notice
from complaints.querysets import VIEW, ComplaintQuerySet, places_of
from complaints.selectors.register import NONE, OPEN, OVERDUE, TODAY, Filters
from complaints.selectors.reopening import wished_to_decide
from complaints.states import Answer, ApprovalState, MessageState, Occasion, State

NOW, MINE, TEAM, UNASSIGNED = "now", "mine", "team", "unassigned"
ALL, WAITING, AFTER = "open", "waiting", "after"
FOR = "for-"  # and the id of an absent colleague
ESCALATED, LETTERS, APPROVALS = "escalated", "letters", "approvals"
REOPENINGS = "reopenings"
TABS: Mapping[str, Any] = {
    NOW: pgettext_lazy("queue", "Needs me now"),
    MINE: pgettext_lazy("queue", "Mine"),
    TEAM: pgettext_lazy("queue", "My team"),
    UNASSIGNED: pgettext_lazy("queue", "Unassigned"),
    ALL: pgettext_lazy("queue", "All open"),
    WAITING: pgettext_lazy("queue", "Waiting for others"),
    AFTER: pgettext_lazy("queue", "Follow-ups"),
}
# What waits for a person beside the complaints they own; shown only while there is something.
ERRANDS: Mapping[str, Any] = {
    APPROVALS: pgettext_lazy("queue", "Waiting for your approval"),
    REOPENINGS: pgettext_lazy("queue", "Asked to reopen"),
    ESCALATED: pgettext_lazy("queue", "Escalated to you"),
    LETTERS: pgettext_lazy("queue", "Letters that did not get through"),
}
# The manager's figures. Each is the filter of the list that it opens, so both always agree.
FIGURES: Mapping[str, Filters] = {
    "late": Filters(due=OVERDUE),
    "today": Filters(due=TODAY),
    "unassigned": Filters(standing=OPEN, owner=NONE),
    "approval": Filters(approval=True),
}
_TROUBLED = (MessageState.FAILED, MessageState.UNCERTAIN, MessageState.BOUNCED)


def tabs_for(actor: User) -> list[str]:
    """Return the tabs that say anything to this person, the one to begin with in front."""
    if not has(actor, "complaints.note"):
        return [ALL, UNASSIGNED, WAITING, AFTER]
    somewhere = all(places_of(actor, VIEW))
    acting = [f"{FOR}{colleague.pk}" for colleague in actor.covering]
    team = [TEAM] if somewhere else []
    return [NOW, MINE, *acting, *team, UNASSIGNED, ALL, WAITING, AFTER]


def tab_words(tab: str, actor: User) -> str:
    """Return what a tab or errand is called."""
    for colleague in actor.covering:
        if tab == f"{FOR}{colleague.pk}":
            return _("Acting for %(name)s") % {"name": colleague}
    return str(TABS.get(tab) or ERRANDS[tab])


def parts_of(tab: str, actor: User) -> Sequence[ComplaintQuerySet]:
    """Return what stands under a tab or errand, in parts (see ComplaintQuerySet)."""
    own = Complaint.objects.visible_to(actor).filter(owner=actor.pk, is_open=True)
    if tab.startswith(FOR):
        absent = int(tab.removeprefix(FOR))
        return [Complaint.objects.visible_to(actor).filter(owner=absent, is_open=True)]
    if tab == MINE:
        return [own]
    if tab == NOW:
        return [own, _to_be_taken(actor)]
    if tab in ERRANDS:
        return [_errand(tab, actor)]
    if tab == TEAM:
        seen = Complaint.objects.visible_to(actor).filter(is_open=True)
        return [seen.filter(place) for place in places_of(actor, VIEW)]
    parts = Complaint.objects.parts_visible_to(actor, unowned=tab == UNASSIGNED)
    return [part.filter(_WHICH[tab]) for part in parts]


_WHICH: Mapping[str, Q] = {
    UNASSIGNED: Q(is_open=True, owner__isnull=True),
    ALL: Q(is_open=True),
    WAITING: Q(is_open=True)
    & (Q(paused=True) | Q(state=State.RESPONDED, answer=Answer.NONE) | ~Q(pending_approval="")),
    # A promised remedy may outlive the complaint; it falls due here too.
    AFTER: Q(is_open=False, next_due_at__isnull=False),
}


def _to_be_taken(actor: User) -> ComplaintQuerySet:
    """Return what nobody owns and the actor could take."""
    may_take = Complaint.objects.where_may(actor, "complaints.assign_self")
    return may_take.filter(is_open=True, owner__isnull=True)


def _errand(name: str, actor: User) -> ComplaintQuerySet:
    if name == APPROVALS:
        asked = Approval.objects.filter(state=ApprovalState.PENDING)
        asked = asked.exclude(by__in=actor.persons).exclude(asked_for__in=actor.persons)
        others = Complaint.objects.where_may(actor, "complaints.approve").exclude(
            owner__in=actor.persons
        )
        return others.filter(pk__in=asked.values("complaint"))
    if name == REOPENINGS:
        return wished_to_decide(actor)
    if name == ESCALATED:
        told = Notice.objects.filter(user__in=actor.persons, escalation__taken_at__isnull=True)
        seen = Complaint.objects.visible_to(actor).filter(is_open=True, escalation_level__gt=0)
        return seen.filter(pk__in=told.exclude(escalation=None).values("complaint"))
    stuck = Message.objects.filter(state__in=_TROUBLED).exclude(occasion=Occasion.STAFF_NOTICE)
    mine = Q(owner__in=actor.persons) | Q(owner__isnull=True, recorded_by__in=actor.persons)
    seen = Complaint.objects.visible_to(actor).filter(mine)
    return seen.filter(pk__in=stuck.values("complaint"))
