"""Areas: the tree of street, community and grid that decides who sees what."""

from typing import Annotated, ClassVar

from gridworker.domain.fields import Field
from gridworker.domain.records import Column, Record, RecordId


class Area(Record, frozen=True, kw_only=True):
    """One street, community or grid; its code has 9, 12 or 15 digits (GB/T 2260 + local)."""

    kind: ClassVar[str] = "area"
    label: ClassVar[str] = "区域"
    computed: ClassVar[tuple[Column, ...]] = (
        Column("level", "$.level"),
        Column("code", "$.code"),
        Column("parent_id", "$.parent_id"),
    )

    level: Annotated[str, Field("层级", choices="area_level")]
    name: Annotated[str, Field("名称", headers=("网格名称", "社区名称"))]
    code: Annotated[str, Field("编码", headers=("网格编码", "区划代码"))] = ""
    parent_id: Annotated[RecordId | None, Field("上级")] = None
    grid_kind: Annotated[str, Field("网格类型", choices="grid_kind")] = "residential"
