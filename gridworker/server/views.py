"""One SQL view per record kind, so that analysts query typed columns instead of documents."""

from typing import Annotated, Any, get_args, get_origin

import msgspec
from sqlalchemy import Connection, text

from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record

_CASTS = {int: "::numeric", bool: "::boolean", float: "::double precision"}


def view_statement(kind: type[Record], dialect: str) -> str:
    """The CREATE VIEW of one kind: living records only, one column per declared field."""
    fields = msgspec.structs.fields(kind)
    columns = ", ".join(f'{_column(field.name, field.type, dialect)} AS "{field.name}"' for field in fields)
    return (
        f"CREATE VIEW v_{kind.kind} AS SELECT id AS record_id, scope AS record_scope, rev_seq AS record_seq, "
        f"{columns} FROM entity WHERE kind = '{kind.kind}' AND NOT deleted"
    )


def _column(name: str, hint: Any, dialect: str) -> str:
    if dialect == "sqlite":
        return f"json_extract(body, '$.{name}')"
    return f"(body::json ->> '{name}'){_cast(hint)}"


def _cast(hint: Any) -> str:
    """The PostgreSQL type of a field: that of its plain type without declaration and without None."""
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return next((cast for kind, cast in _CASTS.items() if kind in (plain, *get_args(plain))), "")


def create_views(tx: Connection) -> None:
    """Make all views anew, so that they follow the record kinds of this program."""
    for kind in KINDS.values():
        tx.execute(text(f"DROP VIEW IF EXISTS v_{kind.kind}"))
        tx.exec_driver_sql(view_statement(kind, tx.dialect.name))
