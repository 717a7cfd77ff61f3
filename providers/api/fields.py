"""Strict shapes of requests: what is not named is refused by name, what is named is checked."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from providers.errors import Invalid

_REQUIRED = {
    "required": _("This field is required."),
    "null": _("This field cannot be null: leave it out instead."),
}
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LARGEST = 2**31 - 1


class Text(serializers.CharField):
    """Text of bounded length, without NUL and halves of characters (both no database keeps)."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("This must be text."),
        "blank": _("This field cannot be empty."),
        "max_length": _("At most {max_length} characters are kept here."),
        "min_length": _("At least {min_length} characters are needed here."),
    }

    def __init__(self, *, longest: int, letters: str = "", **how: Any) -> None:
        """Say how many characters it may have; `letters` tells readers of the description which."""
        self.letters = letters
        how.setdefault("allow_blank", not how.get("required", True))
        super().__init__(max_length=longest, **how)

    def to_internal_value(self, data: Any) -> str:
        """Take strings only: a number is no text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of some values."""

    default_error_messages = {
        **_REQUIRED,
        "invalid_choice": _("Choose one of the values that the description of the API names."),
    }

    def to_internal_value(self, data: Any) -> Any:
        """Take strings only."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """An instant by RFC 3339, always with its offset."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("Write the time with its offset, as in 2026-03-04T10:00:00+08:00."),
        "range": _("This lies too far from today."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        """Read it; a time without an offset could mean several instants."""
        moment = None
        if isinstance(value, str) and value.isascii():
            try:
                moment = parse_datetime(value)
            except ValueError:
                moment = None
        if moment is None or moment.tzinfo is None:
            self.fail("invalid", format="")
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:
            self.fail("range")
        if not _EARLIEST < moment < _LATEST:
            self.fail("range")
        return moment


class Day(serializers.DateField):
    """A date by ISO 8601."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("Write the date as in 2026-03-04."),
        "datetime": _("Write the date as in 2026-03-04."),
    }


class Flag(serializers.BooleanField):
    """True or false, in these words."""

    default_error_messages = {**_REQUIRED, "invalid": _("This must be true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        """Take what JSON calls a boolean; in an address, its two words."""
        if isinstance(data, str) and data in {"true", "false"} and self.context.get("address"):
            return data == "true"
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(data)


class Whole(serializers.IntegerField):
    """A whole number within bounds."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("This must be a whole number."),
        "max_value": _("At most {max_value}."),
        "min_value": _("At least {min_value}."),
        "max_string_length": _("This must be a whole number."),
    }

    def __init__(self, *, least: int = 0, most: int = LARGEST, **how: Any) -> None:
        """Say its bounds."""
        super().__init__(min_value=least, max_value=most, **how)

    def to_internal_value(self, data: Any) -> int:
        """Take numbers; their digits only in an address."""
        from_address = isinstance(data, str) and self.context.get("address")
        if isinstance(data, bool) or not (isinstance(data, int) or from_address):
            self.fail("invalid")
        return super().to_internal_value(data)


class Money(serializers.DecimalField):
    """An amount in digits, with two decimals at most: text, for a number would lose cents."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("Write the amount in digits, as in “80.00”."),
    }
    pattern = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"

    def __init__(self, **how: Any) -> None:
        """Say its bounds."""
        super().__init__(max_digits=12, decimal_places=2, min_value=Decimal(0), **how)

    def to_internal_value(self, data: Any) -> Decimal:
        """Take digits."""
        if not (isinstance(data, str) and re.match(self.pattern, data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Items(serializers.ListField):
    """A bounded list."""

    default_error_messages = {
        **_REQUIRED,
        "not_a_list": _("This must be a list."),
        "empty": _("This list cannot be empty."),
        "max_length": _("At most {max_length} items at once."),
        "min_length": _("This list cannot be empty."),
    }


class Upload(serializers.FileField):
    """A file of a form."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("Send the file as a part of the form, with its name."),
        "no_name": _("The file has no name."),
        "empty": _("The file is empty."),
        "max_length": _("The name of the file is too long."),
    }

    def __init__(self, **how: Any) -> None:
        """Take names of bounded length."""
        super().__init__(max_length=200, **how)


class Anything(serializers.JSONField):
    """Whatever JSON there is; looked at later, item by item, as `like` says."""

    default_error_messages = {**_REQUIRED, "invalid": _("This must be JSON.")}

    def __init__(self, *, like: Any, **how: Any) -> None:
        """Say which shape the items should have."""
        self.like = like
        super().__init__(allow_null=True, **how)


class Strict(serializers.Serializer[Any]):
    """An object whose fields are all named here: a field that nobody named is refused."""

    default_error_messages = {
        **_REQUIRED,
        "invalid": _("This must be an object."),
        "unknown": _("There is no field of this name."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Check the fields, and that there are no others."""
        if not isinstance(data, Mapping):
            raise ValidationError({"": [self.error_messages["invalid"]]}, code="invalid")
        unknown = [name for name in data if name not in self.fields]
        faults: dict[str, Any] = {}
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            faults = dict(error.detail)  # type: ignore[arg-type]
        for name in unknown:
            faults[name] = ValidationError(self.error_messages["unknown"], code="unknown").detail
        if faults:
            raise ValidationError(faults)
        return values


def parsed(shape: type[Strict], data: Any, *, at: str = "") -> dict[str, Any]:
    """Return what a request says, checked. Raises Invalid with every fault by its pointer."""
    return _checked(_made(shape, address=False), data, at)


def parsed_address(shape: type[Strict], query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the query of an address says, checked. Raises Invalid likewise."""
    return _checked(_made(shape, address=True), dict(query), "?")


@cache
def _made(shape: type[Strict], *, address: bool) -> Strict:
    """Return a shape to check by: to make one takes longer than to check, and it keeps no state."""
    return shape(context={"address": address})


def _checked(shape: Strict, data: Any, at: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = shape.run_validation(data)
    except ValidationError as error:
        raise Invalid(list(_faults(error.detail, at))) from None
    return found


def _faults(detail: Any, at: str) -> Iterator[tuple[str, str, Any]]:
    """Yield each fault of the library's nested ones: its pointer, code and reason."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name in {"", "non_field_errors"} else _step(at, str(name))
            yield from _faults(inner, f"{at}{step}")
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            deeper = isinstance(inner, Mapping | list)
            if not deeper or inner:
                yield from _faults(inner, f"{at}/{number}" if deeper else at)
    else:
        yield at, getattr(detail, "code", "invalid"), detail


def _step(at: str, name: str) -> str:
    """Return a name as a step of a pointer (RFC 6901, 3); in an address it stands as it is."""
    return name if at == "?" else "/" + name.replace("~", "~0").replace("/", "~1")
