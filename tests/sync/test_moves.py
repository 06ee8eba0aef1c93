"""Records that move between grids: each laptop ends with what its grids have, and nobody's work is lost."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.db.handed_over import Entries, HandedOver, handed_over, mark_handed_over_seen
from gridworker.db.membership import scopes_of
from gridworker.db.tables import KIND_TABLES
from gridworker.domain.records import RecordId, ScopeId
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.server.pull import drop_tombstones
from gridworker.server.regrid import merge_grid, move_aggregates, share_aggregate
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import (
    GRID_2,
    GRID_3,
    Centre,
    Laptop,
    add,
    asked,
    change,
    counts,
    names,
    people,
    sync_with_work,
    visit,
    visits,
)

ROWS = (
    "SELECT e.id, e.body FROM entity e JOIN scope_entry s ON s.entity_id = e.id"
    " WHERE s.present AND s.scope = :scope"
)


@pytest.fixture
def li(centre: Centre) -> Laptop:
    """The laptop of the worker of grid 2."""
    return centre.laptop("li")


def move(laptop: Laptop, person: RecordId, scope: str) -> None:
    """Hand a person over, as a user does."""
    laptop.database.write(lambda tx: tx.move_to(Resident, person, ScopeId(scope), why="搬家"))


def tray(laptop: Laptop) -> list[HandedOver]:
    """What was handed over."""
    return look(laptop.database, handed_over)


def assert_agree(centre: Centre, *laptops: Laptop) -> None:
    """After an exchange every laptop has the rows of its scopes, each for the reasons that the centre has."""
    assert centre.store.read(check) == []
    for laptop in laptops:
        laptop.sync()
        scopes = [grant.scope for grant in look(laptop.database, lambda reader: reader.author).grants]
        wanted: dict[str, set[str]] = {}
        for scope in scopes:
            for id, _ in centre.rows(ROWS, scope=scope):
                wanted.setdefault(id, set()).add(scope)
        assert look(laptop.database, reasons) == wanted
        assert_consistent(laptop.database)


def reasons(reader: Any) -> dict[str, set[str]]:
    """For which scopes each record is here that the centre has sent."""
    sql = " UNION ALL ".join(
        f"SELECT id, '{kind}' FROM {table.name} WHERE rev IS NOT NULL" for kind, table in KIND_TABLES.items()
    )
    return {id: scopes_of(reader, kind, id) for id, kind in reader.rows_of(sql)}


# --------------------------------------------------------------------------------------------- the failures


def test_move_out_with_pending_work(centre: Centre, zhang: Laptop, wang: Laptop, li: Laptop) -> None:
    """Failure 9: two visits and an edit that were recorded offline while their person moved."""
    person = add(zhang, "王秀兰")
    zhang.sync()
    wang.sync()
    for note in ("一", "二"):
        visit(zhang, person, note)
    change(zhang, person, phones=("13800000000",))
    move(wang, person, GRID_2)
    wang.sync()
    zhang.sync()
    li.sync()
    assert names(zhang) == []
    assert visits(zhang) == {}
    assert sorted(each.note for each in visits(li).values()) == ["一", "二"]
    assert people(li)[person].phones == ()
    assert [question.reason for question in asked(zhang)] == ["scope"]
    change(li, person, note="新网格写的")
    li.sync()
    zhang.sync()
    assert "新网格写的" not in zhang.path.read_bytes().decode("latin-1")
    assert_agree(centre, zhang, wang, li)
    (line,) = tray(zhang)
    assert (line.words, line.reason, line.kind) == ("王*兰", "moved", "resident")
    assert line.entries == Entries(waiting=0, taken=3, held=1)


def test_work_on_somebody_who_left_between_push_and_pull_waits_and_is_sent(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    move(wang, person, GRID_2)
    wang.sync()
    sync_with_work(zhang, lambda: visit(zhang, person, "路上记的"))
    assert names(zhang) == []
    assert [line.entries for line in tray(zhang)] == [Entries(waiting=1, taken=1)]
    zhang.sync()
    assert [line.entries for line in tray(zhang)] == [Entries(waiting=0, taken=2)]
    assert visits(zhang) == {}
    wang.sync()
    assert [each.note for each in visits(wang).values()] == ["路上记的"]


def test_move_there_and_back_between_two_pulls(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 10: A→B→A, and a leader who holds both sees no flicker."""
    person = add(zhang)
    add(zhang, "后来的")  # so that a row that was deleted and put again would get another key
    zhang.sync()
    wang.sync()
    key = look(wang.database, lambda reader: reader.key_of(Resident, person))
    for scope in (GRID_2, GRID_3):
        move_aggregates(centre.server, [person], scope)
    zhang.sync()
    wang.sync()
    assert names(zhang) == names(wang) == ["后来的", "王秀兰"]
    assert look(wang.database, lambda reader: reader.key_of(Resident, person)) == key
    assert tray(zhang) == []
    move_aggregates(centre.server, [person], GRID_2)
    wang.sync()
    assert look(wang.database, lambda reader: reader.key_of(Resident, person)) == key
    stored = look(wang.database, lambda reader: reader.get(Resident, person))
    assert stored is not None
    assert stored.scope == GRID_2
    assert_agree(centre, zhang, wang)


