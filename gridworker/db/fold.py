"""Laying waiting operations over what the centre last said: `body = fold(base, operations)`."""

from collections.abc import Iterable
from typing import Any

from gridworker.wire.envelope import Operation

Document = dict[str, Any]
STATE_FIELD = "state"


def fold(base: Document | None, operations: Iterable[Operation]) -> Document | None:
    """The document a person sees; None means the record is gone from view. Base is left untouched."""
    document = dict(base) if base is not None else None
    for operation in operations:
        document = _step(document, operation)
    return document


def _step(document: Document | None, operation: Operation) -> Document | None:
    match operation.verb:
        case "create" | "append":
            return {**operation.values, **(document or {})}
        case "delete":
            return None
        case "undelete":
            return document if document is not None else dict(operation.values)
    if document is None:
        return None
    changed = {name: new for name, (_, new) in operation.set.items()}
    if operation.verb == "transition" and operation.target is not None:
        changed[STATE_FIELD] = operation.target
    return {**document, **changed}
