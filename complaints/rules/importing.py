"""How a row of somebody else's table becomes a complaint: the map, and reading by it. Pure.

A map names for every field of ours a column, a template of columns, or one value for all rows.
Whatever cannot be read is a `Problem` with the field and a code; the row is then not taken, the
others are.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from complaints.rules.policy import Fault, Names, Part, Texts

TextField = Literal[
    "external_id",
    "channel",
    "description",
    "remedy_sought",
    "product",
    "order_number",
    "representative",
    "language",
    "name",
    "organisation",
    "phone",
    "email",
    "customer_number",
    "address",
    "needs",
    "site",
    "team",
    "category",
    "owner",
    "priority",
    "state",
    "finding",
    "answer",
]
FlagField = Literal["anonymous", "contact_unknown", "confidential"]
MomentField = Literal[
    "occurred_at",
    "received_at",
    "acknowledged_at",
    "assessed_at",
    "decided_at",
    "decision_sent_at",
    "answered_at",
    "closed_at",
    "followed_up_at",
]
FieldName = Literal[TextField, FlagField, MomentField]
FLAGS: frozenset[str] = frozenset(get_args(FlagField))
MOMENTS: tuple[str, ...] = get_args(MomentField)
BEGINNINGS = ("occurred_at", "received_at")  # a whole day stands for its first moment
WANTED = ("external_id", "channel", "description", "received_at")
LONGEST: Mapping[str, int] = {
    "external_id": 120,
    "product": 200,
    "order_number": 80,
    "representative": 200,
    "language": 10,
    "name": 200,
    "organisation": 200,
    "phone": 60,
    "email": 254,
    "customer_number": 80,
    "address": 400,
    "needs": 300,
}
LONGEST_TEXT = 200_000
CHOICES: Mapping[str, frozenset[str]] = {
    "channel": frozenset(
        {"phone", "email", "web", "letter", "in_person", "social", "regulator", "api", "other"}
    ),
    "state": frozenset({"open", "closed", "followed_up", "withdrawn", "not_a_complaint"}),
    "priority": frozenset({"P0", "P1", "P2", "P3"}),
    "finding": frozenset({"upheld", "partly", "not_upheld", "undetermined"}),
    "answer": frozenset({"accepted", "refused", "no_reply"}),
}
ENDS = frozenset({"closed", "followed_up", "withdrawn", "not_a_complaint"})
YES = frozenset({"1", "yes", "y", "true", "t", "x", "是", "有", "对"})
NO = frozenset({"", "0", "no", "n", "false", "f", "否", "无", "不是"})
ISO = "iso"
_END_OF_DAY = time(23, 59, 59)
_PLACE = re.compile(r"\{([^{}]+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]{}]*\{[^\[\]]*)\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class FieldMap(Part):
    """Where a field comes from: a column, a template such as "{issue}[: {detail}]", or a value.

    `values` turns what stands there into what we say; `otherwise` is for what it does not name.
    Of a template, a stretch in square brackets is left out when a column in it is empty.
    """

    column: str | None = Field(default=None, min_length=1)
    template: str | None = Field(default=None, min_length=1)
    value: str | bool | None = None
    values: dict[str, str] = {}
    otherwise: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_bare_text_is_a_column(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"column": given}
        if isinstance(given, Mapping) and isinstance(given.get("values"), Mapping):
            known = {_as_text(key): _as_text(value) for key, value in given["values"].items()}
            return {**given, "values": known}
        return given

    @field_validator("value", mode="before")
    @classmethod
    def _numbers_and_days_are_text(cls, given: Any) -> Any:
        return _as_text(given)

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        if sum(part is not None for part in (self.column, self.template, self.value)) != 1:
            raise PydanticCustomError("one_source", "one of column, template, value")
        return self

    @field_validator("values", mode="after")
    @classmethod
    def _compared_without_case(cls, values: dict[str, str]) -> dict[str, str]:
        return {_compared(key): value for key, value in values.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns it reads."""
        if self.column is not None:
            return (self.column,)
        return tuple(_PLACE.findall(self.template or ""))


class RowFilter(Part):
    """Which rows are meant: those whose column has one of these values, or none of those."""

    column: str
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class ImportMap(Part):
    """A whole map. `source` names where the rows come from: with the external id it tells rows."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    source: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")
    names: Names
    about: Texts | None = None
    encoding: Literal["utf-8", "gb18030", "utf-16", "big5", "cp1252", "latin-1"] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    sheet: str | None = None
    timezone: str | None = None
    dates: tuple[str, ...] = (ISO,)
    fields: dict[FieldName, FieldMap]
    rows: tuple[RowFilter, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str | None) -> str | None:
        try:
            return name and ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise PydanticCustomError("unknown_zone", "unknown zone") from None

    @field_validator("dates")
    @classmethod
    def _dates_can_be_read(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for text in formats:
            if text != ISO and not {"%d", "%j", "%x", "%c"} & set(re.findall(r"%.", text)):
                raise PydanticCustomError("no_date_format", "no date format")
        return formats

    @model_validator(mode="after")
    def _has_what_every_complaint_has(self) -> Self:
        missing = [name for name in WANTED if name not in self.fields]
        if missing:
            faults = tuple(Fault(f"fields.{name}", "missing") for name in missing)
            raise PydanticCustomError("faults", "missing fields", {"faults": faults})
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the map reads, once."""
        found = [name for field in self.fields.values() for name in field.columns]
        return tuple(dict.fromkeys([*found, *(item.column for item in self.rows)]))


