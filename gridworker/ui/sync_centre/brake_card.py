"""The brake: the centre would take many records away without a reason; a person looks, asks, and decides."""

from collections.abc import Callable
from datetime import date
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridworker.actions.brake import agree_to_removal, keep_waiting, stopped_removal
from gridworker.actions.disputes import put_off, put_off_when
from gridworker.db.brake import StoppedRemoval
from gridworker.db.care import day_of
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import _
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Button, Card, Label
from gridworker.ui.desk import Desk
from gridworker.ui.flow import FlowLayout
from gridworker.ui.labels import IconLabel
from gridworker.ui.visits.words import listed, moment_of


class BrakeCard(Card):
    """Hidden while nothing was stopped; to agree takes two presses, and the second one names the number."""

    changed = Signal()
    """It says something else, or nothing."""

    def __init__(self, desk: Desk) -> None:
        """It reads by itself, and again whenever something has changed or an exchange has ended."""
        super().__init__()
        self._desk = desk
        self._stopped: StoppedRemoval | None = None
        self._asking = self._later = False
        self.setAccessibleName(_("暂停的撤下"))
        self.head.addWidget(IconLabel("warning", token="warn", size=20))
        self.says = Label("", "subtitle", bold=True, wrap=True)
        self.head.addWidget(self.says, 1)
        self.body.addLayout(self.head)
        lines, steps = QWidget(), QWidget()
        self._lines, self._steps = column_of(lines, spacing=4), FlowLayout(steps, gap=8, line_gap=8)
        self.body.addWidget(lines)
        self.body.addWidget(steps)
        self.hide()
        desk.touched.connect(self._look_again)
        desk.sync_ended.connect(self._look_again)
        self.load()

    def load(self) -> None:
        """Read again, on the reader thread."""
        self._desk.fetch("brake", partial(_read, today=self._desk.today), self._show)

    def buttons(self) -> list[Button]:
        """What can be pressed now."""
        items = map(self._steps.itemAt, range(self._steps.count()))
        found = [item.widget() for item in items if item is not None]
        return [each for each in found if isinstance(each, Button)]

    def texts(self) -> list[str]:
        """What is said."""
        labels = (self._lines.itemAt(at).widget() for at in range(self._lines.count()))
        return [self.says.text(), *(each.text() for each in labels if isinstance(each, Label))]

    def _look_again(self, _what: object) -> None:
        self.load()

    def _show(self, found: tuple[StoppedRemoval | None, bool]) -> None:
        before = self._stopped
        self._stopped, self._later = found
        same = before is not None and self._stopped is not None and before.digest == self._stopped.digest
        self._asking = self._asking and same
        self._dress()

    def _dress(self) -> None:
        stopped = self._stopped
        self.setVisible(stopped is not None)
        if stopped is not None:
            self._say(stopped)
        self.changed.emit()

    def _say(self, stopped: StoppedRemoval) -> None:
        self.says.setText(_says(stopped))
        refill(self._lines, [Label(line, wrap=True) for line in self._words(stopped)])
        refill(self._steps, self._buttons(stopped))

    def _words(self, stopped: StoppedRemoval) -> list[str]:
        if stopped.agreed_ms is not None:
            words = _("{who} {moment} 已同意：下一次同步时撤下。在那之前可以反悔。")
            moment = moment_of(stopped.agreed_ms, self._desk.now_ms)
            return [words.format(who=stopped.agreed_by or _("本人"), moment=moment)]
        if self._asking:
            words = _("同意之后，这 {count} 条在本机再也看不到。已经问过街道技术人员了吗？")
            return [words.format(count=stopped.rows)]
        if self._later:
            return [_("先留着，一条也没有撤下；明天再提醒。")]
        since = moment_of(stopped.since_ms, self._desk.now_ms)
        return [
            _("{kinds}，约占 {percent}%；{moment} 起等待决定，一条也没有撤下。").format(
                kinds=_kinds(stopped), percent=stopped.percent, moment=since
            ),
            _("先打电话问街道技术人员：是网格调整，还是误删？没问清之前不要同意；照常工作，不受影响。"),
        ]

    def _buttons(self, stopped: StoppedRemoval) -> list[QWidget]:
        keep = Button(_("先留着，以后再问"), self._keep, kind="plain")
        if stopped.agreed_ms is not None:
            return [Button(_("反悔，先留着"), self._think_again, icon_name="undo")]
        if self._asking:
            words = _("确定撤下 {count} 条").format(count=stopped.rows)
            return [Button(words, self._agree, kind="danger"), keep]
        agree = Button(_("问清了，同意撤下…"), self._ask, kind="plain")
        return [agree] if self._later else [keep, agree]

    def _ask(self) -> None:
        self._asking = True
        self._dress()
        self.buttons()[-1].setFocus()

    def _keep(self) -> None:
        self._asking = False
        if self._stopped is not None:
            self._write(partial(put_off, ids=[_name_of(self._stopped)]))

    def _agree(self) -> None:
        self._asking = False
        if self._stopped is not None:
            self._write(partial(agree_to_removal, seen=self._stopped))

    def _think_again(self) -> None:
        if self._stopped is not None:
            self._write(partial(keep_waiting, seen=self._stopped))

    def _write(self, action: Callable[[Transaction], Touched]) -> None:
        self._desk.write(action, then=lambda _touched: self.load(), failed=self._fail)

    def _fail(self, problem: Problem) -> None:
        self._desk.tell_problem(problem)
        self.load()


def _read(reader: Reader, *, today: date) -> tuple[StoppedRemoval | None, bool]:
    stopped = stopped_removal(reader)
    at_ms = put_off_when(reader).get(_name_of(stopped)) if stopped is not None else None
    return stopped, at_ms is not None and day_of(at_ms) == today


def _name_of(stopped: StoppedRemoval) -> str:
    """By which name it can be put off: another set of rows asks anew."""
    return f"removal:{stopped.digest}"


def _says(stopped: StoppedRemoval) -> str:
    return _("中心要撤下 {count} 条资料，没有说明原因").format(count=stopped.rows)


def _kinds(stopped: StoppedRemoval) -> str:
    """居民 40、走访 3."""
    each = sorted(stopped.kinds.items(), key=lambda pair: -pair[1])
    labels = ((_(KINDS[kind].label) if kind in KINDS else kind, count) for kind, count in each)
    return listed(f"{label} {count}" for label, count in labels)
