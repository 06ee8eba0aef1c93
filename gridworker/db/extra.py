"""Documents that nobody could read, kept aside; looked through again when another program opens the file."""

import hashlib
from typing import Any, get_args, get_type_hints

import msgspec

from gridworker.db.documents import Document, put_documents
from gridworker.db.layers import lay_out
from gridworker.db.reader import Reader, decoder_of
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record

READ_KEY = "read:"
"""The fact in `meta` of which declaration all documents of a kind can be read with."""


def declared_fields(kind: type[Record]) -> str:
    """A digest of what a document of this kind must look like to be read."""
    return hashlib.sha256(_described(kind).encode()).hexdigest()[:16]


def _described(hint: Any) -> str:
    """A type in words, with the fields of every struct inside it."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        parts = (f"{name}:{_described(hints[name])}" for name in hint.__struct_fields__)
        return f"{hint.__name__}({','.join(parts)};{len(hint.__struct_defaults__)})"
    return f"{hint}[{','.join(map(_described, get_args(hint)))}]"


def needs_review(reader: Reader) -> bool:
    """Whether a kind is declared otherwise than before, or documents of a known kind are kept aside."""
    known = dict(reader.rows_of("SELECT k, v FROM meta WHERE k LIKE 'read:%'"))
    aside = {kind for (kind,) in reader.rows_of("SELECT DISTINCT kind FROM extra")}
    return not aside.isdisjoint(KINDS) or any(
        known.get(READ_KEY + name) != declared_fields(kind) for name, kind in KINDS.items()
    )


def review(tx: Transaction) -> None:
    """Keep aside what this program cannot read, and take back what it can."""
    for name, kind in KINDS.items():
        if tx.meta(READ_KEY + name) != declared_fields(kind):
            _set_aside(tx, kind)
            tx.set_meta(READ_KEY + name, declared_fields(kind))
    for name, *row in tx.rows_of("SELECT kind,id,scope,nullif(rev,''),body,NULL FROM extra"):
        document = Document(*row)
        if name in KINDS and _is_readable(KINDS[name], document.body):
            _take_back(tx, name, document)


def _set_aside(tx: Transaction, kind: type[Record]) -> None:
    rows = tx.driver.execute(f"SELECT id,scope,rev,body,base FROM {table_name(kind)}")
    strange = [Document(*row) for row in rows if not _is_readable(kind, row[3])]
    put_documents(tx.driver, kind.kind, strange, tx.pinyin)


def _take_back(tx: Transaction, kind: str, document: Document) -> None:
    if document.rev is None:
        put_documents(tx.driver, kind, [document], tx.pinyin)
    else:
        lay_out(tx.driver, kind, document, tx.pinyin)


def _is_readable(kind: type[Record], body: str) -> bool:
    try:
        decoder_of(kind).decode(body)
    except msgspec.DecodeError:
        return False
    return True
