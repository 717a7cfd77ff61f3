"""What all forms of incidents share: they stand on an incident, and know what they are about."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.models import Incident

WIDE = "wide"


def area(rows: int = 3) -> forms.Textarea:
    """Return a text area of so many rows."""
    return forms.Textarea(attrs={"rows": rows})


def moment(label: Any, **more: Any) -> forms.DateTimeField:
    """Return a field for an instant, as browsers take it."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, **more)


def day(label: Any) -> forms.DateField:
    """Return a field for a day that may stay empty."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, required=False)


def text(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    """Return a field for words; whether they must be there, the verb decides."""
    return forms.CharField(label=label, widget=area(rows), required=False, **more)


class ActForm(forms.Form):
    """A step of an incident: the version its reader saw travels along."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        incident: Incident,
        actor: User,
        thing: Any = None,
        now: datetime,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Stand on an incident; `thing` is what the step is about, where it is about something."""
        self.incident, self.actor, self.thing, self.now = incident, actor, thing, now
        stamp = {"expected_version": incident.version}
        super().__init__(data, files, initial={**self.first(), **(initial or {}), **stamp})
        self.prepare()

    def first(self) -> dict[str, Any]:
        """Return what the form holds when it opens."""
        return {}

    def prepare(self) -> None:
        """Offer the choices of this incident."""

    @property
    def given(self) -> dict[str, Any]:
        """Return what was typed and makes sense."""
        return getattr(self, "cleaned_data", {})

    @property
    def version(self) -> int | None:
        """Return the version of the incident that the reader saw."""
        version: int | None = self.given.get("expected_version")
        return version

    def at_once(self, name: str) -> datetime | None:
        """Return a typed instant; within the present minute it means now."""
        given: datetime | None = self.given.get(name)
        if given is None:
            return None
        return self.now if timedelta(0) <= self.now - given < timedelta(minutes=1) else given

    @property
    def this_minute(self) -> str:
        """Return the present minute, as browsers take it."""
        return timezone.localtime(self.now).strftime("%Y-%m-%dT%H:%M")


class ConfirmForm(ActForm):
    """A step that takes nothing but the click."""


class ReasonForm(ActForm):
    """A step that asks why."""

    reason = text(_("Why"))


class NoteForm(ActForm):
    """A step with a remark."""

    note = text(_("Remark"), rows=2)
