"""Cases: matters found or reported, from the doorstep on."""

from typing import Annotated, ClassVar

import msgspec

from gridworker.domain.fields import Field, Mask, Merge
from gridworker.domain.records import Column, Record, RecordId
from gridworker.domain.visits import REVIEWERS


class CaseCategory(msgspec.Struct, frozen=True):
    """One entry of the two-level community dictionary; `gb` is the national code where there is one."""

    code: str
    area: str
    name: str
    gb: str = ""
    words: tuple[str, ...] = ()


class Case(Record, frozen=True, kw_only=True):
    """A case (事件): what, where, who told, and where it stands."""

    kind: ClassVar[str] = "case"
    label: ClassVar[str] = "事件"
    links: ClassVar[tuple[str, ...]] = ("resident_id", "room_id", "visit_id")
    about: ClassVar[tuple[str, ...]] = ("resident_id", "visit_id", "room_id")
    computed: ClassVar[tuple[Column, ...]] = (
        Column("found_ms", "$.found_ms", "INTEGER"),
        Column("state", "$.state"),
        Column("category", "$.category"),
        Column("worker_id", "$.worker_id", index=False),
    )

    title: Annotated[str, Field("标题", headers=("事件名称",))]
    category: Annotated[str, Field("类别", headers=("事件类别",))]
    found_ms: Annotated[int, Field("发现时间")]
    edition: Annotated[str, Field("分类版本")] = ""
    temp_no: Annotated[str, Field("临时编号")] = ""
    case_no: Annotated[str, Field("事件编号", headers=("编号",), merge=Merge.DERIVED)] = ""
    text: Annotated[str, Field("情况说明", headers=("问题描述",))] = ""
    address: Annotated[str, Field("地点", headers=("事发地址", "事发位置"))] = ""
    place: Annotated[str, Field("房屋简码")] = ""
    room_id: Annotated[RecordId | None, Field("房屋")] = None
    resident_id: Annotated[RecordId | None, Field("相关居民")] = None
    visit_id: Annotated[RecordId | None, Field("相关走访")] = None
    source: Annotated[str, Field("来源", headers=("信息来源",), choices="case_source")] = "patrol"
    urgency: Annotated[str, Field("紧急程度", choices="urgency")] = "normal"
    scale: Annotated[str, Field("涉及范围", choices="case_scale")] = "person"
    handling: Annotated[str, Field("办理方式", choices="handling")] = "community"
    reporter_name: Annotated[str, Field("诉求人", headers=("联系人",), mask=Mask.NAME)] = ""
    reporter_phone: Annotated[str, Field("诉求人电话", mask=Mask.PHONE)] = ""
    state: Annotated[str, Field("状态", merge=Merge.STATE, choices="case_state")] = "reported"
    result: Annotated[str, Field("处理结果")] = ""
    remark: Annotated[str, Field("审核意见", roles=REVIEWERS)] = ""
    reviewer_name: Annotated[str, Field("审核人", roles=REVIEWERS)] = ""
    reviewed_ms: Annotated[int | None, Field("审核时间", roles=REVIEWERS)] = None
    worker_id: Annotated[str, Field("网格员编号")] = ""
    worker_name: Annotated[str, Field("网格员")] = ""
