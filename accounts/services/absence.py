"""The verbs on absence: who is away, from when to when, and who stands in."""

from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import Absence, User
from accounts.permissions import may_set_absence
from accounts.services.changes import refuse_invalid
from journal.errors import Refusal
from journal.services import record


@transaction.atomic
def set_absence(
    *,
    person: User,
    deputy: User | None,
    starts_at: datetime,
    ends_at: datetime,
    note: str = "",
    actor: User | None,
    at: datetime,
) -> Absence:
    """Note that somebody is away, and who stands in for them meanwhile.

    One's own, or that of colleagues in one's charge. Raises PermissionDenied, and Refusal naming
    `deputy` or `ends_at`: who stands in must be at work themselves, and two absences of one person
    never overlap.
    """
    _demand(actor, person)
    User.objects.select_for_update().get(pk=person.pk)  # two absences are set one after the other
    if ends_at <= max(starts_at, at):
        raise Refusal(
            _("The end lies before the beginning, or in the past."), code="order", field="ends_at"
        )
    overlapping = Absence.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    if overlapping.filter(person=person).exists():
        raise Refusal(
            _("There is an absence in this time already."), code="overlap", field="ends_at"
        )
    if deputy is not None:
        _check_deputy(deputy, person, away=overlapping.filter(person=deputy).exists())
    absence = Absence(
        person=person, deputy=deputy, starts_at=starts_at, ends_at=ends_at, note=note.strip()
    )
    refuse_invalid(absence)
    absence.save(force_insert=True)
    record(
        kind=events.ABSENCE_SET,
        subject=person,
        actor=actor,
        occurred_at=at,
        payload=events.AbsenceSet(
            absence=absence.pk,
            deputy=deputy.pk if deputy else None,
            starts_at=starts_at.astimezone(UTC).isoformat(),
            ends_at=ends_at.astimezone(UTC).isoformat(),
        ),
    )
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, actor: User | None, at: datetime) -> None:
    """End an absence now; one that has not begun is taken back. One that is over stays as it is.

    Raises PermissionDenied.
    """
    _demand(actor, absence.person)
    absence = Absence.objects.select_for_update(of=("self",)).get(pk=absence.pk)
    if absence.ends_at <= at:
        return
    record(
        kind=events.ABSENCE_ENDED,
        subject=absence.person,
        actor=actor,
        occurred_at=at,
        payload=events.AbsenceEnded(absence=absence.pk),
    )
    if absence.starts_at >= at:
        absence.delete()
        return
    absence.ends_at = at
    absence.save(update_fields=["ends_at"])


def _check_deputy(deputy: User, person: User, *, away: bool) -> None:
    if deputy.pk == person.pk:
        raise Refusal(_("Nobody stands in for themselves."), code="own_deputy", field="deputy")
    if not deputy.is_active or deputy.is_system or deputy.is_client:
        raise Refusal(
            _("This person cannot stand in: the account is closed."), code="gone", field="deputy"
        )
    if away:
        raise Refusal(
            _("This person is away in that time too. Choose somebody else."),
            code="away",
            field="deputy",
        )


def _demand(actor: User | None, person: User) -> None:
    if actor is not None and not may_set_absence(actor, person):
        raise PermissionDenied
