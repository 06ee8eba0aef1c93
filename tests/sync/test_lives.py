"""Lives of a database and of a centre: restored, copied, forgetful, another one; all of it is found out."""

from pathlib import Path

import pytest

from gridworker.db.anchor import Anchor
from gridworker.db.lives import settle_life
from gridworker.domain.problems import Problem
from gridworker.wire.messages import PullReply, PushRequest
from tests.db.laptop import cursors_of, operations
from tests.sync.laptop import GRID_3, Centre, Laptop, add, counts, names, sync_with_work

# ---------------------------------------------------------------------------- restored and copied databases


def test_a_restored_database_in_which_nothing_waits_heals_by_itself(zhang: Laptop, wang: Laptop) -> None:
    add(zhang, "先")
    zhang.sync()
    backup = zhang.back_up()
    add(zhang, "中")
    zhang.sync()
    zhang.restore(backup)
    life = zhang.meta("replica")
    zhang.sync()
    assert zhang.meta("replica") != life
    assert names(zhang) == sorted(["先", "中"])
    add(zhang, "后")
    zhang.sync()
    wang.sync()
    assert names(wang) == sorted(["先", "中", "后"])


def test_work_that_begins_while_a_restored_database_is_found_out_is_not_retired(
    zhang: Laptop, wang: Laptop
) -> None:
    zhang.sync()
    backup = zhang.back_up()
    add(zhang, "中")
    zhang.sync()
    zhang.restore(backup)
    sync_with_work(zhang, lambda: add(zhang, "后"))
    zhang.sync()
    wang.sync()
    assert names(wang) == names(zhang) == sorted(["中", "后"])
    assert counts(zhang)[0] == 0


# -------------------------------------------------------------------------------- another or an older centre


def test_another_centre_at_the_address_stops_everything_and_changes_nothing(
    centre: Centre, zhang: Laptop
) -> None:
    add(zhang)
    zhang.sync()
    add(zhang, "赵大勇")
    before = operations(zhang.database), cursors_of(zhang.database), zhang.meta("replica")
    centre.execute("UPDATE sync_head SET epoch = 'another-life', server_id = 'another-centre'")
    with pytest.raises(Problem, match="other_server"):
        zhang.sync()
    assert (operations(zhang.database), cursors_of(zhang.database), zhang.meta("replica")) == before
    assert len(names(zhang)) == 2


@pytest.mark.parametrize("waits", [False, True])
def test_the_door_of_another_centre_is_told_from_a_revoked_token(
    zhang: Laptop, tmp_path: Path, waits: bool
) -> None:
    add(zhang)
    zhang.sync()
    if waits:
        add(zhang, "待送")
    (tmp_path / "other").mkdir()
    other = Centre(tmp_path / "other")
    mine, zhang.line.centre = zhang.line.centre, other
    with pytest.raises(Problem, match="other_server"):
        zhang.sync()
    assert other.rows("SELECT count(*) FROM op_log") == [(0,)]
    other.close()
    zhang.line.centre = mine
    zhang.sync()
    assert counts(zhang)[0] == 0


def test_a_page_of_another_centre_is_not_taken(zhang: Laptop, wang: Laptop) -> None:
    add(wang, scope=GRID_3)
    wang.sync()
    zhang.sync()
    add(wang, "赵大勇", scope=GRID_3)
    wang.sync()
    before = cursors_of(zhang.database)

    def from_elsewhere(reply: object) -> object:
        if not isinstance(reply, PullReply):
            return reply
        fields = {name: getattr(reply, name) for name in reply.__struct_fields__}
        return PullReply(**{**fields, "epoch": "elsewhere"})

    zhang.line.on_the_way_back = from_elsewhere
    with pytest.raises(Problem, match="other_server"):
        zhang.sync()
    assert cursors_of(zhang.database) == before
    assert len(names(zhang)) == 1


@pytest.mark.parametrize("waits", [False, True])
def test_a_centre_that_forgot_what_it_had_acknowledged_is_told_from_a_good_one(
    zhang: Laptop, centre: Centre, waits: bool
) -> None:
    for number in range(3):
        add(zhang, f"居民{number}")
        zhang.sync()
    if waits:
        add(zhang, "待送")
    before = operations(zhang.database), zhang.meta("replica")
    slots = centre.rows("SELECT hash FROM slot WHERE seq = 1")
    centre.execute("UPDATE replica SET last_seq = 1, chain = :hash", hash=slots[0][0])
    centre.execute("DELETE FROM slot WHERE seq > 1")
    for _ in range(2):
        with pytest.raises(Problem, match="server_regressed"):
            zhang.sync()
    assert (operations(zhang.database), zhang.meta("replica")) == before


def test_a_centre_behind_what_was_read_is_told_from_a_good_one(zhang: Laptop, centre: Centre) -> None:
    add(zhang)
    zhang.sync()
    centre.execute("UPDATE sync_head SET seq = 0")
    with pytest.raises(Problem, match="server_regressed"):
        zhang.sync()
    assert names(zhang) == ["王秀兰"]


def test_a_replica_that_the_centre_does_not_know_is_registered(zhang: Laptop, centre: Centre) -> None:
    zhang.sync()
    centre.execute("DELETE FROM replica")
    add(zhang)
    zhang.sync()
    assert counts(zhang) == (0, 1, 0, 0)


def test_a_centre_that_always_sees_a_fork_ends_the_exchange(zhang: Laptop, centre: Centre) -> None:
    add(zhang)
    zhang.sync()
    add(zhang)

    def broken(request: object) -> object:
        if isinstance(request, PushRequest):
            centre.execute("UPDATE replica SET chain = 'nonsense' WHERE last_seq = 0")
        return request

    zhang.line.on_the_way = broken
    centre.execute("UPDATE replica SET chain = 'nonsense'")
    with pytest.raises(Problem, match="fork_detected"):
        zhang.sync()
    zhang.line.heal()
    centre.execute("DELETE FROM replica WHERE chain = 'nonsense'")
    zhang.sync()
    assert counts(zhang) == (0, 2, 0, 0)


# --------------------------------------------------------------------------------------------- with an anchor


def test_a_restored_database_with_an_anchor_is_never_seen_to_fork(zhang: Laptop, wang: Laptop) -> None:
    anchor = zhang.path.with_suffix(".anchor")
    assert not settle_life(zhang.database, Anchor(anchor))
    add(zhang, "先")
    zhang.sync()
    backup = zhang.back_up()
    settle_life(zhang.database, Anchor(anchor))
    add(zhang, "中")
    zhang.sync()
    life = zhang.meta("replica")
    zhang.restore(backup)
    assert settle_life(zhang.database, Anchor(anchor))
    assert zhang.meta("replica") != life
    add(zhang, "后")
    zhang.sync()
    wang.sync()
    assert names(wang) == names(zhang) == sorted(["先", "中", "后"])
    assert counts(zhang)[0] == 0
    assert zhang.line.calls.count("PushRequest") == 3  # one for each day: none was declined
