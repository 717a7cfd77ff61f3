"""What the pages of holds take in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DayField(forms.DateField):
    """A day as browsers take it."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class HoldForm(forms.Form):
    """Why, on whose authority, and until when; what it lies on stands in the address."""

    complaint = forms.CharField(
        label=_("Reference of the complaint"),
        required=False,
        max_length=20,
        help_text=_("Leave it empty to hold what a filter finds."),
    )
    whole_person = forms.BooleanField(
        label=_("All complaints of this complainant, also those that come later"), required=False
    )
    query = forms.CharField(
        label=_("Filter"),
        required=False,
        max_length=1000,
        help_text=_("Narrow the list of all complaints, then copy what stands behind the “?”."),
    )
    reason = forms.CharField(
        label=_("Why must these records stay?"), widget=forms.Textarea(attrs={"rows": 3})
    )
    authority = forms.CharField(
        label=_("On whose authority?"),
        max_length=200,
        help_text=_("For example: district court, file number; market regulator; our lawyer."),
    )
    review_on = DayField(
        label=_("To be looked at again on"),
        help_text=_("A hold does not end by itself; on this day somebody is reminded of it."),
    )


class ReleaseForm(forms.Form):
    """Why a hold is no longer needed."""

    reason = forms.CharField(
        label=_("Why is it no longer needed?"), widget=forms.Textarea(attrs={"rows": 2})
    )


class ReviewForm(forms.Form):
    """Until when a hold is looked at again."""

    review_on = DayField(label=_("Still needed; look at it again on"))
