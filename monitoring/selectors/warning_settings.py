"""What the page of settings shows: versions, previews in words, exposure that is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, Site, User
from complaints.models import Category
from complaints.states import Channel
from monitoring.models import Exposure, WarningPreview, WarningSettings
from monitoring.selectors.words import key_words, times_in

DIMENSION_WORDS: Mapping[str, Any] = {
    "category": _("Category"),
    "product": _("Product"),
    "site": _("Site"),
    "channel": _("Channel"),
    "provider": _("Provider"),
}
VERSIONS = 20


def set_words(dimensions: Sequence[str]) -> str:
    """Return how a set of series is called."""
    return " × ".join(str(DIMENSION_WORDS[name]) for name in dimensions) or str(_("All complaints"))


def versions() -> "QuerySet[WarningSettings]":
    """Return the versions of the settings, newest first."""
    return WarningSettings.objects.select_related("set_by")[:VERSIONS]


@dataclass(frozen=True)
class Would:
    """An alarm that settings would have raised."""

    week: date
    series: str
    observed: int
    expected: float
    times: int  # once in so many weeks by chance


def preview_of(actor: User) -> WarningPreview | None:
    """Return what the actor asked to be tried last."""
    return WarningPreview.objects.filter(asked_by=actor).first()


def would_have(preview: WarningPreview) -> list[Would]:
    """Return the alarms of a preview in words, newest first."""
    names: dict[tuple[str, str], str] = {
        ("channel", value): str(label) for value, label in Channel.choices
    }
    for name, rows in (
        ("category", Category.objects.all()),
        ("site", Site.objects.all()),
        ("provider", Provider.objects.all()),
    ):
        names |= {(name, str(row.pk)): str(row) for row in rows}
    return [
        Would(date.fromisoformat(week), key_words(key, names), int(seen), usual, times_in(p))
        for key, week, seen, usual, p in reversed(preview.found)
    ]


def exposure_known() -> Sequence[Mapping[str, Any]]:
    """Return by dimension how many members have an exposure, and over which months."""
    rows = Exposure.objects.order_by("dimension").values("dimension")
    return list(
        rows.annotate(members=Count("member", distinct=True), first=Min("month"), last=Max("month"))
    )
