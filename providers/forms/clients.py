"""The form of a client: its name, what its tokens may be used for, how often it may call."""

from django import forms
from django.utils.translation import gettext_lazy as _

from providers.states import Scope


class ClientForm(forms.Form):
    """Software of a provider that is to call the API."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As it stands in the record.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"),
        choices=Scope.choices,
        initial=[Scope.READ, Scope.CREATE],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Within what the contract grants."),
    )
    calls_per_minute = forms.IntegerField(
        label=_("Calls a minute"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Leave it empty for the usual limit."),
    )
