"""From a key press in the residents' search box to the painted rows, and jumps in a table of 300,000 rows.

The whole desktop runs offscreen on an encrypted database. A figure is the time until every query is answered
and the painted window is flushed, with no wait on purpose in it; "work" is processor time of all threads. The
card of a person is read between two key presses, when the cursor rests, as while somebody types. The floor
is a bare QTableView with a QStyledItemDelegate of the same size over plain strings in memory: the same rows,
columns, texts and font. N is GRIDWORKER_BENCH_RESIDENTS or 100,000.
"""

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QEvent, QEventLoop, QModelIndex, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from benchmarks import Report, percentile
from benchmarks.bench_start import make_profile
from benchmarks.laptops import RESIDENTS
from gridworker.db.database import Database
from gridworker.db.resident_lines import line_keys
from gridworker.domain.names import surname_of
from gridworker.domain.residents import Resident, search_values
from gridworker.main import Desktop, application, dress
from gridworker.profiles import open_profile
from gridworker.settings import Settings
from gridworker.ui.residents.presenter import CARD_WAIT_MS
from gridworker.ui.residents.view import ResidentsScreen
from gridworker.ui.table import RecordTable

PEOPLE = 12
JUMPS = 400
TEXTS = 3_000
"""Rows of text that the floor holds in memory."""
REST_MS = CARD_WAIT_MS + 30
WINDOW = (1366, 728)
BUDGETS_MS = {50: 8.0, 99: 16.0}
BUDGET_JUMP_MS = 16.0
_ORDERS = ("address", "name", "age")
_GIVE_UP_MS = 10_000


class Took(NamedTuple):
    """Milliseconds of one step until it was painted, and of processor time in all threads meanwhile."""

    elapsed: float
    work: float


def run(report: Report) -> None:
    """Key presses first, then jumps."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="gridworker-bench-") as folder:
        profile = Path(folder) / "leader"
        make_profile(profile, RESIDENTS)
        measure(report, profile)


def measure(report: Report, profile: Path) -> None:
    """Open the desktop of a profile and measure there."""
    settings = Settings(profile)
    dress(application(), settings)
    database = open_profile(profile)
    desktop = Desktop(database, settings, profile)
    desktop.window.resize(*WINDOW)
    desktop.show()
    screen = _open_residents(desktop)
    bare = BareTable(screen.table)
    _report_keys(report, desktop, screen, bare)
    _report_jumps(report, desktop, screen, bare)
    desktop.close()


def _open_residents(desktop: Desktop) -> ResidentsScreen:
    """The residents on the screen, with everything that the start leaves for later done."""
    desktop.window.show_screen("residents")
    screen = desktop.window.screen_named("residents")
    assert isinstance(screen, ResidentsScreen)
    while desktop.window.build_next():
        desktop.background.drain()
    desktop.background.drain()
    _rest(600)
    return screen


def _report_keys(report: Report, desktop: Desktop, screen: ResidentsScreen, bare: "BareTable") -> None:
    """Whole texts typed key by key, then Esc; the floor shows as many other rows after each key."""
    ours: list[Took] = []
    floor: list[Took] = []
    chance = random.Random(5)
    watch = Painted(screen.table, lambda: not desktop.background.waiting)
    for text in _texts(desktop.database):
        for sign in [*text, ""]:
            ours.append(watch.took(partial(_press, screen.search, sign)))
            rows = screen.table.records.rowCount()
            floor.append(bare.watch.took(partial(bare.rows.show, rows, chance.randrange(TEXTS))))
            _rest(REST_MS)
    note = f"{len(ours)} key presses, {RESIDENTS} residents"
    _add(report, "key", ours, floor, budgets=BUDGETS_MS, note=note)


def _press(where: QWidget, sign: str) -> None:
    """One sign as the keyboard or an input method brings it; none is Esc, which empties the box."""
    key = Qt.Key.Key_unknown if sign else Qt.Key.Key_Escape
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(where, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, sign))


def _report_jumps(report: Report, desktop: Desktop, screen: ResidentsScreen, bare: "BareTable") -> None:
    """Jumps to anywhere by the scroll bar."""
    with desktop.database.read() as reader:
        keys = [key for order in _ORDERS for key in line_keys(reader, order=order, only="all")]
    screen.table.records.set_keys(keys)
    bare.rows.show(len(keys), 0)
    _rest(REST_MS)
    chance = random.Random(7)
    watch = Painted(screen.table, lambda: not desktop.background.waiting)
    ours = [_jump(watch, screen.table, chance) for _ in range(JUMPS)]
    floor = [_jump(bare.watch, bare.view, chance) for _ in range(JUMPS)]
    note = f"{JUMPS} jumps in {len(keys)} rows"
    _add(report, "jump", ours, floor, budgets={99: BUDGET_JUMP_MS}, note=note)


def _jump(watch: "Painted", table: QTableView, chance: random.Random) -> Took:
    bar = table.verticalScrollBar()
    to = chance.randrange(bar.maximum())
    _rest(0)
    return watch.took(lambda: bar.setValue(to))


def _add(
    report: Report,
    name: str,
    ours: Sequence[Took],
    floor: Sequence[Took],
    *,
    budgets: dict[int, float],
    note: str,
) -> None:
    """Percentiles beside the floor, and again beside the budget in milliseconds; and the worst of all."""
    times, bottom = [each.elapsed for each in ours], [each.elapsed for each in floor]
    for percent in (50, 99):
        value = percentile(times, percent)
        report.add(f"{name}_p{percent}", value, "ms", floor=percentile(bottom, percent), note=note)
        if percent in budgets:
            report.add(f"{name}_p{percent}_frame", value, "ms", budget=budgets[percent], note="until painted")
    for percent in (50, 99):
        value = percentile([each.work for each in ours], percent)
        report.add(f"{name}_p{percent}_work", value, "ms", budget=budgets.get(percent), note="processor time")
    report.add(f"{name}_first", times[0], "ms", floor=bottom[0], note="the first one")
    report.add(f"{name}_worst", max(times), "ms", floor=max(bottom), note="the worst one")


def _texts(database: Database) -> list[str]:
    """What is typed: some people, each in every way, in random order."""
    chance = random.Random(3)
    with database.read() as reader:
        keys = chance.sample(reader.keys(Resident, order="n"), PEOPLE)
        people = [stored.record for stored in reader.rows(Resident, keys)]
    texts = [text for person in people for text in _ways(person, database)]
    chance.shuffle(texts)
    return texts


def _ways(person: Resident, database: Database) -> Iterator[str]:
    """Name, given name, pinyin, initials, id number and its tail, tail of the phone, place."""
    assert Resident.derived is not None
    columns = dict(zip(Resident.derived.names, search_values(person, database.pinyin), strict=True))
    yield from (person.name, person.name[len(surname_of(person.name)) :])
    yield from (columns["pinyin"] or "", columns["initials"] or "")
    yield from (person.id_number[:14], person.id_number[-6:], person.phones[0][-6:], person.place)


def _rest(milliseconds: int) -> None:
    """Let everything come to an end that begins when nobody presses a key."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Painted(QObject):
    """Takes the time from a step to the end of the next painting of a table that answers it."""

    def __init__(self, table: QTableView, answered: Callable[[], bool]) -> None:
        super().__init__(table)
        self._answered, self._loop = answered, QEventLoop(self)
        self._viewport = table.viewport()
        self._viewport.installEventFilter(self)

    def took(self, step: Callable[[], object]) -> Took:
        """The time of one step."""
        late = QTimer(self, singleShot=True, interval=_GIVE_UP_MS)
        late.timeout.connect(lambda: self._loop.exit(1))
        late.start()
        worked, begun = process_time(), perf_counter()
        step()
        missed = self._loop.exec()
        took = Took((perf_counter() - begun) * 1e3, (process_time() - worked) * 1e3)
        late.stop()
        if missed:
            raise TimeoutError("nothing was painted")
        return took

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - a virtual method of Qt
        """When this painting began with every answer there, its end is what is waited for."""
        if event.type() == QEvent.Type.Paint and self._loop.isRunning() and self._answered():
            QTimer.singleShot(0, self._loop.quit)
        return False


