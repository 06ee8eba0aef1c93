"""Households: the people who live together in one room."""

from typing import Annotated, ClassVar

from gridworker.domain.fields import Field, Merge
from gridworker.domain.records import Column, Record, RecordId


class Household(Record, frozen=True, kw_only=True):
    """A household (户) with its head; several may share a room."""

    kind: ClassVar[str] = "household"
    label: ClassVar[str] = "户"
    part_of: ClassVar[tuple[str, ...]] = ("room_id",)
    computed: ClassVar[tuple[Column, ...]] = (Column("room_id", "$.room_id"), Column("head_id", "$.head_id"))

    room_id: Annotated[RecordId | None, Field("房屋", merge=Merge.LINK)] = None
    head_id: Annotated[RecordId | None, Field("户主", merge=Merge.LINK)] = None
    place: Annotated[str, Field("房屋简码")] = ""
    notice_given: Annotated[bool, Field("已告知", headers=("是否告知",))] = False
    note: Annotated[str, Field("备注")] = ""
