"""Handing over: what is rehearsed is what the centre does, and who may not decide makes a proposal."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gridworker.actions.moves import (
    Grid,
    Rehearsal,
    Root,
    decide_move,
    grids,
    hand_over,
    portions,
    proposals,
    rehearse,
)
from gridworker.db.handed_over import Entries, handed_over
from gridworker.db.moves import waiting_moves
from gridworker.domain.areas import Area
from gridworker.domain.attachments import Attachment
from gridworker.domain.buildings import Building, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.households import Household
from gridworker.domain.problems import Problem
from gridworker.domain.records import ORGANISATION, Record, RecordId, ScopeId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.server.check import check
from gridworker.server.planting import plant
from gridworker.server.regrid import move_aggregates
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, asked, change, people, visit

TARGET = ScopeId(GRID_2)
LEFT = (
    "SELECT e.kind FROM scope_entry s JOIN entity e ON e.id = s.entity_id"
    " WHERE s.scope = 'g:3' AND NOT s.present AND e.kind <> 'dispute'"
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre with a worker of grid 3, one of grid 2 and a leader of both."""
    centre = Centre(tmp_path)
    yield centre
    assert centre.store.read(check) == []
    centre.close()


@pytest.fixture
def zhang(centre: Centre) -> Laptop:
    """The worker of grid 3."""
    return centre.laptop("zhang")


@pytest.fixture
def wang(centre: Centre) -> Laptop:
    """The leader of grids 2 and 3."""
    return centre.laptop("wang")


def store(laptop: Laptop, record: Record) -> RecordId:
    """A new record of grid 3."""
    return laptop.database.write(lambda tx: tx.create(record, scope=ScopeId(GRID_3)))


def house(laptop: Laptop, homes: int = 2) -> tuple[RecordId, list[RecordId], list[RecordId]]:
    """A building; in each flat a household of two, of whom one is cared for, visited and photographed."""
    building = store(laptop, Building(number="3"))
    households, residents = [], []
    for n in range(homes):
        room = store(laptop, Room(building_id=building, place=f"3-1-{n}01"))
        home = store(laptop, Household(room_id=room, place=f"3-1-{n}01"))
        both = [
            store(laptop, Resident(name=f"居民{n}{m}", household_id=home, room_id=room, building_id=building))
            for m in range(2)
        ]
        store(laptop, CareProfile(resident_id=both[0]))
        found = store(laptop, met(both[0]))
        store(laptop, Attachment(owner_id=found, name="门", media_type="image/jpeg", size=1, sha256="0" * 64))
        households.append(home)
        residents += both
    return building, households, residents


def met(*residents: RecordId, **fields: Any) -> Visit:
    """A visit."""
    return Visit(resident_ids=residents, visited_ms=1, method="home", outcome="met", **fields)


def found_about(laptop: Laptop, root: Root) -> Rehearsal:
    """What a laptop rehearses."""
    return look(laptop.database, lambda reader: rehearse(reader, root))


def person(id: RecordId) -> Root:
    """A resident as the root of a move."""
    return Root("resident", id)


def give(laptop: Laptop, *roots: Root, why: str = "搬家", target: ScopeId = TARGET) -> None:
    """Hand over."""
    laptop.database.write(hand_over, roots, target, why=why)


# ------------------------------------------------------------------------------------------------ the grids


def test_the_published_areas_and_ones_own_grants_are_the_directory(centre: Centre, zhang: Laptop) -> None:
    assert [each.title for each in look(zhang.database, grids)] == ["第三网格"]
    areas = {
        RecordId("c"): Area(level="community", name="幸福里社区"),
        RecordId("3"): Area(level="grid", name="第三网格", parent_id=RecordId("c")),
        RecordId("2"): Area(level="grid", name="第二网格", parent_id=RecordId("c")),
        RecordId("9"): Area(level="grid", name="和平里社区第九网格"),
    }
    plant(centre.server, ORGANISATION, areas.items())
    zhang.sync()
    assert look(zhang.database, grids) == [
        Grid(ScopeId("g:3"), "第三网格", "幸福里社区", True),
        Grid(ScopeId("g:9"), "和平里社区第九网格", "和平里社区"),
        Grid(ScopeId("g:2"), "第二网格", "幸福里社区"),
    ]
    titles = [each.title for each in look(zhang.database, grids)]
    assert titles == ["幸福里社区第三网格", "和平里社区第九网格", "幸福里社区第二网格"]


# --------------------------------------------------------------------------------------------- the rehearsal


def test_a_rehearsal_counts_what_goes_what_stays_and_what_waits(centre: Centre, wang: Laptop) -> None:
    _, homes, (one, other, *_rest) = house(wang, 1)
    store(wang, met(one, other))
    store(wang, Case(title="灯", category="C", found_ms=1, resident_id=one))
    store(wang, Case(title="旧", category="C", found_ms=1, resident_id=one, state="closed"))
    wang.sync()
    change(wang, one, note="新")
    found = found_about(wang, person(one))
    assert found.going == {"resident": 1, "care_profile": 1, "visit": 1, "attachment": 1, "case": 2}
    assert (found.open_cases, found.shared, found.unsent, found.decides) == (1, 1, 1, True)
    assert (found.rows, found.steps, found.waiting, found.proposal) == (6, (person(one),), (), None)
    home = found_about(wang, Root("household", homes[0]))
    assert home.going == {
        "household": 1,
        "resident": 2,
        "care_profile": 1,
        "visit": 2,
        "attachment": 1,
        "case": 2,
    }
    assert home.shared == 0


