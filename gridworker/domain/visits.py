"""Visits: what a worker found at a door, on the phone or in the yard."""

from typing import Annotated, ClassVar

from gridworker.domain.fields import Field, Merge, Sensitivity
from gridworker.domain.records import Column, Record, RecordId

REVIEWERS = ("grid_leader", "community_secretary", "street_center")


class Visit(Record, frozen=True, kw_only=True):
    """One visit (走访) that counts for everybody in `resident_ids`; whom, how and outcome suffice."""

    kind: ClassVar[str] = "visit"
    label: ClassVar[str] = "走访"
    append_only: ClassVar[bool] = True
    links: ClassVar[tuple[str, ...]] = ("resident_ids", "room_id")
    about: ClassVar[tuple[str, ...]] = ("resident_ids", "room_id")
    computed: ClassVar[tuple[Column, ...]] = (
        Column("visited_ms", "$.visited_ms", "INTEGER"),
        Column("state", "$.state"),
        Column("outcome", "$.outcome", index=False),
        Column("worker_id", "$.worker_id", index=False),
    )

    resident_ids: Annotated[tuple[RecordId, ...], Field("走访对象")]
    visited_ms: Annotated[int, Field("走访时间", headers=("走访日期", "探访时间"))]
    method: Annotated[str, Field("走访方式", headers=("探访方式", "方式"), choices="visit_method")]
    outcome: Annotated[str, Field("走访结果", headers=("结果",), choices="visit_outcome")]
    visit_type: Annotated[str, Field("走访类型", choices="visit_type")] = "routine"
    condition: Annotated[
        str, Field("情况", headers=("身体状况",), choices="condition", sensitivity=Sensitivity.SENSITIVE)
    ] = "normal"
    needs: Annotated[tuple[str, ...], Field("需求", headers=("服务需求",), choices="need")] = ()
    hazard: Annotated[str, Field("隐患")] = ""
    promise: Annotated[str, Field("约定")] = ""
    promise_day: Annotated[str | None, Field("约定日期")] = None
    next_day: Annotated[str | None, Field("下次走访")] = None
    note: Annotated[str, Field("备注", sensitivity=Sensitivity.SENSITIVE)] = ""
    room_id: Annotated[RecordId | None, Field("房屋")] = None
    who: Annotated[str, Field("对象姓名")] = ""
    address: Annotated[str, Field("地址")] = ""
    worker_id: Annotated[str, Field("网格员编号")] = ""
    worker_name: Annotated[str, Field("网格员", headers=("走访人",))] = ""
    corrects: Annotated[RecordId | None, Field("更正")] = None
    state: Annotated[str, Field("审阅状态", merge=Merge.STATE, choices="visit_state")] = "recorded"
    review_remark: Annotated[str, Field("审阅意见", roles=REVIEWERS)] = ""
    reviewer_name: Annotated[str, Field("审阅人", roles=REVIEWERS)] = ""
    reviewed_ms: Annotated[int | None, Field("审阅时间", roles=REVIEWERS)] = None
