"""Why the mailroom refuses something."""

from journal.errors import Refusal


class DecidedAlready(Refusal):
    """Somebody has decided about this mail meanwhile."""

    code = "decided_already"


class TooEarlyError(RuntimeError):
    """A report about a letter that is still being handed over: the outbox asks again later."""


class WithheldError(RuntimeError):
    """What stands here is only a note: the mail server does not hand the mail itself over."""
