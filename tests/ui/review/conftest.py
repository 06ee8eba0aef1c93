"""A leader of two grids at the screen of review, on a real database without a centre nearby."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from gridworker.db.author import Author
from gridworker.db.outbox import start_replica
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import Record, RecordId, ScopeId
from gridworker.domain.visits import Visit
from gridworker.ui import review
from gridworker.ui.review.view import ReviewScreen
from gridworker.wire.messages import Grant
from tests.ui.cases.shell import Shell
from tests.ui.visits.grid import NOON, Office, office_in

GRIDS = (ScopeId("g:2"), ScopeId("g:3"))
HOUR_MS = 3_600_000
LEADER = Author(
    user="wang",
    user_id="u1",
    user_name="王芳",
    device_id="d1",
    scope=GRIDS[0],
    grants=tuple(
        Grant(scope, "grid_leader", title)
        for scope, title in zip(GRIDS, ("第二网格", "第三网格"), strict=True)
    ),
    enrolled=True,
)


class LeadersDesk:
    """What a leader finds on her desk: visits and cases of her grids, made at will."""

    def __init__(self, office: Office) -> None:
        """Nothing yet."""
        self.office = office
        office.database.write(_become_leader)

    def visit(self, who: str, *, hours: int = 1, grid: int = 0, **fields: object) -> RecordId:
        """A visit some hours ago."""
        values = {"method": "home", "outcome": "met", "worker_name": "张晓", **fields}
        visited_ms = NOON - hours * HOUR_MS
        record = msgspec.convert(
            {"resident_ids": ["r1"], "visited_ms": visited_ms, "who": who, **values}, Visit
        )
        return self.put(record, grid)

    def case(self, title: str, *, hours: int = 1, grid: int = 0, **fields: object) -> RecordId:
        """A case found some hours ago."""
        values = {"category": "C0901", "worker_name": "张晓", **fields}
        record = msgspec.convert({"title": title, "found_ms": NOON - hours * HOUR_MS, **values}, Case)
        return self.put(record, grid)

    def put(self, record: Record, grid: int = 0) -> RecordId:
        """Store a record in a grid."""
        return self.office.database.write(lambda tx: tx.create(record, scope=GRIDS[grid]))

    def visit_of(self, id: RecordId) -> Visit:
        """The visit as it is now."""
        found = self.office.desk.look(lambda reader: reader.get(Visit, id))
        assert found is not None
        return found.record

    def case_of(self, id: RecordId) -> Case:
        """The case as it is now."""
        found = self.office.desk.look(lambda reader: reader.get(Case, id))
        assert found is not None
        return found.record


def _become_leader(tx: Transaction) -> None:
    start_replica(tx.driver, tx.new_id())
    tx.set_author(LEADER)


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def leader(office: Office) -> LeadersDesk:
    """The leader's own records."""
    return LeadersDesk(office)


@pytest.fixture
def shell(qtbot: QtBot, office: Office, leader: LeadersDesk) -> Iterator[Shell]:
    """A window with the screen of review."""
    with Shell.over(qtbot, office, review.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> ReviewScreen:
    """The screen; show it once there is something to review."""
    found = shell.window.screen_named("review")
    assert isinstance(found, ReviewScreen)
    return found
