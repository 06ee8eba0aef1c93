"""Revision 0001: memory, links, unread and hidden documents, queue, archive, inbox, drafts, imports."""

from alembic import op
from sqlalchemy import BLOB, Column, Integer, Text


def upgrade() -> None:
    """Create the system tables as the first release had them."""
    _memory()
    _queue()
    _waiting_for_people()
    _imports()


def _memory() -> None:
    op.create_table(
        "meta",
        Column("k", Text, primary_key=True),
        Column("v", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link",
        Column("target", Text, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("met_ms", Integer),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_link_id", "link", ["kind", "id"])
    op.create_table(
        "extra",
        Column("id", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("rev", Text, nullable=False),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "hidden",
        Column("id", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("rev", Text, nullable=False),
        Column("body", Text, nullable=False),
    )


def _queue() -> None:
    op.create_table(
        "outbox",
        Column("seq", Integer, primary_key=True),
        Column("op_id", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("entity_id", Text, nullable=False),
        Column("env", BLOB, nullable=False),
        Column("created_ms", Integer, nullable=False),
    )
    op.create_index("ix_outbox_entity_id", "outbox", ["entity_id"])
    op.create_table(
        "archive",
        Column("n", Integer, primary_key=True),
        Column("op_id", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("entity_id", Text, nullable=False),
        Column("env", BLOB, nullable=False),
        Column("code", Text, nullable=False),
        Column("acked_ms", Integer, nullable=False),
    )
    op.create_index("ix_archive_entity_id", "archive", ["entity_id"])
    op.create_index("ix_archive_code", "archive", ["code"])
    op.create_table("stage", Column("n", Integer, primary_key=True), Column("page", BLOB, nullable=False))
    op.create_table(
        "exchange_log",
        Column("n", Integer, primary_key=True),
        Column("started_ms", Integer, nullable=False),
        Column("ended_ms", Integer, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("pushed", Integer, nullable=False),
        Column("pulled", Integer, nullable=False),
    )


def _waiting_for_people() -> None:
    op.create_table(
        "inbox",
        Column("op_id", Text, primary_key=True),
        Column("seq", Integer, nullable=False),
        Column("kind", Text, nullable=False),
        Column("entity_id", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("conflicts", Text, nullable=False),
        Column("at_ms", Integer, nullable=False),
        Column("seen", Integer, nullable=False),
    )
    op.create_index("ix_inbox_entity_id", "inbox", ["entity_id"])
    op.create_table(
        "draft",
        Column("name", Text, primary_key=True),
        Column("body", Text, nullable=False),
        Column("saved_ms", Integer, nullable=False),
    )


def _imports() -> None:
    op.create_table(
        "import_batch",
        Column("id", Text, primary_key=True),
        Column("file", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("created_ms", Integer, nullable=False),
        Column("report", Text, nullable=False),
    )
    op.create_table(
        "import_row",
        Column("batch_id", Text, primary_key=True),
        Column("record_id", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("verb", Text, nullable=False),
        Column("old", Text),
        sqlite_with_rowid=False,
    )
