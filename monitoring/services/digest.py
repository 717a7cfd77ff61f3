"""Summaries of alerts: by mail, and by the services somebody is called by; no person in them."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import has
from accounts.services import system_user
from complaints.errors import BadInput, NotAllowed
from emergencies.services.notes import mail_note, send_note
from journal.origin import origin
from journal.services import record
from monitoring import events
from monitoring.models import AlertNotice, Digest, DigestChoice
from monitoring.querysets import WATCH
from monitoring.selectors.words import series_words
from monitoring.states import DigestRhythm, Telling

LISTED = 30
MONDAY = 0


@transaction.atomic
def choose_digest(*, rhythm: str, by_service: bool, actor: User, at: datetime) -> DigestChoice:  # noqa: ARG001
    """Say how often one wants a summary. Raises NotAllowed, BadInput naming `rhythm`."""
    if not has(actor, WATCH):
        raise NotAllowed(_("Your role does not allow this."))
    if rhythm not in DigestRhythm.values:
        raise BadInput(_("Choose how often."), field="rhythm")
    choice, _new = DigestChoice.objects.update_or_create(
        user=actor, defaults={"rhythm": rhythm, "by_service": by_service}
    )
    return choice


def make_digests(*, now: datetime) -> int:
    """Put together what people have not read, for those whose day it is; return how many.

    Without a choice it is daily. Each is a transaction; it leaves through the outbox.
    """
    waiting = AlertNotice.objects.filter(read_at__isnull=True, digest__isnull=True)
    people = User.objects.filter(pk__in=waiting.values("user"), is_active=True)
    monday = timezone.localdate(now).weekday() == MONDAY
    made = 0
    with origin("scheduler"):
        for person in people.order_by("pk"):
            choice = DigestChoice.objects.filter(user=person).first()
            rhythm = choice.rhythm if choice else DigestRhythm.DAILY
            if rhythm == DigestRhythm.DAILY or (rhythm == DigestRhythm.WEEKLY and monday):
                made += _make(person, bool(choice and choice.by_service), now)
    return made


@transaction.atomic
def _make(person: User, by_service: bool, now: datetime) -> bool:  # noqa: FBT001
    notices = list(
        AlertNotice.objects.select_for_update(of=("self",))
        .filter(user=person, read_at__isnull=True, digest__isnull=True)
        .select_related("alert__category", "alert__site", "alert__provider")
        .order_by("pk")
    )
    if not notices:
        return False
    with translation.override(person.language or settings.LANGUAGE_CODE):
        count = len({notice.alert_id for notice in notices})
        subject = ngettext(
            "Early warning: %(count)s alert", "Early warning: %(count)s alerts", count
        ) % {"count": count}
        digest = Digest.objects.create(
            user=person,
            subject=subject,
            body=_body(notices),
            language=translation.get_language() or "",
            by_service=by_service,
            made_at=now,
        )
    AlertNotice.objects.filter(pk__in=[notice.pk for notice in notices]).update(digest=digest)
    record(
        kind=events.DIGEST_QUEUED,
        subject=digest,
        actor=system_user(),
        occurred_at=now,
        payload={"alerts": count, "to": person.pk},
    )
    return True


def _body(notices: list[AlertNotice]) -> str:
    lines = []
    for notice in notices[:LISTED]:
        alert = notice.alert
        lines.append(
            f"{Telling(notice.kind).label}: {alert.reference} · {alert.get_level_display()} · "
            f"{series_words(alert)}\n{settings.PUBLIC_URL}/warnings/{alert.reference}/"
        )
    if len(notices) > LISTED:
        lines.append(_("… and %(count)s more.") % {"count": len(notices) - LISTED})
    lines.append(_("Sign in to see what is asked of you."))
    return "\n\n".join(lines)


def deliver_digest(*, digest_id: int, at: datetime) -> Digest:
    """Hand a digest over. Raises NotSentError when the mail did not leave: it is tried again.

    A messaging service that refuses is noted and not tried again: the mail says the same.
    """
    digest = Digest.objects.select_related("user").get(pk=digest_id)
    if digest.sent_at is not None:
        return digest
    said = {"subject": digest.subject, "text": digest.body, "language": digest.language}
    if digest.user.email:
        mail_note(person=digest.user, delivery=digest.delivery_id, **said)
    digest.sent_at = at
    digest.save(update_fields=["sent_at"])
    if digest.by_service:
        faults = send_note(person=digest.user, at=at, **said)
        digest.outcome = ",".join(faults)[:200]
        digest.save(update_fields=["outcome"])
    return digest
