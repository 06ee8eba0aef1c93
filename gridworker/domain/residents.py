"""Residents: the people a grid worker cares for, with the least that the work needs."""

from typing import Annotated, ClassVar

from gridworker.domain.addresses import floor_of
from gridworker.domain.fields import Field, Mask, Merge, Sensitivity
from gridworker.domain.names import PinyinTable, surname_of
from gridworker.domain.records import Column, Derived, Record, RecordId


def walk_order(place: str) -> str:
    """A key that sorts places in walking order: numbered buildings, lettered ones, units, top floor first."""
    parts = place.split("-")
    if len(parts) < 2:
        return "~" + place
    room = parts[-1]
    unit = parts[1] if len(parts) > 2 else ""
    floor = floor_of(room) or 0
    building = f"{parts[0]:0>4}" if parts[0].isdecimal() else f"L{parts[0]:0>3}"
    return f"{building}{unit:0>3}{99 - floor:03d}{room:0>5}"


def search_values(resident: "Resident", pinyin: PinyinTable) -> tuple[str | None, ...]:
    """Given name, pinyin, two readings of the initials, reversed phones and id number, walking key.

    Tails are found by prefix on the reversed text, which a B-tree can answer.
    """
    initials = pinyin.initials(resident.name)
    phones = resident.phones
    return (
        resident.name[len(surname_of(resident.name)) :] or None,
        pinyin.pinyin(resident.name),
        initials[0] if initials else "",
        initials[1] if len(initials) > 1 else None,
        phones[0][::-1] if phones else None,
        phones[1][::-1] if len(phones) > 1 else None,
        resident.id_number[::-1] or None,
        walk_order(resident.place),
    )


class Resident(Record, frozen=True, kw_only=True):
    """A resident (居民); the id number is optional and never blocks saving."""

    kind: ClassVar[str] = "resident"
    label: ClassVar[str] = "居民"
    part_of: ClassVar[tuple[str, ...]] = ("household_id", "room_id", "building_id")

    name: Annotated[
        str, Field("姓名", headers=("居民姓名", "名字", "住户姓名"), merge=Merge.CRITICAL, mask=Mask.NAME)
    ]
    sex: Annotated[str, Field("性别", choices="sex")] = "unknown"
    birth: Annotated[
        str | None, Field("出生日期", headers=("出生年月", "生日", "出生年月日"), merge=Merge.CRITICAL)
    ] = None
    id_number: Annotated[
        str,
        Field(
            "身份证号",
            headers=("身份证号码", "公民身份号码", "证件号码", "身份证", "证件号"),
            merge=Merge.CRITICAL,
            sensitivity=Sensitivity.SENSITIVE,
            mask=Mask.ID_NUMBER,
        ),
    ] = ""
    id_state: Annotated[str, Field("证件状态", merge=Merge.DERIVED, choices="id_state")] = "missing"
    phones: Annotated[
        tuple[str, ...],
        Field(
            "联系电话",
            headers=("电话", "手机", "手机号", "手机号码", "联系方式"),
            merge=Merge.FRESH,
            mask=Mask.PHONE,
        ),
    ] = ()
    address: Annotated[
        str,
        Field(
            "现住址",
            headers=("住址", "家庭住址", "居住地址", "现居住地址", "地址"),
            merge=Merge.FRESH,
            mask=Mask.ADDRESS,
        ),
    ] = ""
    place: Annotated[str, Field("房屋简码", merge=Merge.FRESH)] = ""
    building_id: Annotated[RecordId | None, Field("楼栋", merge=Merge.LINK)] = None
    room_id: Annotated[RecordId | None, Field("房屋", merge=Merge.LINK)] = None
    household_id: Annotated[RecordId | None, Field("户", merge=Merge.LINK)] = None
    relation: Annotated[
        str, Field("与户主关系", headers=("户主关系", "家庭关系", "关系"), choices="relation")
    ] = "other"
    hukou_region: Annotated[
        str, Field("户籍地", headers=("户籍地址", "户籍所在地", "户口所在地"), choices="hukou_region")
    ] = "unknown"
    hukou_match: Annotated[str, Field("人户一致", headers=("人户一致标识",), choices="hukou_match")] = ""
    status: Annotated[
        str, Field("居住状态", headers=("状态",), merge=Merge.CRITICAL, choices="person_status")
    ] = "active"
    lives_alone: Annotated[bool, Field("独居", headers=("是否独居",), sensitivity=Sensitivity.SENSITIVE)] = (
        False
    )
    note: Annotated[str, Field("备注", headers=("说明", "备注说明"))] = ""
    absorbed: Annotated[tuple[RecordId, ...], Field("已并入的重复记录", merge=Merge.CENTRE)] = ()

    computed: ClassVar[tuple[Column, ...]] = (
        Column("name", "$.name"),
        Column("birth", "$.birth"),
        Column("place", "$.place"),
        Column("building_id", "$.building_id"),
        Column("room_id", "$.room_id"),
        Column("household_id", "$.household_id"),
        Column("id_number", "$.id_number"),
        Column("status", "$.status", index=False),
    )
    derived: ClassVar[Derived | None] = Derived(
        names=("given", "pinyin", "initials", "initials_2", "phone_tail", "phone_tail_2", "id_tail", "walk"),
        values=search_values,
        indexed=(
            "given",
            "pinyin",
            "initials",
            "initials_2",
            "phone_tail",
            "phone_tail_2",
            "id_tail",
            "walk",
        ),
    )
