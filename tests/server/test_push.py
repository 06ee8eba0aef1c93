"""Pushing: exactly once, in order, and nothing that arrives is lost."""

import threading
from typing import Any

import msgspec
import pytest

from gridworker.server import merge
from gridworker.server.refusals import Refused
from gridworker.wire.envelope import Envelope, Link, body_hash, link_hash, relink
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop, grouped

ANN = {"name": "安宁", "phones": ["13800000000"]}


def body_of(centre: Centre, record_id: str) -> Any:
    """The stored document of a record."""
    [(body,)] = centre.rows("SELECT body FROM entity WHERE id = :id", id=record_id)
    return msgspec.json.decode(body)


def test_a_lost_reply_and_a_second_push_have_one_effect_and_the_same_result(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    visit = laptop.op("append", "v1", "visit", values=VISIT)
    envelopes = laptop.seal(laptop.op("create", "r1", values=ANN), visit)
    first = laptop.send(envelopes)
    again = laptop.send(envelopes)
    assert again == first
    assert [one.code for one in first.results] == ["applied", "applied"]
    assert centre.rows("SELECT count(*) FROM op_log") == [(2,)]


VISIT = {"resident_ids": ["r1"], "visited_ms": 1, "method": "home", "outcome": "met"}


def test_a_retry_may_bring_more_than_the_first_attempt(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    first = laptop.seal(laptop.op("create", "r1", values=ANN))
    laptop.send(first)
    more = laptop.seal(laptop.op("create", "r2", values=ANN))
    reply = laptop.send([*first, *more])
    assert [one.seq for one in reply.results] == [1, 2]
    assert (reply.last_seq, reply.chain) == (2, more[0].link.hash)


def test_the_same_number_with_other_content_is_a_fork(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    laptop.send(laptop.seal(laptop.op("create", "r1", values=ANN)))
    laptop.seq, laptop.prev = 0, laptop.sent[0].link.prev
    with pytest.raises(Refused, match="fork") as refused:
        laptop.send(laptop.seal(laptop.op("create", "r2", values=ANN)))
    assert (refused.value.status, refused.value.refusal.seq) == (409, 1)
    assert centre.rows("SELECT id FROM entity") == [("r1",)]


def test_a_broken_chain_is_a_fork(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    laptop.send(laptop.seal(laptop.op("create", "r1", values=ANN)))
    laptop.prev = "0" * 64
    with pytest.raises(Refused, match="fork"):
        laptop.send(laptop.seal(laptop.op("create", "r2", values=ANN)))


def test_a_gap_names_the_number_that_is_expected(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    laptop.seal(laptop.op("create", "r1", values=ANN))
    with pytest.raises(Refused, match="gap") as refused:
        laptop.send(laptop.seal(laptop.op("create", "r2", values=ANN)))
    assert refused.value.refusal.expect == 1


def test_what_comes_before_a_gap_stays_done(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    one, _, three = laptop.seal(*(laptop.op("create", f"r{n}", values=ANN) for n in range(3)))
    reply = laptop.send([one, three])
    assert [result.seq for result in reply.results] == [1]
    assert reply.last_seq == 1


def test_a_fork_sends_the_same_operations_again_and_they_count_once(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    laptop.send(laptop.seal(laptop.op("create", "r1", values=ANN)))
    patch = laptop.op("patch", "r1", set={"phones": (["13800000000"], ["13900000000"])})
    laptop.send(laptop.seal(patch))
    old, laptop.sent = laptop.sent, []
    laptop.new_replica(parent=laptop.replica)
    for envelope in old:
        moved = relink(envelope, replica=laptop.replica, seq=laptop.seq + 1, prev=laptop.prev)
        laptop.seq, laptop.prev = moved.link.seq, moved.link.hash
        laptop.sent.append(moved)
    reply = laptop.send(laptop.sent)
    assert [(one.seq, one.code) for one in reply.results] == [(1, "applied"), (2, "applied")]
    assert centre.rows("SELECT count(*) FROM op_log") == [(2,)]
    assert centre.rows("SELECT count(*) FROM field_history") == [(1,)]


def test_another_operation_under_a_known_id_is_kept_apart(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    op = laptop.op("create", "r1", values=ANN)
    laptop.send(laptop.seal(op))
    twin = msgspec.structs.replace(op, values={"name": "另一个人"})
    envelopes = laptop.seal(twin)
    reply = laptop.send(envelopes)
    assert (reply.results[0].code, reply.results[0].reason) == ("held", "quarantine")
    assert laptop.send(envelopes).results == reply.results
    assert body_of(centre, "r1")["name"] == "安宁"
    [(kept,)] = centre.rows("SELECT body FROM twin")
    assert "另一个人" in kept


def test_an_envelope_whose_bytes_were_changed_is_refused(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    [good] = laptop.seal(laptop.op("create", "r1", values=ANN))
    changed = msgspec.Raw(bytes(good.body).replace("安宁".encode(), "安定".encode()))
    with pytest.raises(Refused, match="bad_envelope") as refused:
        laptop.send([Envelope(changed, good.hash, good.link)])
    assert refused.value.refusal.seq == 1


@pytest.mark.parametrize("raw", [b"{}", b"[]", b'"x"', b'{"op_id":"' + b"a" * 200 + b'"}', b"\xff\xfe"])
def test_rubbish_with_a_right_hash_is_refused_and_not_stored(lite_centre: Centre, raw: bytes) -> None:
    laptop = lite_centre.laptop("zhang")
    with pytest.raises(Refused, match="bad_envelope"):
        laptop.send([sealed_raw(laptop, raw)])
    assert lite_centre.rows("SELECT count(*) FROM op_log") == [(0,)]


def sealed_raw(laptop: Laptop, raw: bytes) -> Envelope:
    """Any bytes as the first envelope of a queue."""
    digest = body_hash(raw)
    link = link_hash(laptop.prev, laptop.replica, 1, digest)
    return Envelope(msgspec.Raw(raw), digest, Link(laptop.replica, 1, laptop.prev, link))


def test_a_verb_of_a_newer_program_is_held_and_does_not_block(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    body = msgspec.to_builtins(laptop.op("create", "r1", values=ANN)) | {"verb": "merge_proposal"}
    newer = sealed_raw(laptop, msgspec.json.encode(body))
    laptop.seq, laptop.prev = 1, newer.link.hash
    reply = laptop.send([newer, *laptop.seal(laptop.op("create", "r2", values=ANN))])
    assert [(one.code, one.reason) for one in reply.results] == [("held", "schema"), ("applied", "")]
    assert centre.rows("SELECT verb FROM op_log WHERE code = 'held'") == [("merge_proposal",)]


def test_a_name_that_no_database_could_store_is_refused(lite_centre: Centre) -> None:
    laptop = lite_centre.laptop("zhang")
    for record_id in ("", "a\0b", "x" * 101):
        with pytest.raises(Refused, match="bad_envelope"):
            laptop.send(laptop.seal(laptop.op("create", record_id, values=ANN))[:1])
        laptop.seq, laptop.prev = 0, laptop.sent[0].link.prev


def test_a_zero_character_in_a_text_is_set_aside_for_people(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    result = laptop.do("create", "r1", values={"name": "a\0b"})
    assert (result.code, result.reason) == ("held", "quarantine")


def test_an_operation_in_somebody_elses_name_is_set_aside(centre: Centre) -> None:
    laptop, other = centre.laptop("zhang"), centre.laptop("li")
    result = laptop.do("create", "r1", values=ANN, actor=other.me.user_id)
    assert (result.code, result.reason) == ("held", "quarantine")


def test_a_replica_of_another_device_is_unknown(centre: Centre) -> None:
    laptop, other = centre.laptop("zhang"), centre.laptop("li")
    other.replica = laptop.replica
    with pytest.raises(Refused, match="unknown_replica"):
        other.send(laptop.seal(laptop.op("create", "r1", values=ANN)))


def test_another_life_of_the_server_is_told(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    centre.execute("UPDATE sync_head SET epoch = 'another-life'")
    with pytest.raises(Refused, match="epoch") as refused:
        laptop.do("create", "r1", values=ANN)
    assert refused.value.refusal.epoch == "another-life"


def test_too_many_operations_at_once_are_refused(lite_centre: Centre) -> None:
    laptop = lite_centre.laptop("zhang")
    with pytest.raises(Refused, match="too_large"):
        laptop.send(laptop.seal(*(laptop.op("create", f"r{n}", values=ANN) for n in range(201))))


def test_a_group_is_taken_whole_or_not_at_all(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    ops = grouped(*(laptop.op("create", f"r{n}", values=ANN) for n in range(3)))
    envelopes = laptop.seal(laptop.op("create", "first", values=ANN), *ops)
    assert laptop.send(envelopes[:3]).last_seq == 1
    with pytest.raises(Refused, match="bad_envelope"):
        laptop.send(envelopes[1:3])
    assert laptop.send(envelopes[1:]).last_seq == 4


def test_a_poison_operation_is_set_aside_and_the_others_flow(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, expect_log: Any
) -> None:
    expect_log("a push failed: ZeroDivisionError in fails_on_poison")
    laptop = centre.laptop("zhang")
    attempts: list[str] = []

    def fails_on_poison(attempt: Any) -> Any:
        if attempt.op.id == "poison":
            attempts.append(attempt.op.id)
            raise ZeroDivisionError(f"personal data: {attempt.op.values}")
        return decide(attempt)

    decide = merge.apply_operation
    monkeypatch.setattr("gridworker.server.push.apply_operation", fails_on_poison)
    envelopes = laptop.seal(*(laptop.op("create", one, values=ANN) for one in ("r1", "poison", "r2")))
    reply = laptop.send(envelopes)
    assert [(one.code, one.reason) for one in reply.results] == [
        ("applied", ""),
        ("held", "quarantine"),
        ("applied", ""),
    ]
    assert len(attempts) == 4, "once in the whole request, three times alone"
    assert laptop.send(envelopes) == reply
    assert "安宁" not in caplog.text


def test_a_reader_never_sees_half_a_push(centre: Centre) -> None:
    laptop, reader = centre.laptop("zhang"), centre.laptop("li")
    seen: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(centre.rows("SELECT count(*) FROM entity")[0][0])

    watcher = threading.Thread(target=watch)
    watcher.start()
    for batch in range(5):
        laptop.send(laptop.seal(*(laptop.op("create", f"r{batch}-{n}", values=ANN) for n in range(20))))
    stop.set()
    watcher.join()
    assert {count % 20 for count in seen} == {0}
    assert reader.pull().sums[GRID_A][0] == 100


def test_operations_on_a_record_that_comes_later_are_decided_then(centre: Centre) -> None:
    laptop, other = centre.laptop("zhang"), centre.laptop("li")
    change = {"phones": (["13800000000"], ["13900000000"])}
    early = other.do("patch", "r1", set=change)
    assert (early.code, early.reason) == ("held", "missing")
    laptop.do("create", "r1", values=ANN)
    assert body_of(centre, "r1")["phones"] == ["13900000000"]
    assert centre.rows("SELECT code FROM op_log WHERE verb = 'patch'") == [("applied",)]
    assert centre.rows("SELECT count(*) FROM waiting") == [(0,)]


def test_every_operation_is_logged_the_refused_ones_too(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    result = laptop.do("create", "r1", values=ANN, scope=GRID_B)
    assert (result.code, result.reason) == ("held", "scope")
    [(body, code)] = centre.rows("SELECT body, code FROM op_log")
    assert code == "held"
    assert body.encode() == bytes(laptop.sent[0].body)
