"""Telling colleagues: on their page at once, and by one mail each, however much there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.selectors import deputies_of, standing_in
from complaints import events
from complaints.models import Complaint, Escalation, Message, Notice
from complaints.permissions import may_approve, may_see
from complaints.states import MessageChannel, MessageState, Occasion
from journal.services import Fact, record_many
from journal.services.bulk_rows import insert_rows, made

NOTICE_WORDS = {
    "escalation": _("Escalated to you"),
    "approval": _("Your approval is asked for"),
    "returned": _("Returned to you"),
    "assigned": _("Assigned to you"),
    "emergency": _("EMERGENCY"),
    "leaving": _("To be handed over: who handles it leaves"),
    "handed_back": _("Back with the team: who handled it is gone"),
    "emergency_report": _("Decide on reports to authorities"),
    "emergency_review": _("An emergency is to be reviewed"),
    "message_failed": _("A letter did not get through"),
    "reopening": _("A complainant asks to reopen"),
    "outside_review": _("A decision for you to review"),
    "outside_decided": _("Decided outside: say what follows"),
    "outside_date": _("A date of a case outside"),
    "outside_answer": _("Somebody outside has answered"),
    "outside_silent": _("No answer from outside in time"),
    "follow_up": _("A follow-up that nobody in the team may make"),
    "incident": _("Several complaints may have one cause"),
    "statement": _("A statement waits for your approval"),
    "message_in": _("A message has come in"),
    "message_after_end": _("A message on a complaint at its end"),
    "complainant": _("The complainant has written or answered"),
    "danger_words": _("The complainant's words may mean danger"),
}
LISTED = 50  # references in one mail; the page lists all


@dataclass(frozen=True)
class News:
    """What somebody is to be told: about which complaint, of which kind (NOTICE_WORDS)."""

    person: User
    complaint: Complaint
    kind: str
    escalation: Escalation | None = None
    instead_of: User | None = None  # who is away


def tell(
    people: Iterable[User],
    complaint: Complaint,
    *,
    kind: str,
    by: User,
    at: datetime,
) -> None:
    """Tell colleagues of one complaint. See `tell_many`."""
    told = {person.pk: person for person in people}.values()
    tell_many([News(person, complaint, kind) for person in told], by=by, at=at)


def tell_many(news: Sequence[News], *, by: User, at: datetime) -> None:
    """Tell colleagues, on their page and, where they have an address, by mail.

    Each person gets one mail for all their news of this moment. It names only references: who
    complains about what is read inside. A few statements, however much news there is. Who stands
    in for somebody absent is told too, as far as they may see and do it.
    """
    news = [item for item in news if not item.complaint.is_test]
    news = [*news, *_for_deputies(news, by, at)]
    notices = [
        made(
            Notice,
            user_id=item.person.pk,
            complaint_id=item.complaint.pk,
            kind=item.kind,
            escalation_id=item.escalation.pk if item.escalation else None,
            instead_of_id=item.instead_of.pk if item.instead_of else None,
            created_at=at,
        )
        for item in news
    ]
    insert_rows(notices)
    by_person: dict[int, list[News]] = {}
    for item in news:
        if item.person.email:
            by_person.setdefault(item.person.pk, []).append(item)
    mails = Message.objects.bulk_create(_mail(items, by, at) for items in by_person.values())
    record_many(
        [
            Fact(
                events.MESSAGE_QUEUED,
                mail.complaint,
                by,
                at,
                {
                    "message": mail.pk,
                    "occasion": str(Occasion.STAFF_NOTICE),
                    "to": mail.to_user_id,
                    "about": [item.complaint.pk for item in by_person[mail.to_user_id or 0]],
                },
            )
            for mail in mails
        ]
    )


def _for_deputies(news: Sequence[News], by: User, at: datetime) -> list[News]:
    deputies = deputies_of({item.person.pk for item in news}, at)
    for one in deputies.values():
        standing_in(one, at)
    told = {(item.person.pk, item.complaint.pk, item.kind) for item in news}
    more = []
    for item in news:
        deputy = deputies.get(item.person.pk)
        if deputy is None or not _concerns(deputy, item, by):
            continue
        if (deputy.pk, item.complaint.pk, item.kind) not in told:
            told.add((deputy.pk, item.complaint.pk, item.kind))
            more.append(replace(item, person=deputy, instead_of=item.person))
    return more


def _concerns(deputy: User, item: News, by: User) -> bool:
    if deputy.pk == by.pk:
        return False
    if item.kind == "approval":
        return may_approve(deputy, item.complaint, asked_by_id=by.pk)
    return may_see(deputy, item.complaint)


def _mail(items: Sequence[News], by: User, at: datetime) -> Message:
    """Return one person's mail, unsaved, filed under the first complaint it is about."""
    person, first = items[0].person, items[0].complaint
    with translation.override(person.language or settings.LANGUAGE_CODE):
        what = NOTICE_WORDS[items[0].kind]
        if len(items) == 1:
            subject = _("%(kind)s: complaint %(reference)s") % {
                "kind": what,
                "reference": first.reference,
            }
        else:
            subject = ngettext(
                "%(kind)s: %(count)s complaint", "%(kind)s: %(count)s complaints", len(items)
            ) % {"kind": what, "count": len(items)}
        links = [
            f"{settings.PUBLIC_URL}/complaints/{item.complaint.reference}/"
            for item in items[:LISTED]
        ]
        absent = {str(item.instead_of): None for item in items if item.instead_of}
        acting = [_("You stand in for %(name)s.") % {"name": name} for name in absent]
        last = _("Sign in to see what is asked of you.")
        body = "\n\n".join((str(subject), "\n".join(links), *acting, str(last)))
        return Message(
            complaint=first,
            cycle=first.cycle,
            occasion=Occasion.STAFF_NOTICE,
            channel=MessageChannel.EMAIL,
            state=MessageState.QUEUED,
            language=translation.get_language() or "",
            to_address=person.email,
            to_user=person,
            subject=str(subject),
            body=body,
            written_by=by,
            queued_at=at,
        )


def read_notice(*, notice_id: int, actor: User, at: datetime) -> Notice:
    """Note that somebody has read what they were told. Raises Notice.DoesNotExist for others'."""
    notice = Notice.objects.select_related("complaint").get(pk=notice_id, user=actor)
    if notice.read_at is None:
        notice.read_at = at
        notice.save(update_fields=["read_at"])
    return notice


def read_all_notices(*, up_to: int, actor: User, at: datetime) -> int:
    """Note that somebody has read everything up to a notice; what came since stays unread."""
    unread = Notice.objects.filter(user=actor, read_at__isnull=True, pk__lte=up_to)
    return unread.update(read_at=at)
