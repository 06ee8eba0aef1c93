"""Attachments: what is known of a photo or file; the bytes travel apart."""

from typing import Annotated, ClassVar

from gridworker.domain.fields import Field
from gridworker.domain.records import Column, Record, RecordId


class Attachment(Record, frozen=True, kw_only=True):
    """The metadata of a file that belongs to a record; `sha256` (hex) names its content."""

    kind: ClassVar[str] = "attachment"
    label: ClassVar[str] = "附件"
    append_only: ClassVar[bool] = True
    links: ClassVar[tuple[str, ...]] = ("owner_id",)
    computed: ClassVar[tuple[Column, ...]] = (Column("sha256", "$.sha256"),)

    owner_id: Annotated[RecordId, Field("所属记录")]
    name: Annotated[str, Field("文件名")]
    media_type: Annotated[str, Field("类型")]
    size: Annotated[int, Field("字节数")]
    sha256: Annotated[str, Field("内容摘要")]
    taken_ms: Annotated[int | None, Field("拍摄时间")] = None
    note: Annotated[str, Field("说明")] = ""
