"""The form of what is watched: a row for each set of series, and the thresholds."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compliance.models import Calendar
from monitoring.rules.watch_settings import Dimension, DimensionSet, WatchSettings

OFFERED: tuple[tuple[Dimension, ...], ...] = (
    (),
    ("category",),
    ("product",),
    ("site",),
    ("channel",),
    ("provider",),
    ("category", "product"),
    ("category", "site"),
    ("category", "channel"),
    ("category", "provider"),
    ("product", "site"),
    ("product", "channel"),
    ("category", "product", "site"),
)
FLAGS: Mapping[str, Any] = {
    "weekly": _("By week"),
    "daily": _("By day"),
    "repeats": _("Share of repeats"),
    "rate": _("For what was sold"),
    "silence": _("Fallen silent"),
}
NUMBERS: Mapping[str, tuple[Any, Any]] = {
    "alpha": (_("Amber: by chance at most once in 1/p periods, p"), float),
    "red_alpha": (_("Red: p"), float),
    "rate_alpha": (_("Shares: p"), float),
    "false_share": (_("False alarms borne, as a share of all"), float),
    "least": (_("Least number in four periods"), int),
    "least_now": (_("Least number in the period itself"), int),
    "silence_days": (_("Days without a new alarm after one, unless it rises"), int),
    "repeats": (_("The same problem: so many different complainants"), int),
    "repeat_days": (_("… in so many days"), int),
    "repeats_safety": (_("With danger: so many different complainants"), int),
    "safety_days": (_("… in so many days"), int),
    "due_days": (_("Working days until somebody has to take it"), int),
    "effect_weeks": (_("Weeks until the effect is looked at"), int),
}


class SettingsForm(forms.Form):
    """Everything that is set, read from and written to the content of a version."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, says: WatchSettings) -> None:
        """Begin with what is in force."""
        super().__init__(data)
        known = {one.code: one for one in says.sets}
        others = [one.dimensions for one in says.sets if one.dimensions not in OFFERED]
        self.sets = [*OFFERED, *others]
        for dimensions in self.sets:
            code = DimensionSet(dimensions=dimensions).code
            for flag in FLAGS:
                self.fields[f"{code}-{flag}"] = forms.BooleanField(
                    required=False,
                    label=FLAGS[flag],
                    initial=code in known and getattr(known[code], flag),
                )
        for name, (label, kind) in NUMBERS.items():
            field = forms.FloatField if kind is float else forms.IntegerField
            widget = forms.NumberInput(attrs={"step": "any" if kind is float else 1})
            self.fields[name] = field(label=label, initial=getattr(says, name), widget=widget)
        self.fields["drift"] = forms.BooleanField(
            required=False,
            label=_("Also what creeps up slowly, week by week"),
            initial=says.drift,
        )
        self.fields["calendar"] = forms.ChoiceField(
            label=_("Working calendar"),
            choices=[(one.code, str(one)) for one in Calendar.objects.all()],
            initial=says.calendar,
        )
        self.fields["seen_version"] = forms.IntegerField(widget=forms.HiddenInput)
        self.fields["note"] = forms.CharField(
            label=_("What changes, and why"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    @property
    def rows(self) -> list[tuple[tuple[str, ...], list[Any]]]:
        """Return the sets with their check boxes."""
        codes = [(dimensions, DimensionSet(dimensions=dimensions).code) for dimensions in self.sets]
        return [
            (dimensions, [self[f"{code}-{flag}"] for flag in FLAGS]) for dimensions, code in codes
        ]

    @property
    def numbers(self) -> list[Any]:
        """Return the other fields."""
        return [self[name] for name in (*NUMBERS, "drift", "calendar")]

    @property
    def content(self) -> dict[str, Any]:
        """Return what was chosen as settings keep it; a set without any mark is left out."""
        given = self.cleaned_data
        sets = []
        for dimensions in self.sets:
            code = DimensionSet(dimensions=dimensions).code
            flags = {flag: bool(given.get(f"{code}-{flag}")) for flag in FLAGS}
            if any(flags.values()):
                sets.append({"dimensions": dimensions, **flags})
        numbers = {name: given[name] for name in (*NUMBERS, "calendar")}
        return {"sets": sets, "drift": bool(given.get("drift")), **numbers}


class ExposureForm(forms.Form):
    """A table of customers, orders or units."""

    file = forms.FileField(label=_("CSV file"))
