"""The form by which a figure gets a target."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.kpis import CATALOGUE
from monitoring.states import Direction


class TargetForm(forms.Form):
    """Which figure, in which direction, how much, from when on."""

    kpi = forms.ChoiceField(label=_("Figure"))
    direction = forms.ChoiceField(label=_("Direction"), choices=Direction)
    value = forms.DecimalField(
        label=_("Target"), min_value=Decimal(0), max_digits=12, decimal_places=2
    )
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        """Offer the catalogue, from today on."""
        super().__init__(*args, **kwargs)
        choices = [(kpi.code, f"{kpi.code} {kpi.name}") for kpi in CATALOGUE]
        self.fields["kpi"].choices = choices  # type: ignore[attr-defined]
        self.fields["first"].initial = today
