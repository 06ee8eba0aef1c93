"""Being among many ids: one bound value however many there are, so that the statement stays the same."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement


class Among(FunctionElement[bool]):
    """Whether a column's value is in a bound JSON list."""

    inherit_cache = True
    # No type: SQLite would otherwise be asked whether it "= 1", and then scan instead of searching.


def among(column: ColumnElement[str], name: str) -> Among:
    """Whether a column's value is in the list bound under a name, which `listed` makes.

    An IN with 200 values costs SQLAlchemy more than the database needs to look them up.
    """
    return Among(column, bindparam(name))


def listed(ids: Iterable[str]) -> str:
    """Ids as the value of `among`."""
    return msgspec.json.encode(list(ids)).decode()


@compiles(Among, "sqlite")
def _in_sqlite(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({value}))"


@compiles(Among, "postgresql")
def _in_postgresql(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({value} AS json))))"
