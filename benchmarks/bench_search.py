"""Search as you type among 100,000 residents, every way and key, beside the one B-tree look-up behind it.

What is measured is the work of one key press: the keys found and the first page of people read. The floor
knows which column is meant: one bare range of its index and the bodies of the same page.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks import Report, percentile
from benchmarks.laptops import RESIDENTS, filled_laptop
from gridworker.db.database import Database
from gridworker.db.reader import Reader
from gridworker.db.residents import search_residents
from gridworker.domain.names import surname_of
from gridworker.domain.residents import Resident, search_values

PEOPLE = 40
PAGE = 50
BUDGETS_MS = {50: 8.0, 99: 16.0}


class Typing(NamedTuple):
    """What is typed key by key, and the column that it means."""

    way: str
    column: str
    text: str
    stored: str
    """What the column begins with then."""


def run(report: Report) -> None:
    """Every way by itself and all of them together."""
    with (
        tempfile.TemporaryDirectory(prefix="gridworker-bench-") as folder,
        closing(filled_laptop(Path(folder) / "laptop.db")) as laptop,
    ):
        _measure(report, laptop)


def _measure(report: Report, laptop: Database) -> None:
    ours: dict[str, list[float]] = {}
    floors: dict[str, list[float]] = {}
    for turn, typing in enumerate(_all_typings(laptop)):
        for bare in (turn % 2 == 0, turn % 2 == 1):
            taken = floors if bare else ours
            taken.setdefault(typing.way, []).append(_milliseconds(laptop, typing, bare=bare))
    for way, times in ours.items():
        report.add(way, percentile(times, 50), "ms", floor=percentile(floors[way], 50), note="p50")
    every = [time for times in ours.values() for time in times]
    bottom = [time for times in floors.values() for time in times]
    for percent, budget in BUDGETS_MS.items():
        value, note = percentile(every, percent), f"{len(every)} key presses, {RESIDENTS} residents"
        report.add(f"p{percent}", value, "ms", floor=percentile(bottom, percent), note=note)
        report.add(f"p{percent}_work", value, "ms", budget=budget, note="of a frame of 16 ms")


def _all_typings(laptop: Database) -> list[Typing]:
    """Some people, typed in every way; in random order, as nobody types the same name twice."""
    chance = random.Random(3)
    with laptop.read() as reader:
        keys = chance.sample(reader.keys(Resident, order="n"), PEOPLE)
        people = [stored.record for stored in reader.rows(Resident, keys)]
    typings = [typing for person in people for typing in _typings(person, laptop)]
    chance.shuffle(typings)
    return typings


def _typings(person: Resident, laptop: Database) -> Iterator[Typing]:
    assert Resident.derived is not None
    columns = dict(zip(Resident.derived.names, search_values(person, laptop.pinyin), strict=True))
    given = person.name[len(surname_of(person.name)) :]
    forward = {
        "name": ("name", person.name),
        "given_name": ("given", given),
        "pinyin": ("pinyin", columns["pinyin"] or ""),
        "initials": ("initials", columns["initials"] or ""),
        "id_number": ("id_number", person.id_number[:14]),
        "place": ("place", person.place),
    }
    for way, (column, text) in forward.items():
        yield from (Typing(way, column, text[:n], text[:n]) for n in range(1, len(text) + 1))
    for way, column, text in (
        ("phone_tail", "phone_tail", person.phones[0][-6:]),
        ("id_tail", "id_tail", person.id_number[-6:]),
    ):
        yield from (Typing(way, column, text[-n:], text[-n:][::-1]) for n in range(3, len(text) + 1))


def _milliseconds(laptop: Database, typing: Typing, *, bare: bool) -> float:
    start = perf_counter()
    with laptop.read() as reader:
        if bare:
            _look_up(reader, typing)
        else:
            reader.rows(Resident, search_residents(reader, typing.text)[:PAGE])
    return (perf_counter() - start) * 1e3


def _look_up(reader: Reader, typing: Typing) -> None:
    """The floor: the keys of one range and the bodies of a page."""
    column = typing.column
    sql = f"SELECT n FROM resident WHERE {column}>=? AND {column}<? ORDER BY {column}, n LIMIT 500"
    keys = [n for (n,) in reader.rows_of(sql, (typing.stored, typing.stored + "\U0010ffff"))][:PAGE]
    reader.rows_of(f"SELECT body FROM resident WHERE n IN ({','.join('?' * len(keys))})", keys)
