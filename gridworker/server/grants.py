"""Grants as they were: when a user had which role in a scope, also after it was taken from him."""

from sqlalchemy import Connection, bindparam, delete, insert, select, union_all

from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import GRANT, GRANT_PAST


def end_grant(tx: Connection, user_id: str, scope: str, now_ms: int) -> None:
    """Let a user's grant in a scope end, if there is one, and remember it."""
    held = {"user": user_id, "scope": scope}
    rows = tx.execute(_HELD, held).mappings().all()
    # What ended in the millisecond in which it began was never there.
    past = [{**row, "to_ms": min(now_ms, row["to_ms"] or now_ms)} for row in rows]
    write_many(tx, _KEEP, [row for row in past if row["to_ms"] > row["from_ms"]])
    tx.execute(_END, held)


def role_within(tx: Connection, user_id: str, scope: str, *, from_ms: int, to_ms: int) -> str | None:
    """The role that a user had in a scope at any moment of a span of time (ms UTC), the latest of them."""
    span = {"user": user_id, "scope": scope, "from_ms": from_ms, "to_ms": to_ms}
    return next((role for (role,) in read_rows(tx, _WITHIN, span)), None)


_MINE = (GRANT.c.user_id == bindparam("user"), GRANT.c.scope == bindparam("scope"))
_HELD = select(GRANT).where(*_MINE)
_END = delete(GRANT).where(*_MINE)
_KEEP = insert(GRANT_PAST)
_EVER = union_all(
    select(GRANT.c.role, GRANT.c.from_ms, GRANT.c.to_ms).where(*_MINE),
    select(GRANT_PAST.c.role, GRANT_PAST.c.from_ms, GRANT_PAST.c.to_ms).where(
        GRANT_PAST.c.user_id == bindparam("user"), GRANT_PAST.c.scope == bindparam("scope")
    ),
).subquery()
_WITHIN = (
    select(_EVER.c.role)
    .where(
        _EVER.c.from_ms <= bindparam("to_ms"),
        (_EVER.c.to_ms.is_(None)) | (_EVER.c.to_ms > bindparam("from_ms")),
    )
    .order_by(_EVER.c.from_ms.desc())
)
