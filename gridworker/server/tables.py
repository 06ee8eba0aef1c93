"""The tables of the centre, the same on SQLite and PostgreSQL apart from types (docs/protocol.md)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint

SCHEMA_VERSION = 1
"""Raised with every change of these tables."""

METADATA = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, *, key: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False, server_default=default)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


SCHEMA = Table("schema_version", METADATA, _number("version", key=True))

HEAD = Table(
    "sync_head",
    METADATA,
    _number("cell", key=True),
    _text("epoch"),
    _number("seq"),
    _text("server_name"),
)
"""The one hot row: the life of this database and its last commit number."""

ENTITY = Table(
    "entity",
    METADATA,
    Column("n", _NUMBER, primary_key=True, autoincrement=True),
    _text("id"),
    _text("kind"),
    _text("scope"),
    _number("rev_seq"),
    Column("deleted", Boolean, nullable=False),
    # The only person who ever wrote it, or empty; and the last one who did.
    _text("author"),
    _text("editor"),
    _number("edited_ms"),
    _text("body"),
    UniqueConstraint("id"),
)

SCOPE_ENTRY = Table(
    "scope_entry",
    METADATA,
    _text("entity_id", key=True),
    _text("scope", key=True),
    _number("seq"),
    Column("present", Boolean, nullable=False),
    _text("reason"),
    Index("scope_entry_feed", "scope", "seq"),
    sqlite_with_rowid=False,
)
"""The feed: for each record and scope the commit that last said something of it."""

SCOPE = Table(
    "scope",
    METADATA,
    _text("id", key=True),
    _text("title"),
    _number("gen"),
    _number("min_seq"),
    # How many records it holds, their audit sum, and the commit that last said something of it.
    _number("n"),
    _text("acc"),
    _number("last_seq"),
)

USER = Table(
    "user_",
    METADATA,
    _text("id", key=True),
    _text("login"),
    _text("name"),
    _text("password"),
    _number("created_ms"),
    Column("disabled_ms", BigInteger),
    UniqueConstraint("login"),
)

GRANT = Table(
    "grant_",
    METADATA,
    _text("user_id", key=True),
    _text("scope", key=True),
    _text("role"),
    _number("from_ms"),
    Column("to_ms", BigInteger),
)

DEVICE = Table(
    "device",
    METADATA,
    _text("id", key=True),
    _text("user_id"),
    _text("name"),
    _text("token_hash"),
    _text("app"),
    _number("created_ms"),
    Column("revoked_ms", BigInteger),
    UniqueConstraint("token_hash"),
)

REPLICA = Table(
    "replica",
    METADATA,
    _text("id", key=True),
    _text("device_id"),
    _text("user_id"),
    _number("last_seq"),
    _text("chain"),
    Column("parent", Text),
    _number("first_seen_ms"),
    _number("last_seen_ms"),
)

SLOT = Table(
    "slot",
    METADATA,
    _text("replica", key=True),
    _number("seq", key=True),
    _text("hash"),
    _text("body_hash"),
    _text("op_id"),
    sqlite_with_rowid=False,
)
"""Which operation a replica sent under which number."""

OP_LOG = Table(
    "op_log",
    METADATA,
    Column("n", _NUMBER, primary_key=True, autoincrement=True),
    _text("op_id"),
    _number("commit_seq"),
    _text("actor"),
    _text("kind"),
    _text("entity_id"),
    _text("verb"),
    _text("body_hash"),
    _text("body"),
    _text("code"),
    _text("reason"),
    _text("conflicts"),
    _number("recv_ms"),
    UniqueConstraint("op_id"),
)
"""Every operation ever received, refused ones too; rows are never removed."""

TWIN = Table(
    "twin",
    METADATA,
    _text("op_id", key=True),
    _text("body_hash", key=True),
    _text("body"),
    _number("recv_ms"),
)
"""Operations that came under the id of another one: kept for people to look at."""

WAITING = Table(
    "waiting",
    METADATA,
    _text("entity_id", key=True),
    _text("op_id", key=True),
)
"""Held operations on records that have not arrived yet."""

HISTORY = Table(
    "field_history",
    METADATA,
    Column("n", _NUMBER, primary_key=True, autoincrement=True),
    _text("entity_id"),
    _text("field"),
    _number("commit_seq"),
    _text("old"),
    _text("new"),
    _text("op_id"),
    _text("actor"),
    _number("at_ms"),
    Index("field_history_of", "entity_id", "field"),
)

CONFLICT = Table(
    "conflict",
    METADATA,
    _text("id", key=True),
    _text("entity_id"),
    _text("scope"),
    _text("op_id"),
    _text("field"),
    _text("base"),
    _text("server"),
    _text("incoming"),
    _text("trail"),
    _text("why"),
    _text("state"),
    _text("actor"),
    _text("server_actor"),
    _number("server_ms"),
    _number("created_ms"),
    Index("conflict_of", "entity_id"),
)
