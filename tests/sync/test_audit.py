"""The audit: copies that silently differ are found by their sums within one exchange and mended."""

from typing import Any

import pytest

from gridworker.db.audit import AUDITED
from gridworker.server.check import check
from gridworker.sync.audit import A_DAY_MS
from gridworker.sync.exchange import Exchange
from gridworker.wire.messages import AuditRequest, PullReply, RowsRequest
from tests.conftest import ExpectedLog
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, add, change, counts, names, people, visit


def look_again(laptop: Laptop) -> None:
    """As if the last audit were long ago."""
    laptop.database.write(lambda tx: tx.driver.execute("DELETE FROM meta WHERE k=?", (AUDITED,)))


def spoil(laptop: Laptop, sql: str, *values: Any) -> None:
    """Do something to a laptop's database that no program does."""
    laptop.database.write(lambda tx: tx.driver.execute(sql, values))


def incidents(laptop: Laptop) -> list[tuple[str, int]]:
    """What was found and mended."""
    with laptop.database.read() as reader:
        return [tuple(row) for row in reader.rows_of("SELECT scope, rows FROM incident ORDER BY n")]


def asked(laptop: Laptop) -> list[str]:
    """The requests of audits since the last call."""
    found = [call for call in laptop.line.calls if call in ("AuditRequest", "RowsRequest")]
    laptop.line.calls.clear()
    return found


@pytest.fixture
def told(expect_log: ExpectedLog) -> None:
    """The centre tells its operators that a laptop counts another sum."""
    expect_log("a laptop's sum")


@pytest.fixture
def full(zhang: Laptop, wang: Laptop) -> Laptop:
    """A laptop with some people of its grid, visits too, all of it agreed."""
    for n in range(12):
        person = add(zhang, f"居民{n}")
        visit(zhang, person, "好")
    zhang.sync()
    wang.sync()
    asked(zhang)
    return zhang


def test_equal_copies_cost_no_request(full: Laptop) -> None:
    look_again(full)
    full.sync()
    assert (asked(full), incidents(full)) == ([], [])


@pytest.mark.usefixtures("told")
def test_a_changed_byte_is_found_and_mended(full: Laptop) -> None:
    before = people(full)
    spoil(full, "UPDATE resident SET body=replace(body,'居民3','居民X')")
    assert people(full) != before
    look_again(full)
    exchange = full.sync()
    assert people(full) == before
    assert incidents(full) == [(GRID_3, 1)]
    assert exchange.touched.kinds >= {"resident"}
    assert asked(full).count("RowsRequest") == 1
    look_again(full)
    full.sync()
    assert (asked(full), incidents(full)) == ([], [(GRID_3, 1)])


@pytest.mark.usefixtures("told")
def test_a_lost_row_comes_back_and_an_invented_one_goes(full: Laptop) -> None:
    before = people(full)
    spoil(full, "DELETE FROM resident WHERE name='居民5'")
    spoil(
        full, "INSERT INTO resident(id,scope,rev,body) VALUES ('ghost',?,'x.1','{\"name\":\"鬼\"}')", GRID_3
    )
    look_again(full)
    full.sync()
    assert people(full) == before
    assert sum(rows for _, rows in incidents(full)) == 2


def test_what_waits_stays_on_top_of_what_is_mended(full: Laptop) -> None:
    person = next(id for id, record in people(full).items() if record.name == "居民3")
    change(full, person, note="我写的")
    for column in ("base", "body"):
        sql = f"UPDATE resident SET {column}=replace({column},'居民3','居民X') WHERE id=?"
        spoil(full, sql, person)
    look_again(full)
    full.sync()
    assert (people(full)[person].name, people(full)[person].note) == ("居民3", "我写的")
    assert counts(full)[0] == 0


@pytest.mark.usefixtures("told")
def test_a_copy_is_compared_once_a_day_by_the_clock_of_the_centre(full: Laptop, centre: Centre) -> None:
    look_again(full)
    full.sync()
    audited = int(full.meta(AUDITED))
    spoil(full, "UPDATE resident SET body=replace(body,'居民3','居民X')")
    full.sync()
    assert "居民X" in names(full)
    full.line.on_the_way_back = lambda reply: (
        _later(reply, audited + A_DAY_MS) if isinstance(reply, PullReply) else reply
    )
    full.sync()
    assert "居民X" not in names(full)


def _later(reply: PullReply, server_ms: int) -> PullReply:
    fields = {name: getattr(reply, name) for name in reply.__struct_fields__}
    return PullReply(**{**fields, "server_ms": server_ms})


@pytest.mark.parametrize("steps", range(1, 8))
@pytest.mark.usefixtures("told")
def test_a_kill_in_an_audit_leaves_it_to_the_next_one(full: Laptop, steps: int) -> None:
    before = people(full)
    spoil(full, "UPDATE resident SET body=replace(body,'居民','居') WHERE n%2=0")
    look_again(full)
    full.sync_until(steps)
    look_again(full)
    full.sync()
    assert people(full) == before


def test_a_centre_whose_own_sum_is_wrong_is_told_and_nothing_is_touched(
    full: Laptop, centre: Centre, expect_log: ExpectedLog
) -> None:
    expect_log("our own sum is wrong")
    before = people(full)
    centre.execute("UPDATE scope SET acc = :acc WHERE id = :id", acc="0" * 32, id=GRID_3)
    look_again(full)
    full.sync()
    assert (people(full), incidents(full)) == (before, [])
    assert any("sum" in line for line in centre.store.read(check))


def test_who_is_not_granted_a_scope_learns_nothing_of_it(full: Laptop, centre: Centre) -> None:
    from gridworker.sync.remote import Refused  # noqa: PLC0415 - only this test needs it

    li = centre.laptop("li", "li-audit")
    li.sync()
    known: Any = {"epoch": li.meta("epoch"), "replica": li.meta("replica")}
    for request in (
        AuditRequest(scope=GRID_3, **known),
        AuditRequest(scope=GRID_3, bucket=1, **known),
        RowsRequest(scope=GRID_3, ids=list(people(full)), **known),
        AuditRequest(scope="g:nowhere", **known),
    ):
        with pytest.raises(Refused, match="not_found"):
            li.line.call(request, object)
    reply = li.line.call(RowsRequest(scope=GRID_2, ids=list(people(full)), **known), dict)
    assert reply["entries"] == []
    for bad in (-1, 256):
        with pytest.raises(Refused, match="bad_request"):
            li.line.call(AuditRequest(scope=GRID_2, bucket=bad, **known), object)
    with pytest.raises(Refused, match="too_large"):
        li.line.call(RowsRequest(scope=GRID_2, ids=["x"] * 501, **known), object)


@pytest.mark.usefixtures("told")
def test_somebody_who_was_faster_is_no_fault_and_the_next_exchange_compares_again(
    full: Laptop, wang: Laptop
) -> None:
    exchange = Exchange(full.database, full.line, app="test")
    spoil(full, "UPDATE resident SET body=replace(body,'居民3','居民X')")
    look_again(full)

    def first(request: Any) -> Any:
        if isinstance(request, AuditRequest):
            full.line.on_the_way = lambda message: message
            add(wang, "新来的", scope=GRID_3)
            wang.sync()
        return request

    full.line.on_the_way = first
    exchange.run()
    assert incidents(full) == []
    full.sync()
    assert len(incidents(full)) == 1
