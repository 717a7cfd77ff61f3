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
from typing import Any

from django.db import connection, models

Convert = Callable[[Any], Any]
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
    columns = [connection.ops.quote_name(str(field.column)) for field in fields]
    table = connection.ops.quote_name(model._meta.db_table)
    write = _copy if on_postgresql else _execute_many
    write(table, ["id", *columns], rows)
    for item, pk in zip(objects, ids, strict=True):
        item.pk = pk
        state = item._state  # noqa: SLF001 - what bulk_create sets, too
        state.adding, state.db = False, connection.alias


def _next_ids(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
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


def _copy(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    # Django does not know COPY: its faults are put in Django's words by hand.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _execute_many(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))


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
