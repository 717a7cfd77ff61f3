"""What the steps of an alert take in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.states import Severity
from incidents.models import Incident
from monitoring.models import Alert
from monitoring.querysets import WORK
from monitoring.selectors.alerts import colleagues
from monitoring.selectors.watching import people_at
from monitoring.selectors.words import series_words
from monitoring.states import DigestRhythm, Dismissal, Effect


def _area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class AlertForm(forms.Form):
    """A step of an alert: the version its reader saw travels along."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        alert: Alert,
        actor: User,
        now: datetime,
    ) -> None:
        """Stand on an alert."""
        self.alert, self.actor, self.now = alert, actor, now
        super().__init__(data, initial={"expected_version": alert.version, **self.first()})
        self.prepare()

    def first(self) -> dict[str, Any]:
        """Return what the form holds when it opens."""
        return {}

    def prepare(self) -> None:
        """Offer the choices of this alert."""

    @property
    def given(self) -> dict[str, Any]:
        """Return what was typed, beside the version."""
        cleaned = getattr(self, "cleaned_data", {})
        return {name: value for name, value in cleaned.items() if name != "expected_version"}

    @property
    def on(self) -> dict[str, Any]:
        """Return which alert a verb is to change, and the version that was seen."""
        return {
            "alert_id": self.alert.pk,
            "expected_version": self.cleaned_data.get("expected_version"),
        }


class PlainForm(AlertForm):
    """A step that asks nothing."""


class ActForm(AlertForm):
    """Cause and action."""

    cause = forms.CharField(label=_("Cause"), widget=_area())
    action = forms.CharField(label=_("What is done about it"), widget=_area())
    by = forms.ModelChoiceField(User.objects.none(), label=_("By whom"))
    due = forms.DateField(
        label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def prepare(self) -> None:
        """Offer colleagues; whoever looked into it comes first."""
        people = colleagues(self.alert)
        self.fields["by"].queryset = User.objects.filter(pk__in=people)  # type: ignore[attr-defined]
        self.fields["by"].initial = self.alert.owner_id


class CloseForm(AlertForm):
    """What was done."""

    result = forms.CharField(label=_("What was done"), widget=_area())


class DismissForm(AlertForm):
    """Why it needs no action."""

    why = forms.ChoiceField(
        label=_("Why"),
        choices=[
            choice
            for choice in Dismissal.choices
            if choice[0] not in {Dismissal.HISTORY, Dismissal.NEW_LEVEL}
        ],
    )
    note = forms.CharField(label=_("In a few words"), widget=_area(2))


class RebaseForm(AlertForm):
    """Why this is the new level."""

    note = forms.CharField(label=_("What has changed for good"), widget=_area(2))


class EffectForm(AlertForm):
    """Whether it worked."""

    effect = forms.ChoiceField(
        label=_("Did it work?"),
        choices=[choice for choice in Effect.choices if choice[0]],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("What shows it"), widget=_area(2))


class GiveForm(AlertForm):
    """To whom."""

    owner = forms.ModelChoiceField(User.objects.none(), label=_("To whom"))

    def prepare(self) -> None:
        """Offer who may work on it."""
        people = [person.pk for person in people_at(WORK, self.alert.site_id)]
        self.fields["owner"].queryset = User.objects.filter(pk__in=people)  # type: ignore[attr-defined]


class LinkForm(AlertForm):
    """To which incident."""

    incident = forms.ModelChoiceField(Incident.objects.none(), label=_("Incident"))

    def prepare(self) -> None:
        """Offer open incidents that exist for the actor."""
        seen = Incident.objects.visible_to(self.actor).open()
        self.fields["incident"].queryset = seen  # type: ignore[attr-defined]


class IncidentForm(AlertForm):
    """A suspected incident."""

    title = forms.CharField(label=_("Title"), max_length=200)
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices)
    hypothesis = forms.CharField(
        label=_("What the common cause is thought to be"), required=False, widget=_area(2)
    )

    def first(self) -> dict[str, Any]:
        """Name it after the series."""
        return {"title": series_words(self.alert), "severity": Severity.HIGH}


class DigestForm(forms.Form):
    """How often somebody wants a summary."""

    rhythm = forms.ChoiceField(label=_("Summary"), choices=DigestRhythm.choices)
    by_service = forms.BooleanField(
        label=_("Also by the messaging services I am called by"), required=False
    )
