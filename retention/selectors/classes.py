"""What other apps plug in: settings.RETENTION_CLASSES names, per record class, their functions.

    RETENTION_CLASSES = {
        "outside_case": {
            "starts":  "referrals.selectors.keeping.ends_of_cases",
            "against": "referrals.selectors.keeping.open_cases",
            "erase":   "referrals.services.erasing.erase_cases",
            "tell":    "referrals.selectors.keeping.what_is_held",
        },
        "raw_mails": {"clean": "mailroom.services.keeping.clean_mails", ...},
    }

starts(complaint_ids) -> {complaint_id: datetime | None}
    The complaints to which the class applies, and from when it counts (None: from their end).
against(complaint_ids) -> {complaint_id: sentence}
    What must not go now, and why (a translatable sentence for people).
erase(*, complaint_id, actor, at) -> int
    Erases what the app holds about the people of this complaint, in the caller's transaction;
    returns how many rows. The actor is the system. Files are deleted on commit.
tell(complaint_id) -> list[dict]
    What the app holds about this complaint's complainant, ready for JSON, for a copy of their data.
    Each row says under `record` what it is, in the present language; so are the words of choices.
    Nothing about other people; the copy masks addresses, numbers and the names it knows besides.
untold
    Instead of `tell`: why nothing of the class is in such a copy. A sentence for whoever reads the
    setting; each class has the one or the other (tests/architecture/test_copies.py).
files(complaint_id) -> list[tuple[str, Path]]
    Files of theirs that go with it, as they came: name and place.
others(complaint_id) -> set[str]
    Names of other people whom what is held about this complaint may name: they are masked.
loose(people, asked_by) -> list[dict]
    What the app holds of these complainants that belongs to no complaint (yet), as `tell` has it.
    What may belong to a complaint that does not exist for `asked_by` is left out.
loose_files(people, asked_by) -> list[tuple[str, Path]]
    Files of theirs that go with that, as they came.
unfindable(people) -> str
    What of that cannot be found for these people, and why: a sentence for whoever is in charge of
    the copy; empty when everything can.
clean(*, before, at) -> int
    Erases what belongs to no complaint and ended before a moment; returns how many.

An app may name any of them. A class that the schedule in force does not know keeps nothing back,
but is still erased and told. The floors stay as they are: nobody imports anybody for this.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

NAMES = (
    *("starts", "against", "erase", "tell", "untold", "files", "others", "clean"),
    *("loose", "loose_files", "unfindable"),
)


def hooks(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield class and function of each hook of this name, in the order of the setting."""
    for code, named in settings.RETENTION_CLASSES.items():
        if name in named:
            yield code, import_string(named[name])


def plugged_in() -> Mapping[str, Mapping[str, str]]:
    """Return what is plugged in, for the page of the schedule."""
    named: Mapping[str, Mapping[str, str]] = settings.RETENTION_CLASSES
    return named


def starts_of(complaint_ids: Sequence[int]) -> Iterator[tuple[str, int, datetime | None]]:
    """Yield class, complaint and start of each class of other apps that applies."""
    for code, starts in hooks("starts"):
        for complaint_id, since in starts(complaint_ids).items():
            yield code, complaint_id, since


def reasons_against(complaint_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return what other apps say against disposing of complaints."""
    found: dict[int, list[Any]] = {}
    for _code, against in hooks("against"):
        for complaint_id, reason in against(complaint_ids).items():
            found.setdefault(complaint_id, []).append(reason)
    return found
