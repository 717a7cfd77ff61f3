"""Who is on call, for what, until when; and where nobody is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import Absence, Membership, User
from accounts.rules import roles_with
from accounts.selectors import absences_at
from complaints.models import Complaint
from emergencies.models import Address, Duty, Handover, Shift
from emergencies.permissions import can_be_called
from emergencies.rules.gaps import uncovered, without

AHEAD = timedelta(days=14)
LISTED = 100


@dataclass(frozen=True)
class Called:
    """Somebody to be called for a duty, perhaps in somebody's place."""

    duty: Duty | None
    person: User
    stands_in_for: User | None = None


@dataclass(frozen=True)
class Gap:
    """A stretch in which nobody answers for a duty."""

    duty: Duty
    starts_at: datetime
    ends_at: datetime


def shifts_at(at: datetime) -> QuerySet[Shift]:
    """Return the shifts that cover a moment, from the bottom of the ladder up."""
    return (
        Shift.objects.filter(starts_at__lte=at, ends_at__gt=at, cancelled_at__isnull=True)
        .select_related("duty", "person", "deputy")
        .prefetch_related("person__memberships", "deputy__memberships")
        .order_by("duty__level", "starts_at")
    )


def away_at(at: datetime) -> set[int]:
    """Return who is away at a moment."""
    return set(absences_at(at).values_list("person", flat=True))


def on_call(at: datetime, complaint: Complaint | None = None) -> list[Called]:
    """Return who is to be called at a moment, one per shift, from the bottom of the ladder up.

    The deputy where the person is away or cannot take this complaint; where neither can, the
    level is passed over: the call goes up at once instead of waiting for nobody.
    """
    away = away_at(at)
    found = []
    for shift in shifts_at(at):
        for person in (shift.person, shift.deputy):
            if person is None or person.pk in away or not can_be_called(person, complaint):
                continue
            other = shift.person if person.pk != shift.person_id else None
            found.append(Called(shift.duty, person, other))
            break
    return found


def is_on_call(actor: User, at: datetime) -> bool:
    """Return whether somebody is on call now, in their own shift or as a deputy."""
    mine = Q(person=actor.pk) | Q(deputy=actor.pk)
    return shifts_at(at).filter(mine).exists()


def shifts_ahead(now: datetime) -> Sequence[Shift]:
    """Return the shifts that have not ended, soonest first."""
    ahead = Shift.objects.filter(ends_at__gt=now, cancelled_at__isnull=True)
    return list(
        ahead.select_related("duty", "person", "deputy").order_by("starts_at", "duty__level")[
            :LISTED
        ]
    )


def gaps_ahead(now: datetime, *, ahead: timedelta = AHEAD) -> list[Gap]:
    """Return where nobody is on call in the coming days, for each duty of the ladder.

    Where the person is away or has left and the deputy is too, or there is none, nobody is on call.
    """
    until = now + ahead
    shifts = Shift.objects.filter(
        ends_at__gt=now, starts_at__lt=until, cancelled_at__isnull=True
    ).select_related("person", "deputy")
    absences = Absence.objects.filter(ends_at__gt=now, starts_at__lt=until)
    away: dict[int, list[tuple[datetime, datetime]]] = {}
    for absence in absences:
        away.setdefault(absence.person_id, []).append((absence.starts_at, absence.ends_at))
    covered: dict[int, list[tuple[datetime, datetime]]] = {}
    for shift in shifts.order_by("starts_at"):
        spans = covered.setdefault(shift.duty_id, [])
        whole = (shift.starts_at, shift.ends_at)
        for person in (shift.person, shift.deputy):
            if person is not None and person.is_active:
                spans += without(whole, away.get(person.pk, ()))
    return [
        Gap(duty, start, end)
        for duty in Duty.objects.all()
        for start, end in uncovered(covered.get(duty.pk, ()), now, until)
    ]


def people_who_can_be_called() -> QuerySet[User]:
    """Return who may be planned: active people whose role lets them take an emergency."""
    grants = Membership.objects.filter(role__in=roles_with("complaints.take_emergency"))
    return User.objects.filter(
        pk__in=grants.values("user"), is_active=True, is_system=False
    ).order_by("display_name", "username")


def absences_ahead(now: datetime) -> Sequence[Absence]:
    """Return who of those on the rota is or will be away."""
    shifts = Shift.objects.filter(ends_at__gt=now, cancelled_at__isnull=True)
    on_it = Q(person__in=shifts.values("person")) | Q(person__in=shifts.values("deputy"))
    ahead = Absence.objects.filter(on_it, ends_at__gt=now).select_related("person")
    return list(ahead.order_by("starts_at")[:LISTED])


def offers_to(actor: User) -> Sequence[Handover]:
    """Return the hand-overs that wait for somebody's answer."""
    open_ = Handover.objects.filter(
        to_person=actor.pk, accepted_at__isnull=True, declined_at__isnull=True
    )
    return list(open_.select_related("shift__duty", "from_person").order_by("pk"))


def handovers_lately(now: datetime) -> Sequence[Handover]:
    """Return the hand-overs of the last weeks, newest first."""
    lately = Handover.objects.filter(offered_at__gt=now - 2 * AHEAD)
    return list(
        lately.select_related("shift__duty", "from_person", "to_person").order_by("-pk")[:20]
    )


def addresses_of(people: Iterable[int]) -> dict[int, list[Address]]:
    """Return the addresses of people by their ids, without reading what they hide."""
    found: dict[int, list[Address]] = {}
    for address in Address.objects.filter(
        person__in=list(people), removed_at__isnull=True
    ).order_by("pk"):
        found.setdefault(address.person_id, []).append(address)
    return found


def everybody_on_the_rota(now: datetime) -> list[User]:
    """Return everyone who is on call now or will be, deputies included, once each."""
    people: dict[int, User] = {}
    ahead = Shift.objects.filter(ends_at__gt=now, cancelled_at__isnull=True)
    for shift in ahead.select_related("person", "deputy").order_by("starts_at"):
        for person in (shift.person, shift.deputy):
            if person is not None and person.is_active:
                people.setdefault(person.pk, person)
    return list(people.values())
