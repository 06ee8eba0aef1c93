"""A visit from the worker's laptop to the leader's screen, and the decision back again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.actions.visits import resubmit_visit
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.ui import review
from gridworker.ui.review.view import ReviewScreen
from tests.ui.cases.keyboard import press
from tests.ui.cases.shell import Shell
from tests.ui.sync_centre.town import Seat, Town, town_in
from tests.ui.visits.grid import NOON


@pytest.fixture
def town(qtbot: QtBot, tmp_path: Path) -> Iterator[Town]:
    """A centre with the demo grids."""
    with town_in(tmp_path) as opened:
        yield opened


def test_a_returned_visit_comes_back_completed_and_is_accepted(qtbot: QtBot, town: Town) -> None:
    worker, leader = town.seat("zhangxiao"), town.seat("wangfang")
    person = worker.add(Resident(name="王秀兰"))[0]
    visit = Visit(resident_ids=(person,), visited_ms=NOON, method="home", outcome="met", who="王秀兰")
    (id,) = worker.add(visit)
    worker.exchange()
    leader.exchange()
    with Shell.over(qtbot, leader, review.build(leader.desk)) as shell:
        screen = shell.show("review")
        assert isinstance(screen, ReviewScreen)
        press("21↵")
        shell.settle()
        leader.exchange()
        worker.exchange()
        assert state_of(worker, id) == ("returned", "请补充当事人近况", "王芳")
        worker.database.write(resubmit_visit, id, "血压正常了")
        worker.exchange()
        leader.exchange()
        shell.look_again()
        assert screen.model.rowCount() == 1
        assert screen.card.added.text() == "血压正常了"
        press("1")
        shell.settle()
        leader.exchange()
    worker.exchange()
    assert state_of(worker, id)[0] == "accepted"
    worker.close()
    leader.close()


def state_of(seat: Seat, id: RecordId) -> tuple[str, str, str]:
    """How the visit stands on a laptop."""
    found = seat.desk.look(lambda reader: reader.get(Visit, id))
    assert found is not None
    return found.record.state, found.record.review_remark, found.record.reviewer_name
