"""What people say about an endpoint."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from providers.forms import MomentField
from providers.models import ApiClient
from providers.registry import event_types


class EndpointForm(forms.Form):
    """Where events are posted, and which."""

    url = forms.CharField(
        label=_("Address"),
        help_text=_("https:// in the public network. Events are posted there, signed."),
        max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(label=_("Note"), max_length=120, required=False)
    event_types = forms.MultipleChoiceField(
        label=_("Only these events"),
        help_text=_("None chosen: all of them, those that will be added too."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the events that there are."""
        super().__init__(*args, **kwargs)
        choice = self.fields["event_types"]
        assert isinstance(choice, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        choice.choices = [(name, name) for name in event_types()]


class NewEndpointForm(EndpointForm):
    """Also for which software."""

    client = forms.ModelChoiceField(
        label=_("For which software"), queryset=ApiClient.objects.none()
    )

    def __init__(self, *args: Any, clients: Sequence[ApiClient], **kwargs: Any) -> None:
        """Offer the software whose endpoints the person keeps."""
        super().__init__(*args, **kwargs)
        choice = self.fields["client"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        choice.queryset = ApiClient.objects.filter(pk__in=[one.pk for one in clients])
        self.order_fields(["client", "url", "note", "event_types"])


class RotateForm(forms.Form):
    """How long the former secret signs, too."""

    overlap = forms.TypedChoiceField(
        label=_("The former secret signs, too, for"),
        choices=[
            (0, _("not at all: it has become known to others")),
            (24, _("one day")),
            (72, _("three days")),
            (168, _("seven days")),
        ],
        coerce=int,
        initial=24,
    )


class ReplayForm(forms.Form):
    """Which time is sent again."""

    since = MomentField(label=_("From"))
    until = MomentField(label=_("Until"))
