"""Promises stay open until a follow-up keeps them; an agreed next visit until somebody is reached."""

from datetime import date

from pytestqt.qtbot import QtBot

from gridworker.db.promises import open_promises, promises_of
from tests.ui.visits.grid import DAY_MS, NOON, Office, People

SINCE = NOON - 30 * DAY_MS


def words(office: Office) -> list[tuple[str, date | None]]:
    """What is still to be kept."""
    return [(p.words, p.day) for p in office.desk.look(open_promises, since_ms=SINCE)]


def test_promises_come_by_day_and_those_without_one_last(
    qtbot: QtBot, office: Office, people: People
) -> None:
    people.visit(people.wang, days_ago=5, promise="带表格")
    people.visit(people.li, days_ago=4, promise="修灯", promise_day="2026-11-30")
    people.visit(people.wang, days_ago=3, promise="送药", promise_day="2026-11-20")
    assert words(office) == [("送药", date(2026, 11, 20)), ("修灯", date(2026, 11, 30)), ("带表格", None)]
    of_li = office.desk.look(promises_of, people.li, since_ms=SINCE)
    assert [promise.words for promise in of_li] == ["修灯"]


def test_only_a_later_follow_up_to_one_of_them_keeps_a_promise(
    qtbot: QtBot, office: Office, people: People
) -> None:
    people.visit(people.wang, people.li, days_ago=5, promise="送药", promise_day="2026-11-20")
    people.visit(people.wang, days_ago=6, visit_type="followup")
    people.visit(people.wang, days_ago=3)
    people.visit(people.zhao, days_ago=2, visit_type="followup")
    assert words(office) == [("送药", date(2026, 11, 20))]
    people.visit(people.li, days_ago=1, visit_type="followup")
    assert words(office) == []


def test_an_agreed_next_visit_is_kept_by_reaching_somebody(
    qtbot: QtBot, office: Office, people: People
) -> None:
    people.visit(people.wang, days_ago=5, next_day="2026-11-22")
    people.visit(people.wang, days_ago=2, outcome="not_home")
    assert words(office) == [("", date(2026, 11, 22))]
    people.visit(people.wang, days_ago=1, outcome="phone_ok")
    assert words(office) == []


def test_an_addition_does_not_promise_the_same_again(qtbot: QtBot, office: Office, people: People) -> None:
    first = people.visit(people.wang, days_ago=5, promise="送药", promise_day="2026-11-20")
    people.visit(people.wang, days_ago=5, promise="送药", promise_day="2026-11-20", corrects=first)
    people.visit(people.wang, days_ago=40, promise="早就过去的")
    assert words(office) == [("送药", date(2026, 11, 20))]
