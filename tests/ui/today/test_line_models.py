"""The small list models keep Qt's rules."""

from datetime import date

from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from gridworker.domain.records import RecordId
from gridworker.ui.quick_visit.people import candidates
from gridworker.ui.quick_visit.who import CandidateModel
from gridworker.ui.today.line_list import LineModel
from gridworker.ui.today.lines import Kind, Line
from tests.ui.visits.grid import Office, People


def line(key: str, home: str, kind: Kind = Kind.DUE) -> Line:
    """A line of somebody in a household."""
    return Line(kind=kind, key=key, name=key, home=home, resident_ids=(RecordId(key),))


def test_lines_come_and_go(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    model = LineModel()
    qtmodeltester.check(model)
    model.show([line("lane", "", Kind.LANE), line("a", "1"), line("b", "1")])
    qtmodeltester.check(model)
    model.toggle(model.lines[1])
    model.show([line("b", "1")])
    assert model.marked == set()
    qtmodeltester.check(model)


def test_a_mark_in_another_household_takes_the_others_away(qtbot: QtBot) -> None:
    model = LineModel()
    model.show([line("a", "1"), line("b", "1"), line("c", "2")])
    model.toggle(model.lines[0])
    model.toggle(model.lines[1])
    assert model.marked == {"a", "b"}
    model.toggle(model.lines[2])
    assert model.marked == {"c"}
    model.toggle(model.lines[2])
    assert model.marked == set()


def test_candidates_come_and_go(
    qtmodeltester: ModelTester, qtbot: QtBot, office: Office, people: People
) -> None:
    model = CandidateModel()
    qtmodeltester.check(model)
    model.show(office.desk.look(candidates, "w"), date(2026, 11, 23))
    assert model.rowCount() == 2
    qtmodeltester.check(model)
