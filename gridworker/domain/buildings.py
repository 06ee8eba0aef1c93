"""Estates, buildings and rooms: the places people and cases hang on."""

from typing import Annotated, ClassVar

from gridworker.domain.fields import Field
from gridworker.domain.records import Column, Record, RecordId


class Estate(Record, frozen=True, kw_only=True):
    """A housing estate (小区)."""

    kind: ClassVar[str] = "estate"
    label: ClassVar[str] = "小区"
    computed: ClassVar[tuple[Column, ...]] = (Column("name", "$.name"),)

    name: Annotated[str, Field("小区名称", headers=("小区", "所在小区"))]
    estate_type: Annotated[str, Field("小区性质", choices="estate_type")] = "commercial"
    property_firm: Annotated[str, Field("物业公司", headers=("物业", "物业公司"))] = ""
    property_phone: Annotated[str, Field("物业电话")] = ""


class Building(Record, frozen=True, kw_only=True):
    """A building (楼栋) with its units and storeys."""

    kind: ClassVar[str] = "building"
    label: ClassVar[str] = "楼栋"
    computed: ClassVar[tuple[Column, ...]] = (
        Column("number", "$.number"),
        Column("estate_id", "$.estate_id"),
    )

    number: Annotated[str, Field("楼号", headers=("楼栋", "栋号", "楼栋号"))]
    estate_id: Annotated[RecordId | None, Field("小区")] = None
    units: Annotated[int, Field("单元数")] = 0
    floors: Annotated[int, Field("地上层数", headers=("层数",))] = 0
    floors_below: Annotated[int, Field("地下层数")] = 0
    head_name: Annotated[str, Field("楼栋长")] = ""
    head_phone: Annotated[str, Field("楼栋长电话")] = ""


class Room(Record, frozen=True, kw_only=True):
    """A room or flat (房屋); `place` is its short form such as 3-2-501."""

    kind: ClassVar[str] = "room"
    label: ClassVar[str] = "房屋"
    part_of: ClassVar[tuple[str, ...]] = ("building_id",)
    computed: ClassVar[tuple[Column, ...]] = (
        Column("building_id", "$.building_id"),
        Column("place", "$.place"),
        Column("use", "$.use", index=False),
    )

    building_id: Annotated[RecordId, Field("楼栋")]
    place: Annotated[str, Field("房屋简码")]
    unit: Annotated[str, Field("单元", headers=("单元号",))] = ""
    floor: Annotated[int, Field("楼层", headers=("层",))] = 0
    number: Annotated[str, Field("房号", headers=("室号", "门牌", "房间号"))] = ""
    use: Annotated[str, Field("房屋用途", headers=("使用方式", "房屋状态"), choices="house_use")] = "unknown"
    owner_name: Annotated[str, Field("房主")] = ""
    owner_phone: Annotated[str, Field("房主电话")] = ""
    note: Annotated[str, Field("备注")] = ""
