"""What the calendar pages take: a day or a run of days, and the hours of a week."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compliance.services import DayFacts

HOLIDAY, BRIDGE, MAKEUP = "holiday", "bridge", "makeup"
KINDS = [
    (HOLIDAY, _("Holiday by law")),
    (BRIDGE, _("Day off around a holiday")),
    (MAKEUP, _("Make-up working day")),
]
WEEKDAYS = [
    ("monday", _("Monday")),
    ("tuesday", _("Tuesday")),
    ("wednesday", _("Wednesday")),
    ("thursday", _("Thursday")),
    ("friday", _("Friday")),
    ("saturday", _("Saturday")),
    ("sunday", _("Sunday")),
]
_HOURS = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")


def _date_field(label: Any, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **kwargs)


def _reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Needed for days that have passed."),
    )


class DayForm(forms.Form):
    """A day, or each day from one to another, that differs from its weekday."""

    first = _date_field(_("Day"))
    last = _date_field(
        _("Last day"), required=False, help_text=_("For several days in a row; otherwise empty.")
    )
    kind = forms.ChoiceField(label=_("What it is"), choices=KINDS, widget=forms.RadioSelect)
    note_en = forms.CharField(label=_("Note in English"), max_length=200, required=False)
    note_zh = forms.CharField(label=_("Note in Chinese"), max_length=200, required=False)
    reason = _reason_field()

    def facts(self) -> DayFacts:
        """Return what the form says of the days."""
        data = self.cleaned_data
        return DayFacts(
            is_workday=data["kind"] == MAKEUP,
            statutory=data["kind"] == HOLIDAY,
            note_en=data["note_en"],
            note_zh=data["note_zh"],
        )


class RemoveDayForm(forms.Form):
    """A day that shall be again what its weekday says."""

    day = _date_field(_("Day"))
    reason = _reason_field()


class HoursForm(forms.Form):
    """The working hours of the week."""

    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, windows: list[list[list[str]]], **kwargs: Any) -> None:
        """Show the hours as they are."""
        super().__init__(*args, **kwargs)
        for (name, label), spans in zip(WEEKDAYS, windows, strict=True):
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=80,
                initial=", ".join(f"{begin}-{end}" for begin, end in spans),
            )
        self.order_fields([name for name, _label in WEEKDAYS])

    def clean(self) -> dict[str, Any]:
        """Read each day's spans."""
        data = super().clean() or {}
        for name, _label in WEEKDAYS:
            spans = re.split(r"[,，、;；\s]+", data.get(name, "").strip())
            spans = [span.replace("–", "-").replace("：", ":") for span in spans if span]
            if not all(_HOURS.match(span) for span in spans):
                self.add_error(name, _("Write hours like 09:00-12:00, 13:00-17:30."))
            data[name] = [span.split("-") for span in spans]
        return data

    def windows(self) -> list[list[list[str]]]:
        """Return the hours of Monday to Sunday."""
        return [self.cleaned_data[name] for name, _label in WEEKDAYS]
