"""The one family of refusals: a rule said no, and says why in the reader's language."""

from http import HTTPStatus
from typing import Any


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A move that the rules do not allow now.

    `status` is the HTTP status every door answers with; `code` names the rule for machines;
    `field` names the input at fault where there is one; the message is translated text.
    """

    status: int = HTTPStatus.CONFLICT
    code: str = "refused"

    def __init__(self, message: Any, *, code: str = "", field: str = "") -> None:
        """Keep the translated reason."""
        super().__init__(message)
        self.message = message
        self.field = field
        if code:
            self.code = code

    def __str__(self) -> str:
        """Return the reason in the present language."""
        return str(self.message)
