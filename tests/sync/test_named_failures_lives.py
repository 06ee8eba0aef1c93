"""Named failures of lives: a database from a backup, a copied laptop, a centre restored to yesterday."""

import copy
from pathlib import Path

from tests.db.laptop import assert_consistent
from tests.sync.laptop import Centre, Laptop, add, change, counts, names, people, visit, visits
from tests.sync.test_restored_centre import assert_sound, back_up, restore


def replicas(centre: Centre) -> dict[str, str | None]:
    """The lives that the centre knows, each with the one it came from."""
    return dict(map(tuple, centre.rows("SELECT id, parent FROM replica")))


def test_restored_from_a_backup(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 12: 20 operations after the backup were sent, 5 are made on what came back from it."""
    person = add(zhang, "先")
    zhang.sync()
    life, yesterday = zhang.meta("replica"), zhang.back_up()
    for n in range(20):
        visit(zhang, person, f"备份之后{n}")
    zhang.sync()
    zhang.restore(yesterday)
    for n in range(5):
        visit(zhang, person, f"恢复之后{n}")
    zhang.sync()
    wang.sync()
    assert zhang.meta("replica") != life
    assert replicas(centre)[zhang.meta("replica")] == life
    assert len(visits(zhang)) == len(visits(wang)) == 25
    assert {each.note for each in visits(wang).values()} >= {f"恢复之后{n}" for n in range(5)}
    assert counts(zhang)[0] == 0
    assert_sound(centre)
    assert_consistent(zhang.database)


def test_cloned_laptop(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 13: two copies of one laptop work for a week, and both deliver all of it, once."""
    add(zhang, "先")
    zhang.sync()
    waiting = add(zhang, "待送")
    clone = copy_of(zhang)
    for n in range(7):
        add(zhang, f"甲机{n}")
        add(clone, f"乙机{n}")
    for laptop in (zhang, clone, zhang, clone):
        laptop.sync()
    wang.sync()
    everybody = sorted(["先", "待送", *(f"{which}机{n}" for which in "甲乙" for n in range(7))])
    assert names(wang) == names(zhang) == names(clone) == everybody
    assert centre.rows("SELECT count(*) FROM op_log WHERE entity_id = :id", id=waiting) == [(1,)]
    assert zhang.meta("replica") != clone.meta("replica")
    assert {zhang.meta("replica"), clone.meta("replica")} <= replicas(centre).keys()
    assert_sound(centre)


def copy_of(laptop: Laptop) -> Laptop:
    """Another laptop with the same file on its disk."""
    clone = copy.copy(laptop)
    clone.path = laptop.path.with_suffix(".clone")
    clone.path.write_bytes(laptop.back_up().read_bytes())
    clone.database = laptop.centre.open(clone.path)
    return laptop.centre.add(clone)


def test_server_restored_to_yesterday(centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path) -> None:
    """Failure 14: laptops hold acknowledgements of a day that the centre has lost."""
    person = add(zhang, "先")
    zhang.sync()
    wang.sync()
    yesterday = back_up(centre, tmp_path)
    add(zhang, "中")
    change(zhang, person, note="改")
    visit(zhang, person, "走访")
    zhang.sync()
    wang.sync()
    restore(centre, yesterday)
    add(zhang, "后")
    wang.sync()
    assert names(wang) == ["先"], "a row of the lost future stayed"
    zhang.sync()
    wang.sync()
    assert names(zhang) == names(wang) == sorted(["先", "中", "后"])
    assert [r.note for r in people(wang).values() if r.name == "先"] == ["改"]
    assert len(visits(wang)) == 1
    assert counts(zhang)[0] == 0
    assert_sound(centre)
