"""What the pages of templates and messages take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.services.templates import MAX_SUBJECT, has_subject


class TemplateForm(forms.Form):
    """The text of a template; the verb checks its placeholders."""

    subject = forms.CharField(label=_("Subject"), max_length=MAX_SUBJECT, required=False)
    body = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 18}))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        """Leave the subject out where the channel has none."""
        super().__init__(*args, **kwargs)
        if not has_subject(channel):
            del self.fields["subject"]


class PreviewForm(forms.Form):
    """A text as it is being written, and the complaint to try it on."""

    subject = forms.CharField(required=False, strip=False)
    body = forms.CharField(required=False, strip=False)
    reference = forms.CharField(required=False)


class ResolveForm(forms.Form):
    """What a person decides about a letter that hangs."""

    was_sent = forms.ChoiceField(choices=[("yes", _("It went out")), ("no", _("Send it again"))])


class BounceForm(forms.Form):
    """What came back."""

    reason = forms.CharField(
        label=_("What came back, and why"),
        max_length=300,
        help_text=_("For example: mailbox full; no such address; moved away."),
    )


class ToldForm(forms.Form):
    """When a waiting message was read out or posted."""

    told_at = forms.DateTimeField(
        label=_("Told or posted at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
