"""What the pages of a provider's file take in: parsing and checks of fields, nothing decided."""

from typing import Any

from django import forms

from journal.errors import Refusal


class DayField(forms.DateField):
    """A day as browsers take it."""

    def __init__(self, **kwargs: Any) -> None:
        """Use the browser's own control."""
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


class MomentField(forms.DateTimeField):
    """An instant as browsers take it: day and time to the minute, in the organisation's zone."""

    def __init__(self, **kwargs: Any) -> None:
        """Use the browser's own control."""
        kwargs.setdefault(
            "widget",
            forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        super().__init__(**kwargs)


class WordsField(forms.CharField):
    """A few sentences."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        """Give room for them."""
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        kwargs.setdefault("max_length", 10_000)
        super().__init__(**kwargs)


def tell(form: forms.Form, refusal: Refusal) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
