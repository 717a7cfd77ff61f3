"""What a scan asks of the database: settings, episodes, complaints of a series, whom to tell."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Membership, User
from accounts.rules import roles_with
from complaints.models import Category, Complaint
from monitoring.models import Alert, WarningSettings
from monitoring.rules.names import product_key
from monitoring.rules.watch_settings import default_settings
from monitoring.rules.watching import Standing
from monitoring.selectors.series_counts import UNCOUNTED, begin_of

MOST_MEMBERS = 2000
_MEMORY = timedelta(days=120)  # an episode that ended before is no longer in anybody's way


def settings_in_force() -> WarningSettings:
    """Return the newest settings; those of the product, unsaved, until somebody sets others."""
    found = WarningSettings.objects.first()
    return found or WarningSettings(
        version=0, content=default_settings().model_dump(mode="json"), note=""
    )


def episodes_at(day: date) -> list[Standing]:
    """Return the episodes that are not long over, the newest of each series."""
    alerts = Alert.objects.filter(
        Q(going_on=True) | Q(last_period__gte=day - _MEMORY), step__gt=0
    ).order_by("pk")
    newest = {
        alert.key: Standing(
            alert.key, alert.step, alert.last_period, alert.peak, alert.quiet, alert.going_on
        )
        for alert in alerts.only("key", "step", "last_period", "peak", "quiet", "going_on")
    }
    return list(newest.values())


def newest_alert(key: str) -> Alert | None:
    """Return the alert that opened the present episode of a series, locked."""
    return Alert.objects.select_for_update(of=("self",)).filter(key=key).order_by("-pk").first()


def complaints_behind(
    members: Mapping[str, Any], first: date, last: date, *, repeats: bool = False
) -> list[int]:
    """Return the complaints of a series received on these days, newest first, at most so many.

    `members` says by dimension who it is: ids, a channel, a product as keys have it.
    """
    found: QuerySet[Complaint] = Complaint.objects.filter(
        received_at__gte=begin_of(first), received_at__lt=begin_of(last + timedelta(days=1))
    ).exclude(state__in=UNCOUNTED)
    if repeats:
        found = found.filter(repeat_of__isnull=False)
    for name in ("site", "channel", "provider"):
        if name in members:
            found = found.filter(**{name: members[name]})
    if "category" in members:
        found = found.filter(category__in=below(int(members["category"])))
    rows = found.order_by("-received_at", "-pk").values_list("pk", "product")
    wanted = members.get("product")
    return [pk for pk, product in rows if wanted is None or product_key(product) == wanted][
        :MOST_MEMBERS
    ]


def below(category_id: int) -> set[int]:
    """Return a category with everything below it."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found, waiting = set(), [category_id]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += [child for child in children.get(one, ()) if child not in found]
    return found


def people_at(permission: str, site_id: int | None) -> list[User]:
    """Return the active people who hold a permission where a series belongs."""
    grants = Membership.objects.filter(
        Q(site__isnull=True) | Q(site=site_id) if site_id else Q(site__isnull=True),
        role__in=roles_with(permission),
        team__isnull=True,
        provider__isnull=True,
        user__is_active=True,
        user__is_client=False,
    )
    people = User.objects.filter(pk__in=grants.values("user"), is_system=False)
    return list(people.prefetch_related("memberships").order_by("pk"))


def first_asked(people: Iterable[User], setters: Iterable[User]) -> Sequence[User]:
    """Return who is asked first: those at work there, and who sets the warnings if nobody is."""
    above = {person.pk for person in setters}
    everybody = list(people)
    return [person for person in everybody if person.pk not in above] or everybody
