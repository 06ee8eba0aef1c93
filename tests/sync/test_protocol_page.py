"""The protocol's page says what the code does: every member and code is in its tables, its example holds."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.server.refusals import STATUS
from gridworker.wire import messages
from gridworker.wire.envelope import (
    MAX_GROUP,
    MAX_OPERATION_BYTES,
    Envelope,
    Link,
    Operation,
    body_hash,
    first_link,
    link_hash,
    open_envelope,
)
from gridworker.wire.messages import PATHS, Conflict, Pace, Refusal, Result

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text("utf-8")
TOP: dict[str, Any] = {
    name: kind
    for name, kind in vars(messages).items()
    if isinstance(kind, type) and name.endswith(("Request", "Reply"))
}


def cells(table: str) -> list[list[str]]:
    """The rows of the first table of a text, without its head."""
    rows = re.search(r"(?:^\|.*\n)+", table, re.MULTILINE)
    assert rows is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[0].splitlines()[2:]]


def named(table: str) -> set[str]:
    """The words in backticks of the first column of a table."""
    return {word for row in cells(table) for word in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize("name", sorted(TOP))
def test_every_member_of_a_message_is_explained(name: str) -> None:
    table = PAGE.partition(f"**{name}**\n\n")[2]
    assert named(table) == set(TOP[name].__struct_fields__)


def test_every_member_of_an_operation_and_of_a_refusal_is_explained() -> None:
    assert named(PAGE.partition("## Operations\n")[2]) == set(Operation.__struct_fields__)
    assert named(PAGE.partition("is a **Refusal**")[2]) == set(Refusal.__struct_fields__)


def test_smaller_parts_are_spelled_out() -> None:
    flat = " ".join(PAGE.split())
    for part in (Result, Conflict, Pace, Link, Envelope):
        listed = ", ".join(rf"{field}\??(: \{{[^}}]*\}})?" for field in part.__struct_fields__)
        assert re.search(rf"\{{{listed}\}}", flat), part.__name__


def test_every_path_and_every_status_is_listed() -> None:
    assert re.findall(r"^### `POST (\S+)`", PAGE, re.MULTILINE) == list(PATHS.values())
    table = cells(PAGE[PAGE.index("| status | code") :])
    assert {row[1].strip("`"): int(row[0]) for row in table} == dict(STATUS)


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{MAX_OPERATION_BYTES >> 10} KiB a body, {MAX_GROUP} operations a group" in PAGE


def test_the_example_is_right() -> None:
    bodies = [body.encode() for body in re.findall(r"```json\n(.*)\n```", PAGE)]
    table = cells(PAGE[PAGE.index("| | number 1") :])
    columns = {row[0].strip("`"): [cell.strip("`") for cell in row[1:]] for row in table}
    prev = first_link("replica-1")
    for seq, body in enumerate(bodies, 1):
        link = Link("replica-1", seq, prev, link_hash(prev, "replica-1", seq, body_hash(body)))
        said = (columns["hash"][seq - 1], columns["link.prev"][seq - 1], columns["link.hash"][seq - 1])
        assert said == (body_hash(body), prev, link.hash)
        operation = open_envelope(Envelope(msgspec.Raw(body), said[0], link))
        assert msgspec.json.encode(operation) == body
        prev = link.hash
    assert len(bodies) == 2
