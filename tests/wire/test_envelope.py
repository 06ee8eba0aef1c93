"""Envelopes: frozen bytes and hashes, every tampering noticed, and nothing that breaks the reader."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.problems import Problem
from gridworker.wire.envelope import (
    MAX_OPERATION_BYTES,
    SCHEMA,
    Envelope,
    Group,
    Link,
    Operation,
    body_hash,
    decode_envelope,
    decode_operation,
    encode_envelope,
    first_link,
    link_hash,
    open_envelope,
    relink,
    seal,
)
from tests.wire.samples import REPLICA, chain, operation, operations

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "envelopes.json").read_text("utf-8")
)


def sha256(text: str) -> str:
    """What everybody else's SHA-256 says."""
    return hashlib.sha256(text.encode()).hexdigest()


def envelope_of(body: bytes) -> Envelope:
    """A well-hashed envelope around any bytes."""
    prev, digest = first_link(REPLICA), hashlib.sha256(body).hexdigest()
    return Envelope(msgspec.Raw(body), digest, Link(REPLICA, 1, prev, link_hash(prev, REPLICA, 1, digest)))


def why(envelope: Envelope) -> object:
    """Why an envelope is refused."""
    with pytest.raises(Problem, match="bad_envelope") as raised:
        open_envelope(envelope)
    return raised.value.values["why"]


# ------------------------------------------------------------------------------------------- golden vectors


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["verb"])
def test_the_hashes_can_be_computed_by_anybody(vector: dict[str, Any]) -> None:
    assert vector["hash"] == sha256(vector["body"])
    parts = (vector["prev"], vector["replica"], str(vector["seq"]), vector["hash"])
    assert vector["link_hash"] == sha256("|".join(parts))


def test_the_first_link_is_made_of_the_replica() -> None:
    assert VECTORS[0]["prev"] == sha256("gs1" + REPLICA) == first_link(REPLICA)


def test_every_vector_is_chained_to_the_one_before() -> None:
    assert [vector["prev"] for vector in VECTORS[1:]] == [vector["link_hash"] for vector in VECTORS[:-1]]


@pytest.mark.parametrize(("vector", "envelope"), list(zip(VECTORS, chain(), strict=True)))
def test_envelopes_are_written_as_they_always_were(vector: dict[str, Any], envelope: Envelope) -> None:
    assert bytes(envelope.body).decode() == vector["body"]
    assert encode_envelope(envelope).decode() == vector["envelope"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["verb"])
def test_envelopes_of_the_first_program_are_read_for_ever(vector: dict[str, Any]) -> None:
    envelope = decode_envelope(vector["envelope"].encode())
    assert open_envelope(envelope) == operations()[vector["verb"]]
    assert encode_envelope(envelope).decode() == vector["envelope"]


def test_every_verb_has_a_vector() -> None:
    verbs = set(msgspec.json.schema(Operation)["$defs"]["Operation"]["properties"]["verb"]["enum"])
    assert {vector["verb"] for vector in VECTORS} == verbs


def test_an_operation_that_names_no_schema_was_written_under_the_first() -> None:
    body = bytes(chain()[0].body)
    assert b"schema" not in body
    assert open_envelope(envelope_of(body)).schema == 1
    assert SCHEMA >= 1


# ------------------------------------------------------------------------------------------------ tampering


def test_an_untouched_envelope_opens() -> None:
    for envelope, meant in zip(chain(), operations().values(), strict=True):
        assert open_envelope(envelope) == meant == decode_operation(envelope)


@given(st.integers(0, 5), st.data())
def test_any_changed_byte_of_a_body_is_noticed(index: int, data: st.DataObject) -> None:
    envelope = chain()[index]
    body = bytearray(bytes(envelope.body))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    assert why(Envelope(msgspec.Raw(bytes(body)), envelope.hash, envelope.link)) == "body hash"


@pytest.mark.parametrize(
    "change",
    [{"replica": "other"}, {"seq": 2}, {"prev": "0" * 64}, {"hash": "0" * 64}, {"hash": ""}, {"seq": -1}],
)
def test_any_changed_part_of_a_link_is_noticed(change: dict[str, Any]) -> None:
    envelope = chain()[0]
    link = msgspec.structs.replace(envelope.link, **change)
    assert why(Envelope(envelope.body, envelope.hash, link)) == "link hash"


