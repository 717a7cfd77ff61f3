"""The list of incidents: filters as they stand in the address, pages by key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q

from accounts.models import User
from complaints.models import Complaint, ComplaintQuerySet
from complaints.states import Severity
from incidents.models import Incident, Link
from incidents.querysets import IncidentQuerySet
from incidents.selectors.outcomes import without_outcome
from incidents.states import IncidentState

PAGE = 25
OPEN, MINE = "open", "mine"
_LONGEST = 100


@dataclass(frozen=True)
class IncidentFilters:
    """What the list is narrowed to; empty means every incident one may see."""

    q: str = ""
    state: str = ""  # open, or one state
    severity: str = ""
    site: str = ""
    mine: bool = False

    @classmethod
    def parse(cls, asked: Mapping[str, str]) -> "IncidentFilters":
        """Read an address. What means nothing is left out."""
        state, severity = asked.get("state", ""), asked.get("severity", "")
        return cls(
            q=asked.get("q", "").replace("\x00", "")[:_LONGEST].strip(),
            state=state if state in {OPEN, *IncidentState.values} else "",
            severity=severity if severity in Severity.values else "",
            site=asked.get("site", "")[:_LONGEST],
            mine=asked.get(MINE) == "1",
        )

    def as_query(self) -> str:
        """Return the filters as they stand in an address."""
        pairs = [(name, getattr(self, name)) for name in ("q", "state", "severity", "site")]
        pairs.append((MINE, "1" if self.mine else ""))
        return urlencode([(name, value) for name, value in pairs if value])

    def apply(self, incidents: IncidentQuerySet, actor: User) -> IncidentQuerySet:
        """Narrow incidents."""
        if self.q:
            incidents = incidents.filter(
                Q(reference__icontains=self.q)
                | Q(title__icontains=self.q)
                | Q(product__icontains=self.q)
                | Q(batches__icontains=self.q)
            )
        if self.state == OPEN:
            incidents = incidents.open()
        elif self.state:
            incidents = incidents.filter(state=self.state)
        if self.severity:
            incidents = incidents.filter(severity=self.severity)
        if self.site:
            incidents = incidents.filter(site__code=self.site)
        if self.mine:
            incidents = incidents.filter(commander=actor.pk)
        return incidents


@dataclass(frozen=True)
class Listed:
    """An incident in the list, with the complaints its reader may see."""

    incident: Incident
    linked: int
    without: int


@dataclass(frozen=True)
class ListPage:
    """Some incidents, and where the next page begins (None at the end)."""

    rows: Sequence[Listed]
    next_before: int | None


def incident_page(filters: IncidentFilters, actor: User, *, before: int | None = None) -> ListPage:
    """Return a page of incidents, newest first."""
    return _page(filters.apply(Incident.objects.visible_to(actor), actor), actor, before)


def incidents_among(ids: Sequence[int], actor: User, *, before: int | None = None) -> ListPage:
    """Return a page of these incidents, as far as they exist for the actor, newest first."""
    return _page(Incident.objects.visible_to(actor).filter(pk__in=ids), actor, before)


def _page(found: IncidentQuerySet, actor: User, before: int | None) -> ListPage:
    if before is not None:
        found = found.filter(pk__lt=before)
    incidents = list(
        found.select_related("commander", "category", "site").order_by("-pk")[: PAGE + 1]
    )
    shown = incidents[:PAGE]
    linked, without = _counts(shown, actor)
    rows = [Listed(item, linked.get(item.pk, 0), without.get(item.pk, 0)) for item in shown]
    return ListPage(rows, shown[-1].pk if len(incidents) > PAGE else None)


def _counts(incidents: Sequence[Incident], actor: User) -> tuple[dict[int, int], dict[int, int]]:
    """Return per incident how many linked complaints the actor sees, and how many of them wait."""
    seen = Complaint.objects.visible_to(actor)
    return _per_incident(incidents, seen), _per_incident(incidents, without_outcome(seen))


def _per_incident(incidents: Sequence[Incident], complaints: ComplaintQuerySet) -> dict[int, int]:
    links = Link.objects.filter(
        incident__in=incidents, unlinked_at__isnull=True, complaint__in=complaints.values("pk")
    )
    counted = links.order_by().values("incident").annotate(number=Count("pk"))
    return dict(counted.values_list("incident", "number"))


def incident_for(actor: User, reference: str) -> Incident | None:
    """Return an incident that exists for the actor, or None."""
    seen = Incident.objects.visible_to(actor)
    related = seen.select_related("commander", "category", "site", "opened_by")
    return related.filter(reference=reference).first()


def linkable_incidents(actor: User) -> list[Incident]:
    """Return the open incidents that a complaint could be linked to, newest first."""
    return list(Incident.objects.visible_to(actor).open().order_by("-pk")[:PAGE])
