"""Bundles on sticks: the whole way without a network; twice, out of order and late is harmless."""

import itertools
import shutil
from pathlib import Path

import msgspec
import pytest

from gridworker.db.on_stick import on_stick
from gridworker.domain.problems import Problem
from gridworker.sync.arrivals import EXPIRES_MS
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import (
    A_DAY_MS,
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
    visit,
    visits,
)
from tests.sync.stick import bring_home, export, files, logged, office, read_by_centre, trip


def test_work_goes_up_and_news_come_down_without_a_network(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    add(zhang, "王秀兰")
    add(wang, "李大爷", scope=GRID_3)
    wang.sync()
    written = export(zhang, stick)
    assert (written.operations, written.left) == (1, 0)
    (outcome,) = office(centre, stick)
    assert (outcome.code, outcome.user, outcome.results, outcome.last_seq) == (
        "taken",
        "张晓",
        {"applied": 1},
        1,
    )
    (arrived,) = bring_home(zhang, stick)
    assert (arrived.fresh, arrived.acknowledged, arrived.refused) == (True, 1, ())
    assert names(zhang) == ["李大爷", "王秀兰"]
    assert counts(zhang) == (0, 1, 0, 0)
    wang.sync()
    assert names(wang) == ["李大爷", "王秀兰"]
    assert_consistent(zhang.database)


def test_a_conflict_comes_home_on_the_stick(zhang: Laptop, wang: Laptop, stick: Path) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(wang, person, note="她的")
    wang.sync()
    change(zhang, person, note="我的")
    trip(zhang, stick)
    assert people(zhang)[person].note == "她的"
    (question,) = asked(zhang)
    assert (question.code, question.conflicts[0].incoming) == ("conflict", "我的")


def test_a_bundle_is_no_acknowledgement(centre: Centre, zhang: Laptop, stick: Path) -> None:
    add(zhang)
    export(zhang, stick)
    assert counts(zhang)[0] == 1
    mark = look(zhang.database, on_stick)
    assert mark is not None
    assert mark.seq == 1
    office(centre, stick)
    assert counts(zhang)[0] == 1
    bring_home(zhang, stick)
    assert counts(zhang) == (0, 1, 0, 0)


def test_after_a_trip_an_exchange_finds_everything_done(centre: Centre, zhang: Laptop, stick: Path) -> None:
    person = add(zhang)
    visit(zhang, person)
    trip(zhang, stick)
    visit(zhang, person)
    zhang.line.calls.clear()
    exchange = zhang.sync()
    assert exchange.pushed == 1
    assert zhang.line.calls == ["PushRequest", "PullRequest"]
    assert len(logged(centre)) == len(set(logged(centre))) == 3
    assert len(visits(zhang)) == 2
    assert counts(zhang) == (0, 3, 0, 0)


def test_an_exchange_between_export_and_office_does_no_harm(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    person = add(zhang)
    export(zhang, stick)
    change(zhang, person, note="后来")
    zhang.sync()
    (outcome,) = office(centre, stick)
    assert (outcome.code, outcome.last_seq) == ("taken", 2)
    (arrived,) = bring_home(zhang, stick)
    assert not arrived.fresh
    assert people(zhang)[person].note == "后来"
    assert counts(zhang) == (0, 2, 0, 0)


def test_work_that_came_meanwhile_stays_on_top(centre: Centre, zhang: Laptop, stick: Path) -> None:
    person = add(zhang)
    export(zhang, stick)
    office(centre, stick)
    change(zhang, person, note="在路上记的")
    bring_home(zhang, stick)
    assert people(zhang)[person].note == "在路上记的"
    assert counts(zhang) == (1, 1, 0, 0)
    assert_consistent(zhang.database)


def test_many_operations_make_several_requests(centre: Centre, zhang: Laptop, stick: Path) -> None:
    for number in range(450):
        add(zhang, f"居民{number}")
    trip(zhang, stick)
    assert counts(zhang) == (0, 450, 0, 0)
    assert len(logged(centre)) == 450


def test_a_first_fill_may_come_by_stick(centre: Centre, zhang: Laptop, stick: Path) -> None:
    add(zhang, "王秀兰")
    zhang.sync()
    other = centre.laptop("zhang", "other")
    other.line.on_the_way_back = lambda reply: reply
    exchange = other.exchange()
    next(exchange.steps())  # the greeting, and then the network was gone
    trip(other, stick)
    assert names(other) == ["王秀兰"]
    add(other, "新来的")
    trip(other, stick)
    assert counts(other) == (0, 1, 0, 0)


def test_a_grant_that_was_given_comes_by_stick(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    add(wang, "二网格的", scope=GRID_2)
    wang.sync()
    centre.grant(zhang, GRID_2)
    trip(zhang, stick)
    assert names(zhang) == ["二网格的"]
    assert {grant.scope for grant in look(zhang.database, lambda reader: reader.author).grants} == {
        GRID_2,
        GRID_3,
    }


def test_a_grant_that_was_withdrawn_takes_its_rows_along(centre: Centre, wang: Laptop, stick: Path) -> None:
    add(wang, "二网格的", scope=GRID_2)
    add(wang, "三网格的", scope=GRID_3)
    wang.sync()
    centre.withdraw(wang, GRID_2)
    trip(wang, stick)
    assert names(wang) == ["三网格的"]


# ---------------------------------------------------------------------------- twice, out of order, old


def test_everything_twice_is_as_once(centre: Centre, zhang: Laptop, stick: Path) -> None:
    person = add(zhang)
    export(zhang, stick)
    for _ in range(2):
        assert office(centre, stick)[0].results == {"applied": 1}
    down = files(stick, ".gwdown")
    assert [bring_home(zhang, down[0])[0].fresh for _ in range(2)] == [True, False]
    assert bring_home(zhang, down[1])[0].fresh is False
    assert logged(centre) == list(dict.fromkeys(logged(centre)))
    assert list(people(zhang)) == [person]
    assert counts(zhang) == (0, 1, 0, 0)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_bundles_in_any_order_are_taken_whole(
    centre: Centre, zhang: Laptop, stick: Path, order: tuple[int, ...]
) -> None:
    person = add(zhang)
    written = []
    for number in range(3):
        written.append(Path(export(zhang, stick).file))
        change(zhang, person, note=f"第{number}次")
    for each in order:
        office(centre, written[each])
    assert len(logged(centre)) == 3
    for file in files(stick, ".gwdown")[::-1]:
        bring_home(zhang, file)
    assert counts(zhang) == (1, 3, 0, 0)
    assert people(zhang)[person].note == "第2次"
    zhang.sync()
    assert counts(zhang) == (0, 4, 0, 0)
    assert_consistent(zhang.database)


def test_a_lost_stick_is_a_gap_and_the_next_bundle_begins_there(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    add(zhang, "甲")
    lost = Path(export(zhang, stick).file)
    add(zhang, "乙")
    second = Path(export(zhang, stick, only_new=True).file)
    assert read_by_centre(centre, second).seq_from == 2
    lost.unlink()
    (outcome,) = office(centre, second)
    assert (outcome.code, outcome.last_seq) == ("gap", 0)
    (arrived,) = bring_home(zhang, stick)
    assert arrived.refused == ("gap",)
    third = Path(export(zhang, stick, only_new=True).file)
    assert read_by_centre(centre, third).seq_from == 1
    office(centre, third)
    bring_home(zhang, stick)
    assert counts(zhang) == (0, 2, 0, 0)


def test_a_folder_is_taken_in_the_order_of_its_queue(centre: Centre, zhang: Laptop, stick: Path) -> None:
    for number, name in enumerate(("z", "y", "x")):
        add(zhang, f"居民{number}")
        export(zhang, stick / f"{name}.gwup", only_new=True)
    assert [one.code for one in office(centre, stick)] == ["taken"] * 3
    assert len(files(stick, ".gwdown")) == 1
    bring_home(zhang, stick)
    assert counts(zhang) == (0, 3, 0, 0)


def test_an_answer_that_begins_behind_what_is_here_is_refused(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    add(wang, "甲", scope=GRID_3)
    wang.sync()
    backup = zhang.back_up()
    zhang.sync()
    add(wang, "乙", scope=GRID_3)
    wang.sync()
    export(zhang, stick)
    office(centre, stick)
    zhang.restore(backup)
    with pytest.raises(Problem, match="bundle_needs_earlier"):
        bring_home(zhang, stick)
    assert names(zhang) == []
    shutil.rmtree(stick)
    stick.mkdir()
    trip(zhang, stick)
    assert names(zhang) == ["乙", "甲"]


def test_an_older_answer_takes_nothing_back(centre: Centre, zhang: Laptop, wang: Laptop, stick: Path) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(wang, person, note="第一")
    wang.sync()
    export(zhang, stick)
    office(centre, stick)
    change(wang, person, note="第二")
    wang.sync()
    zhang.sync()
    (arrived,) = bring_home(zhang, stick)
    assert not arrived.fresh
    assert people(zhang)[person].note == "第二"


def test_a_scope_that_was_read_meanwhile_is_not_overwritten(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    """A bundle that was asked for before says nothing of what was deleted there since."""
    person = add(wang, "二网格的", scope=GRID_2)
    wang.sync()
    export(zhang, stick)
    centre.grant(zhang, GRID_2)
    zhang.sync()
    assert names(zhang) == ["二网格的"]
    centre.execute("UPDATE scope_entry SET present = false, reason = 'deleted', seq = seq + 1")
    centre.execute("UPDATE scope SET last_seq = last_seq + 1")
    centre.execute("UPDATE sync_head SET seq = seq + 1")
    office(centre, stick)
    assert not bring_home(zhang, stick)[0].fresh
    zhang.sync()
    assert person not in people(zhang)


def test_answers_expire(centre: Centre, zhang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(zhang)
    export(zhang, stick)
    office(centre, stick)
    later = zhang.database.ports.now_ms() + EXPIRES_MS + 60_000
    monkeypatch.setattr(
        zhang.database, "ports", msgspec.structs.replace(zhang.database.ports, now_ms=lambda: later)
    )
    with pytest.raises(Problem, match="bundle_expired"):
        bring_home(zhang, stick)
    export(zhang, stick)
    assert office(centre, files(stick, ".gwup")[-1])[0].code == "taken"  # work never expires


def test_a_clock_that_was_set_back_does_not_make_an_old_answer_good(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    add(zhang)
    export(zhang, stick)
    office(centre, stick)
    late = str(centre.clock() + EXPIRES_MS + A_DAY_MS)
    zhang.database.write(lambda tx: tx.set_meta("consistent_ms", late))
    with pytest.raises(Problem, match="bundle_expired"):
        bring_home(zhang, stick)
