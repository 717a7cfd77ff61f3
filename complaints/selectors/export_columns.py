"""The columns of an export, worked out by the database: labels, local times, harmless text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import (
    Case,
    Expression,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Site, Team, User
from complaints.models import Category, Complaint
from complaints.permissions import withheld_from
from complaints.rules.spreadsheets import RISKY, RISKY_AT_ONCE, SPACES
from complaints.states import Answer, Channel, ClosureBasis, Finding, Stage, State

TEXT, MOMENT, NUMBER = "text", "moment", "number"
_SUSPECT = dict.fromkeys(RISKY + SPACES + RISKY_AT_ONCE)
_CODES = ", ".join(["0", *(str(ord(sign)) for sign in _SUSPECT)])  # 0 is that of an empty text
DAY_ZERO = 25569  # 1 January 1970 as spreadsheets count days
SECONDS_A_DAY = 86_400
_SPELT = 64


@dataclass(frozen=True)
class Column:
    """A column: what it is called, what kind of cell it has, and how the database works it out."""

    name: str
    kind: str
    value: Any  # an expression over a complaint


def columns(actor: User, *, as_numbers: bool) -> list[Column]:
    """Return the columns in the present language.

    With `as_numbers` PostgreSQL gives moments as days since 1900, as workbooks keep them. SQLite
    knows no time zones: there a moment comes as it is stored, in UTC.
    """
    moment = Serial if as_numbers else LocalTime
    hidden = _hidden_from(actor)

    withheld = withheld_from(actor)

    def private(path: str) -> Expression:
        if path.rpartition("__")[2] in withheld:
            return Value(_("not shown"), output_field=TextField())
        if hidden is None:
            return words(path)
        mask = When(hidden, then=Value(_("confidential")))
        return Case(mask, default=words(path), output_field=TextField())

    called = words("name_zh" if (get_language() or "").startswith("zh") else "name_en")
    person = Case(When(display_name="", then=words("username")), default=words("display_name"))
    category = _told_of(Category.objects.all(), called)
    site = _told_of(Site.objects.all(), called)
    team = _told_of(Team.objects.all(), called)
    somebody = _told_of(User.objects.all(), person)
    complaint = _told_of(Complaint.everything.all(), F("reference"), few=False)
    return [
        Column(_("Reference"), TEXT, F("reference")),
        Column(_("State"), TEXT, _label("state", State)),
        Column(_("Priority"), TEXT, F("priority")),
        Column(_("Channel"), TEXT, _label("channel", Channel)),
        Column(_("Category"), TEXT, category("category")),
        Column(_("Product or service"), TEXT, words("product")),
        Column(_("Order or contract number"), TEXT, private("order_number")),
        Column(_("What happened"), TEXT, private("description")),
        Column(_("Remedy sought"), TEXT, private("remedy_sought")),
        Column(_("Name"), TEXT, private("complainant__name")),
        Column(_("Organisation"), TEXT, private("complainant__organisation")),
        Column(_("Phone"), TEXT, private("complainant__phone")),
        Column(_("E-mail"), TEXT, private("complainant__email")),
        Column(_("Customer number"), TEXT, private("complainant__customer_number")),
        Column(_("Representative"), TEXT, private("representative")),
        Column(_("Anonymous"), TEXT, _yes(Q(anonymous=True))),
        Column(_("Confidential"), TEXT, _yes(Q(confidential=True))),
        Column(_("Emergency"), TEXT, _yes(Q(emergency=True))),
        Column(_("Incomplete"), TEXT, _yes(~Q(missing=[]))),
        Column(_("Site"), TEXT, site("site")),
        Column(_("Team"), TEXT, team("team")),
        Column(_("Owner"), TEXT, somebody("owner")),
        Column(_("Recorded by"), TEXT, somebody("recorded_by")),
        Column(_("Occurred"), MOMENT, moment("occurred_at")),
        Column(_("Received"), MOMENT, moment("received_at")),
        Column(_("Recorded"), MOMENT, moment("recorded_at")),
        Column(_("Acknowledged"), MOMENT, moment("acknowledged_at")),
        Column(_("Assessed"), MOMENT, moment("assessed_at")),
        Column(_("Decided"), MOMENT, moment("decided_at")),
        Column(_("Decision sent"), MOMENT, moment("decision_sent_at")),
        Column(_("Answered"), MOMENT, moment("answered_at")),
        Column(_("Closed"), MOMENT, moment("closed_at")),
        Column(_("Followed up"), MOMENT, moment("followed_up_at")),
        Column(_("Next due"), MOMENT, moment("next_due_at")),
        Column(_("What is due"), TEXT, _label("next_due_stage", Stage)),
        Column(_("Finding"), TEXT, _label("finding", Finding)),
        Column(_("Answer"), TEXT, _label("answer", Answer)),
        Column(_("Basis of closing"), TEXT, _label("closure_basis", ClosureBasis)),
        Column(_("Cause"), TEXT, words("cause_code")),
        Column(_("Cycle"), NUMBER, Cast("cycle", TextField())),
        Column(_("Escalation level"), NUMBER, Cast("escalation_level", TextField())),
        Column(_("Repeat of"), TEXT, complaint("repeat_of")),
        Column(_("Reference elsewhere"), TEXT, words("external_id")),
    ]


@contextmanager
def at_home() -> Iterator[None]:
    """Let PostgreSQL tell moments by the organisation's clocks: quicker than to convert each one.

    SQLite knows no time zones.
    """
    if connection.vendor != "postgresql":
        yield
        return
    _tell_time_of(settings.TIME_ZONE)
    try:
        yield
    finally:
        _tell_time_of(connection.timezone_name)


def _tell_time_of(zone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, false)", [zone])


def words(path: str) -> Expression:
    """Return what somebody typed, as text that no spreadsheet runs."""
    return Harmless(F(path))


def _hidden_from(actor: User) -> Q | None:
    """Return of which complaints words and people are kept back: as in lists, without a reason."""
    if actor.is_system:
        return None
    return Q(confidential=True) & (Q(owner__isnull=True) | ~Q(owner=actor.pk))


def _label(field: str, choices: type[TextChoices]) -> Expression:
    return Label(F(field), {item.value: str(item.label) for item in choices if item.value})


def _yes(condition: Q) -> Expression:
    yes = When(condition, then=Value(_("yes")))
    return Case(yes, default=Value(_("no")), output_field=TextField())


def _told_of(
    rows: QuerySet[Any], told: Expression | F, *, few: bool = True
) -> Callable[[str], Expression]:
    """Return what tells of the row that a field points to; of `few`, most are spelt out."""
    known = dict(rows.order_by("pk").values_list("pk", told)[: few and _SPELT])

    def pointed_to(field: str) -> Expression:
        asked = rows.filter(pk=OuterRef(field)).values_list(told)
        return SpeltOut(F(field), Subquery(asked), known=known)

    return pointed_to


class Harmless(Func):
    """A text behind an apostrophe where it begins like a formula; rules.spreadsheets.harmless."""

    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler: Any, _connection: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it for PostgreSQL."""
        return self._spelt(compiler, "strpos", f"ascii({{text}}) <> ALL (ARRAY[{_CODES}])")

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        """Spell it for SQLite."""
        return self._spelt(compiler, "instr", f"unicode({{text}}) NOT IN ({_CODES})")

    def _spelt(self, compiler: Any, place: str, clear: str) -> tuple[str, list[Any]]:
        text, params = compiler.compile(self.source_expressions[0])
        # The first letter clears nearly every text; the letter behind stands in for empty ones.
        sql = (
            f"CASE WHEN {clear.format(text=text)} THEN {text} WHEN {text} = '' THEN NULL"
            f" WHEN {place}(%s, substr(ltrim({text}, %s) || 'a', 1, 1)) > 0"
            f" OR {place}(%s, substr({text} || 'a', 1, 1)) > 0"
            f" THEN '''' || {text} ELSE {text} END"
        )
        suspected = [RISKY, *params, SPACES, RISKY_AT_ONCE, *params]
        return sql, [*params, *params, *params, *suspected, *params, *params]


