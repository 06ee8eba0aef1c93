"""Requests of somebody who means harm: nonsense with right hashes, other grids' ids, replays."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworker.domain.kinds import KINDS
from gridworker.server.refusals import Refused
from gridworker.wire.envelope import Envelope, Link, body_hash, link_hash
from gridworker.wire.messages import PATHS, PullRequest, PushRequest, RowsRequest
from tests.server.conftest import open_centre
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop

CANARY = "⟦乙⟧"
"""Stands in every word of grid B."""
NAMES = ["mine", "theirs", "unknown", "", "\0", "x" * 101, "中", "../../etc/passwd", GRID_B, "' OR 1=1 --"]
SCOPES = [GRID_A, GRID_A, GRID_B, "org", "u:", "g:", "", "\0", "' OR 1=1 --"]
VERBS = [
    *("create", "append", "patch", "transition", "delete", "undelete", "move", "merge", "unmerge", "resolve"),
    *("merge_proposal", ""),
]
FIELDS = sorted(
    {name for kind in KINDS.values() for name in kind.__struct_fields__} | {"state", "", "\0", "new"}
)
NUMBERS = st.sampled_from([0, -1, 1, 1 << 31, 1 << 53, (1 << 63) - 1, 1 << 63, 1 << 200, -(1 << 64)])
TEXTS = st.one_of(
    st.sampled_from([*NAMES, "x" * 9000, "2026-02-30", "13800000000", "99910119440101281X", "accepted"]),
    st.text(max_size=8),
    st.text(st.characters(categories=["Cc", "Cf"]), max_size=4),
)
JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        NUMBERS,
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PAIRS = st.dictionaries(st.sampled_from(FIELDS), st.tuples(JSON_VALUES, JSON_VALUES), max_size=4)
BODIES = st.fixed_dictionaries(
    {
        "wall_ms": st.sampled_from([0, -1, 1_764_000_000_000, 4_102_444_800_000]),
        "kind": st.sampled_from(["resident", "resident", "visit", "case", "dispute", *KINDS, "pet"]),
        "id": st.sampled_from(["mine", "mine", "theirs", "unknown"]) | st.integers(0, 30).map("r{}".format),
        "scope": st.sampled_from(SCOPES),
        "verb": st.sampled_from(VERBS),
    },
    optional={
        "values": st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=5),
        "set": PAIRS,
        "source": st.none() | st.sampled_from([*SCOPES, "recorded", "server"]),
        "target": st.none() | st.sampled_from([*SCOPES, *NAMES, "accepted", "incoming", "value"]),
        "base_rev": st.none() | TEXTS,
        "schema": st.integers(-1, 9),
        "clock": st.none() | st.tuples(NUMBERS, NUMBERS),
        "why": TEXTS,
    },
)
MEMBERS = ["op_id", "actor", "device", "wall_ms", "kind", "id", "scope", "set", "verb", "group", "schema"]
SPOILT = st.dictionaries(
    st.sampled_from(MEMBERS), st.sampled_from(NAMES) | JSON_VALUES, min_size=1, max_size=2
)
RAW = st.binary(max_size=60) | st.sampled_from(
    [b"{" * 3000, b"[" * 3000, b"null", b"{}", b"\xff\xfe", b"1e999"]
)


@pytest.fixture
def mallory(lite_centre: Centre) -> Iterator[Laptop]:
    """A worker of grid A with a record of his own, beside a colleague of grid B with hers."""
    laptop, colleague = lite_centre.laptop("mallory"), lite_centre.laptop("li", "grid_worker", GRID_B)
    laptop.do("create", "mine", values={"name": "安宁"})
    words = {"name": f"{CANARY}王", "note": CANARY, "phones": [f"{CANARY}1"]}
    colleague.do("create", "theirs", values=words, scope=GRID_B)
    before = theirs(lite_centre)
    yield laptop
    assert theirs(lite_centre) == before
    assert lite_centre.violations() == []


def theirs(centre: Centre) -> list[Any]:
    """What grid B has, beside what its people are asked about."""
    columns = "id, body, deleted, scope, rev_seq"
    sql = f"SELECT {columns} FROM entity WHERE scope = :b AND kind <> 'dispute'"
    return [tuple(row) for row in centre.rows(sql, b=GRID_B)]


def sealed(laptop: Laptop, bodies: list[bytes]) -> list[Envelope]:
    """Any bytes as the next envelopes of a queue that is still where it was."""
    seq, prev, envelopes = laptop.seq, laptop.prev, []
    for body in bodies:
        seq, digest = seq + 1, body_hash(body)
        link = Link(laptop.replica, seq, prev, link_hash(prev, laptop.replica, seq, digest))
        prev = link.hash
        envelopes.append(Envelope(msgspec.Raw(body), digest, link))
    return envelopes


def ask(laptop: Laptop, request: Any) -> Any:
    """The reply to a request as it comes over the wire, or None where it was refused."""
    kind: Any = type(request)
    try:
        message = msgspec.json.decode(msgspec.json.encode(request), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    try:
        return laptop.call(PATHS[kind], message)
    except Refused as refused:
        if refused.refusal.code in ("internal", "pace"):
            raise
        return None


def push(laptop: Laptop, bodies: list[bytes]) -> None:
    """Send bodies; what is taken in moves the queue on, and what is sent again has no second effect."""
    envelopes = sealed(laptop, bodies)
    request = PushRequest(epoch=laptop.me.epoch, replica=laptop.replica, ops=envelopes)
    reply = ask(laptop, request)
    if reply is not None:
        assert laptop.seq < reply.last_seq <= envelopes[-1].link.seq, "up to the first one that has no name"
        assert {one.code for one in reply.results} <= {"applied", "noop", "conflict", "held"}
        laptop.seq, laptop.prev = reply.last_seq, reply.chain
        assert ask(laptop, request) == reply
    assert CANARY.encode() not in msgspec.json.encode(reply)


@st.composite
def operations(draw: st.DrawFn, laptop: Laptop) -> bytes:
    """The bytes of an operation: its author's own, or with one member that is nonsense."""
    op_id = laptop.centre.ids() if draw(st.integers(0, 9)) else "again"
    known = {"op_id": op_id, "actor": laptop.me.user_id, "device": laptop.me.device_id}
    whole = {**known, **draw(BODIES), **(draw(SPOILT) if draw(st.integers(0, 3)) == 0 else {})}
    return json.dumps(whole, ensure_ascii=True).encode()


