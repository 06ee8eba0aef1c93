"""Disputes: whatever two people said differently, or the centre did not take, until somebody decides."""

from typing import Annotated, Any, ClassVar

import msgspec

from gridworker.domain.fields import Field, Merge
from gridworker.domain.records import Column, Record, RecordId

SIDES = ("incoming", "server", "base", "value")
"""What may be chosen where values disagree."""
VERDICTS = ("accept", "reject")
"""What may be said to an operation that was held, to a notice, and to two records of one person."""


class Opinion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision that came when another one, unseen by its author, had been made already."""

    by: str
    choice: str
    at_ms: int
    name: str = ""
    value: Any = None
    why: str = ""


class Dispute(Record, frozen=True, kw_only=True):
    """One matter to decide about one record, as the centre keeps it; only `resolve` operations change it.

    Where values disagree `base` is what the author of `incoming` had seen; of a held operation `incoming` is
    all that it would have written. `choice` is the decision in effect, also where others object to it.
    """

    kind: ClassVar[str] = "dispute"
    label: ClassVar[str] = "待核对"
    about: ClassVar[tuple[str, ...]] = ("target_id",)
    computed: ClassVar[tuple[Column, ...]] = (
        Column("target_id", "$.target_id"),
        Column("state", "$.state"),
        Column("opened_ms", "$.opened_ms", "INTEGER"),
    )

    sort: Annotated[str, Field("事由", choices="dispute_sort")]
    target_kind: Annotated[str, Field("记录类型")]
    target_id: Annotated[RecordId, Field("相关记录")]
    opened_ms: Annotated[int, Field("提出时间")]
    state: Annotated[str, Field("核对状态", choices="dispute_state", merge=Merge.CENTRE)]
    pair: Annotated[tuple[RecordId, ...], Field("疑似重复的两条记录")] = ()
    why: Annotated[str, Field("原因")] = ""
    field: Annotated[str, Field("有分歧的字段")] = ""
    base: Annotated[Any, Field("原值")] = None
    server: Annotated[Any, Field("中心的值")] = None
    incoming: Annotated[Any, Field("提交的值")] = None
    trail: Annotated[tuple[Any, ...], Field("先前提交的值")] = ()
    op_id: Annotated[str, Field("操作编号")] = ""
    verb: Annotated[str, Field("操作")] = ""
    actor_id: Annotated[str, Field("提交人编号")] = ""
    actor_name: Annotated[str, Field("提交人")] = ""
    made_ms: Annotated[int, Field("提交人记录的时间")] = 0
    made_sure: Annotated[bool, Field("提交时间可信")] = False
    server_actor_id: Annotated[str, Field("中心值的作者编号")] = ""
    server_actor_name: Annotated[str, Field("中心值的作者")] = ""
    server_ms: Annotated[int, Field("中心值的记录时间")] = 0
    choice: Annotated[str, Field("核对结论", choices="dispute_choice")] = ""
    decision: Annotated[Any, Field("核定的值")] = None
    decided_by: Annotated[str, Field("核对人编号")] = ""
    decided_name: Annotated[str, Field("核对人")] = ""
    decided_ms: Annotated[int, Field("核对时间")] = 0
    decided_op: Annotated[str, Field("核对操作编号")] = ""
    remark: Annotated[str, Field("核对说明")] = ""
    opinions: Annotated[tuple[Opinion, ...], Field("不同意见")] = ()


def choices_of(sort: str) -> tuple[str, ...]:
    """What may be decided about a dispute of this sort; two records of one person are joined by a merge."""
    if sort == "duplicate":
        return ("reject",)
    return SIDES if sort == "conflict" else VERDICTS
