"""The form of a quality check."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.services.quality import Verdict

_ANSWERS = [("yes", _("Yes")), ("no", _("No"))]


def _is_yes(given: Any) -> bool:
    return bool(given == "yes")


class CheckForm(forms.Form):
    """Two questions, and what was wrong."""

    customer_ok = forms.TypedChoiceField(
        label=_("Was everything right for the complainant?"),
        help_text=_("Facts, tone, remedy, dates: no mistake that harms them."),
        choices=_ANSWERS,
        coerce=_is_yes,
        widget=forms.RadioSelect,
    )
    compliance_ok = forms.TypedChoiceField(
        label=_("Was everything by law and policy?"),
        help_text=_("Time limits, confidentiality, required information and records."),
        choices=_ANSWERS,
        coerce=_is_yes,
        widget=forms.RadioSelect,
    )
    remark = forms.CharField(
        label=_("What was wrong"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @property
    def verdict(self) -> Verdict:
        """Return what the valid form says."""
        return Verdict(**self.cleaned_data)
