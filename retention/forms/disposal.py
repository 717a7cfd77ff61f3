"""What the pages of disposal take in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TakeOutForm(forms.Form):
    """Why a row stays."""

    reason = forms.CharField(label=_("Why does it stay?"), max_length=500)


class RejectForm(forms.Form):
    """Why a list is thrown away."""

    note = forms.CharField(
        label=_("Why is the list rejected?"), widget=forms.Textarea(attrs={"rows": 2})
    )
