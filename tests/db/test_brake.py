"""The brake: a mass of rows goes with a reason or with a person's word, and never half."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.actions.brake import agree_to_removal, keep_waiting, stopped_removal
from gridworker.db.brake import EXPLAINED, FEW_ROWS, MOST_ROWS, StoppedRemoval, heed_brake, is_mass
from gridworker.db.database import Database
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.wire.envelope import Envelope, decode_operation
from gridworker.wire.messages import GONE, Ack, Entry, Result
from tests.db.laptop import (
    EPOCH,
    GRID,
    OTHER_GRID,
    START_MS,
    PaperCentre,
    ack_of,
    assert_consistent,
    cursors_of,
    look,
    put,
)
from tests.db.test_checkpoint import everything


def rows(*numbers: int, rev: int = 1) -> list[Entry]:
    """Residents of these numbers."""
    return [put("resident", f"r{n}", {"name": f"居民{n}"}, rev=rev) for n in numbers]


def left(*numbers: int, reason: str = "deleted") -> list[Entry]:
    """Word that they have left."""
    return [Entry(GRID, f"r{n}", "resident", f"{EPOCH}.9", GONE, reason) for n in numbers]


def there(database: Database) -> set[int]:
    """The numbers of those that are here."""
    found = look(database, lambda reader: reader.rows_of("SELECT id FROM resident WHERE rev IS NOT NULL"))
    return {int(id[1:]) for (id,) in found}


def stopped(database: Database) -> StoppedRemoval:
    """What waits for a person's word."""
    found = look(database, stopped_removal)
    assert found is not None
    return found


