"""Kinds of fields that the pages of the desk share."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.models import Category
from complaints.states import TopClass


class MomentField(forms.DateTimeField):
    """An instant as browsers take it: day and time to the minute, in the organisation's zone."""

    def __init__(self, **kwargs: Any) -> None:
        """Use the browser's own control."""
        kwargs.setdefault(
            "widget",
            forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        super().__init__(**kwargs)


class DayField(forms.DateField):
    """A day as browsers take it."""

    def __init__(self, **kwargs: Any) -> None:
        """Use the browser's own control."""
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


def at_once(given: datetime | None, now: datetime) -> datetime | None:
    """Return a typed instant; within the present minute it means now, for nobody types seconds."""
    if given is None:
        return None
    return now if timedelta(0) <= now - given < timedelta(minutes=1) else given


def end_of(day: Any) -> datetime:
    """Return the last minute of a local day: what is promised for a day may be done all day."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)))


def category_choices(categories: Sequence[Category]) -> list[tuple[Any, Any]]:
    """Return categories as choices, grouped by top class."""
    groups: list[tuple[Any, Any]] = [("", "–")]
    for top in TopClass:
        own = [item for item in categories if item.top_class == top]
        if own:
            groups.append((top.label, [(item.pk, _named(item)) for item in own]))
    return groups


def _named(category: Category) -> str:
    if category.parent_id is None:
        return str(_("%(name)s (in general)") % {"name": category})
    return str(category)


def chosen(pk: Any, among: Iterable[Any]) -> Any:
    """Return the one of these objects with this key, or None."""
    return next((item for item in among if str(item.pk) == str(pk)), None)
