"""Why the desk refuses something."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from journal.errors import Refusal


class MoveRefused(Refusal):
    """A move that is not possible now: why, and which moves are."""

    code = "move_not_possible"

    def __init__(self, reasons: Sequence[Any], *, possible: Sequence[str] = ()) -> None:
        """Keep the reasons and the possible moves."""
        super().__init__(reasons[0] if reasons else _("This step is not possible now."))
        self.reasons = list(reasons)
        self.possible = list(possible)


class Conflict(Refusal):
    """Somebody else was quicker. Nothing was lost: the input can be given again."""

    code = "conflict"


class NotAllowed(Refusal):
    """The person may see the complaint but not do this to it."""

    status = HTTPStatus.FORBIDDEN
    code = "not_allowed"


class BadInput(Refusal):
    """An input is at fault; `field` names it."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class BadPolicy(BadInput):
    """A handling policy is at fault; `faults` names every place with its reason."""

    code = "bad_policy"

    def __init__(self, faults: Sequence[tuple[str, Any]]) -> None:
        """Keep the faults; the first one is the message."""
        path, reason = faults[0]
        super().__init__(reason, field=path)
        self.faults = list(faults)


class ReferenceHeld(Refusal):
    """A partner's own reference is taken: what it names was handed over before."""

    code = "reference_held"

    def __init__(self, reference: str) -> None:
        """Name the complaint that is held, where the partner may see it."""
        said: Any = _("This reference of yours was handed over before.")
        if reference:
            said = _("This reference of yours is held as %(reference)s.") % {"reference": reference}
        super().__init__(said, field="external_id")
        self.reference = reference
        self.more = {"reference": reference or None}


class TooLarge(Refusal):
    """A file is larger than is taken."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "file_size"
