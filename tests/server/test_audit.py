"""What operators hear of audits: whose sum is wrong, and by how much, but nothing of anybody."""

import logging

import pytest

from gridworker.wire.messages import AuditRequest
from tests.conftest import ExpectedLog
from tests.server.laptop import GRID_A, Centre, Laptop


@pytest.fixture
def zhang(centre: Centre) -> Laptop:
    """A laptop with two people in the sum of its grid."""
    laptop = centre.laptop("zhang")
    for name in ("王秀兰", "李国华"):
        laptop.do("create", centre.ids(), values={"name": name})
    return laptop


def ask(laptop: Laptop, bucket: int | None = None) -> None:
    """What a laptop does that has counted another sum."""
    request = AuditRequest(epoch=laptop.me.epoch, replica=laptop.replica, scope=GRID_A, bucket=bucket)
    laptop.call("/v1/audit", request)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said aloud."""
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


def test_a_laptop_with_another_sum_is_told_with_scope_and_number(
    zhang: Laptop, expect_log: ExpectedLog, caplog: pytest.LogCaptureFixture
) -> None:
    expect_log("a laptop's sum")
    ask(zhang)
    assert warnings(caplog) == [f"scope {GRID_A}: a laptop's sum is not that of our 2 records"]


@pytest.mark.parametrize(("change", "said"), [("n = 7", 7), ("acc = '00'", 2)])
def test_a_wrong_sum_of_our_own_is_told_as_ours(
    zhang: Laptop, expect_log: ExpectedLog, caplog: pytest.LogCaptureFixture, change: str, said: int
) -> None:
    expect_log("our own sum is wrong")
    keep = zhang.centre.rows("SELECT n, acc FROM scope WHERE id = :id", id=GRID_A)[0]
    zhang.centre.execute(f"UPDATE scope SET {change} WHERE id = :id", id=GRID_A)
    ask(zhang)
    assert warnings(caplog) == [f"scope {GRID_A}: our own sum is wrong, it says {said} records of 2"]
    zhang.centre.execute(
        "UPDATE scope SET n = :n, acc = :acc WHERE id = :id", id=GRID_A, n=keep.n, acc=keep.acc
    )


def test_a_scope_that_lost_its_row_has_a_wrong_sum(
    zhang: Laptop, expect_log: ExpectedLog, caplog: pytest.LogCaptureFixture
) -> None:
    expect_log("our own sum is wrong")
    row = dict(zhang.centre.rows("SELECT * FROM scope WHERE id = :id", id=GRID_A)[0]._mapping)
    zhang.centre.execute("DELETE FROM scope WHERE id = :id", id=GRID_A)
    ask(zhang)
    assert warnings(caplog) == [f"scope {GRID_A}: our own sum is wrong, it says 0 records of 2"]
    names = ", ".join(row)
    zhang.centre.execute(f"INSERT INTO scope ({names}) VALUES ({', '.join(f':{one}' for one in row)})", **row)


def test_what_follows_an_audit_is_not_told_again(zhang: Laptop) -> None:
    for bucket in (0, 255):
        ask(zhang, bucket)
