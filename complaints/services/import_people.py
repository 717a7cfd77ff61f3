"""The people of imported rows, and which complaints repeat another: set by set, not row by row."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from complaints.models import Complainant, Complaint
from complaints.models.indexes import kept
from complaints.models.people import KEYS
from complaints.services.intake import Intake, Person
from complaints.services.people import keyed
from complaints.states import State
from journal.origin import current_origin
from journal.services.bulk_rows import among

PERSON = (
    "name",
    "organisation",
    "phone",
    "email",
    "customer_number",
    "address",
    "language",
    "needs",
)


def _identity(person: Complainant) -> tuple[str, ...]:
    return (
        person.name,
        person.organisation,
        person.phone_key,
        person.email_key,
        person.customer_key,
        person.address,
    )


def complainants_of(intakes: Sequence[Intake], at: datetime) -> list[Complainant | None]:
    """Return the complainant of each intake: known already, new, or nobody."""
    people = [_complainant(intake.person, at) for intake in intakes]
    known = {_identity(person): person for person in _possibly_known(people)}
    fresh: list[Complainant] = []
    found: list[Complainant | None] = []
    for person, intake in zip(people, intakes, strict=True):
        if person is None:
            found.append(None)
            continue
        same = known.get(_identity(person)) if intake.person.reachable else None
        if same is None:
            fresh.append(person)
            known[_identity(person)] = same = person
        found.append(same)
    Complainant.objects.bulk_create(fresh, batch_size=500)
    return found


def _complainant(person: Person, at: datetime) -> Complainant | None:
    if not (person.reachable or person.name or person.organisation):
        return None
    given = {name: getattr(person, name).strip() for name in PERSON}
    return keyed(Complainant(**given, created_at=at))


def _possibly_known(people: Sequence[Complainant | None]) -> Iterable[Complainant]:
    if current_origin().sandbox:
        return []  # who tries things out is tied to nobody's real customers
    asked = Q(pk__in=[])
    for name in KEYS:
        keys = {getattr(person, name) for person in people if person is not None} - {""}
        if keys:
            asked |= kept(name) & Q(**{f"{name}__in": keys})
    keyless = [p for p in people if p is not None and not any(getattr(p, k) for k in KEYS)]
    addresses = {person.address for person in keyless} - {""}
    if addresses:
        asked |= kept("address") & Q(address__in=addresses, **dict.fromkeys(KEYS, ""))
    return Complainant.objects.filter(asked).order_by("-pk")


def _closed_by_person(
    complaints: Sequence[Complaint], window: timedelta
) -> dict[tuple[str, Any], list[Complaint]]:
    """Return lately closed complaints of the same people, by each key of the person.

    The persons are looked up first: an OR over sub-queries would read all complaints there are.
    """
    found: dict[tuple[str, Any], list[Complaint]] = defaultdict(list)
    people = [complaint.complainant for complaint in complaints if complaint.complainant]
    if not people:
        return found
    same = Q(among("pk", {person.pk for person in people}))
    for name in KEYS:
        keys = {getattr(person, name) for person in people} - {""}
        if keys:
            same |= kept(name) & Q(among(name, keys))
    known = Complainant.objects.filter(same).values_list("pk", flat=True)
    rows = Complaint.objects.filter(
        among("complainant", known),
        state__in=[State.CLOSED, State.FOLLOWED_UP],
        closed_at__gte=min(complaint.received_at for complaint in complaints) - window,
        closed_at__lte=max(complaint.received_at for complaint in complaints),
    ).select_related("complainant")
    for other in rows:
        for key in _keys_of(other):
            found[key].append(other)
    return found


def _keys_of(complaint: Complaint) -> list[tuple[str, Any]]:
    person = complaint.complainant
    if person is None:
        return []
    keys: list[tuple[str, Any]] = [(name, getattr(person, name)) for name in KEYS]
    return [("pk", person.pk), *(key for key in keys if key[1])]


def _repeats(complaint: Complaint, other: Complaint, window: timedelta) -> bool:
    """Say whether a complaint repeats one of the same person that was closed before."""
    closed = other.closed_at
    return (
        other.pk != complaint.pk
        and closed is not None
        and other.received_at < complaint.received_at
        and complaint.received_at - window <= closed <= complaint.received_at
        and _same_matter(complaint, other)
    )


def _same_matter(one: Complaint, other: Complaint) -> bool:
    """Say whether two complaints are on one matter; people.same_matter for two rows in hand."""
    if one.order_number and one.order_number == other.order_number:
        return True
    if one.product and one.product.casefold() == other.product.casefold():
        return True
    category = one.category
    return (
        category is not None and category.parent_id is not None and category.pk == other.category_id
    )


def link_repeats(
    complaints: Sequence[Complaint], window_of: Callable[[Complaint], timedelta]
) -> None:
    """Link what repeats a closed complaint of the same person; find_repeat for many."""
    asking = [complaint for complaint in complaints if complaint.complainant is not None]
    if not asking:
        return
    windows = {complaint.pk: window_of(complaint) for complaint in asking}
    closed = _closed_by_person(asking, max(windows.values()))
    linked = []
    for complaint in asking:
        others = {other.pk: other for key in _keys_of(complaint) for other in closed[key]}
        earlier = [
            (other.closed_at, other.pk, other)
            for other in others.values()
            if _repeats(complaint, other, windows[complaint.pk])
        ]
        if earlier:
            complaint.repeat_of = max(earlier)[2]
            linked.append(complaint)
    Complaint.objects.bulk_update(linked, ["repeat_of"], batch_size=200)