def map_faults(given: Any) -> list[Fault]:
    """Return everything that is wrong with a map, each with its path."""
    try:
        ImportMap.model_validate(given)
    except ValidationError as error:
        return [fault for detail in error.errors(include_url=False) for fault in _faults_of(detail)]
    return []


def _faults_of(detail: Mapping[str, Any]) -> Iterator[Fault]:
    context = dict(detail.get("ctx", {}))
    own: tuple[Fault, ...] = context.pop("faults", ())
    yield from own
    if not own:
        path = ".".join(str(part) for part in detail["loc"] if part != "[key]")
        yield Fault(path, str(detail["type"]), context)


# --- rows --------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """Why a row, or a whole file, cannot be taken: field, code, and what stood there."""

    field: str
    code: str
    value: str = ""


@dataclass(frozen=True)
class Reading:
    """A row as far as it can be understood without the database, or what is wrong with it."""

    values: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()


Reader = Callable[[Sequence[str]], Any]


class RowReader:
    """Reads the rows of a table by a map. Raises KeyError naming the columns that are missing."""

    def __init__(
        self, table_map: ImportMap, header: Sequence[str], *, zone: str, now: datetime
    ) -> None:
        """Find the columns of the map among those of the table."""
        self.now = now
        self.columns = {_compared(name): place for place, name in reversed([*enumerate(header)])}
        missing = [name for name in table_map.columns if _compared(name) not in self.columns]
        if missing:
            raise KeyError(", ".join(missing))
        self.width = len(header)
        self.dates = table_map.dates
        self.zone = ZoneInfo(table_map.timezone or zone)
        self._moment = lru_cache(maxsize=4096)(self._read_moment)
        self._filters = [self._filter(item) for item in table_map.rows]
        self._fields = {name: self._field(name, item) for name, item in table_map.fields.items()}

    def wanted(self, cells: Sequence[str]) -> bool:
        """Return whether the map means this row."""
        return all(condition(cells) for condition in self._filters)

    def read(self, cells: Sequence[str]) -> Reading:
        """Return what the row says."""
        if len(cells) > self.width:
            return Reading({}, (Problem("", "too_many_cells", str(len(cells))),))
        cells = [*cells, *[""] * (self.width - len(cells))]
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, field in self._fields.items():
            found = field(cells)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                values[name] = found
        if not problems:
            values |= self._done_today(values)
            problems += _contradictions(values, self.now, self.zone)
        return Reading(values, tuple(problems))

    def _done_today(self, values: Mapping[str, Any]) -> dict[str, datetime]:
        """Return what was done today, as done by now: the end of this day is yet to come."""
        midnight = self._instant(self.now.astimezone(self.zone), at_its_end=True)
        return {
            name: self.now
            for name in MOMENTS
            if values.get(name) is not None and self.now < values[name] <= midnight
        }

    def _filter(self, item: RowFilter) -> Reader:
        place = self.columns[_compared(item.column)]
        only, without = set(map(_compared, item.only)), set(map(_compared, item.without))

        def condition(cells: Sequence[str]) -> bool:
            value = _compared(cells[place]) if place < len(cells) else ""
            return (not only or value in only) and value not in without

        return condition

    def _field(self, name: str, item: FieldMap) -> Reader:
        text = self._text(item)
        if name in MOMENTS:
            return lambda cells: self._moment(name, text(cells))
        if name in FLAGS:
            return lambda cells: _flag(name, text(cells))
        if name in CHOICES:
            return lambda cells: _choice(name, text(cells))
        return lambda cells: _plain(name, text(cells))

    def _text(self, item: FieldMap) -> Callable[[Sequence[str]], str]:
        source = self._source(item)
        if not item.values and item.otherwise is None:
            return source
        known, otherwise = item.values, item.otherwise

        def translated(cells: Sequence[str]) -> str:
            text = source(cells)
            return known.get(_compared(text), text if otherwise is None else otherwise)

        return translated

    def _source(self, item: FieldMap) -> Callable[[Sequence[str]], str]:
        if item.column is not None:
            place = self.columns[_compared(item.column)]
            return lambda cells: cells[place].strip()
        if item.template is not None:
            return self._template(item.template)
        constant = item.value if isinstance(item.value, str) else str(item.value).lower()
        return lambda _cells: constant

    def _template(self, template: str) -> Callable[[Sequence[str]], str]:
        def filled(text: str, cells: Sequence[str]) -> str:
            return _PLACE.sub(lambda m: cells[self.columns[_compared(m[1])]].strip(), text)

        def optional(text: str, cells: Sequence[str]) -> str:
            places = [self.columns[_compared(name)] for name in _PLACE.findall(text)]
            return filled(text, cells) if all(cells[place].strip() for place in places) else ""

        # The template's brackets are found before it is filled: those of the data stay.
        parts = [(text, bool(number % 2)) for number, text in enumerate(_OPTIONAL.split(template))]
        return lambda cells: "".join(
            optional(text, cells) if bracketed else filled(text, cells) for text, bracketed in parts
        ).strip()

    def _read_moment(self, name: str, text: str) -> datetime | Problem | None:
        if not text:
            return Problem(name, "missing") if name in WANTED else None
        for date_format in self.dates:
            try:
                found, whole_day = _parsed(text, date_format)
                return self._instant(found, at_its_end=whole_day and name not in BEGINNINGS)
            except (ValueError, OverflowError):
                continue
        return Problem(name, "no_date", text)

    def _instant(self, found: datetime, *, at_its_end: bool) -> datetime:
        if at_its_end:
            # What was done on a day was done before it was over, and after what came in that day.
            found = datetime.combine(found.date(), _END_OF_DAY, found.tzinfo)
        if found.tzinfo is None:
            found = found.replace(tzinfo=self.zone)
        return found.astimezone(UTC)