class BareRows(QAbstractTableModel):
    """As many rows as wanted of a few thousand texts in memory."""

    def __init__(self, texts: Sequence[tuple[str, ...]]) -> None:
        super().__init__()
        self._texts, self._count, self._first = texts, 0, 0

    def show(self, count: int, first: int) -> None:
        """Other rows."""
        self.beginResetModel()
        self._count, self._first = count, first
        self.endResetModel()

    def rowCount(self, _parent: Any = QModelIndex()) -> int:  # noqa: B008, N802 - a virtual method of Qt
        """How many."""
        return self._count

    def columnCount(self, _parent: Any = QModelIndex()) -> int:  # noqa: B008, N802 - a virtual method of Qt
        """As many as ours."""
        return len(self._texts[0])

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """The text and nothing else."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._texts[(self._first + index.row()) % len(self._texts)][index.column()]


class BareTable:
    """The floor: a bare view in a window of its own, as large as the table beside which it is measured."""

    def __init__(self, table: RecordTable) -> None:
        model = table.records
        shown = [at for at in range(model.columnCount()) if not table.isColumnHidden(at)]
        self.rows = BareRows([_row(table, row, shown) for row in range(min(TEXTS, model.rowCount()))])
        self.view = QTableView()
        self.view.setModel(self.rows)
        self.view.setShowGrid(False)
        self.view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(table.rowHeight(0))
        for place, at in enumerate(shown):
            self.view.setColumnWidth(place, table.columnWidth(at))
        self.view.resize(table.size())
        self.view.show()
        QApplication.processEvents()
        self.watch = Painted(self.view, lambda: True)


def _row(table: RecordTable, row: int, columns: Sequence[int]) -> tuple[str, ...]:
    cells = (table.records.cell(row, at) for at in columns)
    return tuple(cell.text if cell else "" for cell in cells)
