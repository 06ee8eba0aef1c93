"""The tray of those who were handed over: by which clock its lines come and go."""

import pytest

from gridworker.db.database import Database
from gridworker.db.handed_over import KEPT_MS, handed_over
from gridworker.domain.residents import Resident
from tests.db.laptop import Clock, PaperCentre, gone, look, put
from tests.db.test_checkpoint import R1, R2

A_DAY_MS = 86_400_000
YEARS_MS = 10 * 365 * A_DAY_MS


@pytest.fixture
def clock(database: Database) -> Clock:
    """The clock of the laptop."""
    clock = database.ports.now_ms
    assert isinstance(clock, Clock)
    return clock


@pytest.fixture
def line_ms(centre: PaperCentre, laptop: Database) -> int:
    """Somebody was worked on and went; when that was, by the centre's clock."""
    centre.say(put("resident", R1, {"name": "王秀兰"}), put("resident", R2, {"name": "李"}))
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    centre.say(gone("resident", R1))
    (line,) = look(laptop, handed_over)
    return line.at_ms


def lines(database: Database) -> int:
    """How many there are."""
    return len(look(database, handed_over))


def test_a_line_says_when_the_centre_said_so(centre: PaperCentre, laptop: Database, line_ms: int) -> None:
    assert line_ms == centre.page().server_ms - 1


def test_a_line_goes_after_its_time_by_both_clocks(
    centre: PaperCentre, laptop: Database, clock: Clock, line_ms: int
) -> None:
    for passed, there in ((KEPT_MS - A_DAY_MS, 1), (KEPT_MS + A_DAY_MS, 0)):
        clock.now_ms = line_ms + passed
        centre.say(server_ms=line_ms + passed)
        assert lines(laptop) == there


@pytest.mark.parametrize("wrong_ms", [YEARS_MS, -YEARS_MS])
def test_a_laptops_clock_that_is_wrong_by_years_takes_no_line_away(
    centre: PaperCentre, laptop: Database, clock: Clock, line_ms: int, wrong_ms: int
) -> None:
    clock.now_ms += wrong_ms
    for n in range(3):
        centre.say(server_ms=line_ms + n * A_DAY_MS)
        clock.now_ms += A_DAY_MS
    assert lines(laptop) == 1


def test_a_centres_clock_that_leaps_takes_no_line_away(
    centre: PaperCentre, laptop: Database, line_ms: int
) -> None:
    centre.say(server_ms=line_ms + YEARS_MS)
    assert lines(laptop) == 1


def test_a_line_that_was_made_with_a_wrong_clock_is_as_old_as_any_other(
    centre: PaperCentre, laptop: Database, clock: Clock
) -> None:
    """The laptop is ten years behind all the time: the line is not ten years old."""
    clock.now_ms -= YEARS_MS
    centre.say(put("resident", R1, {"name": "王秀兰"}), server_ms=clock.now_ms + YEARS_MS)
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    centre.say(gone("resident", R1), server_ms=clock.now_ms + YEARS_MS)
    for _ in range(2):
        clock.now_ms += A_DAY_MS
        centre.say(server_ms=clock.now_ms + YEARS_MS)
    assert lines(laptop) == 1
