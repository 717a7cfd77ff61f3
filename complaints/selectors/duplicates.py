"""What is known already of a complaint that is being taken down: persons, duplicates, history."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complainant, Complaint
from complaints.models.indexes import kept
from complaints.permissions import withheld_from
from complaints.rules.bigrams import fold
from complaints.rules.intake import likeness, overlap
from complaints.rules.policy import PolicyContent
from complaints.selectors.access import within_words
from complaints.selectors.people import same_matter, same_person
from complaints.selectors.search import find
from complaints.selectors.veil import veiled_person

ALIKE = 0.6  # from here on two narratives are taken for the same
_WORTH_A_LOOK = 0.4
CANDIDATES = 50  # narratives that are looked at
_COMPARED_CLOSELY = 8  # of these, the likest ones
_NEWEST = 1_000  # complaints of the window among which candidates are sought: cost stays flat
FEWEST_OF_A_NAME = 2
FEWEST_LETTERS = 12  # shorter narratives are all alike
PERSONS = 5
_TAKEN_OVER = (
    "name",
    "organisation",
    "phone",
    "email",
    "customer_number",
    "address",
    "needs",
)
SHOWN = 5


@dataclass(frozen=True)
class Known:
    """A complainant the desk knows, and what they brought before, as far as the reader may know."""

    complainant: Complainant
    complaints: Sequence[Complaint]

    @property
    def facts(self) -> str:
        """Return what is known of the person as JSON, for the form to take over."""
        person = self.complainant
        shown = (name for name in _TAKEN_OVER if name not in person.withheld)
        return json.dumps({name: getattr(person, name) for name in shown})


@dataclass(frozen=True)
class Duplicate:
    """An open complaint that may be the same, and why."""

    complaint: Complaint
    reasons: tuple[Any, ...]


@dataclass(frozen=True)
class Sketch:
    """What has been said so far of a complaint that is not saved yet."""

    description: str = ""
    product: str = ""
    order_number: str = ""
    site_id: int | None = None
    name: str = ""
    person: Complainant = field(default_factory=Complainant)  # unsaved, keyed
    chosen: Complainant | None = None


def known_complainants(
    sketch: Sketch, actor: User, *, says: PolicyContent, now: datetime
) -> list[Known]:
    """Return the complainants of the same phone, e-mail or customer number, else of such a name.

    Nobody is found who has no complaint that the actor may see: a look-up tells no more than lists.
    """
    since = now - timedelta(days=says.windows.same_person_days)
    withheld = withheld_from(actor)
    found: dict[int, Known] = {}
    brought: dict[int, list[Complaint]] = {}
    for row in _by_key(sketch, actor) or _by_name(sketch.name, actor, now):
        person = row.complainant
        if person is None or (person.pk not in found and len(found) == PERSONS):
            continue
        theirs = brought.setdefault(person.pk, [])
        found.setdefault(person.pk, Known(veiled_person(person, withheld), theirs))
        if row.received_at >= since and len(theirs) < SHOWN:
            theirs.append(row)
    return list(found.values())


def _by_key(sketch: Sketch, actor: User) -> list[Complaint]:
    person = sketch.chosen or sketch.person
    if not (person.pk or person.phone_key or person.email_key or person.customer_key):
        return []
    return list(
        Complaint.objects.visible_to(actor)
        .filter(same_person(person))
        .select_related("complainant", "category")
        .order_by("-received_at", "-pk")[:CANDIDATES]
    )


def _by_name(name: str, actor: User, now: datetime) -> list[Complaint]:
    wanted = fold(name).strip()
    if len(wanted) < FEWEST_OF_A_NAME or "name" in withheld_from(actor):
        return []
    seen = Complaint.objects.visible_to(actor)
    hits = find(seen, wanted, actor=actor, at=now, limit=CANDIDATES, counted=False)
    rows = Complaint.objects.select_related("complainant", "category").in_bulk(hits.ids)
    return [
        row
        for pk in hits.ids
        if (row := rows.get(pk)) and row.complainant and wanted in fold(row.complainant.name)
    ]


def likely_duplicates(
    sketch: Sketch, actor: User, *, says: PolicyContent, now: datetime
) -> list[Duplicate]:
    """Return open complaints of the policy's window that may be the same matter, surest first.

    Same complainant or order number; or a narrative that is much alike about the same product or
    site. Only a bounded number of narratives is compared, so the cost does not grow.
    """
    since = now - timedelta(days=says.windows.duplicate_days)
    recent = Complaint.objects.visible_to(actor).open().filter(received_at__gte=since)
    reasons: dict[int, list[Any]] = {}
    rows: dict[int, Complaint] = {}
    for why, condition in _certain(sketch):
        for row in recent.filter(condition).order_by("-received_at", "-pk")[:SHOWN]:
            rows[row.pk] = row
            reasons.setdefault(row.pk, []).append(why)
    for row in _alike(sketch, within_words(recent, "", actor, at=now)):
        rows.setdefault(row.pk, row)
        reasons.setdefault(row.pk, []).append(_("much the same words"))
    found = [Duplicate(rows[pk], tuple(why)) for pk, why in reasons.items()]
    return sorted(found, key=lambda item: -len(item.reasons))[:SHOWN]


def _certain(sketch: Sketch) -> list[tuple[Any, Q]]:
    person = sketch.chosen or sketch.person
    conditions: list[tuple[Any, Q]] = []
    if person.pk or person.phone_key or person.email_key or person.customer_key:
        conditions.append((_("same complainant"), same_person(person)))
    if sketch.order_number.strip():
        number = sketch.order_number.strip()
        same = Q(order_number=number) & kept("order_number")
        conditions.append((_("same order number"), same))
    return conditions


def _alike(sketch: Sketch, recent: Any) -> list[Complaint]:
    place = Q(pk__in=[])
    if sketch.product.strip():
        place |= Q(product__iexact=sketch.product.strip())
    if sketch.site_id:
        place |= Q(site=sketch.site_id)
    if not place.children[1:] or len(sketch.description.strip()) < FEWEST_LETTERS:
        return []
    newest = recent.order_by("-received_at", "-pk")[:_NEWEST].values("pk")
    candidates = Complaint.objects.filter(place, pk__in=newest).order_by("-received_at", "-pk")
    looked_at = [
        (overlap(sketch.description, row.description), row) for row in candidates[:CANDIDATES]
    ]
    likest = sorted(looked_at, key=lambda item: (-item[0], item[1].pk))[:_COMPARED_CLOSELY]
    return [
        row
        for quick, row in likest
        if quick >= _WORTH_A_LOOK and likeness(sketch.description, row.description) >= ALIKE
    ]


def merge_targets(complaint: Complaint, actor: User) -> list[Complaint]:
    """Return the open complaints of the same complainant about the same matter."""
    if complaint.complainant is None:
        return []
    return list(
        Complaint.objects.visible_to(actor)
        .open()
        .filter(same_person(complaint.complainant))
        .filter(same_matter(complaint))
        .exclude(pk=complaint.pk)
        .order_by("-received_at")[:20]
    )
