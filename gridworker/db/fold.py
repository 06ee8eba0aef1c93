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


def decision_of(operation: Operation) -> Document:
    """What a decision makes of the record of its dispute until the centre has said its word."""
    return {
        "state": "resolved",
        "choice": operation.target,
        "decision": next((new for _, new in operation.set.values()), None),
        "decided_by": operation.actor,
        "decided_ms": operation.wall_ms,
        "decided_op": operation.op_id,
        "remark": operation.why,
    }


def _step(document: Document | None, operation: Operation) -> Document | None:
    match operation.verb:
        case "create" | "append":
            return {**operation.values, **(document or {})}
        case "delete":
            return None
        case "move":
            return document  # whether it goes is said by the centre
        case "undelete":
            return document if document is not None else dict(operation.values)
        case "merge" | "unmerge":
            return document  # two records of one person are joined and parted by the centre
    if document is None:
        return None
    if operation.verb == "resolve":
        return {**document, **decision_of(operation)}
    changed = {name: new for name, (_, new) in operation.set.items()}
    if operation.verb == "transition" and operation.target is not None:
        changed[STATE_FIELD] = operation.target
    return {**document, **changed}
