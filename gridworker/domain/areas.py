"""Areas: the tree of street, community and grid that decides who sees what."""

import re
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


_COMMUNITY = re.compile(r".*(?:社区|村|街道|镇|乡)")


def community_in(title: str) -> str:
    """The community in the title of a grid ("幸福里社区第三网格"), or nothing."""
    found = _COMMUNITY.match(title)
    return found[0] if found else ""