class SpeltOut(Func):
    """What is known of a row by its id; of any other, or one that came meanwhile, what is asked.

    An organisation has few sites, teams, categories and people: to spell them out costs less than
    to join them.
    """

    arity = 2
    output_field = TextField()

    def __init__(self, pointer: F, asked: Subquery, *, known: Mapping[int, str]) -> None:
        """Take what points to the row, the question about it, and answers that are known."""
        super().__init__(pointer, asked)
        self.known = known

    def as_sql(self, compiler: Any, *_given: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it."""
        row, question, params = self._compiled(compiler)
        cases = " ".join(f"WHEN {row} = {int(pk)} THEN %s" for pk in self.known)
        sql = f"CASE WHEN {row} IS NULL THEN NULL {cases} ELSE {question} END"
        return sql, [*self.known.values(), *params]

    def as_postgresql(self, compiler: Any, _connection: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it as one list to look into, beside which a comparison with each id is slow."""
        if not self.known:
            return self.as_sql(compiler)
        row, question, params = self._compiled(compiler)
        first = min(self.known)
        names = [self.known.get(pk) for pk in range(first, first + _SPELT)]
        place = f"(least({row}, {first + _SPELT}) - {first - 1})::integer"
        sql = f"CASE WHEN {row} IS NOT NULL THEN coalesce((%s::text[])[{place}], {question}) END"
        return sql, [names, *params]

    def _compiled(self, compiler: Any) -> tuple[str, str, Sequence[Any]]:
        pointer, asked = self.source_expressions
        row, _none = compiler.compile(pointer)
        question, params = compiler.compile(asked)
        return row, question, params


class Label(Func):
    """What a code is called; nothing where there is none."""

    arity = 1
    output_field = TextField()

    def __init__(self, code: F, labels: Mapping[str, str]) -> None:
        """Take what holds the code, and what each code is called."""
        super().__init__(code)
        self.labels = labels

    def as_sql(self, compiler: Any, *_given: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it."""
        code, _none = compiler.compile(self.source_expressions[0])
        cases = f" WHEN {code} = %s THEN %s" * len(self.labels)
        # What is empty, as most of these are in most complaints, is not compared with each code.
        sql = f"CASE WHEN {code} = '' THEN NULL{cases} END"
        return sql, [told for pair in self.labels.items() for told in pair]


class LocalTime(Func):
    """A moment as the clocks of the session show it (see `at_home`), to the minute."""

    arity = 1
    output_field = TextField()
    spelt = "{moment}::varchar(16)"

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        """Spell it for SQLite: the text that is stored, a moment in UTC, to the minute."""
        text, params = compiler.compile(self.source_expressions[0])
        return f"substr({text}, 1, 16)", list(params)

    def as_postgresql(self, compiler: Any, _connection: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it for PostgreSQL."""
        text, params = compiler.compile(self.source_expressions[0])
        return self.spelt.format(moment=text), list(params)


class Serial(LocalTime):
    """A moment as days since 1900, as spreadsheets keep it."""

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        """Spell it for SQLite: the moment itself."""
        text, params = compiler.compile(self.source_expressions[0])
        return text, list(params)

    spelt = (
        f"(extract(epoch FROM {{moment}}::timestamp) / {SECONDS_A_DAY} + {DAY_ZERO})::float8::text"
    )
