"""Why the file of a provider, its webhooks, or the API, refuses something."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from journal.errors import Refusal


class KeyReused(Refusal):
    """An Idempotency-Key came with another request than the first one."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "key_reused"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            _("This Idempotency-Key was used for another request: choose a new one."),
            field="Idempotency-Key",
        )


class OutOfDate(Refusal):
    """The caller's If-Match names a version that is not the present one (RFC 9110, 13.1.1)."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "out_of_date"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            _("This was changed in the meantime: read it again, then decide whether to repeat.")
        )


class ScopeMissing(Refusal):
    """The token was not made for this."""

    status = HTTPStatus.FORBIDDEN
    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        """Name the scope."""
        super().__init__(_("The token lacks the scope %(scope)s.") % {"scope": scope})
        self.scope = scope


class TooManyCalls(Refusal):
    """More calls than agreed in this minute."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_calls"

    def __init__(self, wait: int) -> None:
        """Say how many seconds to wait."""
        super().__init__(_("More calls than agreed: wait until the minute is over."))
        self.wait = wait
        self.headers: dict[str, str] = {}


class Invalid(Refusal):
    """Inputs are at fault; `faults` names each by its JSON pointer (RFC 6901), code and reason."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"

    def __init__(self, faults: list[tuple[str, str, Any]]) -> None:
        """Keep every fault."""
        super().__init__(_("Some of what was sent cannot be accepted."))
        self.faults = faults


class BadInput(Refusal):
    """An input is at fault; `field` names it."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class NotAllowed(Refusal):
    """The person may see the file but not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "not_allowed"


class Conflict(Refusal):
    """It is no longer where the person saw it."""

    code = "conflict"


class FeedCleared(Refusal):
    """The feed does not reach back to where the caller stands."""

    status = HTTPStatus.GONE
    code = "cursor_too_old"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            _("What came next has been cleared away: read the list, then begin without a cursor.")
        )
