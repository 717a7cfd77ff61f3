"""What the pages of retention take in: parsing and checks of fields, nothing is decided here."""

from django import forms

from retention.errors import BadInput


def tell(form: forms.Form, refusal: BadInput) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
