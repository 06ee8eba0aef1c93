"""Where an import begins: a place to drop the file, what went wrong with the last one, and past imports."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.db.imports import Batch
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import Strip, column_of
from gridworker.ui.controls import Button, Card, EmptyState
from gridworker.ui.import_wizard.batches import outcome_of_batch
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

HISTORY_HIGH = 220


class StartPage(QWidget):
    """It says what was asked for; a past import is taken back after a second press, told what that does."""

    choose_asked = Signal()
    rehearsal_asked = Signal(object)
    """The Batch of which one wants to know what taking it back would do."""
    undo_asked = Signal(object)
    """The Batch that is to be taken back."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Without past imports."""
        super().__init__()
        self._batches: dict[str, Batch] = {}
        self._sure = ""
        self.fault, self.rehearsal = Strip("error"), Strip("warn")
        self.fault.tools.addWidget(Button(_("另选文件"), self.choose_asked.emit))
        self._model: PagedModel[Batch] = PagedModel(_columns(now_ms), self._page)
        self.table = RecordTable(self._model, name=_("导入记录"))
        self.table.current_changed.connect(lambda _key: self._word_undo())
        self._undo = Button("", self._ask_undo, icon_name="undo")
        self.history = Card(_("导入记录"))
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._undo)
        self.history.body.addWidget(TableFrame(self.table))
        self.history.body.addWidget(self.rehearsal)
        self.history.body.addLayout(foot)
        self.history.setMaximumHeight(theme().px(HISTORY_HIGH))
        column = column_of(self)
        column.addWidget(self.fault)
        column.addWidget(self._invitation(), 1)
        column.addWidget(self.history)
        self.history.hide()

    def show_batches(self, batches: Sequence[Batch]) -> None:
        """Show past imports, the newest on top."""
        self._batches = {batch.id: batch for batch in batches}
        self._sure = ""
        self._model.set_keys(list(self._batches))
        if self._batches and self.table.current_key() is None:
            self.table.select_key(next(iter(self._batches)))
        self.history.setVisible(bool(self._batches))
        self._word_undo()

    def begin(self) -> None:
        """Put the keyboard where work begins."""
        self.invitation.button.setFocus()

    def _invitation(self) -> QWidget:
        self.invitation = EmptyState(
            "import",
            _("把居民台账拖到这里，或选择文件"),
            hint=_(
                "Excel 或 CSV 都可以。标题行、合计行、重复的人、各种写法的地址和日期都能认出；"
                "写入之前先预览，写入之后可以整批撤销。民族、政治面貌等不得采集的列不会读入。"
            ),
            step=_("选择文件 Ctrl+O"),
            run=self.choose_asked.emit,
        )
        return self.invitation

    def _ask_undo(self) -> None:
        batch = self._batches.get(self.table.current_key())
        if batch is None:
            return
        if self._sure != batch.id:
            self._sure = batch.id
            self.rehearsal_asked.emit(batch)
        elif self.rehearsal.words():
            self._sure = ""
            self.undo_asked.emit(batch)
        self._word_undo()

    def show_rehearsal(self, batch_id: str, words: str) -> None:
        """Say what taking a batch back would do; only now the second press counts."""
        if batch_id == self._sure:
            self.rehearsal.say(words)

    def _word_undo(self) -> None:
        batch = self._batches.get(self.table.current_key())
        if batch is None or batch.id != self._sure:
            self._sure = ""
        if not self._sure:
            self.rehearsal.say("")
        self._undo.setEnabled(batch is not None and batch.state == "done")
        sure = _("再按一次，撤销“{file}”").format(file=batch.file) if self._sure and batch else ""
        self._undo.set_text(sure or _("撤销所选的导入"))

    def _page(self, keys: Sequence[str]) -> list[Batch | None]:
        return [self._batches.get(key) for key in keys]


def _columns(now_ms: Callable[[], int]) -> tuple[TableColumn[Batch], ...]:
    return (
        TableColumn(N_("时间"), lambda batch: moment_of(batch.created_ms, now_ms()), 124),
        TableColumn(N_("文件"), lambda batch: batch.file, 220, bold=True, tip=lambda batch: batch.file),
        TableColumn(N_("结果"), outcome_of_batch, 200, stretch=True),
        TableColumn(N_("状态"), lambda batch: "", 90, tags=_state),
    )


def _state(batch: Batch) -> tuple[tuple[str, str], ...]:
    return ((_("已撤销"), "grey"),) if batch.state == "undone" else ((_("有效"), "green"),)
