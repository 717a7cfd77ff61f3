"""Why the fast channel refuses something: the desk's own refusals, under one roof."""

from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed

__all__ = ["BadInput", "Conflict", "MoveRefused", "NotAllowed"]