def all_but_the_stop(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything else that is in the file."""
    return {name: held for name, held in everything(database).items() if not name.startswith("removal")}


# ---------------------------------------------------------------------------------------------- the limits


@pytest.mark.parametrize(
    ("going", "here", "mass"),
    [
        (1, 2, False),
        (FEW_ROWS - 1, FEW_ROWS - 1, False),
        (FEW_ROWS, FEW_ROWS, True),
        (30, 100, False),
        (31, 100, True),
        (MOST_ROWS, 20_000, False),
        (MOST_ROWS + 1, 20_000, True),
    ],
)
def test_a_mass_is_more_than_200_rows_or_30_percent_but_never_a_few(
    going: int, here: int, mass: bool
) -> None:
    assert is_mass(going, here) is mass


def test_two_hundred_rows_of_many_go_without_a_word_and_one_more_does_not(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(*rows(*range(1_000)))
    centre.say(*left(*range(200)))
    assert there(laptop) == set(range(200, 1_000))
    centre.say(*left(*range(200, 401)))
    assert there(laptop) == set(range(200, 1_000))
    assert (stopped(laptop).rows, stopped(laptop).here, stopped(laptop).percent) == (201, 800, 25)


def test_what_would_go_is_counted_by_kind(centre: PaperCentre, laptop: Database) -> None:
    visits = [put("visit", f"v{n}", {"visited_ms": n, "resident_ids": ["r1"]}) for n in range(5)]
    pets = [put("pet", f"p{n}", {"name": "旺财"}) for n in range(2)]
    centre.say(*rows(*range(30)), *visits, *pets)
    centre.say(reset=[GRID])
    found = stopped(laptop)
    assert found.kinds == {"resident": 30, "visit": 5, "pet": 2}
    assert (found.rows, found.here, found.percent) == (37, 37, 100)
    assert found.since_ms == START_MS + 2
    with pytest.raises(Problem) as raised:
        look(laptop, heed_brake)
    assert raised.value.code == "mass_removal"
    assert raised.value.values == {"rows": 37, "here": 37, "percent": 100}


# ------------------------------------------------------------------------------------ what explains itself


@pytest.mark.parametrize("reason", sorted(EXPLAINED))
def test_a_mass_with_a_reason_goes(centre: PaperCentre, laptop: Database, reason: str) -> None:
    centre.say(*rows(*range(300)))
    centre.say(*left(*range(250), reason=reason))
    assert there(laptop) == set(range(250, 300))
    assert look(laptop, stopped_removal) is None


@pytest.mark.parametrize("reason", ["deleted", "", "whatever"])
def test_a_mass_of_deletions_and_of_unknown_reasons_waits(
    centre: PaperCentre, laptop: Database, reason: str
) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(20), reason=reason))
    assert len(there(laptop)) == 60
    assert stopped(laptop).rows == 20


def test_a_withdrawn_grant_explains_itself(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(300)))
    centre.say(removed=[GRID])
    assert there(laptop) == set()
    assert look(laptop, stopped_removal) is None


def test_a_scope_that_begins_anew_and_names_nobody_explains_nothing(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*rows(*range(30)), reset=[GRID])
    assert len(there(laptop)) == 60
    assert stopped(laptop).rows == 30
    centre.say(*rows(*range(55)), reset=[GRID])
    assert there(laptop) == set(range(55))


def test_who_was_moved_is_no_riddle_where_his_scope_begins_anew(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*rows(*range(30)), *left(*range(30, 60), reason="moved"), reset=[GRID])
    assert there(laptop) == set(range(30))


def test_what_one_deleted_oneself_is_no_riddle(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    for person in look(laptop, lambda reader: [stored.id for stored in reader.all(Resident)])[:50]:
        laptop.write(Transaction.delete, Resident, person, why="重复")
    gone = sorted(set(range(60)) - there(laptop))
    centre.accept(*left(*gone))
    assert len(there(laptop)) == 10
    assert look(laptop, stopped_removal) is None
    assert centre.waiting() == []


def test_a_row_that_stays_for_another_scope_is_not_removed(centre: PaperCentre, laptop: Database) -> None:
    there_too = [put("resident", f"r{n}", {"name": "王"}, scope=OTHER_GRID) for n in range(60)]
    centre.say(*rows(*range(60)), *there_too)
    centre.say(*left(*range(60)))
    assert len(there(laptop)) == 60
    assert look(laptop, stopped_removal) is None


def test_one_scope_withdrawn_and_the_other_swept_is_a_riddle(centre: PaperCentre, laptop: Database) -> None:
    there_too = [put("resident", f"r{n}", {"name": "王"}, scope=OTHER_GRID) for n in range(60)]
    centre.say(*rows(*range(60)), *there_too)
    centre.say(removed=[GRID], reset=[OTHER_GRID])
    assert stopped(laptop).rows == 60


# ---------------------------------------------------------------------------- own records, taken in unsaid


def test_own_new_records_that_the_centre_took_in_and_does_not_show_stay(
    centre: PaperCentre, laptop: Database
) -> None:
    for n in range(30):
        laptop.write(Transaction.create, Resident(name=f"我的{n}"))
    centre.accept()
    assert look(laptop, lambda reader: reader.count(Resident)) == 30
    assert stopped(laptop).kinds == {"resident": 30}
    assert len(centre.waiting()) == 30
    laptop.write(agree_to_removal, stopped(laptop))
    centre.accept()
    assert look(laptop, lambda reader: reader.count(Resident)) == 0
    assert centre.waiting() == []
    assert_consistent(laptop)


def test_own_new_records_that_were_deleted_at_once_are_counted_once(
    centre: PaperCentre, laptop: Database
) -> None:
    mine = [laptop.write(Transaction.create, Resident(name=f"我的{n}")) for n in range(30)]
    centre.accept(*(Entry(GRID, id, "resident", f"{EPOCH}.9", GONE, "deleted") for id in mine))
    assert stopped(laptop).rows == stopped(laptop).here == 30
    assert look(laptop, lambda reader: reader.count(Resident)) == 30


@pytest.mark.parametrize("said", [{"reason": "late"}, {"removed": [GRID]}])
def test_own_new_records_that_came_late_are_elsewhere(
    centre: PaperCentre, laptop: Database, said: dict[str, Any]
) -> None:
    for n in range(30):
        laptop.write(Transaction.create, Resident(name=f"我的{n}"))
    ops = centre.waiting()
    if "removed" in said:
        centre.say(ack=ack_of(ops[-1]), results=applied(ops), **said)
    else:
        centre.accept(**said)
    assert look(laptop, lambda reader: reader.count(Resident)) == 0
    assert look(laptop, stopped_removal) is None


def applied(ops: list[Envelope]) -> list[Result]:
    """What a centre says of operations that had their effect."""
    return [Result(seq=e.link.seq, op_id=decode_operation(e).op_id, code="applied") for e in ops]


# ------------------------------------------------------------------------------------------------ the stop


def work(laptop: Database) -> None:
    """A change and a new record that wait."""
    laptop.write(lambda tx: tx.change(Resident, RecordId("r1"), note="我的话"))
    laptop.write(lambda tx: tx.create(Resident(name="李")))


def test_a_stop_changes_nothing_else(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    work(laptop)
    before = all_but_the_stop(laptop)
    ops = centre.waiting()
    centre.stage(centre.page(*rows(100), done=False))
    touched = centre.say(*left(*range(40)), *rows(101), ack=ack_of(ops[-1]), results=applied(ops))
    assert all_but_the_stop(laptop) == before
    assert not touched.ids
    assert not touched.kinds
    assert_consistent(laptop)


def test_a_stop_that_goes_on_keeps_its_beginning(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(40)))
    first = stopped(laptop)
    centre.say(*left(*range(40)))
    assert stopped(laptop) == first
    centre.say(*left(*range(41)))
    assert stopped(laptop).rows == 41
    assert stopped(laptop).digest != first.digest
    assert stopped(laptop).since_ms == first.since_ms


def test_a_centre_that_takes_its_word_back_ends_the_stop(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(40)))
    centre.say(*left(*range(40)), *rows(*range(40), rev=10))
    assert len(there(laptop)) == 60
    assert look(laptop, stopped_removal) is None
    look(laptop, heed_brake)


def test_another_queues_acknowledgement_is_told_before_the_mass(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(*rows(*range(60)))
    work(laptop)
    with pytest.raises(Problem) as raised:
        centre.say(*left(*range(40)), ack=Ack(1, "0" * 64))
    assert raised.value.code == "fork_detected"
    assert look(laptop, stopped_removal) is None


# ------------------------------------------------------------------------------------------- the agreement


def test_what_somebody_agreed_to_goes_with_the_next_checkpoint(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    work(laptop)
    ops = centre.waiting()
    said: dict[str, Any] = {"ack": ack_of(ops[-1]), "results": applied(ops)}
    centre.say(*left(*range(40)), **said)
    laptop.write(agree_to_removal, stopped(laptop))
    assert (stopped(laptop).agreed_by, stopped(laptop).agreed_ms is None) == ("张网格", False)
    assert len(there(laptop)) == 60
    mine = put("resident", "r70", {"name": "李"})
    centre.say(*left(*range(40)), mine, **said)
    assert there(laptop) == {*range(40, 60), 70}
    assert centre.waiting() == []
    assert look(laptop, stopped_removal) is None
    assert_consistent(laptop)


def test_who_agreed_and_when_stays_known(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(40)))
    agreed = laptop.write(lambda tx: (agree_to_removal(tx, stopped_in(tx)), tx.now_ms)[1])
    centre.say(*left(*range(40)))
    kept = look(
        laptop,
        lambda r: r.rows_of("SELECT row_count, agreed_ms, agreed_id, agreed_by, ended FROM removal"),
    )
    assert kept == [(40, agreed, "u1", "张网格", "installed")]
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM removal_row")) == []


def stopped_in(reader: Any) -> StoppedRemoval:
    """What waits, within a transaction."""
    found = stopped_removal(reader)
    assert found is not None
    return found


def test_an_agreement_is_for_the_rows_that_were_seen(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(100)))
    centre.say(*left(*range(40)))
    laptop.write(agree_to_removal, stopped(laptop))
    centre.say(*left(*range(50, 90)))
    assert len(there(laptop)) == 100
    assert (stopped(laptop).rows, stopped(laptop).agreed_ms) == (40, None)
    centre.say(*left(*range(50, 90)))
    assert len(there(laptop)) == 100


def test_an_agreement_bears_a_few_more_rows_but_no_further_mass(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(*rows(*range(100)))
    centre.say(*left(*range(40)))
    laptop.write(agree_to_removal, stopped(laptop))
    centre.say(*left(*range(80)))
    assert len(there(laptop)) == 100
    assert stopped(laptop).rows == 80
    laptop.write(agree_to_removal, stopped(laptop))
    centre.say(*left(*range(85)))
    assert there(laptop) == set(range(85, 100))


def test_an_agreement_is_good_for_one_checkpoint(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(40)))
    laptop.write(agree_to_removal, stopped(laptop))
    centre.say(*rows(99))
    assert look(laptop, stopped_removal) is None
    centre.say(*left(*range(40)))
    assert len(there(laptop)) == 61
    assert stopped(laptop).agreed_ms is None


def test_nobody_agrees_to_what_he_has_not_seen(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(40)))
    seen = stopped(laptop)
    centre.say(*left(*range(41)))
    for action in (agree_to_removal, keep_waiting):
        with pytest.raises(Problem) as raised:
            laptop.write(action, seen)
        assert raised.value.code == "removal_changed"
    assert stopped(laptop).agreed_ms is None
    centre.say(*rows(*range(41), rev=10))
    with pytest.raises(Problem):
        laptop.write(agree_to_removal, seen)


def test_an_agreement_can_be_taken_back(centre: PaperCentre, laptop: Database) -> None:
    centre.say(*rows(*range(60)))
    centre.say(*left(*range(40)))
    laptop.write(agree_to_removal, stopped(laptop))
    laptop.write(keep_waiting, stopped(laptop))
    assert (stopped(laptop).agreed_ms, stopped(laptop).agreed_by) == (None, "")
    centre.say(*left(*range(40)))
    assert len(there(laptop)) == 60


# -------------------------------------------------------------------------------------------- the property

LEAVINGS = st.dictionaries(
    st.integers(0, 79), st.sampled_from(["moved", "regrid", "merged", "purged", "deleted", ""]), max_size=80
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEAVINGS, st.sets(st.integers(0, 79)), st.booleans())
def test_either_everything_goes_that_is_said_to_go_or_nothing(
    centre: PaperCentre, laptop: Database, leavings: dict[int, str], named: set[int], anew: bool
) -> None:
    centre.say(removed=[GRID])
    centre.say(*rows(*range(80)))
    news = [entry for n, reason in leavings.items() for entry in left(n, reason=reason)]
    again = rows(*(named - leavings.keys())) if anew else []
    before = cursors_of(laptop)
    centre.say(*news, *again, reset=[GRID] if anew else [])
    swept = set(range(80)) - named - leavings.keys() if anew else set()
    unsaid = swept | {n for n, reason in leavings.items() if reason not in EXPLAINED}
    if is_mass(len(unsaid), 80):
        assert there(laptop) == set(range(80))
        assert stopped(laptop).rows == len(unsaid)
        assert cursors_of(laptop) == before
    else:
        assert there(laptop) == set(range(80)) - leavings.keys() - swept
        assert look(laptop, stopped_removal) is None
