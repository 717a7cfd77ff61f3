"""What changing a person and changing a place have in common."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from journal.errors import Refusal


def changed_fields(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields whose value would change, in order."""
    return sorted(name for name, value in values.items() if getattr(row, name) != value)


def set_fields(row: models.Model, values: Mapping[str, Any]) -> None:
    """Put values into a row, in memory."""
    for name, value in values.items():
        setattr(row, name, value)


def refuse_invalid(row: models.Model) -> None:
    """Refuse a row that breaks a rule of its fields; forms say the same before."""
    try:
        row.full_clean(exclude=["password"])
    except ValidationError as error:
        field, reasons = next(iter(error.message_dict.items()))
        named = "" if field == NON_FIELD_ERRORS else field
        raise Refusal(reasons[0], code="invalid", field=named) from error
