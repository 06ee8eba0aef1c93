"""The protocol's page says of attachments' bytes what the code does: members, paths and limits."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.actions.pictures import MAX_SIDE
from gridworker.db.blobs import KEEP_UNSENT_MS
from gridworker.domain.attachments import MAX_BLOB_BYTES, THUMBNAIL_BYTES
from gridworker.server.blob_pace import MOST_BYTES
from gridworker.server.blob_rubbish import KEEP_MS
from gridworker.server.blobs import QUOTA_BYTES
from gridworker.sync.blobs import BUDGET_BYTES
from gridworker.wire import blobs
from gridworker.wire.blobs import BLOB_PATHS, CHUNK_BYTES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text("utf-8")
SECTION = " ".join(PAGE.partition("## Attachments\n")[2].partition("\n## ")[0].split())
A_DAY_MS = 86_400_000
MESSAGES: dict[str, Any] = {
    name: kind
    for name, kind in vars(blobs).items()
    if isinstance(kind, type) and name.endswith(("Request", "Reply"))
}


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_member_of_a_message_is_explained(name: str) -> None:
    table = re.search(r"(?:^\|.*\n)+", PAGE.partition(f"**{name}**\n\n")[2], re.MULTILINE)
    assert table is not None
    rows = [line.split("|")[1] for line in table[0].splitlines()[2:]]
    said = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert said == {field.encode_name for field in msgspec.structs.fields(MESSAGES[name])}


def test_every_path_is_explained() -> None:
    said = re.findall(r"### `POST (/v1/blob/\w+)`", PAGE)
    assert said == list(BLOB_PATHS.values())


def test_the_limits_are_those_of_the_code() -> None:
    for words in (
        f"at most {THUMBNAIL_BYTES >> 10} KiB (WebP",
        f"shrinks it to {MAX_SIDE} pixels",
        f"at most {MAX_BLOB_BYTES >> 20} MiB and are cut into chunks of {CHUNK_BYTES >> 10} KiB",
        f"KiB ({CHUNK_BYTES} bytes)",
        f"at most {MOST_BYTES >> 20} MiB a minute",
        f"names for {KEEP_MS // A_DAY_MS} days",
        f"at most {BUDGET_BYTES >> 20} MiB in one exchange",
        f"at most {KEEP_UNSENT_MS // A_DAY_MS} days",
    ):
        assert words in SECTION, words
    assert f"begun {QUOTA_BYTES >> 20} MiB within a day" in PAGE
