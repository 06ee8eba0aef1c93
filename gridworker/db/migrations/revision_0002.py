"""Revision 0002: what the whole exchange needs: operations that are sent again after a centre's restore."""

from alembic import op
from sqlalchemy import BLOB, Column, Integer, Text, text


def upgrade() -> None:
    """Change the system tables of the first release."""
    _sent_again()
    _audits()
    _attachments()
    _moves()
    _unions()
    _brake()


def _brake() -> None:
    op.create_table(
        "removal",
        Column("n", Integer, primary_key=True),
        Column("digest", Text, nullable=False),
        Column("kinds", Text, nullable=False),
        Column("row_count", Integer, nullable=False),
        Column("here", Integer, nullable=False),
        Column("since_ms", Integer, nullable=False),
        Column("agreed_ms", Integer),
        Column("agreed_id", Text, nullable=False),
        Column("agreed_by", Text, nullable=False),
        Column("ended", Text, nullable=False),
    )
    op.create_table(
        "stray",
        Column("name", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "removal_row",
        Column("kind", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        sqlite_with_rowid=False,
    )


def _unions() -> None:
    op.create_table(
        "alias",
        Column("loser", Text, primary_key=True),
        Column("survivor", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alias_survivor", "alias", ["survivor"])


def _sent_again() -> None:
    op.add_column("outbox", Column("again", Integer, nullable=False, server_default="0"))
    op.create_index("ix_outbox_again", "outbox", ["seq"], sqlite_where=text("again = 1"))


def _audits() -> None:
    op.create_table(
        "incident",
        Column("n", Integer, primary_key=True),
        Column("at_ms", Integer, nullable=False),
        Column("scope", Text, nullable=False),
        Column("rows", Integer, nullable=False),
    )


def _attachments() -> None:
    op.create_table(
        "blob",
        Column("sha256", Text, primary_key=True),
        Column("size", Integer, nullable=False),
        Column("file", Text, nullable=False),
        Column("key", BLOB, nullable=False),
        Column("state", Text, nullable=False),
        Column("done", Integer, nullable=False),
        Column("changed_ms", Integer, nullable=False),
    )
    op.create_index("ix_blob_state", "blob", ["state"])


def _moves() -> None:
    op.create_table(
        "membership",
        Column("id", Text, primary_key=True),
        Column("scope", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_membership_scope", "membership", ["scope"])
    op.create_table(
        "handed_over",
        Column("id", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("words", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("at_ms", Integer, nullable=False),
        Column("seen", Integer, nullable=False),
    )
    op.create_table(
        "handed_over_part",
        Column("id", Text, primary_key=True),
        Column("part_id", Text, primary_key=True),
        sqlite_with_rowid=False,
    )
