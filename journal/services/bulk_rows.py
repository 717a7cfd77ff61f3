"""Writing many new rows of a table at once: COPY on PostgreSQL, one prepared INSERT on SQLite.

`bulk_create` spends most of its time on asking each field of each object how it is saved; with the
sixty columns of a complaint that is half of an import. Here each column is asked once. The
objects must be new and complete: no signals, no fields that fill themselves. It stands on the
ground floor because the journal is what is written most.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models

Convert = Callable[[Any], Any]
_M = TypeVar("_M", bound=models.Model)
_PART = 10_000  # rows that are held at once
FEW = 50  # below, one ordinary statement is as quick


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
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    converters = [(field.attname, _converter(field)) for field in fields]
    rows = (
        (pk, *[convert(values[name]) for name, convert in converters])
        for pk, values in zip(ids, (vars(item) for item in objects), strict=True)
    )
    insert_values(model, ["id", *(str(field.column) for field in fields)], rows)
    for item, pk in zip(objects, ids, strict=True):
        item.pk = pk
        state = item._state  # noqa: SLF001 - what bulk_create sets, too
        state.adding, state.db = False, connection.alias


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


def row_maker(model: type[_M], *names: str) -> Callable[..., _M]:
    """Return what makes new objects of a model from values of these columns, in their order.

    The others have their defaults, which all objects share. It takes half the time of naming each
    column for each object, which is felt where thousands of rows are written at once.
    """
    fields = model._meta.concrete_fields
    given = {name: place for place, name in enumerate(names)}
    others = [field for field in fields if field.attname not in given]
    places = {field.attname: len(names) + place for place, field in enumerate(others)}
    in_order = itemgetter(*((given | places)[field.attname] for field in fields))
    defaults = tuple(field.get_default() for field in others)

    def make(*values: Any) -> _M:
        return model(*in_order(values + defaults))

    return make


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


def _converter(field: "models.Field[Any, Any]") -> Convert:
    """Return how values of a field are written in the present database."""
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False)
    if isinstance(field, models.DateTimeField) and connection.vendor == "sqlite":
        return _as_text
    if isinstance(field, models.CharField | models.TextField):
        return lambda value: value.value if isinstance(value, Enum) else value
    return lambda value: value


def _as_text(moment: datetime | None) -> str | None:
    """Return an instant as Django writes it to SQLite."""
    return None if moment is None else str(moment.astimezone(UTC).replace(tzinfo=None))
