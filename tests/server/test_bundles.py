"""Bundles at the centre, on each database: keys, hostile devices, and effects as over the network."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.server.bundle_keys import own_keys
from gridworker.server.bundles import Outcome, import_sticks
from gridworker.server.refusals import Refused
from gridworker.wire.bundle import Manifest, Packed, Receipt, pack, read_bundle, seal_bundle
from gridworker.wire.bundle_keys import BundleKeys, are_keys, fingerprint, new_keys
from gridworker.wire.envelope import Envelope
from gridworker.wire.messages import (
    HelloReply,
    HelloRequest,
    PublicKeys,
    PullReply,
    PullRequest,
    PushRequest,
    RegisterRequest,
)
from tests.server.laptop import Centre, Laptop


def introduce(laptop: Laptop, keys: BundleKeys) -> PublicKeys:
    """Tell the centre the laptop's keys, and hear its own."""
    me = laptop.me
    laptop.call("/v1/replica", RegisterRequest(epoch=me.epoch, replica=laptop.replica, keys=keys.public))
    return centre_keys(laptop)


def centre_keys(laptop: Laptop) -> PublicKeys:
    """What the centre tells of its keys."""
    request = HelloRequest(epoch=laptop.me.epoch, replica=laptop.replica, schema=1, app="test")
    reply: HelloReply = laptop.call("/v1/hello", request)
    assert isinstance(reply.keys, PublicKeys)
    return reply.keys


def messages_of(laptop: Laptop, ops: Sequence[Envelope], **question: Any) -> list[Packed]:
    """What a laptop puts into a bundle."""
    life: dict[str, Any] = {"epoch": laptop.me.epoch, "replica": laptop.replica}
    push = PushRequest(ops=list(ops), **life)
    pull = PullRequest(**{"cursors": laptop.cursors, **life, **question})
    return [pack("push", msgspec.json.encode(push)), pack("pull", msgspec.json.encode(pull))]


def write_up(
    file: Path, laptop: Laptop, messages: Sequence[Packed], *, keys: BundleKeys, to: PublicKeys, **parts: Any
) -> None:
    """A bundle for the centre."""
    facts: dict[str, Any] = {
        "bundle_id": laptop.centre.ids(),
        "dir": "up",
        "server": laptop.me.server,
        "epoch": laptop.me.epoch,
        "device": laptop.me.device_id,
        "user": laptop.me.user_id,
        "recipients": [fingerprint(to)],
        "made_ms": laptop.centre.clock(),
        "replica": laptop.replica,
    }
    out = io.BytesIO()
    seal_bundle(out, Manifest(**{**facts, **parts}), messages, keys=keys, recipient=to.seal)
    file.write_bytes(out.getvalue())


class Reader:
    """Takes what the centre answers."""

    def __init__(self, centre: PublicKeys) -> None:
        self.centre = centre
        self.taken: list[tuple[str, bytes]] = []

    def sender_key(self, _manifest: Manifest) -> str:
        """The centre's."""
        return self.centre.sign

    def accept(self, _manifest: Manifest) -> None:
        """Gladly."""

    def take(self, kind: str, message: bytes) -> None:
        """Keep it."""
        self.taken.append((kind, message))


def answer_to(outcome: Outcome, keys: BundleKeys, centre: PublicKeys) -> list[tuple[str, bytes]]:
    """The messages in the answer."""
    reader = Reader(centre)
    with Path(outcome.answer).open("rb") as source:
        read_bundle(source, keys.seal, reader)
    return reader.taken


def test_a_centre_has_keys_of_its_own_and_keeps_them(centre: Centre) -> None:
    store = centre.server.store
    keys = store.read(own_keys)
    assert are_keys(keys.public)
    store.prepare(centre.ids)
    assert store.read(own_keys) == keys
    assert centre_keys(centre.laptop("li")) == keys.public


def test_a_device_may_change_its_keys_but_not_tell_rubbish(centre: Centre) -> None:
    laptop = centre.laptop("li")
    first, second = new_keys(), new_keys()
    for keys in (first, second, second):
        introduce(laptop, keys)
    assert centre.rows("SELECT sign, seal FROM device_key") == [(second.public.sign, second.public.seal)]
    rubbish = PublicKeys("\0", "age1")
    with pytest.raises(Refused) as refused:
        laptop.call(
            "/v1/replica", RegisterRequest(epoch=laptop.me.epoch, replica=laptop.replica, keys=rubbish)
        )
    assert refused.value.refusal.code == "bad_request"


