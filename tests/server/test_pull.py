"""Pulling: everything once, nothing missed, nobody else's."""

from typing import Any

import msgspec
import pytest

from gridworker.server.refusals import Refused
from gridworker.wire.envelope import Envelope, Link
from gridworker.wire.messages import Cursor
from gridworker.wire.sums import EMPTY, shift, term
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop

ANN = {"name": "安宁", "note": "住二楼" * 20}


def create(laptop: Laptop, *ids: str, **more: Any) -> None:
    """Create residents in one push."""
    laptop.send(laptop.seal(*(laptop.op("create", one, values=ANN, **more) for one in ids)))


def test_what_one_laptop_pushes_another_pulls_byte_for_byte(centre: Centre) -> None:
    one, other = centre.laptop("zhang"), centre.laptop("li")
    values = {**ANN, "future_field": {"a": [1, None, "二"]}}
    one.do("create", "r1", values=values)
    other.pull()
    one.pull()
    assert one.rows == other.rows
    assert msgspec.json.decode(bytes(other.rows[GRID_A, "r1"].body)) == values


def test_nothing_new_is_an_empty_page_that_is_done(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1")
    laptop.pull()
    reply = laptop.pull_page(known_ack=1)
    assert (reply.entries, reply.done, reply.results) == ([], True, [])


def test_pages_are_cut_between_commits_only_and_bring_everything_once(centre: Centre) -> None:
    laptop, reader = centre.laptop("zhang"), centre.laptop("li")
    for batch in range(6):
        create(laptop, *(f"r{batch}-{n}" for n in range(5)))
    seen: list[str] = []
    while not (reply := reader.pull_page(want_bytes=3000)).done:
        commits = {entry.rev for entry in reply.entries}
        assert len(reply.entries) == 5 * len(commits)
        assert reply.sums == {}
        seen += [entry.id for entry in reply.entries]
    seen += [entry.id for entry in reply.entries]
    assert sorted(seen) == sorted(f"r{batch}-{n}" for batch in range(6) for n in range(5))


def test_a_commit_larger_than_a_page_comes_whole(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, *(f"r{n}" for n in range(50)))
    create(laptop, "last")
    reply = laptop.pull_page(want_bytes=1)
    assert (len(reply.entries), reply.done) == (50, False)
    assert [entry.id for entry in laptop.pull_page(want_bytes=1).entries] == ["last"]


def test_a_row_that_changes_while_it_is_paged_comes_again_at_its_new_place(centre: Centre) -> None:
    laptop, reader = centre.laptop("zhang"), centre.laptop("li")
    create(laptop, "r1")
    create(laptop, "r2")
    assert [entry.id for entry in reader.pull_page(want_bytes=1).entries] == ["r1"]
    laptop.do("patch", "r1", set={"note": (ANN["note"], "新")})
    laptop.do("delete", "r2")
    reader.pull()
    assert reader.ids() == {"r1"}
    assert msgspec.json.decode(bytes(reader.rows[GRID_A, "r1"].body))["note"] == "新"


def test_a_reader_of_several_scopes_gets_them_in_the_order_of_commits(centre: Centre) -> None:
    one = centre.laptop("zhang")
    two = centre.laptop("li", "grid_worker", GRID_B)
    leader = centre.laptop("wang", "grid_leader", GRID_A, GRID_B)
    for n in range(3):
        create(one, f"a{n}")
        create(two, f"b{n}", scope=GRID_B)
    entries = leader.pull_page().entries
    assert [entry.id for entry in entries] == ["a0", "b0", "a1", "b1", "a2", "b2"]
    two.pull()
    assert two.ids() == {"b0", "b1", "b2"}


def test_a_deleted_record_goes_and_newcomers_never_hear_of_it(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1", "r2")
    laptop.pull()
    laptop.do("delete", "r1")
    reply = laptop.pull()
    assert [(entry.id, entry.gone, entry.reason) for entry in reply.entries] == [("r1", True, "deleted")]
    newcomer = centre.laptop("li")
    assert [entry.id for entry in newcomer.pull().entries] == ["r2"]


def test_an_undeleted_record_comes_back(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1")
    laptop.do("delete", "r1")
    laptop.pull()
    assert laptop.do("undelete", "r1").code == "applied"
    laptop.pull()
    assert laptop.ids() == {"r1"}


def test_a_withdrawn_grant_takes_the_scope_away_and_a_new_one_brings_it_whole(centre: Centre) -> None:
    laptop, other = centre.laptop("zhang"), centre.laptop("li")
    create(laptop, "r1", "r2")
    other.pull()
    centre.withdraw("li", GRID_A)
    create(laptop, "r3")
    reply = other.pull()
    assert (reply.removed, reply.entries) == ([GRID_A], [])
    assert other.ids() == set()
    laptop.do("delete", "r1")
    centre.grant("li", GRID_A, "grid_worker")
    other.pull()
    assert other.ids() == {"r2", "r3"}


def test_work_on_a_withdrawn_scope_is_held_and_kept(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1")
    centre.withdraw("zhang", GRID_A)
    result = laptop.do("patch", "r1", set={"note": (ANN["note"], "还在")})
    assert (result.code, result.reason) == ("held", "scope")
    assert [one.reason for one in laptop.pull().results] == ["", "scope"]


def test_a_cursor_of_another_generation_or_too_old_starts_the_scope_anew(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1")
    create(laptop, "r2")
    laptop.pull()
    centre.execute("UPDATE scope SET gen = 2")
    reply = laptop.pull()
    assert reply.reset == [GRID_A]
    assert (laptop.ids(), laptop.cursors[GRID_A].gen) == ({"r1", "r2"}, 2)
    assert laptop.pull().reset == []
    laptop.cursors = {**laptop.cursors, GRID_A: Cursor(2, 1)}
    centre.execute("UPDATE scope SET min_seq = 2")
    assert laptop.pull().reset == [GRID_A]


def test_a_cursor_beyond_the_head_means_that_the_server_has_regressed(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    laptop.cursors = {GRID_A: Cursor(1, 99)}
    with pytest.raises(Refused, match="regressed") as refused:
        laptop.pull()
    assert refused.value.status == 503
    laptop.cursors = {}
    with pytest.raises(Refused, match="regressed"):
        laptop.pull(known_ack=1)


@pytest.mark.parametrize("number", [-1, -(1 << 80), 1 << 80])
def test_numbers_that_no_database_could_hold_are_no_fault_of_ours(centre: Centre, number: int) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1")
    laptop.do("delete", "r1")
    with pytest.raises(Refused, match="regressed"):
        laptop.pull_page(known_ack=number)
    laptop.cursors = {GRID_A: Cursor(number, -1)}
    assert laptop.pull_page().entries == [], "and whoever says so is a newcomer"
    laptop.cursors = {GRID_A: Cursor(1, -abs(number) - 99)}
    with pytest.raises(Refused, match="regressed"):
        laptop.pull_page()
    laptop.cursors = {}
    link = Link(laptop.replica, -abs(number), laptop.prev, "")
    with pytest.raises(Refused, match="bad_envelope"):
        laptop.send([Envelope(laptop.sent[0].body, laptop.sent[0].hash, link)])


def test_the_ack_names_the_last_operation_by_its_hash_and_brings_the_results_since(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1", "r2")
    laptop.do("create", "r1", values=ANN)
    reply = laptop.pull(known_ack=1)
    assert reply.ack is not None
    assert (reply.ack.seq, reply.ack.hash) == (3, laptop.sent[2].link.hash)
    said = [(one.seq, one.code, one.reason) for one in reply.results]
    assert said == [(2, "applied", ""), (3, "held", "exists")]


def test_the_sums_are_those_of_the_rows(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    create(laptop, "r1", "r2", "r3")
    laptop.do("patch", "r1", set={"note": (ANN["note"], "新")})
    laptop.do("delete", "r2")
    reply = laptop.pull()
    acc = EMPTY
    for (scope, record_id), entry in laptop.rows.items():
        acc = shift(acc, term(scope, record_id, entry.rev, bytes(entry.body)))
    assert reply.sums[GRID_A] == (2, acc)
    assert reply.sums["org"] == (0, EMPTY)


def test_an_unknown_replica_is_told_to_register(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    laptop.replica = "nobody"
    with pytest.raises(Refused, match="unknown_replica"):
        laptop.pull()


def test_a_page_is_never_larger_than_the_server_allows(
    lite_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridworker.server.pull.MAX_BYTES", 1)
    laptop = lite_centre.laptop("zhang")
    create(laptop, "r1")
    create(laptop, "r2")
    assert len(laptop.pull_page(want_bytes=1 << 40).entries) == 1
