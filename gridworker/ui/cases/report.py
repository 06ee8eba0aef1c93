"""The form that reports a case: what, where, how urgent; a category is found by the words people use for it."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from gridworker.actions.cases import CASE_DRAFT, MAX_TEXT, CaseDraft, report_case
from gridworker.db.drafts import drop_draft, read_draft, save_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.addresses import display, parse_address, place_key
from gridworker.domain.cases import Case
from gridworker.domain.choices import CHOICES
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import _, problem_text
from gridworker.ui.cases.category_edit import CategoryEdit
from gridworker.ui.choices import ChoiceRow
from gridworker.ui.controls import Button, IconButton, IconLabel, Label
from gridworker.ui.desk import Desk
from gridworker.ui.inputs import LineField, NumberEdit
from gridworker.ui.menu import key_words
from gridworker.ui.theme import theme

WIDE, HIGH = 880, 560
AUTOSAVE_MS = 1_500
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CaseReport(QFrame):
    """A sheet over the window; what is typed becomes a draft within two seconds and a case on Ctrl+Enter."""

    closed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        """Hidden until `start`."""
        super().__init__(parent)
        self.desk = desk
        self._draft = CaseDraft()
        self._before: QWidget | None = None
        self._saving = False
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("报事件"))
        self._build()
        self._autosave = QTimer(self, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self.keep_draft)
        self._listen()
        if parent is not None:
            parent.installEventFilter(self)
        self.hide()

    def start(self, draft: CaseDraft) -> None:
        """Show the form; an empty draft brings back what was left unfinished."""
        if self.isVisible():
            self.title.edit.setFocus()
            return
        kept = self.desk.look(read_draft, CASE_DRAFT, CaseDraft) if draft == CaseDraft() else None
        self._before = QApplication.focusWidget()
        self._fill(kept or draft)
        self._notice.setText(_("已恢复上次没有报完的内容") if kept else "")
        self._notice.setVisible(bool(kept))
        self._fault.hide()
        self.place()
        self.show()
        self.raise_()
        self.title.edit.setFocus()

    def values(self) -> CaseDraft:
        """What the form holds now."""
        address = parse_address(self.address.text())
        place = place_key(address)
        return CaseDraft(
            title=self.title.text(),
            category=self.category.code(),
            edition=self.category.dictionary.edition,
            text=self.text.toPlainText(),
            address=display(address) if place else self.address.text(),
            place=place,
            room_id=self._draft.room_id,
            resident_id=self._draft.resident_id,
            visit_id=self._draft.visit_id,
            source=self.source.value() or "patrol",
            urgency=self.urgency.value() or "normal",
            scale=self.scale.value() or "person",
            reporter_name=self.reporter.text(),
            reporter_phone=self.phone.text(),
            solved=self.solved.text(),
        )

    def save(self) -> None:
        """Store the case; where something is missing say so and keep everything."""
        if self._saving:
            return
        self._autosave.stop()
        draft, day = self.values(), self.desk.today.strftime("%Y%m%d")
        self._saving = True
        self.desk.write(
            lambda tx: report_case(tx, draft, day=day),
            then=partial(self._saved, draft.title),
            failed=self._failed,
        )

    def keep_draft(self) -> None:
        """Put what is entered on the disk now."""
        draft = self.values()
        if self.isVisible() and draft not in (CaseDraft(edition=draft.edition), self._draft):
            self._draft = draft
            self.desk.write(partial(_keep, draft=draft))

    def discard(self) -> None:
        """Throw the form's content away and close it."""
        self._autosave.stop()
        self.desk.write(_forget)
        self._go()

    def leave(self) -> None:
        """Close and keep a draft."""
        self._autosave.stop()
        self.keep_draft()
        self._go()

    def place(self) -> None:
        """In the upper middle of the parent, no larger than it."""
        parent = self.parentWidget()
        if parent is None:
            self.resize(theme().px(WIDE), theme().px(HIGH))
            return
        wide, high = min(theme().px(WIDE), parent.width() - 24), min(theme().px(HIGH), parent.height() - 24)
        self.setGeometry((parent.width() - wide) // 2, max(8, (parent.height() - high) // 4), wide, high)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter saves, Enter goes on to the next field, Esc keeps a draft."""
        if event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.save()
        elif event.key() in _ENTER:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the parent."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self.place()
        return False

    def _saved(self, title: str, touched: Touched) -> None:
        self._saving = False
        self._go()
        ids = [RecordId(id) for id in touched.ids]
        self.desk.tell(
            "ok", _("已存本机:报事件 {title}").format(title=title), _("撤销"), partial(self._undo, ids)
        )

    def _undo(self, ids: list[RecordId]) -> None:
        self.desk.write(
            partial(_withdraw, ids=ids), then=lambda _touched: self.desk.tell("info", _("已撤销"))
        )

    def _failed(self, problem: Problem) -> None:
        self._saving = False
        self._fault.setText(" ".join(problem_text(problem.code, problem.values)))
        self._fault.show()
        field = {
            "case_title_missing": self.title.edit,
            "case_category_missing": self.category,
            "text_too_long": self.text,
        }.get(problem.code)
        if field is not None:
            field.setFocus()

    def _go(self) -> None:
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self.closed.emit()

    def _fill(self, draft: CaseDraft) -> None:
        self._draft = draft
        self.title.edit.setText(draft.title)
        self.category.set_code(draft.category)
        self.text.setPlainText(draft.text)
        self.address.edit.setText(draft.address)
        for row, value in (
            (self.source, draft.source),
            (self.urgency, draft.urgency),
            (self.scale, draft.scale),
        ):
            row.set_value(value)
        self.reporter.edit.setText(draft.reporter_name)
        self.phone.edit.setText(draft.reporter_phone)
        self.solved.edit.setText(draft.solved)

    def _listen(self) -> None:
        for field in (self.title, self.address, self.reporter, self.phone, self.solved):
            field.edit.textChanged.connect(self._changed)
        self.text.textChanged.connect(self._changed)
        self.category.chosen.connect(self._changed)
        for row in (self.source, self.urgency, self.scale):
            row.chosen.connect(self._changed)

    def _changed(self, _value: object = None) -> None:
        self._autosave.start()

    def _build(self) -> None:
        self.title = LineField(_("标题"), hint=_("一句话说清楚:什么事"))
        self.category = CategoryEdit()
        self.address = LineField(_("地点"), hint=_("例如 3#2-501,或 3栋楼下"))
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(_("情况说明"))
        self.text.setPlaceholderText(_("情况说明(最多 {limit} 字,可不填)").format(limit=MAX_TEXT))
        self.text.setTabChangesFocus(True)
        self.source = ChoiceRow(_("来源"), CHOICES["case_source"][:9], value="patrol")
        self.urgency = ChoiceRow(_("紧急"), CHOICES["urgency"], value="normal")
        self.scale = ChoiceRow(_("范围"), CHOICES["case_scale"], value="person")
        self.reporter = LineField(_("诉求人(可不填)"))
        self.phone = LineField(_("诉求人电话(可不填)"), NumberEdit("phone"))
        self.solved = LineField(_("已当场解决?写明结果,就自办自结"))
        self._notice, self._fault = Label("", tone="accent", wrap=True), Label("", tone="wrong", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(self._head())
        column.addWidget(self._notice)
        column.addLayout(self._columns(), 1)
        column.addWidget(self._fault)
        column.addLayout(self._foot())

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(IconLabel("case", token="accent"))
        row.addWidget(Label(_("报事件"), "subtitle", bold=True))
        row.addStretch(1)
        row.addWidget(IconButton("close", _("存草稿并关闭"), self.leave))
        return row

    def _columns(self) -> QHBoxLayout:
        left, right = QVBoxLayout(), QVBoxLayout()
        for widget in (self.title, self.category, self.address):
            left.addWidget(widget)
        left.addWidget(self.text, 1)
        for row in (self.urgency, self.source, self.scale):
            right.addWidget(row)
        for field in (self.reporter, self.phone, self.solved):
            right.addWidget(field)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        return columns

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(Button(_("清空"), self.discard, kind="quiet"))
        row.addStretch(1)
        row.addWidget(Label(_("Esc 存草稿"), tone="second"))
        row.addWidget(Button(f"{_('保存')} {key_words('Ctrl+Return')}", self.save, kind="primary"))
        return row


def _keep(tx: Transaction, *, draft: CaseDraft) -> Touched:
    save_draft(tx, CASE_DRAFT, draft)
    return Touched()


def _forget(tx: Transaction) -> Touched:
    drop_draft(tx, CASE_DRAFT)
    return Touched()


def _withdraw(tx: Transaction, *, ids: list[RecordId]) -> Touched:
    for id in ids:
        tx.delete(Case, id, why="撤销报事件")
    return tx.touched
