"""What the pages of people's requests take in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from retention.states import Answer, Ground, Proof, RequestKind


class MomentField(forms.DateTimeField):
    """An instant as browsers take it, to the minute."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class RequestForm(forms.Form):
    """Who asks for what."""

    kind = forms.ChoiceField(label=_("What is asked for"), choices=RequestKind.choices)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    contact = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        required=False,
        help_text=_("As they give it; it is looked for among the complainants."),
    )
    received_at = MomentField(label=_("Received"))
    text = forms.CharField(
        label=_("What they said"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class VerifyForm(forms.Form):
    """Who the person is, and how that is known."""

    people = forms.TypedMultipleChoiceField(
        label=_("These are the person"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    proof = forms.ChoiceField(label=_("How they were recognised"), choices=Proof.choices)
    proof_note = forms.CharField(
        label=_("Remark"),
        max_length=300,
        required=False,
        help_text=_("No copies and no numbers of identity documents."),
    )

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        """Offer the people found."""
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = people  # type: ignore[attr-defined]


class RectifyForm(forms.Form):
    """What is recorded, to be written right; what stays empty here is left as it is."""

    complaint = forms.TypedChoiceField(label=_("Complaint"), coerce=int)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    customer_number = forms.CharField(label=_("Customer number"), max_length=80, required=False)
    order_number = forms.CharField(
        label=_("Order or contract number"), max_length=80, required=False
    )
    reason = forms.CharField(label=_("Why it was wrong"), max_length=500)

    def __init__(self, *args: Any, complaints: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        """Offer their complaints."""
        super().__init__(*args, **kwargs)
        self.fields["complaint"].choices = complaints  # type: ignore[attr-defined]

    def changes(self) -> dict[str, str]:
        """Return what was filled in."""
        given = {name: self.cleaned_data[name] for name in self.fields}
        return {
            name: value
            for name, value in given.items()
            if name not in {"complaint", "reason"} and value
        }


class PackageForm(forms.Form):
    """In which language, and with which files."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    with_internal_files = forms.BooleanField(
        label=_("With the files that are only for colleagues"),
        required=False,
        help_text=_("Look through them first: they may show other people."),
    )


class AnswerForm(forms.Form):
    """How the request is answered."""

    answer = forms.ChoiceField(
        label=pgettext_lazy("rights", "Answer"),
        choices=[choice for choice in Answer.choices if choice[0]],
    )
    ground = forms.ChoiceField(label=_("Ground"), choices=Ground.choices, required=False)
    reasons = forms.CharField(
        label=_("Reasons, as the person is told them"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Whatever is refused, wholly or in part, needs a ground and reasons."),
    )
    complaints = forms.TypedMultipleChoiceField(
        label=_("To be erased before their time"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, complaints: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        """Offer the complaints where erasure was asked for; else leave them out."""
        super().__init__(*args, **kwargs)
        if complaints:
            self.fields["complaints"].choices = complaints  # type: ignore[attr-defined]
        else:
            del self.fields["complaints"]
