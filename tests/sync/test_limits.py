"""What is too much for a request or an operation, and what only a newer program understands."""

import msgspec
import pytest

from gridworker.db.reader import Reader
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.sync import exchange
from gridworker.wire.envelope import decode_operation
from gridworker.wire.messages import Pace, PushReply, PushRequest
from tests.db.laptop import document, look, operations
from tests.sync.laptop import GRID_3, Centre, Laptop, add, change, names, people, record_as_newer


def test_groups_stay_whole_at_the_limits_of_a_request(
    zhang: Laptop, wang: Laptop, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = (1, 3, 50, 2, 7, 1, 50)
    for size in sizes:
        add_group(zhang, size)
    zhang.line.on_the_way_back = lambda reply: shrink(reply, 9)
    monkeypatch.setattr(exchange, "PUSH_BYTES", 3_000)
    zhang.sync()
    pushes = [request for request in zhang.line.requests if isinstance(request, PushRequest)]
    assert len(pushes) > 4
    for request in pushes:
        first, last = decode_operation(request.ops[0]).group, decode_operation(request.ops[-1]).group
        assert first is None or first.index == 0
        assert last is None or last.index == last.size - 1
    wang.sync()
    assert len(people(wang)) == sum(sizes)
    assert centre.store.read(check) == []


def add_group(laptop: Laptop, size: int) -> None:
    """So many residents in one action."""
    laptop.database.write(
        lambda tx: tx.create_many([(tx.new_id(), Resident(name="居民")) for _ in range(size)])
    )


def shrink(reply: object, max_ops: int) -> object:
    """The same reply of a centre that wants to hear less at a time."""
    if not isinstance(reply, PushReply):
        return reply
    return PushReply(
        results=reply.results, last_seq=reply.last_seq, chain=reply.chain, pace=Pace(max_ops=max_ops)
    )


def test_a_request_stays_below_what_web_servers_let_through(zhang: Laptop, wang: Laptop) -> None:
    for number in range(60):
        add(zhang, f"居民{number}", note="长" * 7_800)
    zhang.sync()
    sizes = [len(msgspec.json.encode(r)) for r in zhang.line.requests if isinstance(r, PushRequest)]
    assert len(sizes) == 2
    assert max(sizes) < 1 << 20
    wang.sync()
    assert len(people(wang)) == 60


def test_what_is_too_large_for_the_centre_is_refused_while_its_author_looks(
    zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    before = operations(zhang.database)
    with pytest.raises(Problem, match="record_too_large") as raised:
        change(zhang, person, note="长" * 30_000)
    assert raised.value.values["limit"] == 24 * 1024
    with pytest.raises(Problem, match="record_too_large"):
        add(zhang, note="长" * 30_000)
    with pytest.raises(Problem, match="operation_too_large"):
        zhang.database.write(lambda tx: tx.delete(Resident, person, why="长" * 30_000))
    assert operations(zhang.database) == before
    assert names(zhang) == ["王秀兰"]
    change(zhang, person, note="短")
    zhang.sync()
    wang.sync()
    assert people(wang)[person].note == "短"


def test_a_field_of_a_newer_program_survives_the_round_trip(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    record_as_newer(zhang, "resident", person, "patch", set={"shoe_size": (None, 41)})
    zhang.sync()
    wang.sync()
    change(wang, person, note="改")
    wang.sync()
    fresh = centre.laptop("wang")
    fresh.sync()
    found = document(fresh.database, "resident", person)
    assert found is not None
    assert (found["shoe_size"], found["note"]) == (41, "改")


def test_records_of_a_kind_of_a_newer_program_come_and_go(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    def kept(reader: Reader) -> list[tuple[str, ...]]:
        return reader.rows_of("SELECT kind, id, scope FROM extra")

    wang.sync()
    record_as_newer(zhang, "pet", "pet-1", "create", values={"name": "旺财"})
    zhang.sync()
    wang.sync()
    assert look(wang.database, kept) == [("pet", "pet-1", GRID_3)]
    record_as_newer(zhang, "pet", "pet-1", "delete", why="送人")
    zhang.sync()
    wang.sync()
    assert look(wang.database, kept) == []
    record_as_newer(zhang, "pet", "pet-1", "undelete")
    zhang.sync()
    wang.sync()
    assert look(wang.database, kept) == [("pet", "pet-1", GRID_3)]
    centre.withdraw(wang, GRID_3)
    wang.sync()
    assert look(wang.database, kept) == []
