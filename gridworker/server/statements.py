"""Statements in the driver's own way: compiled once, then run without SQLAlchemy's work on every call."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import Connection, Delete, Insert, Select, TextClause, Update
from sqlalchemy.exc import DBAPIError

Statement = Insert | Update | Delete | Select[Any] | TextClause
Values = Mapping[str, Any]
_NOTHING: Values = {}


class Compiled(NamedTuple):
    """A statement as a driver takes it: its text, its own values, and how a row becomes what is bound."""

    sql: str
    fixed: Values
    bind: Callable[[Values], Any]


def read_rows(tx: Connection, statement: Statement, values: Values = _NOTHING) -> list[Any]:
    """All rows of a statement as tuples of the driver's values: SQLite knows no booleans but 0 and 1.

    `statement` is a constant of its module: its compiled form is kept for good.
    """
    compiled = _compiled_for(tx, statement, values)
    if compiled.fixed:
        values = {**compiled.fixed, **values}
    cursor = tx.connection.cursor()
    try:
        cursor.execute(compiled.sql, compiled.bind(values))
        return list(cursor.fetchall())
    except tx.dialect.loaded_dbapi.Error as error:
        _raise(tx, compiled.sql, error)
    finally:
        cursor.close()


def write_many(tx: Connection, statement: Statement, rows: Sequence[Values]) -> None:
    """Run one statement for many rows of the same names; see `read_rows`."""
    if not rows:
        return
    compiled = _compiled_for(tx, statement, rows[0])
    if compiled.fixed:
        rows = [{**compiled.fixed, **row} for row in rows]
    cursor = tx.connection.cursor()
    try:
        cursor.executemany(compiled.sql, list(map(compiled.bind, rows)))
    except tx.dialect.loaded_dbapi.Error as error:
        _raise(tx, compiled.sql, error)
    finally:
        cursor.close()


def run_bare(tx: Connection, sql: str) -> None:
    """Run a statement without values or rows."""
    cursor = tx.connection.cursor()
    try:
        cursor.execute(sql)
    except tx.dialect.loaded_dbapi.Error as error:
        _raise(tx, sql, error)
    finally:
        cursor.close()


def _raise(tx: Connection, sql: str, error: Exception) -> NoReturn:
    """Raise what SQLAlchemy would have raised, and give a broken connection up as it would have."""
    dialect = tx.dialect
    broken = dialect.is_disconnect(error, tx.connection, None)  # type: ignore[arg-type] # it is such an error
    if broken:
        tx.invalidate(error)
    raise DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=dialect,
    ) from error


def _compiled_for(tx: Connection, statement: Statement, values: Values) -> Compiled:
    key = (tx.dialect.name, statement)
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = _compile(tx, statement, list(values))
    return found


def _compile(tx: Connection, statement: Statement, names: list[str]) -> Compiled:
    compiled = statement.compile(dialect=tx.dialect, column_keys=names)
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    # SQLite binds by position, a third faster than by name; psycopg takes rows as they are.
    order = getattr(compiled, "positiontup", None)
    return Compiled(str(compiled), fixed, _as_it_is if order is None else _positions(order))


def _as_it_is(values: Values) -> Values:
    return values


def _positions(order: Sequence[str]) -> Callable[[Values], Any]:
    if len(order) > 1:
        return itemgetter(*order)
    return lambda values: tuple(values[name] for name in order)


_compiled: dict[tuple[str, Statement], Compiled] = {}
