"""Named failures of merging: overwritten rows, deletions undone by old news, one person made three times."""

from pathlib import Path

from gridworker.actions.disputes import join_residents, part_residents
from gridworker.domain.residents import Resident
from tests.sync.laptop import Centre, Laptop, add, asked, change, names, people
from tests.sync.stick import export, office
from tests.sync.test_disputes import choose, healthy, opened, sync


def test_whole_row_overwrite(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 6: other fields of one record are both kept; of the same field all three values are."""
    person = add(zhang, note="一楼")
    sync(zhang, wang)
    change(zhang, person, phones=("13800000000",))
    change(wang, person, address="幸福里1号")
    sync(zhang, wang)
    assert opened(zhang) == []
    both = people(zhang)[person]
    assert (both.phones, both.address) == (("13800000000",), "幸福里1号")
    change(zhang, person, note="二楼")
    change(wang, person, note="三楼")
    sync(zhang, wang)
    [found] = opened(wang)
    assert (found.record.base, found.record.server, found.record.incoming) == ("一楼", "二楼", "三楼")
    assert people(wang)[person].note == "二楼"
    healthy(centre)


def test_delete_versus_edit_then_old_create_replayed(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    """Failure 8: the stick on which the record was made lay in a drawer until after its deletion."""
    person = add(zhang)
    export(zhang, stick)
    sync(zhang, wang)
    wang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    change(zhang, person, note="三楼")
    wang.sync()
    sync(zhang, wang)
    assert names(zhang) == names(wang) == []
    [held] = opened(wang)
    assert (held.record.why, held.record.incoming) == ("deleted", {"set": {"note": ["", "三楼"]}})
    assert office(centre, stick)[0].results == {"applied": 1}, "what became of it then, and nothing now"
    sync(zhang, wang)
    assert names(zhang) == names(wang) == []
    assert centre.rows("SELECT count(*) FROM entity WHERE NOT deleted AND kind = 'resident'") == [(0,)]
    assert centre.rows("SELECT count(*) FROM op_log WHERE verb = 'create'") == [(1,)]
    choose(wang, held.id, "accept")
    sync(wang, zhang)
    assert people(zhang)[person].note == "三楼"
    healthy(centre)


def test_unique_collision(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 17: three laptops, two grids, one id card."""
    li, third = centre.laptop("li"), centre.laptop("li", "third")
    wang.sync()
    number = "99910119440101281X"
    persons = [add(laptop, name=f"李{n}", id_number=number) for n, laptop in enumerate((zhang, li, third))]
    sync(zhang, li, third, wang)
    pairs = [(persons[0], persons[1]), (persons[0], persons[2])]
    assert [each.record.pair for each in opened(wang)] == pairs
    assert opened(zhang) == opened(li) == []
    assert (names(zhang), names(li)) == (["李0"], ["李1", "李2"])
    assert [(each.code, each.reason) for each in asked(li)] == [("applied", "duplicate_suspect")]
    wang.database.write(join_residents, persons[1], persons[2])
    wang.sync()
    change(li, persons[1], note="并入之后写的")
    sync(li)
    assert (names(li), people(li)[persons[2]].note) == (["李2"], "并入之后写的")
    wang.sync()
    wang.database.write(part_residents, persons[1], persons[2])
    sync(wang, li)
    assert names(li) == ["李1", "李2"]
    assert people(li)[persons[1]].note == "并入之后写的"
    healthy(centre)
