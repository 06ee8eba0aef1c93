"""The screen of an import: a place to drop the file, progress, the preview with its lists, and the end."""

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gridworker.actions.imports.messages import (
    Event,
    Failed,
    PageRead,
    Progressed,
    Ready,
    Saved,
    Stopped,
)
from gridworker.actions.imports.preview import PageName, PlanRow
from gridworker.actions.imports.process import ImportJob
from gridworker.actions.imports.report import Report, report_text
from gridworker.actions.imports.undo import undo_import
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import N_, _, problem_text
from gridworker.ui.choices import Chip
from gridworker.ui.controls import Button, Card, EmptyState, Label, ProgressStrip, Scrolled
from gridworker.ui.desk import Desk
from gridworker.ui.import_wizard.words import (
    PHASES,
    VERBS,
    changes_of,
    column_words,
    counts_of,
    doubts_of,
    outcome_of,
)
from gridworker.ui.menu import Action
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.screen import Screen
from gridworker.ui.table import RecordTable, TableFrame

POLL_MS = 50
PAGE_ROWS = 2_000
"""How many rows of a list are shown; the counts above are always those of the whole file."""
LISTS: tuple[tuple[PageName, str], ...] = (
    ("doubtful", N_("存疑")),
    ("new", N_("新增")),
    ("changed", N_("变化")),
    ("repeated", N_("重复")),
    ("same", N_("相同")),
)
FILES = "Excel (*.xlsx *.xls *.xlsm *.csv)"