def test_grant_revoked_and_given_again_while_the_laptop_was_off(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    """Failure 11: rows were deleted, moved and made meanwhile."""
    gone, left, kept = [add(zhang, name) for name in ("走了", "搬了", "留下")]
    zhang.sync()
    wang.sync()
    centre.withdraw(wang, GRID_3)
    zhang.database.write(lambda tx: tx.delete(Resident, gone, why="迁出"))
    add(zhang, "新来")
    zhang.sync()
    move_aggregates(centre.server, [left], "g:2")
    centre.grant(wang, GRID_3, "grid_leader")
    wang.sync()
    assert names(wang) == sorted(["搬了", "留下", "新来"])
    assert_agree(centre, zhang, wang)
    centre.withdraw(wang, GRID_3)
    wang.sync()
    change(zhang, kept, note="新")
    zhang.sync()
    centre.grant(wang, GRID_3, "grid_leader")
    wang.sync()
    assert people(wang)[kept].note == "新"
    assert_agree(centre, zhang, wang)


def test_tombstone_horizon(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 16: absent too long; deleted rows vanish, 40 operations survive and land."""
    gone, kept = add(zhang, "不再有"), add(zhang, "还有")
    zhang.sync()
    wang.sync()
    for _ in range(40):
        visit(wang, kept)
    zhang.database.write(lambda tx: tx.delete(Resident, gone, why="迁出"))
    zhang.sync()
    assert centre.store.write(lambda tx: drop_tombstones(tx, centre.clock())) == 1
    wang.sync()
    zhang.sync()
    assert names(wang) == ["还有"]
    assert counts(wang) == (0, 40, 0, 0)
    assert len(visits(zhang)) == 40
    assert_agree(centre, zhang, wang)


# ------------------------------------------------------------------------------------------ several scopes


def test_a_shared_record_stays_until_its_last_reason_goes(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    visit(zhang, person)
    zhang.sync()
    wang.sync()
    share_aggregate(centre.server, person, GRID_2)
    wang.sync()
    assert look(wang.database, scopes_of, "resident", person) == {GRID_2, GRID_3}
    centre.withdraw(wang, GRID_3)
    wang.sync()
    assert names(wang) == ["王秀兰"]
    assert len(visits(wang)) == 1
    share_aggregate(centre.server, person, GRID_2, undo=True)
    wang.sync()
    assert (names(wang), visits(wang)) == ([], {})
    assert look(wang.database, lambda reader: reader.rows_of("SELECT * FROM membership")) == []
    assert_agree(centre, zhang, wang)


def test_a_change_of_a_shared_record_keeps_its_scopes_and_what_waits_on_it(
    centre: Centre, zhang: Laptop, wang: Laptop, li: Laptop
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    share_aggregate(centre.server, person, GRID_2)
    for laptop in (wang, li):
        laptop.sync()
    change(li, person, note="帮扶")
    change(wang, person, status="away")
    for laptop in (li, wang, zhang, li):
        laptop.sync()
    assert [(each.note, each.status) for laptop in (zhang, wang, li) for each in people(laptop).values()] == [
        ("帮扶", "away")
    ] * 3
    assert_agree(centre, zhang, wang, li)
    stored = look(wang.database, lambda reader: reader.get(Resident, person))
    assert stored is not None
    assert stored.scope == GRID_3


def test_a_helpers_visit_belongs_to_the_grid_of_the_person(centre: Centre, zhang: Laptop, li: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    share_aggregate(centre.server, person, GRID_2)
    li.sync()
    visit(li, person, "代访")
    li.sync()
    zhang.sync()
    assert [each.note for each in visits(zhang).values()] == ["代访"]
    share_aggregate(centre.server, person, GRID_2, undo=True)
    li.sync()
    assert (names(li), visits(li)) == ([], {})
    assert [(line.words, line.entries.taken) for line in tray(li)] == [("王*兰", 1)]
    assert_agree(centre, zhang, li)


def test_a_hidden_record_of_two_scopes_comes_back_where_it_still_is(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    zhang.sync()
    share_aggregate(centre.server, person, GRID_2)
    wang.sync()
    zhang.sync()
    change(zhang, person, note="别人改过")
    zhang.sync()
    wang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    share_aggregate(centre.server, person, GRID_2, undo=True)
    wang.sync()
    assert names(wang) == ["王秀兰"]
    assert_agree(centre, zhang, wang)


def test_a_scope_begun_anew_takes_only_its_own_reason(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    both, one = add(zhang, "两处"), add(zhang, "一处")
    zhang.sync()
    share_aggregate(centre.server, both, GRID_2)
    wang.sync()
    centre.execute("DELETE FROM scope_entry WHERE scope = :scope", scope=GRID_3)
    centre.execute("UPDATE scope SET gen = gen + 1 WHERE id = :scope", scope=GRID_3)
    wang.sync()
    assert names(wang) == ["两处"]
    assert look(wang.database, scopes_of, "resident", both) == {GRID_2}
    assert look(wang.database, scopes_of, "resident", one) == set()


# --------------------------------------------------------------------------------------------- whole grids


def test_a_grid_is_split_and_merged(centre: Centre, zhang: Laptop, wang: Laptop, li: Laptop) -> None:
    persons = [add(zhang, f"居民{n}") for n in range(5)]
    for person in persons:
        visit(zhang, person)
    for laptop in (zhang, wang, li):
        laptop.sync()
    move_aggregates(centre.server, persons[:2], GRID_2)
    for laptop in (zhang, wang, li):
        laptop.sync()
    assert (len(people(zhang)), len(people(li)), len(people(wang))) == (3, 2, 5)
    assert {line.reason for line in tray(zhang)} == {"regrid"}
    merge_grid(centre.server, GRID_3, GRID_2)
    for laptop in (zhang, wang, li):
        laptop.sync()
    assert (len(people(zhang)), len(people(li)), len(visits(li))) == (0, 5, 5)
    assert len(tray(zhang)) == 5
    assert_agree(centre, zhang, wang, li)


def test_a_worker_proposes_and_a_leader_decides(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    move(zhang, person, GRID_2)
    assert_consistent(zhang.database)
    assert names(zhang) == ["王秀兰"]
    zhang.sync()
    assert [question.reason for question in asked(zhang)] == ["role"]
    assert names(zhang) == ["王秀兰"]
    assert_agree(centre, zhang)


# ------------------------------------------------------------------------------------- what is not kept


def test_what_one_grid_says_never_reaches_the_laptops_of_another(
    centre: Centre, zhang: Laptop, wang: Laptop, li: Laptop
) -> None:
    """Each grid writes its own mark into everything; it is looked for in all bytes that others receive."""
    heard: dict[str, list[bytes]] = {"zhang": [], "li": []}
    for laptop in (zhang, li):
        laptop.line.on_the_way_back = _listen(heard[laptop.user])
    stays, goes = add(zhang, "留下", note="⟦3⟧留"), add(zhang, "走了", note="⟦3⟧走")
    add(li, "二网格", note="⟦2⟧")
    for laptop in (zhang, wang, li):
        laptop.sync()
    change(wang, stays, note="⟦3⟧组长")
    move_aggregates(centre.server, [goes], GRID_2)
    wang.sync()
    li.sync()
    change(li, goes, note="⟦2⟧新网格")
    visit(zhang, goes, "⟦3⟧晚到")
    change(zhang, goes, address="⟦3⟧改")
    for laptop in (li, zhang, wang, li, zhang):
        laptop.sync()
    assert "⟦2⟧".encode() not in b"".join(heard["zhang"])
    assert not any(mark.encode() in b"".join(heard["li"]) for mark in ("⟦3⟧留", "⟦3⟧组长"))
    assert_agree(centre, zhang, wang, li)


def _listen(heard: list[bytes]) -> Callable[[Any], Any]:
    def listen(reply: Any) -> Any:
        heard.append(msgspec.json.encode(reply))
        return reply

    return listen


def test_the_tray_names_only_those_whom_somebody_here_has_worked_on(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    mine = add(zhang, "欧阳军")
    theirs = add(wang, "别人登记", scope=GRID_3)
    visited = add(wang, "走访过", scope=GRID_3)
    wang.sync()
    zhang.sync()
    visit(zhang, visited)
    zhang.sync()
    zhang.database.write(lambda tx: tx.driver.execute("DELETE FROM archive WHERE kind='visit'"))
    move_aggregates(centre.server, [mine, theirs, visited], GRID_2)
    zhang.sync()
    assert {line.words for line in tray(zhang)} == {"欧阳*", "走*过"}
    zhang.database.write(mark_handed_over_seen, [line.id for line in tray(zhang)])
    assert all(line.seen for line in tray(zhang))
    move_aggregates(centre.server, [mine], GRID_3)
    zhang.sync()
    assert {line.words for line in tray(zhang)} == {"走*过"}


def test_what_was_deleted_is_not_handed_over(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    wang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    wang.sync()
    zhang.sync()
    assert (names(zhang), tray(zhang)) == ([], [])


# ------------------------------------------------------------------------------------------------ property

WHO = ("zhang", "wang", "li")
DEEDS = ("move", "share", "unshare", "delete", "change", "visit", "sync", "sync", "grant", "anew")
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ("move", "share", "unshare", "delete", "change", "visit", "sync", "sync", "grant", "anew")
        ),
        st.integers(0, 2),
        st.sampled_from((GRID_2, GRID_3)),
        st.sampled_from(WHO),
    ),
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_moves_each_laptop_ends_with_exactly_what_its_grids_have(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str, str]]
) -> None:
    centre = Centre(tmp_path_factory.mktemp("moves"))
    try:
        laptops = {name: centre.laptop(name) for name in WHO}
        persons = [add(laptops["zhang"], f"居民{n}") for n in range(3)]
        visit(laptops["zhang"], persons[0])
        for laptop in laptops.values():
            laptop.sync()
        for what, which, scope, who in steps:
            _step(centre, laptops[who], persons[which], (what, scope))
        for _ in range(2):
            for laptop in laptops.values():
                laptop.sync()
        assert_agree(centre, *laptops.values())
        assert all(counts(laptop)[0] == 0 for laptop in laptops.values())
    finally:
        centre.close()


def _step(centre: Centre, laptop: Laptop, person: RecordId, what: tuple[str, str]) -> None:
    deed, scope = what
    here = person in people(laptop)
    if deed == "move":
        move_aggregates(centre.server, [person], scope)
    elif deed in ("share", "unshare"):
        share_aggregate(centre.server, person, scope, undo=deed == "unshare")
    elif deed == "sync":
        laptop.sync()
    elif deed == "anew":
        centre.execute("UPDATE scope SET gen = gen + 1 WHERE id = :scope", scope=scope)
    elif deed == "grant":
        role = "grid_leader" if laptop.user == "wang" else "grid_worker"
        given = centre.rows(
            "SELECT 1 FROM grant_ WHERE user_id = :u AND scope = :s", u=laptop.user_id, s=scope
        )
        (centre.withdraw if given else lambda one, grid: centre.grant(one, grid, role))(laptop, scope)
    elif here and deed == "delete":
        laptop.database.write(lambda tx: tx.delete(Resident, person, why="迁出"))
    elif here and deed == "change":
        change(laptop, person, note=laptop.user)
    elif here:
        visit(laptop, person)
