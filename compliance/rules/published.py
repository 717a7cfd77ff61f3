"""A day of the list of holidays and make-up working days that comes with Redress."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PublishedDay:
    """A day that differs from its weekday, with a note in both languages."""

    date: date
    is_workday: bool
    statutory: bool
    note_en: str
    note_zh: str
