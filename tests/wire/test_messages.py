"""Messages: their bytes are frozen, unknown fields of a newer side are passed over, no byte is lost."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.wire import blobs
from gridworker.wire import messages as wire
from gridworker.wire.messages import GONE, PATHS, Entry, Grant, PullReply, grants_digest
from tests.wire.samples import messages

VECTORS: dict[str, str] = json.loads((Path(__file__).parent / "vectors" / "messages.json").read_text("utf-8"))
SAMPLES = messages()


def wire_form(message: object) -> object:
    """A message as plain values, to compare; raw bodies have no equality of their own."""
    return json.loads(msgspec.json.encode(message))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_messages_are_written_as_they_always_were(name: str) -> None:
    assert msgspec.json.encode(SAMPLES[name]).decode() == VECTORS[name]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_messages_of_the_first_program_are_read_for_ever(name: str) -> None:
    message = msgspec.json.decode(VECTORS[name], type=type(SAMPLES[name]))
    assert msgspec.json.encode(message).decode() == VECTORS[name]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_what_a_newer_side_adds_is_passed_over(name: str) -> None:
    newer = {**json.loads(VECTORS[name]), "mood": {"of": ["the", "day"]}}
    message = msgspec.json.decode(json.dumps(newer), type=type(SAMPLES[name]))
    assert wire_form(message) == json.loads(VECTORS[name])


def test_every_message_with_a_path_or_a_reply_has_a_vector() -> None:
    top = {
        name
        for name, value in {**vars(blobs), **vars(wire)}.items()
        if isinstance(value, type) and name.endswith(("Request", "Reply", "Refusal"))
    }
    assert top == VECTORS.keys() == SAMPLES.keys()
    assert {request.__name__ for request in PATHS} == {name for name in top if name.endswith("Request")}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_member_of_a_message_stands_in_its_vector(name: str) -> None:
    assert set(SAMPLES[name].__struct_encode_fields__) == json.loads(VECTORS[name]).keys()


def test_every_path_is_used_once() -> None:
    assert len(set(PATHS.values())) == len(PATHS)
    assert all(path.startswith("/v1/") for path in PATHS.values())


def test_a_record_that_left_is_told_from_one_that_is_there() -> None:
    page = msgspec.json.decode(VECTORS["PullReply"], type=PullReply)
    assert [entry.gone for entry in page.entries] == [False, True]
    assert bytes(page.entries[0].body).decode() == '{"name":"王秀兰"}'


bodies = st.dictionaries(
    st.text(max_size=5), st.text(max_size=5) | st.integers(-9, 9) | st.none(), max_size=4
)


@given(st.lists(st.tuples(st.text(max_size=8), st.none() | bodies), max_size=6))
def test_bodies_travel_byte_for_byte(rows: list[tuple[str, dict[str, Any] | None]]) -> None:
    sent = [json.dumps(body, ensure_ascii=False).encode() if body is not None else None for _, body in rows]
    entries = [
        Entry("g:1", id, "resident", "e.1", msgspec.Raw(body) if body is not None else GONE)
        for (id, _), body in zip(rows, sent, strict=True)
    ]
    page = msgspec.json.decode(VECTORS["PullReply"], type=PullReply)
    page = msgspec.structs.replace(page, entries=entries)
    again = msgspec.json.decode(msgspec.json.encode(page), type=PullReply)
    assert [None if entry.gone else bytes(entry.body) for entry in again.entries] == sent
    assert [entry.id for entry in again.entries] == [id for id, _ in rows]


grants = st.builds(Grant, *[st.text(max_size=4)] * 3)


@given(st.lists(grants, max_size=6).flatmap(lambda known: st.tuples(st.just(known), st.permutations(known))))
def test_the_digest_of_grants_does_not_depend_on_their_order(pair: tuple[list[Grant], list[Grant]]) -> None:
    one, other = ({(g.scope, g.role): g for g in known} for known in pair)
    if len(one) == len(pair[0]):
        assert grants_digest(list(one.values())) == grants_digest(list(other.values()))


def test_another_role_or_title_is_another_digest() -> None:
    known = Grant("g:1", "grid_worker", "一网格")
    others = [
        Grant("g:1", "grid_leader", "一网格"),
        Grant("g:2", "grid_worker", "一网格"),
        Grant("g:1", "grid_worker", "甲"),
    ]
    assert len({grants_digest([each]) for each in (known, *others)} | {grants_digest([])}) == 5
