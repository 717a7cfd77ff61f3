"""Why retention refuses something: the words of the desk's own refusals serve here, too."""

from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed

__all__ = ["BadInput", "Conflict", "MoveRefused", "NotAllowed"]
