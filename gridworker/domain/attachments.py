"""Attachments: what is known of a photo or file; the bytes travel apart."""

from typing import Annotated, ClassVar

from gridworker.domain.fields import Field
from gridworker.domain.records import Column, Record, RecordId

MAX_BLOB_BYTES = 8 << 20
"""Of the bytes that belong to an attachment."""
THUMBNAIL_BYTES = 12 * 1024
"""Before base64: with all other fields a record stays below the 24 KiB that one may have."""


class Attachment(Record, frozen=True, kw_only=True):
    """The metadata of a file that belongs to a record; `sha256` (hex) names its content."""

    kind: ClassVar[str] = "attachment"
    label: ClassVar[str] = "附件"
    append_only: ClassVar[bool] = True
    links: ClassVar[tuple[str, ...]] = ("owner_id",)
    about: ClassVar[tuple[str, ...]] = ("owner_id",)
    computed: ClassVar[tuple[Column, ...]] = (Column("sha256", "$.sha256"),)

    owner_id: Annotated[RecordId, Field("所属记录")]
    name: Annotated[str, Field("文件名")]
    media_type: Annotated[str, Field("类型")]
    size: Annotated[int, Field("字节数")]
    sha256: Annotated[str, Field("内容摘要")]
    taken_ms: Annotated[int | None, Field("拍摄时间")] = None
    note: Annotated[str, Field("说明")] = ""
    thumbnail: Annotated[str, Field("缩略图")] = ""
    """A WebP picture of at most THUMBNAIL_BYTES in base64: it travels with the record, the original apart."""
