"""Many rows of a table at once: written by COPY on PostgreSQL, by one prepared INSERT on SQLite.

`bulk_create` spends most of its time on asking each field of each object how it is saved; with the
sixty columns of a complaint that is half of an import. Here each column is asked once. The
objects must be new and complete: no signals, no fields that fill themselves. Where thousands are
made, read or asked for, Django's own ways are as dear: `made`, `read_rows` and `among` do without.
All stand on the ground floor because the journal is what is written most.
"""

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState

Convert = Callable[[Any], Any]
_M = TypeVar("_M", bound=models.Model)
_PART = 10_000  # rows that are held at once
FEW = 50  # below, one ordinary statement is as quick
_JSON = json.JSONEncoder(ensure_ascii=False).encode


def insert_rows(objects: Sequence[models.Model]) -> None:
    """Insert new objects of one model, in the caller's transaction, and give them their ids."""
    if not objects:
        return
    model = type(objects[0])
    if len(objects) < FEW:
        model._default_manager.bulk_create(objects)
        return
    on_postgresql = connection.vendor == "postgresql"
    ids = _next_ids(model, len(objects)) if on_postgresql else _free_ids(model, len(objects))
    key = model._meta.pk.attname
    for item, pk in zip(objects, ids, strict=True):
        setattr(item, key, pk)
    fields = model._meta.concrete_fields
    insert_values(model, [str(field.column) for field in fields], _values_of(objects, fields))
    alias = connection.alias
    for item in objects:
        state = item._state  # noqa: SLF001 - what bulk_create sets, too
        state.adding, state.db = False, alias


def _values_of(
    objects: Iterable[models.Model], fields: Sequence["models.Field[Any, Any]"]
) -> Iterable[tuple[Any, ...]]:
    """Yield each object's values as the present database writes them."""
    values_of = itemgetter(*(field.attname for field in fields))
    written = [(place, _converter(field)) for place, field in enumerate(fields)]
    special = [(place, convert) for place, convert in written if convert]
    rows = (values_of(vars(item)) for item in objects)
    return _converted(rows, special) if special else rows


def _converted(
    rows: Iterable[tuple[Any, ...]], special: Sequence[tuple[int, Convert]]
) -> Iterable[tuple[Any, ...]]:
    for values in rows:
        row = [*values]
        for place, convert in special:
            row[place] = convert(row[place])
        yield tuple(row)


def insert_values(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert rows of plain values, as the present database writes them, in the caller's order."""
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    if connection.vendor == "postgresql":
        _copy(f"COPY {table} ({names}) FROM STDIN", rows)
    else:
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names
        waiting = iter(rows)
        with connection.cursor() as cursor:
            while part := list(islice(waiting, _PART)):
                cursor.executemany(statement, part)


def made(model: type[_M], **values: Any) -> _M:
    """Return `model(**values)`, made in a third of the time; no signals are sent.

    Raises TypeError for a name that is no column, as the model does.
    """
    shared, own, relations = _defaults_of(model)
    item = _restored(model, shared, ModelState())
    held = vars(item)
    for name, default in own:
        held[name] = default()
    for name, value in values.items():
        if name in held:
            held[name] = value
        elif name in relations:
            setattr(item, name, value)
        else:
            raise TypeError(f"{model.__name__} has no column {name}")
    return item


@cache
def _defaults_of(
    model: type[models.Model],
) -> tuple[Mapping[str, Any], Sequence[tuple[str, Callable[[], Any]]], frozenset[str]]:
    """Return the defaults that objects may share, what gives each its own, and the relations."""
    fields = model._meta.concrete_fields
    made_anew = [field for field in fields if field.has_default() and callable(field.default)]
    own = [(field.attname, field.default) for field in made_anew]
    shared = {field.attname: field.get_default() for field in fields}
    relations = frozenset(field.name for field in fields if field.is_relation)
    return shared, own, relations


def read_rows(rows: "models.QuerySet[_M]", *names: str) -> list[_M]:
    """Return objects of which only these columns were read; others are read when asked for.

    As `only` does, in a third of its time: that is felt where the table has many columns. `names`
    are those of columns (`owner_id`), among them the key.
    """
    alias, found = rows.db, []
    for values in rows.values_list(*names):
        state = ModelState()
        state.adding, state.db = False, alias
        found.append(_restored(rows.model, zip(names, values, strict=True), state))
    return found


def _restored(
    model: type[_M], values: Mapping[str, Any] | Iterable[tuple[str, Any]], state: ModelState
) -> _M:
    """Return an object as Python restores a copied one: by what it holds, not by its making."""
    item = model.__new__(model)
    item.__dict__.update(values, _state=state)
    return item


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Let Python not look for cycles meanwhile: thousands of rows have none.

    Each search goes through all that the process holds, and together they take a fifth of the time
    of a sweep and a third of a proof's.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


class among(models.Func):  # noqa: N801 - reads as the condition it is
    """The condition that a column is one of many values: `filter(among("pk", ids))`.

    They are one value to the statement. `pk__in` makes as many as there are, each of which is
    prepared, written, read and planned; and SQLite refuses them beyond some.
    """

    output_field = models.BooleanField()

    def __init__(self, column: str, values: Iterable[int] | Iterable[str]) -> None:
        """Take the name of a column as filters name it, and ids or words."""
        super().__init__(models.F(column))
        self.values = [*values]

    def as_postgresql(self, compiler: Any, _connection: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it for PostgreSQL."""
        column, params = compiler.compile(self.source_expressions[0])
        if isinstance(self.source_expressions[0].output_field, models.CharField | models.TextField):
            return f"{column} = ANY (%s)", [*params, self.values]
        return f"{column} = ANY (%s::bigint[])", [*params, as_array(self.values)]

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        """Spell it for SQLite."""
        column, params = compiler.compile(self.source_expressions[0])
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - a column's name
        return sql, [*params, json.dumps(self.values)]


def as_array(values: Iterable[int] | Iterable[str]) -> str:
    """Return numbers, or words of letters and digits only, as PostgreSQL writes an array.

    The driver asks of each value of a list how it is written: that takes longer than to use it.
    """
    return f"{{{','.join(map(str, values))}}}"


def _next_ids(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        # The name of the sequence is looked up once, not for each number.
        cursor.execute(
            "WITH kept AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name)"
            " SELECT nextval(kept.name) FROM kept, generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _free_ids(model: type[models.Model], count: int) -> list[int]:
    """Return the next ids. Only one connection writes to SQLite at a time, so they stay free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        row = cursor.fetchone()
    first = (row[0] if row else 0) + 1
    return list(range(first, first + count))


def _copy(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    # Django does not know COPY: its faults are put in Django's words by hand.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _converter(field: "models.Field[Any, Any]") -> Convert | None:
    """Return how values of a field are written in the present database; None: as they are."""
    if isinstance(field, models.JSONField):
        return _JSON
    if isinstance(field, models.DateTimeField) and connection.vendor == "sqlite":
        return _as_text
    return None


def _as_text(moment: datetime | None) -> str | None:
    """Return an instant as Django writes it to SQLite."""
    return None if moment is None else str(moment.astimezone(UTC).replace(tzinfo=None))