def _as_text(given: Any) -> Any:
    """Return a number or a day of YAML as the text that stood there; leave all else alone."""
    if isinstance(given, int | float | date) and not isinstance(given, bool):
        return str(given)
    return given


def _compared(text: str) -> str:
    return text.strip().casefold()


def _parsed(text: str, date_format: str) -> tuple[datetime, bool]:
    """Return a date as it stands, and whether it is a whole day."""
    if date_format == ISO:
        return datetime.fromisoformat(text), len(text) <= len("2026-01-01")
    found = datetime.strptime(text, date_format)  # noqa: DTZ007 - the map's zone is added after
    return found, not {"%H", "%I", "%X", "%c", "%T"} & set(re.findall(r"%.", date_format))


def _plain(name: str, text: str) -> str | Problem:
    if not text:
        return Problem(name, "missing") if name in WANTED else ""
    if _CONTROL.search(text):
        return Problem(name, "control_character")
    if len(text) > LONGEST.get(name, LONGEST_TEXT):
        return Problem(name, "too_long", text)
    return text


def _choice(name: str, text: str) -> str | Problem:
    if not text:
        return Problem(name, "missing") if name in WANTED else ""
    chosen = text.upper() if name == "priority" else text.lower()
    return chosen if chosen in CHOICES[name] else Problem(name, "unknown_value", text)


def _flag(name: str, text: str) -> bool | Problem:
    word = _compared(text)
    if word in YES:
        return True
    return False if word in NO else Problem(name, "unknown_value", text)


def _contradictions(values: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> list[Problem]:
    """Find what cannot be: an end before the beginning, an end without a date, the future."""
    received = values["received_at"]

    def wrong(name: str, code: str) -> Problem:
        return Problem(name, code, f"{values[name].astimezone(zone):%Y-%m-%d}")

    given = [name for name in MOMENTS if values.get(name) is not None]
    found = [wrong(name, "in_future") for name in given if values[name] > now]
    found += [
        wrong(name, "before_receipt")
        for name in given
        if name not in BEGINNINGS and values[name] < received
    ]
    if "occurred_at" in given and values["occurred_at"] > received + timedelta(days=1):
        found.append(wrong("occurred_at", "after_receipt"))
    if values.get("state") in ENDS and values.get("closed_at") is None:
        found.append(Problem("closed_at", "missing"))
    return found


def state_of(values: Mapping[str, Any]) -> str:
    """Return where the complaint stands: as the row says, or closed when it has a closing date."""
    said: str = values.get("state", "")
    if said in {"", "closed"} and values.get("followed_up_at") and values.get("closed_at"):
        return "followed_up"
    if said:
        return said
    return "closed" if values.get("closed_at") else "open"


# --- the look of a file ------------------------------------------------------------------------

DELIMITERS = (",", ";", "\t", "|")


def delimiter_of(first_line: str) -> str:
    """Return what separates the cells of a line: the sign that stands most often outside quotes."""
    outside = re.sub(r'"[^"]*"', "", first_line)
    return max(DELIMITERS, key=lambda sign: (outside.count(sign), -DELIMITERS.index(sign)))


def header_faults(header: Iterable[str]) -> list[Problem]:
    """Return what is wrong with the first line of a table."""
    names = [_compared(name) for name in header]
    if not any(names):
        return [Problem("", "no_header")]
    return []