def test_a_hash_that_was_made_to_fit_another_body_breaks_the_link() -> None:
    envelope = chain()[0]
    body = bytes(envelope.body).replace("王秀兰".encode(), "王秀芳".encode())
    assert why(Envelope(msgspec.Raw(body), body_hash(body), envelope.link)) == "link hash"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b'{"op_id":"\xff"}',
        b"[" * 60_000,
        b'{"values":' * 6_000,
        b'{"op_id":1e999}',
        b"\x00",
        "王".encode("gbk"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_rubbish_with_right_hashes_is_refused(body: bytes) -> None:
    assert why(envelope_of(body)) == "shape"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert why(envelope_of(body)) == "shape"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("verb", "drop_table"),
        ("wall_ms", "1"),
        ("values", []),
        ("set", {"a": [1]}),
        ("group", ["g", 0]),
        ("id", 5),
    ],
)
def test_fields_of_the_wrong_type_are_refused(field: str, value: object) -> None:
    known = json.loads(bytes(chain()[0].body))
    assert why(envelope_of(json.dumps({**known, field: value}).encode())) == "shape"


def test_unknown_fields_are_passed_over_and_stay_in_the_bytes() -> None:
    known = json.loads(bytes(chain()[0].body))
    body = json.dumps({**known, "mood": "good", "values": {**known["values"], "shoe_size": 41}}).encode()
    envelope = envelope_of(body)
    assert open_envelope(envelope).values["shoe_size"] == 41
    assert bytes(decode_envelope(encode_envelope(envelope)).body) == body


# ----------------------------------------------------------------------------------------------------- size


def sized(extra: int) -> Operation:
    """An operation whose bytes are the limit and some more."""
    room = MAX_OPERATION_BYTES - len(msgspec.json.encode(operation("create", values={"a": ""})))
    return operation("create", values={"a": "x" * (room + extra)})


def test_the_largest_operation_is_sealed_and_opened() -> None:
    envelope = seal(sized(0), replica=REPLICA, seq=1, prev="p")
    assert len(bytes(envelope.body)) == MAX_OPERATION_BYTES
    assert open_envelope(envelope) == sized(0)


def test_an_operation_beyond_the_limit_is_neither_sealed_nor_opened() -> None:
    with pytest.raises(Problem, match="operation_too_large") as raised:
        seal(sized(1), replica=REPLICA, seq=1, prev="p")
    assert raised.value.values["size"] == MAX_OPERATION_BYTES + 1
    assert why(envelope_of(msgspec.json.encode(sized(1)))) == "size"


# ----------------------------------------------------------------------------------------------- round trips

texts = st.text(max_size=20)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
groups = st.none() | st.builds(Group, texts, st.integers(0, 49), st.integers(1, 50))
meant = st.builds(
    Operation,
    op_id=texts,
    actor=texts,
    device=texts,
    wall_ms=st.integers(0, 2**53),
    kind=texts,
    id=texts,
    scope=texts,
    verb=st.sampled_from(["create", "append", "patch", "transition", "delete", "undelete"]),
    schema=st.integers(1, 9),
    group=groups,
    base_rev=st.none() | texts,
    values=st.dictionaries(texts, jsons, max_size=4),
    set=st.dictionaries(texts, st.tuples(jsons, jsons), max_size=4),
    source=st.none() | texts,
    target=st.none() | texts,
    why=texts,
)


@given(meant, texts, st.integers(1, 2**40))
def test_every_operation_comes_out_as_it_went_in(operation: Operation, replica: str, seq: int) -> None:
    envelope = seal(operation, replica=replica, seq=seq, prev=first_link(replica))
    again = decode_envelope(encode_envelope(envelope))
    assert open_envelope(again) == operation
    assert again.link == envelope.link
    assert bytes(again.body) == bytes(envelope.body)


@given(meant, texts, st.integers(1, 2**40))
def test_another_place_in_another_queue_changes_the_link_only(
    operation: Operation, replica: str, seq: int
) -> None:
    old = seal(operation, replica="old", seq=1, prev=first_link("old"))
    new = relink(old, replica=replica, seq=seq, prev="p")
    assert (bytes(new.body), new.hash) == (bytes(old.body), old.hash)
    assert new.link == Link(replica, seq, "p", link_hash("p", replica, seq, old.hash))
    assert open_envelope(new) == operation


@given(st.binary(max_size=60))
def test_rubbish_in_the_outbox_is_a_decode_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_envelope(data)