def test_who_lives_elsewhere_already_is_told_and_left(centre: Centre, wang: Laptop) -> None:
    building, _, residents = house(wang)
    wang.sync()
    move_aggregates(centre.server, [residents[0]], GRID_2)
    wang.sync()
    found = found_about(wang, Root("building", building))
    assert (found.left, found.going["resident"]) == (1, 3)


@pytest.mark.parametrize("kind", ["resident", "household", "building"])
def test_the_rehearsal_says_what_the_centre_then_does(centre: Centre, wang: Laptop, *, kind: str) -> None:
    building, homes, residents = house(wang, 3)
    store(wang, met(residents[0], residents[2]))
    store(wang, Case(title="楼道", category="C", found_ms=1, room_id=RecordId("unknown")))
    wang.sync()
    root = Root(kind, {"resident": residents[0], "household": homes[0], "building": building}[kind])
    rehearsed = found_about(wang, root)
    give(wang, *rehearsed.steps)
    wang.sync()
    assert Counter(kind for (kind,) in centre.rows(LEFT)) == rehearsed.going
    assert_consistent(wang.database)


def test_a_large_house_goes_home_by_home_and_the_house_last(
    centre: Centre, wang: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridworker.actions.moves.AT_ONCE", 8)
    monkeypatch.setattr("gridworker.server.moves.MAX_ROWS", 10)
    monkeypatch.setattr("gridworker.actions.moves.TOGETHER", 2)
    building, _, _ = house(wang, 5)
    wang.sync()
    found = found_about(wang, Root("building", building))
    assert [step.kind for step in found.steps] == ["household"] * 5 + ["building"]
    assert not found.too_large
    first, *rest = portions(found.steps)
    give(wang, *first)
    again = found_about(wang, Root("building", building))
    assert (again.begun, len(again.steps), len(again.waiting)) == (2, 4, 2)
    for portion in rest:
        give(wang, *portion)
    wang.sync()
    assert Counter(kind for (kind,) in centre.rows(LEFT)) == found.going
    assert look(wang.database, waiting_moves) == []


def test_what_no_laptop_can_move_is_told(
    centre: Centre, wang: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridworker.actions.moves.AT_ONCE", 3)
    building, homes, _ = house(wang, 3)
    assert found_about(wang, Root("building", building)).too_large
    assert found_about(wang, Root("household", homes[0])).too_large


# --------------------------------------------------------------------------------------------- refusals


def test_nothing_is_written_where_it_makes_no_sense(centre: Centre, wang: Laptop) -> None:
    resident = store(wang, Resident(name="王秀兰"))
    with pytest.raises(Problem, match="same_grid"):
        give(wang, person(resident), target=ScopeId(GRID_3))
    with pytest.raises(Problem, match="unknown_grid"):
        give(wang, person(resident), target=ScopeId("g:nowhere"))
    with pytest.raises(Problem, match="record_gone"):
        give(wang, person(RecordId("nobody")))
    with pytest.raises(Problem, match="record_gone"):
        found_about(wang, person(RecordId("nobody")))
    assert look(wang.database, waiting_moves) == []
    give(wang, person(resident))
    with pytest.raises(Problem, match="move_waits"):
        give(wang, person(resident))
    (waits,) = look(wang.database, waiting_moves)
    assert (waits.id, waits.source, waits.target, waits.why) == (resident, GRID_3, GRID_2, "搬家")


# ------------------------------------------------------------------------------------------- proposals


def proposed(centre: Centre, zhang: Laptop, wang: Laptop) -> tuple[RecordId, RecordId]:
    """A resident whom a worker wants to hand over, and the proposal on the leader's laptop."""
    plant(centre.server, ORGANISATION, [(RecordId("2"), Area(level="grid", name="第二网格"))])
    resident = store(zhang, Resident(name="王秀兰"))
    visit(zhang, resident)
    zhang.sync()
    found = found_about(zhang, person(resident))
    assert not found.decides
    give(zhang, *found.steps)
    zhang.sync()
    wang.sync()
    (proposal,) = look(wang.database, proposals)
    assert proposal.record.target_id == resident
    return resident, proposal.id


def test_a_leader_takes_a_workers_proposal(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    resident, proposal = proposed(centre, zhang, wang)
    waits = found_about(wang, person(resident))
    assert (waits.proposal, waits.disputes, waits.decides) == (proposal, 0, True)
    assert [question.reason for question in asked(zhang)] == ["role"]
    wang.database.write(decide_move, proposal, "accept")
    wang.sync()
    zhang.sync()
    assert people(zhang) == {}
    assert asked(zhang) == []
    assert [line.entries for line in look(zhang.database, handed_over)] == [Entries(taken=2)]
    assert [each.record.state for each in look(wang.database, proposals)] == ["resolved"]
    stored = look(wang.database, lambda reader: reader.get(Resident, resident))
    assert stored is not None
    assert stored.scope == GRID_2
    assert_consistent(wang.database)


def test_a_leader_returns_a_proposal_with_a_word_why(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    resident, proposal = proposed(centre, zhang, wang)
    with pytest.raises(Problem, match="field_required"):
        wang.database.write(decide_move, proposal, "reject", remark=" ")
    wang.database.write(decide_move, proposal, "reject", remark="还没有搬")
    wang.sync()
    zhang.sync()
    (told,) = look(zhang.database, proposals)
    assert (told.record.choice, told.record.remark) == ("reject", "还没有搬")
    assert list(people(zhang)) == [resident]


def test_a_worker_does_not_decide(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    _, proposal = proposed(centre, zhang, wang)
    with pytest.raises(Problem, match="not_yours_to_decide"):
        zhang.database.write(decide_move, proposal, "accept")
