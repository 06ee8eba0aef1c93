"""The checkpoint: rows, acknowledgements, results and cursors move together or not at all."""

from collections.abc import Callable

import msgspec
import pytest

from gridworker.db import checkpoint
from gridworker.db.checkpoint import STAGED_CURSORS, drop_stage, install_checkpoint, read_cursors
from gridworker.db.database import Database
from gridworker.db.outbox import thin_archive
from gridworker.db.standing import questions, standing
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.wire.messages import Ack, Cursor, PullReply
from tests.db.laptop import (
    GRID,
    OTHER_GRID,
    START_MS,
    Clock,
    PaperCentre,
    ack_of,
    assert_consistent,
    conflict,
    cursors_of,
    document,
    gone,
    look,
    put,
)

A_DAY_MS = 86_400_000
R1, R2 = RecordId("r1"), RecordId("r2")
WANG = {"name": "王秀兰"}


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """The contents of every table, to compare."""
    with database.read() as reader:
        tables = reader.rows_of(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        )
        return {name: sorted(reader.rows_of(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}


def test_what_the_centre_says_is_there_after_the_checkpoint(centre: PaperCentre, laptop: Database) -> None:
    touched = centre.say(put("resident", R1, WANG, rev=5))
    found = look(laptop, lambda reader: reader.get(Resident, R1))
    assert found is not None
    assert (found.rev, found.scope, found.pending, found.record.name) == ("e1.5", GRID, False, "王秀兰")
    assert touched.ids == {R1}
    assert touched.kinds == {"resident"}
    assert cursors_of(laptop) == {GRID: Cursor(1, 1), OTHER_GRID: Cursor(1, 1)}


def test_a_checkpoint_twice_changes_nothing(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    before = everything(laptop)
    assert not laptop.write(install_checkpoint).ids
    assert everything(laptop) == before


def test_pages_wait_until_the_last_one_is_there(centre: PaperCentre, laptop: Database) -> None:
    centre.stage(centre.page(put("resident", R1, WANG), done=False))
    assert document(laptop, "resident", R1) is None
    assert look(laptop, read_cursors) == {}
    assert look(laptop, read_cursors, STAGED_CURSORS)[GRID].seq == 1
    centre.stage(centre.page(put("resident", R2, WANG)))
    laptop.write(install_checkpoint)
    assert look(laptop, lambda reader: reader.count(Resident)) == 2
    assert cursors_of(laptop)[GRID].seq == 2
    assert look(laptop, read_cursors, STAGED_CURSORS) == {}


def test_a_pull_that_was_given_up_leaves_no_trace(centre: PaperCentre, laptop: Database) -> None:
    before = everything(laptop)
    centre.stage(centre.page(put("resident", R1, WANG), done=False))
    laptop.write(drop_stage)
    assert everything(laptop) == before


STEPS: list[tuple[str, Callable[..., object]]] = [
    (name, getattr(checkpoint, name))
    for name in ("_retire", "_plan", "_install_news", "_install", "_settle", "end_stop", "drop_stage")
]


@pytest.mark.parametrize(("name", "step"), STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_checkpoint_that_breaks_off_has_moved_nothing(
    centre: PaperCentre,
    laptop: Database,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    step: Callable[..., object],
    moment: str,
) -> None:
    centre.say(put("resident", R1, WANG), put("resident", R2, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="新"))
    laptop.write(lambda tx: tx.delete(Resident, R2, why=""))
    page = centre.page(
        put("resident", R1, {"name": "王秀芳"}, rev=2), gone("resident", R2), ack=ack_of(centre.waiting()[-1])
    )
    centre.stage(page)
    before = everything(laptop)

    def broken(*args: object, **kwargs: object) -> None:
        if moment == "after":
            step(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, name, broken)
    with pytest.raises(KeyboardInterrupt):
        laptop.write(install_checkpoint)
    monkeypatch.undo()
    assert everything(laptop) == before
    laptop.write(install_checkpoint)
    assert document(laptop, "resident", R1) == {"name": "王秀芳"}
    assert centre.waiting() == []
    assert_consistent(laptop)


# ---------------------------------------------------------------------------------------- rebase and acks


def test_waiting_changes_are_laid_on_top_of_what_is_new(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    centre.say(put("resident", R1, {"name": "王秀芳", "note": "他的"}, rev=2))
    assert document(laptop, "resident", R1) == {"name": "王秀芳", "note": "我的"}
    assert_consistent(laptop)
    centre.accept(code="conflict", conflicts=[conflict("note", base="", server="他的", incoming="我的")])
    assert document(laptop, "resident", R1) == {"name": "王秀芳", "note": "他的"}
    assert_consistent(laptop)


def test_an_acknowledged_change_stays_when_its_row_comes_with_it(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    centre.accept(put("resident", R1, {**WANG, "note": "我的"}, rev=2))
    assert document(laptop, "resident", R1) == {**WANG, "note": "我的"}
    assert standing_of(laptop) == (0, 1, 0, 0)
    assert_consistent(laptop)


def test_only_what_is_acknowledged_leaves_the_queue(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="一"))
    laptop.write(lambda tx: tx.change(Resident, R1, note="二"))
    centre.accept(put("resident", R1, {**WANG, "note": "一"}, rev=2), count=1)
    assert document(laptop, "resident", R1) == {**WANG, "note": "二"}
    assert [envelope.link.seq for envelope in centre.waiting()] == [2]
    assert standing_of(laptop) == (1, 1, 0, 0)
    assert_consistent(laptop)


def test_an_acknowledgement_of_another_queue_retires_nothing(centre: PaperCentre, laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    before = everything(laptop)
    for ack in (Ack(1, "0" * 64), Ack(2, centre.waiting()[0].link.hash)):
        with pytest.raises(Problem, match="fork_detected"):
            laptop.write(take, centre.page(put("resident", R1, WANG), ack=ack))
        assert everything(laptop) == before


def take(tx: Transaction, page: PullReply) -> None:
    """Stage a last page and install it, as an exchange does."""
    checkpoint.stage_page(tx, msgspec.json.encode(page), page.cursors)
    install_checkpoint(tx)


def test_the_same_acknowledgement_may_come_again(centre: PaperCentre, laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王"), id=R1))
    ack = ack_of(centre.waiting()[0])
    centre.accept(put("resident", R1, {"name": "王"}))
    centre.say(ack=ack)
    centre.say(put("resident", R1, {"name": "王"}), ack=ack)
    assert standing_of(laptop) == (0, 1, 0, 0)


def test_what_people_must_look_at_is_kept_with_both_values(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    found = conflict("note", base="", server="他的", incoming="我的")
    centre.accept(put("resident", R1, {**WANG, "note": "他的"}, rev=2), code="conflict", conflicts=[found])
    (question,) = look(laptop, questions)
    assert (question.code, question.id, question.kind) == ("conflict", R1, "resident")
    assert question.conflicts == (found,)
    assert question.operation.set == {"note": ("", "我的")}
    assert standing_of(laptop) == (0, 0, 1, 0)


def test_a_refused_change_falls_back_to_what_the_centre_said(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="一"))
    laptop.write(lambda tx: tx.change(Resident, R1, status="away"))
    touched = centre.accept(code="held", reason="role", count=1)
    assert document(laptop, "resident", R1) == {**WANG, "status": "away"}
    assert R1 in touched.ids
    assert_consistent(laptop)
    assert standing_of(laptop) == (1, 0, 0, 1)


def test_a_new_record_that_is_held_stays_with_its_author(centre: PaperCentre, laptop: Database) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王")))
    centre.accept(code="held", reason="scope")
    assert document(laptop, "resident", person) == {"name": "王"}
    assert [question.reason for question in look(laptop, questions)] == ["scope"]


def test_a_new_record_that_now_belongs_to_others_leaves(centre: PaperCentre, laptop: Database) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王")))
    centre.accept(code="applied")
    assert document(laptop, "resident", person) is None


def test_the_archive_is_kept_by_the_centres_clock_whatever_the_laptops_says(
    centre: PaperCentre, laptop: Database
) -> None:
    """A laptop ten years behind: what was acknowledged a moment ago would be ten years old at once."""
    assert isinstance(laptop.ports.now_ms, Clock)
    laptop.ports.now_ms.now_ms -= 3_650 * A_DAY_MS
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    laptop.write(lambda tx: tx.create(Resident(name="李")))
    centre.accept(code="held", reason="role", count=1)
    centre.accept()
    laptop.write(lambda tx: thin_archive(tx.driver, START_MS - 90 * A_DAY_MS))
    kept = look(laptop, lambda reader: reader.rows_of("SELECT length(env)>0, acked_ms FROM archive"))
    assert kept == [(1, START_MS + 1), (1, START_MS + 2)]
    assert [question.at_ms for question in look(laptop, questions)] == [START_MS + 1]
    laptop.write(lambda tx: thin_archive(tx.driver, START_MS + 3))
    kept = look(laptop, lambda reader: reader.rows_of("SELECT length(env)>0 FROM archive"))
    assert kept == [(1,), (0,)]


def standing_of(database: Database) -> tuple[int, int, int, int]:
    """Waiting, accepted, in conflict, held."""
    found = look(database, standing)
    return found.waiting, found.accepted, found.conflicts, found.held


# -------------------------------------------------------------------------------------------------- scopes


@pytest.mark.parametrize("moved_first", [True, False])
def test_a_record_that_moves_to_another_grid_of_mine_stays(
    centre: PaperCentre, laptop: Database, moved_first: bool
) -> None:
    centre.say(put("resident", R1, WANG), put("resident", R2, WANG))
    row = look(laptop, lambda reader: reader.key_of(Resident, R1))
    news = [put("resident", R1, WANG, rev=2, scope=OTHER_GRID), gone("resident", R1, rev=2)]
    centre.say(*(news if moved_first else reversed(news)))
    found = look(laptop, lambda reader: reader.get(Resident, R1))
    assert found is not None
    assert found.scope == OTHER_GRID
    assert look(laptop, lambda reader: reader.key_of(Resident, R1)) == row


def test_a_record_that_leaves_a_scope_it_is_no_longer_in_stays(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG, scope=OTHER_GRID))
    centre.say(gone("resident", R1, scope=GRID))
    assert document(laptop, "resident", R1) == WANG


def test_a_record_that_went_back_and_forth_is_there_once(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    centre.stage(centre.page(gone("resident", R1), put("resident", R1, WANG, scope=OTHER_GRID), done=False))
    centre.stage(centre.page(gone("resident", R1, scope=OTHER_GRID), put("resident", R1, WANG, rev=3)))
    laptop.write(install_checkpoint)
    found = look(laptop, lambda reader: reader.get(Resident, R1))
    assert found is not None
    assert (found.scope, found.rev) == (GRID, "e1.3")


def test_work_on_a_record_that_left_is_still_sent(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    centre.say(gone("resident", R1))
    assert document(laptop, "resident", R1) is None
    assert len(centre.waiting()) == 1
    centre.accept(code="held", reason="scope")
    assert [question.operation.set for question in look(laptop, questions)] == [{"note": ("", "我的")}]


def test_a_scope_that_was_taken_away_is_emptied_but_for_my_own_new_records(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", R1, WANG), put("resident", R2, WANG, scope=OTHER_GRID))
    centre.say(put("pet", "p1", {"name": "旺财"}))
    mine = laptop.write(lambda tx: tx.create(Resident(name="李")))
    touched = centre.say(removed=[GRID])
    assert {each.id for each in look(laptop, lambda r: list(r.all(Resident)))} == {R2, mine}
    assert touched.ids >= {R1}
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM extra")) == []
    assert len(centre.waiting()) == 1


def test_rows_of_a_scope_taken_away_during_a_pull_are_not_installed(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.stage(centre.page(put("resident", R1, WANG), done=False))
    centre.stage(centre.page(put("resident", R2, WANG, scope=OTHER_GRID), removed=[GRID]))
    laptop.write(install_checkpoint)
    assert document(laptop, "resident", R1) is None
    assert document(laptop, "resident", R2) == WANG


def test_a_scope_read_anew_loses_what_is_no_longer_in_it(centre: PaperCentre, laptop: Database) -> None:
    centre.say(
        put("resident", R1, WANG), put("resident", R2, WANG), put("resident", "r3", WANG, scope=OTHER_GRID)
    )
    mine = laptop.write(lambda tx: tx.create(Resident(name="李")))
    centre.stage(centre.page(put("resident", "r4", WANG), done=False, reset=[GRID]))
    centre.stage(centre.page(put("resident", R2, {"name": "王秀芳"}, rev=2)))
    laptop.write(install_checkpoint)
    assert {each.id for each in look(laptop, lambda r: list(r.all(Resident)))} == {R2, "r3", "r4", mine}
    assert document(laptop, "resident", R2) == {"name": "王秀芳"}


def test_a_grant_lost_and_given_again_during_a_pull_is_complete(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", R1, WANG), put("resident", R2, WANG))
    centre.stage(centre.page(removed=[GRID], done=False))
    centre.stage(centre.page(put("resident", R2, WANG, rev=2)))
    laptop.write(install_checkpoint)
    assert document(laptop, "resident", R1) is None
    assert document(laptop, "resident", R2) == WANG


def test_a_hidden_record_goes_with_its_scope(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.delete(Resident, R1, why=""))
    centre.say(removed=[GRID])
    centre.accept(code="held", reason="scope")
    assert document(laptop, "resident", R1) is None
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM hidden")) == []


def test_news_about_a_record_that_waits_to_be_deleted_stay_hidden(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.delete(Resident, R1, why=""))
    centre.say(put("resident", R1, {"name": "王秀芳"}, rev=2))
    assert document(laptop, "resident", R1) is None
    centre.accept(code="held", reason="edited")
    assert document(laptop, "resident", R1) == {"name": "王秀芳"}
    assert_consistent(laptop)


def test_a_deletion_that_is_refused_together_with_news_shows_the_news(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", R1, WANG))
    laptop.write(lambda tx: tx.delete(Resident, R1, why=""))
    centre.accept(put("resident", R1, {"name": "王秀芳"}, rev=2), code="held", reason="edited")
    assert document(laptop, "resident", R1) == {"name": "王秀芳"}
    assert_consistent(laptop)


def test_links_go_with_the_record(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("case", "c1", {"title": "灯", "category": "C", "found_ms": 1, "resident_id": "r1"}))
    assert len(look(laptop, lambda reader: reader.linked(Case, R1))) == 1
    centre.say(gone("case", "c1"))
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM link")) == []