def test_a_bundle_has_the_effects_of_its_requests(centre: Centre, tmp_path: Path) -> None:
    laptop, keys = centre.laptop("li"), new_keys()
    to = introduce(laptop, keys)
    ops = laptop.seal(*(laptop.op("create", f"r{n}", values={"name": f"居民{n}"}) for n in range(5)))
    write_up(tmp_path / "a.gwup", laptop, messages_of(laptop, ops), keys=keys, to=to)
    (outcome,) = import_sticks(centre.server, [tmp_path])
    assert (outcome.code, outcome.results, outcome.last_seq) == ("taken", {"applied": 5}, 5)
    taken = answer_to(outcome, keys, to)
    assert [kind for kind, _ in taken] == ["receipt", "hello", "page"]
    page = msgspec.json.decode(taken[-1][1], type=PullReply)
    assert page.done
    assert {entry.id for entry in page.entries} >= {f"r{n}" for n in range(5)}
    assert [result.code for result in page.results] == ["applied"] * 5
    assert page.ack is not None
    assert (page.ack.seq, page.ack.hash) == (5, ops[-1].link.hash)


def test_pages_of_an_answer_go_on_where_the_one_before_ended(centre: Centre, tmp_path: Path) -> None:
    laptop, keys = centre.laptop("li"), new_keys()
    to = introduce(laptop, keys)
    for n in range(6):
        laptop.do("create", f"r{n}", values={"name": "名" * 50})
    write_up(tmp_path / "a.gwup", laptop, messages_of(laptop, [], want_bytes=1), keys=keys, to=to)
    (outcome,) = import_sticks(centre.server, [tmp_path])
    pages = [
        msgspec.json.decode(data, type=PullReply)
        for kind, data in answer_to(outcome, keys, to)
        if kind == "page"
    ]
    assert [page.done for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages) > 3
    ids = [entry.id for page in pages for entry in page.entries]
    assert len(ids) == len(set(ids))


def test_who_asks_for_more_than_the_centre_has_gets_a_receipt_only(centre: Centre, tmp_path: Path) -> None:
    laptop, keys = centre.laptop("li"), new_keys()
    to = introduce(laptop, keys)
    write_up(tmp_path / "a.gwup", laptop, messages_of(laptop, [], known_ack=99), keys=keys, to=to)
    (outcome,) = import_sticks(centre.server, [tmp_path])
    ((kind, data),) = answer_to(outcome, keys, to)
    assert (kind, msgspec.json.decode(data, type=Receipt).code) == ("receipt", "taken")


def test_a_queue_of_another_device_is_not_taken_over(centre: Centre, tmp_path: Path) -> None:
    victim, laptop, keys = centre.laptop("li"), centre.laptop("wang"), new_keys()
    victim.do("create", "r1", values={"name": "王秀兰"})
    to = introduce(laptop, keys)
    messages = messages_of(victim, victim.seal(victim.op("create", "r2", values={"name": "甲"})))
    write_up(tmp_path / "a.gwup", laptop, messages, keys=keys, to=to, replica=victim.replica)
    write_up(tmp_path / "b.gwup", laptop, messages, keys=keys, to=to)
    assert sorted(one.code for one in import_sticks(centre.server, [tmp_path])) == ["fork", "unknown_replica"]
    assert centre.rows("SELECT count(*) FROM op_log WHERE entity_id = 'r2'") == [(0,)]


@pytest.mark.parametrize("name", ["\0", "", "长", "x" * 101])
def test_hostile_names_reach_no_database(centre: Centre, tmp_path: Path, name: str) -> None:
    laptop, keys = centre.laptop("li"), new_keys()
    to = introduce(laptop, keys)
    for member in ("device", "replica", "bundle_id"):
        file = tmp_path / f"{member}.gwup"
        write_up(file, laptop, messages_of(laptop, []), keys=keys, to=to, **{member: name})
    assert {one.code for one in import_sticks(centre.server, [tmp_path])} == {"bundle_damaged"}


def test_a_poisonous_request_stops_where_the_network_would(centre: Centre, tmp_path: Path) -> None:
    laptop, keys = centre.laptop("li"), new_keys()
    to = introduce(laptop, keys)
    ops = laptop.seal(*(laptop.op("create", f"r{n}", values={"name": "甲"}) for n in range(3)))
    forged = msgspec.structs.replace(ops[1], hash="0" * 64)
    write_up(tmp_path / "a.gwup", laptop, messages_of(laptop, [ops[0], forged, ops[2]]), keys=keys, to=to)
    (outcome,) = import_sticks(centre.server, [tmp_path])
    assert (outcome.code, outcome.last_seq, outcome.results) == ("bad_envelope", 1, {"applied": 1})
