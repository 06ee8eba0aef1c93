"""The tables of the centre, the same on SQLite and PostgreSQL apart from types (docs/protocol.md)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

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
    # The centre itself, for good; and its life, which a restore ends.
    _text("server_id"),
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
    # Of which record it turned out to be another copy, or empty; and whether its content was erased for good.
    _text("merged_into", default=""),
    Column("purged", Boolean, nullable=False, server_default=false()),
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

ENTITY_LINK = Table(
    "entity_link",
    METADATA,
    _text("target", key=True),
    _text("id", key=True),
    _text("kind"),
    sqlite_with_rowid=False,
)
"""What goes along with what: written with every record, so that a whole aggregate is found by its root."""

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

GRANT_PAST = Table(
    "grant_past",
    METADATA,
    _text("user_id", key=True),
    _text("scope", key=True),
    _number("from_ms", key=True),
    _text("role"),
    _number("to_ms"),
)
"""Grants that ended or changed their role: when this user had which role where."""

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

REPLICA_PULL = Table("replica_pull", METADATA, _text("replica", key=True), _number("pulled_ms"))
"""When a replica last heard what its user may see; to the hour, and exactly where it lost a scope."""

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
    # When it was meant, as far as the author's clock can be trusted.
    _number("event_ms"),
    Column("clock_good", Boolean, nullable=False),
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
    # The record that the operation named, where it was another one: a copy that was merged into this one.
    _text("via", default=""),
    Index("field_history_of", "entity_id", "field"),
)

SET_MEMBER = Table(
    "set_member",
    METADATA,
    _text("entity_id", key=True),
    _text("field", key=True),
    _text("value", key=True),
    _text("op_id", key=True),
    _text("actor"),
    _number("seq"),
    sqlite_with_rowid=False,
)
"""Which operation put which value (JSON) into a set, under which commit; not those a record was made with."""

IDENTITY_CLAIM = Table(
    "identity_claim",
    METADATA,
    Column("n", _NUMBER, primary_key=True, autoincrement=True),
    _text("entity_id"),
    _text("number"),
    Column("holds", Boolean, nullable=False),
    UniqueConstraint("entity_id"),
    Index("identity_claim_of", "number"),
)
"""Which record has which id number (as an HMAC); the first one holds it. Nothing is ever refused by this."""
Index(
    "identity_claim_holder",
    IDENTITY_CLAIM.c.number,
    unique=True,
    sqlite_where=IDENTITY_CLAIM.c.holds,
    postgresql_where=IDENTITY_CLAIM.c.holds,
)

DUPLICATE = Table(
    "duplicate",
    METADATA,
    _text("first", key=True),
    _text("second", key=True),
    # open, merged, distinct; and the users (JSON) who were told.
    _text("state"),
    _text("told"),
    _number("created_ms"),
)
"""Pairs of records with one id number, which may be one person."""

SECRET = Table("secret", METADATA, _text("name", key=True), _text("value"))
"""Keys that never leave this database."""

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

BLOB = Table(
    "blob",
    METADATA,
    _text("sha", key=True),
    _number("size"),
    _number("stored_ms"),
    # Since when no living record names it.
    Column("orphan_ms", BigInteger),
)
"""Attachments' bytes that lie whole in the folder of blobs."""

BLOB_CLAIM = Table(
    "blob_claim",
    METADATA,
    _text("sha", key=True),
    _text("entity_id", key=True),
    _text("actor", key=True),
    # Whether bytes that hash to this name came from somebody who may speak for the record.
    Column("proved", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""Who wrote an operation whose attachment names these bytes: to know a name is not to hold the bytes."""

BLOB_UPLOAD = Table(
    "blob_upload",
    METADATA,
    _text("sha", key=True),
    _text("device_id", key=True),
    _number("size"),
    _text("hashes"),
    _number("begun_ms"),
    Column("done", Boolean, nullable=False),
    Index("blob_upload_of", "device_id", "begun_ms"),
)
"""What a device is sending, or has sent within its quota's day."""

BLOB_SHRED = Table("blob_shred", METADATA, _text("sha", key=True))
"""Bytes that were erased for good and whose files may still have to go."""

BUNDLE_KEY = Table("bundle_key", METADATA, _number("cell", key=True), _text("sign"), _text("seal"))
"""The centre's private keys for bundles on sticks; one row."""

DEVICE_KEY = Table("device_key", METADATA, _text("device_id", key=True), _text("sign"), _text("seal"))
"""The public keys of devices that can make and open bundles."""
