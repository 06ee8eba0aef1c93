"""A worker's and his leader's laptop full of matters: conflicts, notices, held work, duplicates."""

from collections.abc import Callable
from typing import NamedTuple

from gridworker.actions.cases import CaseDraft, report_case, solve_case
from gridworker.actions.reviews import decide_case
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from tests.ui.sync_centre.town import Seat

NUMBER = "999101194403021226"


class Scene(NamedTuple):
    """Who everybody is."""

    wang: RecordId
    li: RecordId
    zhao: RecordId
    sun: RecordId


def change(seat: Seat, person: RecordId, **fields: object) -> None:
    """Somebody corrects a resident."""
    seat.database.write(lambda tx: tx.change(Resident, person, why="", **fields))


def everybody_exchanges(*seats: Seat) -> None:
    """Until all have heard of all."""
    for seat in (*seats, *seats):
        seat.exchange()


def disagree(worker: Seat, leader: Seat, fill: Callable[[Seat], list[RecordId]]) -> list[RecordId]:
    """New residents whom both have."""
    people = fill(worker)
    everybody_exchanges(worker, leader)
    return people


def play(worker: Seat, leader: Seat) -> Scene:
    """Make all of it."""
    wang, li, zhao, sun = disagree(worker, leader, _people)
    (case,) = worker.database.write(
        report_case, CaseDraft(title="路灯不亮", category="C0102"), day="20261123"
    ).ids
    everybody_exchanges(worker, leader)
    _leader_writes(leader, wang, li, sun, case)
    leader.exchange()
    _worker_writes(worker, wang, li, sun, case)
    change(worker, zhao, name="赵桂瑛", birth="1950-10-02")
    everybody_exchanges(worker, leader)
    return Scene(wang, li, zhao, sun)


def _people(seat: Seat) -> list[RecordId]:
    return seat.add(
        Resident(name="王秀兰", birth="1944-03-02", sex="female", phones=("13800138000",), note="一楼东户"),
        Resident(name="李建国", birth="1942-07-11", sex="male", relation="spouse", note="听力不好"),
        Resident(name="赵桂英", birth="1950-01-20", sex="female"),
        Resident(name="孙福", birth="1939-12-01", sex="male"),
    )


def _leader_writes(leader: Seat, wang: RecordId, li: RecordId, sun: RecordId, case: RecordId) -> None:
    change(leader, wang, phones=("13900139000",), note="女儿每周三来")
    change(leader, li, relation="head", lives_alone=True)
    leader.database.write(lambda tx: tx.delete(Resident, sun, why="已搬离"))
    leader.database.write(decide_case, case, "refused", "重复上报")


def _worker_writes(worker: Seat, wang: RecordId, li: RecordId, sun: RecordId, case: RecordId) -> None:
    change(worker, wang, phones=("13800138000", "057188880000"))
    change(worker, wang, note="左腿不便")
    change(worker, wang, note="行动不便，需轮椅")
    change(worker, li, relation="parent")
    change(worker, sun, note="住院，儿子联系")
    worker.database.write(solve_case, case, "已换灯泡")
    worker.add(
        Resident(name="周梅", id_number=NUMBER, birth="1944-03-02", phones=("13700137000",)),
        Resident(name="周玫", id_number=NUMBER, birth="1944-03-02", address="幸福里3栋2单元101"),
    )
