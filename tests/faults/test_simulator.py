"""The simulator: worlds hold, long runs meet every fault, known mistakes are caught, a seed is a run."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.domain.care import CareProfile
from gridworker.domain.disputes import Dispute
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.server.pull import drop_tombstones
from gridworker.wire.messages import PullRequest, PushRequest
from tests.faults.simulator.bugs import BUGS, Bug, seeded
from tests.faults.simulator.run import (
    DEVICE_DAYS,
    EXPECTED,
    LONG_RUN,
    Outcome,
    Total,
    add_up,
    run_seeds,
    simulate,
)
from tests.sync.laptop import GRID_3, Centre, Laptop, add, all_of, change, names

SEEDS = range(1, 9)
SHORT = 12
"""Days of a world in which a mistake is to be caught."""


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre for what the simulator found, in its smallest form."""
    centre = Centre(tmp_path)
    yield centre
    centre.close()


@cache
def outcome_of(seed: int) -> Outcome:
    """What came of one world; several tests look at it."""
    return simulate(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_world_of_laptops_and_faults_keeps_every_promise(seed: int) -> None:
    assert outcome_of(seed).violation == ""


@pytest.mark.timeout(600)
def test_a_thousand_device_days_meet_every_fault_there_is() -> None:
    total = add_up([outcome_of(seed) for seed in SEEDS], 1.0)
    assert total.device_days >= LONG_RUN
    assert total.missing == []
    assert total.good


def test_a_long_run_fails_where_an_injector_is_dead() -> None:
    one = outcome_of(SEEDS[0])
    dead = msgspec.structs.replace(
        one, device_days=LONG_RUN, faults={**one.faults, "cloned": 0}, violation=""
    )
    assert "cloned" in add_up([dead], 1.0).missing
    assert not add_up([dead], 1.0).good
    assert add_up([msgspec.structs.replace(dead, device_days=DEVICE_DAYS)], 1.0).good


def test_a_run_with_a_violation_is_not_good() -> None:
    whole = Outcome(1, LONG_RUN, 1, dict.fromkeys(EXPECTED, 1), {}, {}, "")
    assert add_up([whole], 1.0).good
    assert not add_up([msgspec.structs.replace(whole, violation="I2")], 1.0).good


def test_a_seed_gives_the_same_run_in_every_process() -> None:
    one, other = simulate(3, days=5), simulate(3, days=5)
    assert one.operations > 50
    assert msgspec.to_builtins(one) == msgspec.to_builtins(other)
    total: Total = run_seeds([3, 4], processes=2, days=5)
    assert total.digests == [one.digest, simulate(4, days=5).digest]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_known_mistake_is_caught_within_its_seeds(bug: Bug) -> None:
    with seeded(bug):
        found = next(
            filter(None, (simulate(seed, days=SHORT).violation for seed in range(1, bug.seeds + 1))), ""
        )
    assert found.startswith(bug.caught), found


# ------------------------------------------------------- what the simulator found, each in its smallest form


def in_small_pages(request: Any) -> Any:
    """A pull that asks for one commit a page."""
    return msgspec.structs.replace(request, want_bytes=1) if isinstance(request, PullRequest) else request


def test_a_scope_that_is_read_anew_in_several_pages_after_its_horizon_comes_to_an_end(centre: Centre) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    for name in ("甲", "乙", "丙", "丁"):
        last = add(zhang, name)
        zhang.sync()
        if name == "甲":
            wang.sync()
    zhang.database.write(lambda tx: tx.delete(Resident, last, why="重复"))
    zhang.sync()
    centre.store.write(lambda tx: drop_tombstones(tx, 1 << 60))
    fresh = centre.laptop("wang", "new")
    for laptop in (wang, fresh):
        laptop.line.on_the_way = in_small_pages
        laptop.sync()
        assert names(laptop) == ["丙", "乙", "甲"]


def test_a_result_that_comes_after_the_grant_has_ended_says_nothing_of_what_others_wrote(
    centre: Centre,
) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    person = add(zhang, "甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="王芳知道的")
    wang.sync()
    change(zhang, person, note="张晓写的")
    zhang.line.lose_reply = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_slow"):
        zhang.sync()
    zhang.line.heal()
    centre.withdraw(zhang, GRID_3)
    heard: list[str] = []

    def listen(reply: Any) -> Any:
        heard.append(msgspec.json.encode(reply).decode())
        return reply

    zhang.line.on_the_way_back = listen
    zhang.sync()
    assert heard
    assert "王芳知道的" not in "".join(heard)


def test_a_set_keeps_what_was_added_and_need_not_keep_what_its_author_only_saw(centre: Centre) -> None:
    zhang = centre.laptop("zhang")
    profile = CareProfile(resident_id=add(zhang, "甲"), groups=("a",))
    id = zhang.database.write(lambda tx: tx.create(profile, scope=ScopeId(GRID_3)))
    zhang.sync()
    seen = {"groups": (["a", "x"], ["a", "x", "b"])}  # a centre that was restored has never heard of x
    zhang.database.write(lambda tx: tx._collect(tx._operation("care_profile", id, GRID_3, "patch", set=seen)))
    zhang.sync()
    assert centre.store.read(check) == []


def open_matter(laptop: Laptop, verb: str) -> RecordId:
    """The dispute about an operation of this verb that the user of a laptop can decide about."""
    (found,) = [id for id, matter in all_of(laptop, Dispute).items() if matter.verb == verb]
    return found


def decide(laptop: Laptop, matter: RecordId, choice: str) -> None:
    """A decision that is not on its way yet."""
    laptop.database.write(lambda tx: tx.resolve(matter, choice))


def test_letting_a_change_in_brings_nobody_back_who_was_deleted_meanwhile(centre: Centre) -> None:
    zhang, wang, reader = centre.laptop("zhang"), centre.laptop("wang"), centre.laptop("li")
    centre.grant(reader, GRID_3, "auditor")
    person = add(zhang, "甲")
    for laptop in (zhang, reader):
        laptop.sync()
    change(reader, person, note="他不能写")
    for laptop in (reader, wang, zhang):
        laptop.sync()
    decide(wang, open_matter(wang, "patch"), "accept")
    zhang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    for laptop in (zhang, wang, zhang):
        laptop.sync()
    assert names(zhang) == names(wang) == []


def test_a_union_that_was_let_in_and_taken_back_harms_neither_record(centre: Centre) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    first, second = add(zhang, "甲"), add(zhang, "乙")
    for laptop in (zhang, wang):
        laptop.sync()
    zhang.database.write(lambda tx: tx.delete(Resident, second, why="重复"))
    wang.database.write(lambda tx: tx.merge(Resident, second, first))
    for laptop in (zhang, wang):
        laptop.sync()
    zhang.database.write(lambda tx: tx._collect(tx._operation("resident", second, GRID_3, "undelete")))
    zhang.sync()
    for choice in ("accept", "reject"):
        decide(wang, open_matter(wang, "merge"), choice)
        wang.sync()
        assert centre.store.read(check) == []
    zhang.sync()
    assert "甲" in names(zhang)
