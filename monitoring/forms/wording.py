"""What an address asks of words: with which period the chosen one is compared."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from monitoring.rules.kpi import DAY, Span
from monitoring.rules.periods import LONGEST

_NAMES = ("base_first", "base_last")
WIDE = "base_wide"


@dataclass(frozen=True)
class WordsQuestion:
    """An address, understood. Without days of its own it is the period before."""

    first: date | None
    last: date | None
    wide: bool  # compared with all complaints of the place, whatever the matter
    ignored: tuple[str, ...]

    def base(self, span: Span) -> Span:
        """Return the days with which a span is compared."""
        if self.first is None or self.last is None:
            return span.before()
        return Span(self.first, self.last + DAY, span.today)

    def query(self, rest: str, **changes: str) -> str:
        """Return the address without its question mark; `rest` asks for period and filters."""
        own = {"base_first": self.first, "base_last": self.last, WIDE: "1" if self.wide else ""}
        pairs = {name: str(value) for name, value in {**own, **changes}.items() if value}
        return "&".join(part for part in (urlencode(pairs), rest) if part)


def words_question(data: QueryDict) -> WordsQuestion:
    """Read an address; days that make no period are left out, and named."""
    texts, wide = [data.get(name, "") for name in _NAMES], bool(data.get(WIDE))
    if not any(texts):
        return WordsQuestion(None, None, wide, ())
    try:
        first, last = map(date.fromisoformat, texts)
    except ValueError:
        return WordsQuestion(None, None, wide, _NAMES)
    if not 0 <= (last - first).days < LONGEST.days:
        return WordsQuestion(None, None, wide, _NAMES)
    return WordsQuestion(first, last, wide, ())


def words_faults(data: QueryDict) -> tuple[str, ...]:
    """Return which parts of a question about words mean nothing."""
    return words_question(data).ignored
