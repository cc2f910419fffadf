"""Queries that are asked many times a second: Django writes their SQL once, which takes it longer than the answer."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Expression, Field


class Parameter(Expression):
    """Stands in a query for a value that is known when it is asked."""

    def __init__(self, name: str, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class CompiledQuery:
    """The query that `build` returns, with values() or values_list(), asked again and again with other parameters.

    Rows are tuples of what the driver gives: for columns that need no converter of Django's.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._compiled: tuple[str, tuple[Any, ...]] | None = None

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows; `values` by the names of the query's parameters."""
        sql, parameters = self._compiled or self._compile()
        given = [values[one.name] if isinstance(one, Parameter) else one for one in parameters]
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            return cursor.fetchall()

    def _compile(self) -> tuple[str, tuple[Any, ...]]:
        self._compiled = compiled = self._build().query.sql_with_params()
        return compiled
