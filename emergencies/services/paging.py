"""Handing calls over: at least once each, every attempt on record, whatever becomes of the others.

A call that goes out twice wakes somebody twice; one that is lost may cost a life. So, unlike
letters (docs/adr/0006), an interrupted call is simply made again.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.services import system_user
from emergencies import events
from emergencies.models import Attempt, Emergency, Exercise, Page
from emergencies.states import PageState, TryResult
from emergencies.transports import Letter, NotSentError, hand_over
from journal.origin import origin
from journal.services import record

STALE = timedelta(seconds=60)  # a hand-over takes seconds; after this its process is gone
OVERTAKE = timedelta(seconds=30)  # after so long a call no longer waits behind other post
TRIES = 3
_CODE = 60


class BeingSentError(RuntimeError):
    """Another worker is at this call right now; the outbox asks again later."""


def send_page(*, page_id: int, at: datetime) -> None:
    """Hand one call over. Called by the outbox, which calls again until it is settled.

    Raises NotSentError while it is worth trying again, BeingSentError while another is at it.
    """
    page = _intend(page_id, at)
    if page is None:
        return
    try:
        hand_over(page, _letter(page))
    except NotSentError as error:
        if not _refused(page_id, str(error), at):
            raise
    else:
        _accepted(page_id, at)


def send_waiting_pages(*, now: datetime) -> int:
    """Hand over the calls that wait behind other post; return how many went out or failed."""
    waiting = Page.objects.filter(
        state=PageState.QUEUED, queued_at__lte=now - OVERTAKE, attempts__isnull=True
    )
    done = 0
    with origin("scheduler"):
        for pk in list(waiting.order_by("queued_at", "pk").values_list("pk", flat=True)[:200]):
            try:
                send_page(page_id=pk, at=now)
            except (NotSentError, BeingSentError):
                continue  # the outbox still owes it
            done += 1
    return done


@transaction.atomic
def _intend(page_id: int, at: datetime) -> Page | None:
    """Commit the intent to call; return None when nothing is left to do."""
    page = _locked(page_id)
    if page.state not in {PageState.QUEUED, PageState.SENDING}:
        return None
    if page.state == PageState.SENDING:
        if page.sending_at is not None and at - page.sending_at < STALE:
            raise BeingSentError
        Attempt.objects.create(page=page, at=at, result=TryResult.UNKNOWN, code="interrupted")
    if not _still_needed(page):
        page.state, page.settled_at = PageState.NEEDLESS, at
        page.save(update_fields=["state", "settled_at"])
        return None
    page.state, page.sending_at = PageState.SENDING, at
    page.save(update_fields=["state", "sending_at"])
    return page


def _locked(page_id: int) -> Page:
    return (
        Page.objects.select_for_update(of=("self",))
        .select_related("person", "address", "emergency__complaint__policy", "exercise", "duty")
        .get(pk=page_id)
    )


def _still_needed(page: Page) -> bool:
    if page.emergency is None:
        return page.exercise is not None and page.exercise.closed_at is None
    # What the desk knows counts, even where our own row has yet to hear of it.
    complaint = page.emergency.complaint
    current = complaint.emergency_declared_at == page.emergency.declared_at
    taken = complaint.emergency_taken_at is not None
    return page.emergency.waits and current and not taken and complaint.is_open


def _accepted(page_id: int, at: datetime) -> None:
    with transaction.atomic():
        page = _locked(page_id)
        Attempt.objects.create(page=page, at=at, result=TryResult.SENT)
        page.state, page.settled_at = PageState.SENT, at
        page.save(update_fields=["state", "settled_at"])
        _note(page, TryResult.SENT, "", at)


def _refused(page_id: int, code: str, at: datetime) -> bool:
    """Note a failed attempt; return whether it was the last."""
    with transaction.atomic():
        page = _locked(page_id)
        Attempt.objects.create(page=page, at=at, result=TryResult.FAILED, code=code[:_CODE])
        final = page.attempts.count() >= TRIES
        page.state = PageState.FAILED if final else PageState.QUEUED
        page.settled_at = at if final else None
        page.save(update_fields=["state", "settled_at"])
        if final:
            _note(page, TryResult.FAILED, code, at)
        return final


def _note(page: Page, result: TryResult, code: str, at: datetime) -> None:
    subject = page.emergency.complaint if page.emergency else page.exercise
    if subject is None:
        return  # the database lets no page be of nothing
    record(
        kind=events.PAGE_SETTLED if page.emergency else events.TEST_PAGE_SETTLED,
        subject=subject,
        actor=system_user(),
        occurred_at=at,
        payload={
            "page": page.pk,
            "to": page.person_id,
            "service": page.address.scheme or "email" if page.address else "email",
            "result": str(result),
            "code": code[:_CODE],
        },
    )


# --- what is said ------------------------------------------------------------------------------


def _letter(page: Page) -> Letter:
    """Return what a person is told, in their language: no word of who complains about what."""
    language = page.person.language or settings.LANGUAGE_CODE
    with translation.override(language):
        if page.emergency is not None:
            return _alarm(page, page.emergency, language)
        return _test(page.exercise, language)


def _alarm(page: Page, emergency: Emergency, language: str) -> Letter:
    complaint = emergency.complaint
    subject = _("EMERGENCY %(reference)s: %(trigger)s") % {
        "reference": complaint.reference,
        "trigger": complaint.trigger_name,
    }
    lines = [subject, _("Nobody has taken it yet. Open this page, sign in and take it:")]
    lines.append(f"{settings.PUBLIC_URL}/emergencies/{complaint.reference}/answer/")
    if page.stands_in_for is not None:
        lines.append(_("You are called in place of %(person)s.") % {"person": page.stands_in_for})
    if page.duty is not None:
        lines.append(_("Call %(round)s, as: %(duty)s.") % {"round": page.round, "duty": page.duty})
    return Letter(subject, "\n\n".join(lines), language)


def _test(exercise: Exercise | None, language: str) -> Letter:
    number = exercise.pk if exercise else ""
    subject = _("TEST of the on-call rota: no emergency")
    body = "\n\n".join(
        (
            subject,
            _("Open this page, sign in and confirm that this test has reached you:"),
            f"{settings.PUBLIC_URL}/emergencies/exercises/{number}/",
        )
    )
    return Letter(subject, body, language)
