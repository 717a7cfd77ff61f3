"""Questions put together once: for the ORM that takes longer than to ask them."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Expression, QuerySet

from complaints.querysets import ComplaintQuerySet, Words

_Rows = list[tuple[Any, ...]]
_Converter = Callable[[Any, Any, Any], Any]


class Prepared:
    """The text of a question of the ORM, and what makes values of its columns."""

    def __init__(self, question: QuerySet[Any, Any]) -> None:
        """Put a question (values_list, without an order of its own) together."""
        compiler = question.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self._sql, self._params = sql, list(params)
        shown: list[Expression] = [expression for expression, _, _ in compiler.select]
        # Place of the column, what its converters are told, and they.
        self._convert: list[tuple[int, Any, list[_Converter]]] = [
            (place, expression, list(converters))
            for place, (converters, expression) in compiler.get_converters(shown).items()
        ]

    def ask(self, more: str = "", params: Sequence[Any] = ()) -> _Rows:
        """Return the rows; `more` is the rest of the statement, in the words of the database."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self._sql} {more}", [*self._params, *params])
            rows: _Rows = cursor.fetchall()
        return self._converted(rows) if self._convert else rows

    def _converted(self, rows: _Rows) -> _Rows:
        whole = [list(row) for row in rows]
        for place, expression, converters in self._convert:
            for row in whole:
                value = row[place]
                for converter in converters:
                    value = converter(value, expression, connection)
                row[place] = value
        return [tuple(row) for row in whole]


class PreparedCondition:
    """The text of a condition of complaints, and where in it stands what each question replaces."""

    def __init__(self, complaints: ComplaintQuerySet, examples: Sequence[Any]) -> None:
        """Take the condition of these complaints, and what is to be replaced in it."""
        words = complaints.in_words
        if words is None:
            raise ValueError("Nothing can meet this condition.")
        self._sql = f"({words.sql.partition(' WHERE ')[2]})"
        self._params, self._examples = words.params, examples

    def of(self, *values: Any) -> Words:
        """Return the condition with values, as the database takes them, instead of the examples."""
        held = dict(zip(self._examples, values, strict=True))
        return Words(self._sql, [held.get(param, param) for param in self._params])
