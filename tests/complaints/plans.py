"""How a database goes about a question: by which index, or through the whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

Question = tuple[str, Any]


@contextmanager
def questions(table: str) -> Iterator[list[Question]]:
    """Collect the statements that read a table."""
    asked: list[Question] = []

    def noted(execute: Any, sql: str, params: Any, *more: Any) -> Any:
        if sql.startswith("SELECT") and f'FROM "{table}"' in sql:
            asked.append((sql, params))
        return execute(sql, params, *more)

    with connection.execute_wrapper(noted):
        yield asked


def plan_of(question: Question) -> str:
    """Return how the database goes about it; PostgreSQL reads a small table whole if it may."""
    sql, params = question
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", params)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
