"""Which colleagues may be asked, and which complaints come from the same person or matter."""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from accounts.models import Membership, User
from accounts.permissions import has_at
from accounts.rules import roles_with
from complaints.models import Complainant, Complaint
from complaints.models.indexes import kept
from complaints.models.people import KEYS
from complaints.permissions import may
from complaints.rules.policy import PolicyContent

NOTHING = Q(pk__in=[])
MOST_PERSONS = 500  # who share a number: a family, a school, a call centre


class Circle:
    """Who may be asked for what: a few questions, however many complaints they are about."""

    def __init__(self) -> None:
        """Begin knowing nobody."""
        self._known: dict[tuple[str, int | None, int | None], list[User]] = {}
        self._all: dict[str, list[User]] = {}

    def of(self, permission: str, complaint: Complaint) -> list[User]:
        """Return the active people with a permission for this complaint, its subject excepted."""
        place = (permission, complaint.site_id, complaint.team_id)
        if place not in self._known:
            self._known[place] = self._at(*place)
        return [person for person in self._known[place] if may(person, permission, complaint)]

    def _at(self, permission: str, site_id: int | None, team_id: int | None) -> list[User]:
        """Return who is asked at one place: read alone the first time, from then on with all."""
        if permission not in self._all:
            if all(known[0] != permission for known in self._known):
                here = Q(site__isnull=True) | Q(site=site_id)
                return _people(permission, here, Q(team__isnull=True) | Q(team=team_id))
            self._all[permission] = _people(permission)
        return [
            person
            for person in self._all[permission]
            if has_at(person, permission, site_id=site_id, team_id=team_id)
        ]


def _people(permission: str, *where: Q) -> list[User]:
    roles = roles_with(permission)
    grants = Membership.objects.filter(
        *where,
        role__in=roles,
        provider__isnull=True,
        user__is_active=True,
        user__is_client=False,
    )
    people = User.objects.filter(pk__in=grants.values("user"))
    return list(people.prefetch_related("memberships"))


def people_with(permission: str, complaint: Complaint) -> list[User]:
    """Return the active people who hold a permission for this complaint, its subject excepted."""
    return Circle().of(permission, complaint)


def possible_owners(complaint: Complaint) -> list[User]:
    """Return the active people who handle complaints at this site, in any team, by name.

    A provider's people are offered what their provider took down, and nothing else.
    """
    grants = Membership.objects.filter(
        Q(site__isnull=True) | Q(site=complaint.site_id),
        Q(provider__isnull=True) | Q(provider=complaint.provider_id),
        role__in=roles_with("complaints.assess"),
        user__is_active=True,
        user__is_client=False,
    )
    people = User.objects.filter(pk__in=grants.values("user")).exclude(
        pk=complaint.subject_person_id or 0
    )
    return sorted(people, key=str)


def same_person(complainant: Complainant) -> Q:
    """Return a filter of complaints by the same complainant, by any of the three keys.

    The few persons are looked up first: an OR over sub-queries would read all complaints there are.
    """
    who = Q(pk=complainant.pk) if complainant.pk else Q(pk__in=[])
    for key in KEYS:
        value = getattr(complainant, key)
        if value:
            who |= kept(key) & Q(**{key: value})
    known = Complainant.objects.filter(who).values_list("pk", flat=True)
    return Q(complainant__in=list(known[:MOST_PERSONS]))


def same_matter(complaint: Complaint) -> Q:
    """Return a filter of complaints on the same matter: order, product or problem class (K13).

    It is NOTHING where no word says what the matter is.
    """
    same = NOTHING
    if complaint.order_number:
        same |= Q(order_number=complaint.order_number)
    if complaint.product:
        same |= Q(product__iexact=complaint.product)
    if complaint.category is not None and complaint.category.parent_id is not None:
        same |= Q(category=complaint.category_id)
    return same


def find_repeat(complaint: Complaint, says: PolicyContent) -> Complaint | None:
    """Return the closed complaint that this one repeats: same complainant, same matter.

    K13a: within the policy's window after closing. Contact about an open complaint is no repeat.
    """
    if complaint.complainant is None:
        return None
    matter = same_matter(complaint)
    if matter == NOTHING:
        return None
    since = complaint.received_at - timedelta(days=says.windows.repeat_days)
    return (
        Complaint.objects.filter(same_person(complaint.complainant))
        .filter(matter)
        .filter(
            received_at__lt=complaint.received_at,
            closed_at__gte=since,
            closed_at__lte=complaint.received_at,
            state__in=["closed", "followed_up"],
        )
        .exclude(pk=complaint.pk)
        .order_by("-closed_at")
        .first()
    )


def recurrences(complaint: Complaint, actor: User, *, days: int = 30, same: Q | None = None) -> int:
    """Return how many other people had the same problem lately (K13c: a recurrence, no repeat).

    Only what the actor may list is counted. `same` is `same_person`, where it was asked already.
    """
    if complaint.category_id is None or not (complaint.product or complaint.site_id):
        return 0
    place = Q(product__iexact=complaint.product) if complaint.product else Q(site=complaint.site_id)
    others = (
        Complaint.objects.visible_to(actor)
        .filter(
            place,
            category=complaint.category_id,
            received_at__gte=complaint.received_at - timedelta(days=days),
            received_at__lte=complaint.received_at,
        )
        .exclude(pk=complaint.pk)
        .exclude(state__in=["merged", "not_a_complaint"])
    )
    if complaint.complainant is not None:
        others = others.exclude(same or same_person(complaint.complainant))
    counts = others.aggregate(
        known=Count("complainant", distinct=True),
        unknown=Count("pk", filter=Q(complainant__isnull=True)),
    )
    return int(counts["known"] + counts["unknown"])


def earlier_of(
    complaint: Complaint, actor: User, *, at: datetime, days: int, same: Q | None = None
) -> list[Complaint]:
    """Return what the same complainant brought before, as far as the actor may know of it.

    Rows for a short list. `same` is `same_person`, where it was asked already.
    """
    if complaint.complainant is None:
        return []
    return list(
        Complaint.objects.visible_to(actor)
        .filter(
            same or same_person(complaint.complainant), received_at__gte=at - timedelta(days=days)
        )
        .exclude(pk=complaint.pk)
        .select_related("category")
        .only("reference", "state", "received_at", "confidential", "product", "category")
        .order_by("-received_at")[:20]
    )