def test_operations_of_any_content_harm_nobody(mallory: Laptop) -> None:
    one = operations(mallory)

    @settings(max_examples=900)
    @given(st.lists(st.one_of(one, one, one, one, one, one, one, RAW), min_size=1, max_size=2))
    def attack(bodies: list[bytes]) -> None:
        push(mallory, bodies)

    attack()
    reply = mallory.pull()
    assert CANARY.encode() not in msgspec.json.encode(list(mallory.rows.values()))
    assert (reply.ack.seq if reply.ack else 0) == mallory.seq > 0


def test_bytes_on_the_way_are_no_operations_of_their_author(mallory: Laptop) -> None:
    """A flipped, cut or lengthened request is refused or says what it said before."""
    before = mallory.centre.rows("SELECT count(*) FROM op_log")
    whole = msgspec.json.encode(
        PushRequest(
            epoch=mallory.me.epoch,
            replica=mallory.replica,
            ops=sealed(
                mallory, [msgspec.json.encode(mallory.op("patch", "mine", set={"note": (None, "x")}))]
            ),
        )
    )

    @settings(max_examples=900)
    @given(st.integers(0, len(whole) - 1), st.integers(1, 255), st.sampled_from(["flip", "cut", "insert"]))
    def attack(place: int, change: int, how: str) -> None:
        spoilt = {
            "flip": whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :],
            "cut": whole[:place],
            "insert": whole[:place] + bytes([change]) + whole[place:],
        }[how]
        try:
            request = msgspec.json.decode(spoilt, type=PushRequest)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if bytes(request.ops[0].body) in whole and request.ops[0].link == sent.ops[0].link:
            return  # only a blank or an unknown member
        assert ask(mallory, request) is None

    sent = msgspec.json.decode(whole, type=PushRequest)
    attack()
    assert mallory.centre.rows("SELECT count(*) FROM op_log") == before


def test_questions_of_any_content_tell_nothing_of_others(mallory: Laptop) -> None:
    names = st.sampled_from([GRID_A, GRID_B, "", "\0", "org", f"u:{mallory.me.user_id}", "%", "' OR 1=1 --"])
    cursors = st.dictionaries(names, st.tuples(NUMBERS, NUMBERS), max_size=3)
    epochs, replicas = (
        st.sampled_from([mallory.me.epoch, "", "\0"]),
        st.sampled_from([mallory.replica, "", "\0"]),
    )
    life = {"epoch": epochs, "replica": replicas}
    pulls = st.fixed_dictionaries(
        {**life, "cursors": cursors, "known_ack": NUMBERS, "want_bytes": NUMBERS, "schema": NUMBERS}
    )
    rows = st.fixed_dictionaries(
        {**life, "scope": names, "ids": st.lists(st.sampled_from(NAMES), max_size=4)}
    )
    questions: st.SearchStrategy[tuple[Any, dict[str, Any]]] = st.one_of(
        st.tuples(st.just(PullRequest), pulls), st.tuples(st.just(RowsRequest), rows)
    )

    @settings(max_examples=600)
    @given(questions)
    def attack(question: tuple[Any, dict[str, Any]]) -> None:
        kind, parts = question
        try:
            request = msgspec.json.decode(json.dumps(parts), type=kind)
        except msgspec.DecodeError:
            return
        assert CANARY.encode() not in msgspec.json.encode(ask(mallory, request))

    attack()


def test_on_postgresql_operations_of_any_content_harm_nobody(postgres_database: str) -> None:
    centre = open_centre(postgres_database)
    laptop = centre.laptop("mallory")
    laptop.do("create", "mine", values={"name": "安宁"})

    @settings(max_examples=150)
    @given(st.lists(operations(laptop), min_size=1, max_size=2))
    def attack(bodies: list[bytes]) -> None:
        push(laptop, bodies)

    attack()
    assert centre.violations() == []
    centre.server.store.close()


@pytest.mark.parametrize("name", ["\0", "中", "x" * 101])
@pytest.mark.parametrize("verb", ["merge", "unmerge", "move", "resolve"])
def test_a_target_that_nothing_can_be_called_blocks_no_queue(centre: Centre, verb: str, name: str) -> None:
    laptop = centre.laptop("mallory", "grid_leader")
    laptop.do("create", "mine", values={"name": "安宁"})
    assert laptop.do(verb, "mine", source=name, target=name).code in ("held", "noop")
    assert laptop.do("patch", "mine", set={"note": ("", "后来")}).code == "applied"
