"""What holds of a provider on a day: whether it may work at all, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WARN_DAYS = (30, 7)  # before a contract runs out, an evaluation or a plan falls due

REMIND_DAYS = (3, 14)  # after something should have been done; then again and again
REMIND_AGAIN = 30


@dataclass(frozen=True)
class Agreed:
    """An approved contract, as far as the question goes. Both days belong to it."""

    starts_on: date
    ends_on: date

    def holds_on(self, day: date) -> bool:
        """Return whether the day lies within its time."""
        return self.starts_on <= day <= self.ends_on


def reasons_against(*, contract: bool, confirmed: bool, suspended: bool) -> Sequence[str]:
    """Return why nothing is granted: without a contract in force, told and confirmed, nothing is.

    `contract` says whether an approved one holds today, `confirmed` whether somebody of the
    provider has confirmed what it was told (CM-8.7 a).
    """
    found = {"no_contract": not contract, "not_confirmed": not confirmed, "suspended": suspended}
    return [code for code, so in found.items() if so]


def warning_due(ends_on: date, today: date, last: int | None) -> int | None:
    """Return the warning that is due before a day, as days ahead: 30, 7; None when none is.

    `last` is the one that went out before; a warning that was missed is not sent beside a later.
    """
    left = (ends_on - today).days
    due = [days for days in WARN_DAYS if 0 <= left <= days]
    if not due or (last is not None and min(due) >= last):
        return None
    return min(due)


def reminder_due(since: date, today: date, last: int | None) -> int | None:
    """Return the reminder that is due after a day, as days since: 3, 14, 30, 60 …; else None.

    `last` is the one that went out before; of several that were missed only the latest is sent.
    """
    days = (today - since).days
    reached = [step for step in REMIND_DAYS if step <= days]
    reached += [days - days % REMIND_AGAIN] if days >= REMIND_AGAIN else []
    if not reached or (last is not None and max(reached) <= last):
        return None
    return max(reached)