class ImportScreen(Screen):
    """Nothing is written before "导入" is pressed; afterwards the whole batch can be taken back."""

    name: ClassVar[str] = "import"
    title: ClassVar[str] = N_("导入台账")
    icon: ClassVar[str] = "import"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action(
            "choose_file", N_("选择文件"), lambda s: s.choose(), ("Ctrl+O",), "import", ("tools", "palette"),
            enabled=lambda s: not s.busy,
        ),
        Action(
            "save_import", N_("导入"), lambda s: s.save(), ("Ctrl+Return",), "check", ("tools", "palette"),
            enabled=lambda s: s.ready is not None, primary=True,
        ),
    )  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.ready: Ready | None = None
        self.report: Report | None = None
        self.busy = False
        self._job: ImportJob | None = None
        self._list: PageName = "doubtful"
        self._rows: dict[int, PlanRow] = {}
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._poll)
        self.setAcceptDrops(True)
        self._build()
        self.add_action_buttons()

    def choose(self) -> None:
        """Ask for a file."""
        path, _chosen = QFileDialog.getOpenFileName(self, _("选择居民台账"), "", FILES)
        if path:
            self.start(Path(path))

    def start(self, file: Path) -> None:
        """Read a file and show what it would do."""
        self._end_job()
        self.ready, self.report = None, None
        self._fault.hide()
        self._file_name = file.name
        self._job = self.desk.start_import(file)
        self._set_busy(True)
        self._progress.show_progress(_(PHASES["open"]))
        self._timer.start()

    def save(self) -> None:
        """Write the batch."""
        if self._job is not None and self.ready is not None:
            self.ready = None
            self._set_busy(True)
            self._progress.show_progress(_(PHASES["save"]))
            self._job.commit()

    def cancel(self) -> None:
        """Stop reading; while it is being written only the end tells."""
        if self._job is not None and self._job.cancel():
            self._end_job()
            self._set_busy(False)
            self._stack.setCurrentIndex(0)
            self.say("info", _("已取消，什么也没有写入"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file may be dropped anywhere on the screen."""
        if event.mimeData().hasUrls() and not self.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read the first file that was dropped."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.start(Path(files[0]))

    def show_record(self, what: object) -> None:
        """Begin with a file that somebody chose elsewhere."""
        if isinstance(what, Path):
            self.start(what)

    def fault(self) -> str:
        """What is wrong with the file, or nothing."""
        return self._fault.text() if not self._fault.isHidden() else ""

    def _poll(self) -> None:
        for event in self._job.poll() if self._job is not None else ():
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case Progressed(phase=phase, done=done, total=total):
                words = _("{phase}：{done} 行").format(phase=_(PHASES.get(phase, phase)), done=done)
                self._progress.show_progress(words, done, total)
            case Ready():
                self._show_preview(event)
            case PageRead(page=page):
                self._rows = {row.row: row for row in page.rows}
                self._model.set_keys(list(self._rows))
            case Saved(report=report):
                self._show_end(report)
            case Failed(code=code, values=values):
                self._show_fault(Problem(code, **values))
            case Stopped():
                self._show_fault(Problem("import_stopped"))

    def _show_preview(self, ready: Ready) -> None:
        self.ready = ready
        self._set_busy(False)
        self._counts.setText(counts_of(ready.report))
        self._outcome.setText(outcome_of(ready.report))
        _fill(self._columns_card, _column_lines(ready))
        report = ready.report
        counts = {
            "doubtful": report.doubtful_rows,
            "new": report.new,
            "changed": report.changed,
            "repeated": report.repeated,
            "same": report.same,
        }
        for name, words in LISTS:
            self._chips[name].set_text(f"{_(words)} {counts[name]}")
        self._choose_list("doubtful" if report.doubtful_rows else "new")
        self._stack.setCurrentIndex(1)
        self.tools.set_about(report.file)

    def _choose_list(self, name: PageName, _checked: bool = False) -> None:
        self._list = name
        self._chips[name].setChecked(True)
        if self._job is not None:
            self._job.ask_page(name, 0, PAGE_ROWS)

    def _show_end(self, report: Report) -> None:
        self.report = report
        self._end_job()
        self._set_busy(False)
        self._end_text.setText(report_text(report, _))
        self._stack.setCurrentIndex(2)
        self.desk.background.announce(Touched(everything=True))
        done = _("已存本机：导入 {new} 人，变化 {changed} 人").format(new=report.new, changed=report.changed)
        self.desk.tell("ok", done, _("撤销"), self.undo)

    def undo(self) -> None:
        """Take the whole batch back; what somebody changed since stays."""
        if self.report is None or not self.report.batch_id:
            return
        batch = self.report.batch_id
        self.desk.write(partial(undo_import, batch_id=batch), then=self._undone)

    def _undone(self, _touched: Touched) -> None:
        self.report = None
        self._stack.setCurrentIndex(0)
        self.desk.tell("info", _("已撤销这次导入；导入后又改过的记录保留不动"))

    def _show_fault(self, problem: Problem) -> None:
        self._end_job()
        self._set_busy(False)
        self._fault.setText("\n".join(problem_text(problem.code, problem.values)))
        self._fault.show()
        self._stack.setCurrentIndex(0)

    def _end_job(self) -> None:
        self._timer.stop()
        if self._job is not None:
            self._job.close()
        self._job = None

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        if not busy:
            self._progress.finish()
        self.update_actions()

    def _page(self, keys: Any) -> list[PlanRow | None]:
        return [self._rows.get(key) for key in keys]

    def _build(self) -> None:
        self._progress = ProgressStrip()
        self._progress.cancelled.connect(self.cancel)
        self._fault = Label("", tone="wrong", wrap=True)
        self._fault.hide()
        self._stack = QStackedWidget()
        for page in (self._start_page(), self._preview_page(), self._end_page()):
            self._stack.addWidget(page)
        self.body.addWidget(self._progress)
        self.body.addWidget(self._fault)
        self.body.addWidget(self._stack, 1)

    def _start_page(self) -> QWidget:
        return EmptyState(
            "import",
            _("把居民台账拖到这里，或选择文件"),
            hint=_(
                "标题行、合计行、重复的人、各种写法的地址和日期都能认出；写入之前先预览。民族、政治面貌等不得采集的列不会读入。"
            ),
            step=_("选择文件"),
            run=self.choose,
        )

    def _preview_page(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        left = QVBoxLayout()
        summary = Card()
        self._counts, self._outcome = Label("", "subtitle", bold=True, wrap=True), Label("", wrap=True)
        summary.body.addWidget(self._counts)
        summary.body.addWidget(self._outcome)
        left.addWidget(summary)
        left.addLayout(self._chip_row())
        self._model: PagedModel[PlanRow] = PagedModel(_columns(), self._page, id_of=lambda row: row.row)
        self._table = RecordTable(self._model, name=_("预览"), empty=_("这一类没有行"))
        left.addWidget(TableFrame(self._table), 1)
        self._columns_card = Card(_("表格的列"))
        scrolled = Scrolled(self._columns_card)
        scrolled.setMinimumWidth(260)
        row.addLayout(left, 3)
        row.addWidget(scrolled, 1)
        return page

    def _chip_row(self) -> QHBoxLayout:
        self._chips: dict[str, Chip] = {}
        row, group = QHBoxLayout(), QButtonGroup(self)
        for name, words in LISTS:
            chip = Chip(_(words))
            chip.setCheckable(True)
            chip.clicked.connect(partial(self._choose_list, name))
            group.addButton(chip)
            row.addWidget(chip)
            self._chips[name] = chip
        row.addStretch(1)
        return row

    def _end_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        card = Card(_("导入完成"))
        self._end_text = Label("", wrap=True)
        self._end_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        card.body.addWidget(self._end_text)
        buttons = QHBoxLayout()
        buttons.addWidget(Button(_("撤销这次导入"), self.undo, icon_name="undo"))
        buttons.addStretch(1)
        buttons.addWidget(Button(_("再导入一个"), self.choose, kind="quiet"))
        buttons.addWidget(
            Button(_("查看居民"), lambda: self.desk.asked.emit("screen", "residents"), kind="primary")
        )
        card.body.addLayout(buttons)
        column.addWidget(card)
        column.addStretch(1)
        return page


def _column_lines(ready: Ready) -> list[tuple[str, str, str]]:
    tones = {"dropped": "wrong", "ignored": "second"}
    return [
        (column.heading or _("（无标题）"), column_words(column), tones.get(column.verdict, ""))
        for column in ready.layout.columns
    ]


def _fill(card: Card, lines: list[tuple[str, str, str]]) -> None:
    while card.body.count() > 1:
        item = card.body.takeAt(1)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.deleteLater()
    for heading, words, tone in lines:
        card.body.addWidget(Label(f"{heading} → {words}", tone=tone, wrap=True))
    card.body.addStretch(1)


def _columns() -> tuple[TableColumn[PlanRow], ...]:
    return (
        TableColumn(N_("行号"), lambda row: "、".join(map(str, row.rows)), 70, align="right"),
        TableColumn(
            N_("处理"), lambda _row: "", 64, tags=lambda row: ((_(VERBS[row.verb][0]), VERBS[row.verb][1]),)
        ),
        TableColumn(N_("姓名"), lambda row: row.name, 90, bold=True),
        TableColumn(N_("地址"), lambda row: row.address, 140),
        TableColumn(N_("原因"), doubts_of, 200, stretch=True, tip=doubts_of),
        TableColumn(N_("变化内容"), changes_of, 180, tip=changes_of),
    )
