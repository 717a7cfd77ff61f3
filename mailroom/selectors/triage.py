"""What waits for a person, what was decided, and how much of each there is, by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from accounts.models import User
from complaints.models import Complaint
from complaints.rules.intake import email_key, emergency_hints
from complaints.selectors.policy import policy_in_force, trigger_words
from mailroom.models import Mail
from mailroom.permissions import asks_for_reason, secret_of
from mailroom.querysets import MailQuerySet
from mailroom.states import MailState, Reason

PAGE = 50
CANDIDATES = 5


@dataclass(frozen=True)
class Row:
    """A mail in a list. Of a masked one only that it is there, and which complaint it is about."""

    mail: Mail
    masked: bool
    reference: str


@dataclass(frozen=True)
class TriagePage:
    """Some mails, and behind which key the next page begins (None at the end)."""

    rows: Sequence[Row]
    next_after: int | None


def triage_page(
    actor: User,
    *,
    state: MailState,
    reason: str = "",
    words: str = "",
    after: int | None = None,
    at: datetime,
) -> TriagePage:
    """Return a page of mails: what waits with the oldest first, all else with the newest first."""
    found = _listed(actor, state)
    if reason:
        found = found.filter(reason=reason)
    if words:
        found = _with_words(found, words)
    waiting = state == MailState.WAITING
    if after is not None:
        found = found.filter(pk__gt=after) if waiting else found.filter(pk__lt=after)
    mails = list(
        found.select_related("complaint", "suggestion", "decided_by").order_by(
            "pk" if waiting else "-pk"
        )[: PAGE + 1]
    )
    shown = mails[:PAGE]
    return TriagePage(
        [_row(mail, actor, at) for mail in shown], shown[-1].pk if len(mails) > PAGE else None
    )


def _listed(actor: User, state: MailState) -> MailQuerySet:
    return Mail.objects.visible_to(actor).filter(state=state)


def _with_words(mails: MailQuerySet, words: str) -> MailQuerySet:
    """Return the mails in which the words stand; those of confidential complaints are left out.

    Otherwise a search would tell what a masked row hides.
    """
    said = (
        Q(sender__icontains=words) | Q(sender_name__icontains=words) | Q(subject__icontains=words)
    )
    return mails.filter(said).exclude(
        Q(complaint__confidential=True) | Q(suggestion__confidential=True)
    )


def _row(mail: Mail, actor: User, at: datetime) -> Row:
    complaint = mail.complaint or mail.suggestion
    masked = secret_of(mail) is not None and asks_for_reason(mail, actor, at=at)
    return Row(mail, masked, complaint.reference if complaint else "")


def counts_by_reason(actor: User) -> list[tuple[Reason, int]]:
    """Return why what waits for this person waits, with how much of it."""
    counted = _listed(actor, MailState.WAITING).order_by().values("reason").annotate(n=Count("pk"))
    found = {row["reason"]: row["n"] for row in counted}
    return [(reason, found[reason.value]) for reason in Reason if found.get(reason.value)]


def mail_for(actor: User, pk: int) -> Mail | None:
    """Return a mail with what its page needs, or None when it does not exist for the actor."""
    return (
        Mail.objects.visible_to(actor)
        .exclude(state=MailState.NEW)
        .select_related("complaint", "suggestion", "incoming", "letter", "decided_by")
        .filter(pk=pk)
        .first()
    )


def candidates(mail: Mail, actor: User) -> list[Complaint]:
    """Return complaints that the mail may belong to, as far as the actor may know of them."""
    seen = Complaint.objects.visible_to(actor)
    key = email_key(mail.sender)
    likely = Q(pk=mail.suggestion_id or 0)
    if key:
        likely |= Q(complainant__email_key=key)
    found = list(
        seen.filter(likely)
        .select_related("complainant", "category")
        .order_by("-is_open", "-received_at")[: CANDIDATES + 1]
    )
    found.sort(key=lambda complaint: complaint.pk != mail.suggestion_id)
    return found[:CANDIDATES]


def dangers(mail: Mail) -> list[tuple[str, list[str]]]:
    """Return the words of danger in a mail, by what they may mean; a person confirms (CM-8.2b)."""
    says = policy_in_force(mail.arrived_at).says
    names, hints = trigger_words(says), emergency_hints(f"{mail.subject}\n{mail.text}", says)
    return [(names[trigger], found) for trigger, found in hints.items()]
