"""The form of a person: only the name is required, everything is read as people write it."""

from collections.abc import Callable, Sequence
from datetime import date

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from gridworker.domain.masks import mask_id, mask_phone
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.controls import Button, Label, Scrolled
from gridworker.ui.residents.form_fields import ChoiceBox, FormField, MaskedEdit
from gridworker.ui.residents.panes import on_surface
from gridworker.ui.residents.reading import FINE, Reading, Remark, Typed, filled_by_id, read_form
from gridworker.ui.residents.words import joined
from gridworker.ui.theme import theme

_WAIT_MS = 150
_PLACES = (
    ("name", 0, 0, 1), ("sex", 0, 1, 1), ("id_number", 2, 0, 2), ("birth", 3, 0, 1), ("relation", 3, 1, 1),
    ("phones", 4, 0, 2), ("address", 5, 0, 2), ("status", 6, 0, 1), ("note", 7, 0, 2),
)  # fmt: skip
"""Field, row, column and how many columns wide."""
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Twin(msgspec.Struct, frozen=True):
    """Somebody who may be the same person: id and the words that tell him from others."""

    id: RecordId
    words: str


class ResidentForm(QWidget):
    """Fields with their remarks; Enter saves, Esc (the screen's) gives up."""

    save_asked = Signal(object)
    """A `Reading` without anything wrong."""
    cancel_asked = Signal()
    name_typed = Signal(str)
    """The name of a new person so far, to look for namesakes."""
    address_left = Signal(str)
    """The address as it was typed, to look for its room."""
    twin_opened = Signal(str)

    def __init__(self) -> None:
        """An empty form."""
        super().__init__()
        self._today, self._new, self._before = date.min, True, Typed()
        self._seen: set[str] = set()
        self._by_id: tuple[str, str] = ("", "")
        self._title = Label("", "subtitle", bold=True)
        self._make_editors()
        self._twins = QWidget()
        self._twin_column = QVBoxLayout(self._twins)
        self._twin_column.setContentsMargins(0, 0, 0, 0)
        self._twin_column.setSpacing(2)
        self._save = Button(_("保存"), self.save, kind="primary", tip="Enter / Ctrl+Enter")
        self._name_wait = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._name_wait.timeout.connect(lambda: self.name_typed.emit(self.name.text()))
        self._arrange()
        self._connect()

    @property
    def modified(self) -> bool:
        """Whether something was typed that is not saved."""
        return self.typed() != self._before

    def start_new(self, today: date, *, name: str = "", address: str = "") -> None:
        """An empty form for somebody new, with what is known already."""
        self._title.setText(_("新增居民"))
        self._start(Typed(name=name, address=address), today, new=True)
        self._before = Typed(address=address)

    def start_correction(self, record: Resident, today: date, *, masked: bool) -> None:
        """The values of somebody known; numbers stay masked until they are asked for."""
        self._title.setText(_("修改 {name}").format(name=record.name))
        self._start(_typed(record), today, new=False)
        if masked:
            self.id_number.set_value(record.id_number, mask_id(record.id_number))
            self.phones.set_value("、".join(record.phones), "、".join(map(mask_phone, record.phones)))

    def typed(self) -> Typed:
        """What stands in the fields."""
        return Typed(
            name=self.name.text(),
            sex=self.sex.code(),
            birth=self.birth.text(),
            id_number=self.id_number.value(),
            phones=self.phones.value(),
            address=self.address.text(),
            relation=self.relation.code(),
            status=self.status.code(),
            lives_alone=self.alone.isChecked(),
            note=self.note.toPlainText(),
        )

    def save(self) -> None:
        """Ask for saving, or show what has to be mended first."""
        self._seen.update(self.fields)
        reading = self._remark()
        if reading.first_wrong:
            self.fields[reading.first_wrong].editor.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._save.setEnabled(False)
        self.save_asked.emit(reading)

    def saving_failed(self) -> None:
        """It was not saved: everything stays as it was typed."""
        self._save.setEnabled(True)

    def show_twins(self, twins: Sequence[Twin]) -> None:
        """People who may be the same one, each to be opened by a click."""
        while self._twin_column.count():
            item = self._twin_column.takeAt(0)
            if item and item.widget():
                item.widget().deleteLater()
        if twins:
            title = Label(_("可能已经登记过，先看看："), "caption", tone="accent", wrap=True)
            self._twin_column.addWidget(title)
        for twin in twins:
            button = Button(twin.words, self._opener(twin.id), icon_name="person", kind="quiet")
            button.setStyleSheet("text-align: left")
            self._twin_column.addWidget(button)
        self._twins.setVisible(bool(twins))

    def show_room(self, remark: Remark | None) -> None:
        """Whether the room of the address is known."""
        if remark is not None and self._remarks().get("address", Remark(FINE, "")).kind == FINE:
            self.fields["address"].set_remark(remark)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter saves."""
        if event.key() in _ENTER:
            self.save()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note which fields were left, and Ctrl+Enter in the note."""
        if event.type() == QEvent.Type.FocusOut:
            self._leave(watched)
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and _is_ctrl_enter(event):
            self.save()
            return True
        return False

    def _make_editors(self) -> None:
        self.name, self.birth, self.address = QLineEdit(), QLineEdit(), QLineEdit()
        self.birth.setPlaceholderText(_("如 1944-3-2、19440302"))
        self.address.setPlaceholderText(_("如 3-2-501、3栋2单元501"))
        self.id_number = MaskedEdit(_("选填；粘贴后自动填生日和性别"))
        self.phones = MaskedEdit(_("可填多个，用空格或顿号隔开"))
        self.sex, self.relation, self.status = (
            ChoiceBox("sex"),
            ChoiceBox("relation"),
            ChoiceBox("person_status"),
        )
        self.alone, self.note = QCheckBox(_("独居")), QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(theme().px(56))
        self.fields = {
            "name": FormField(_("姓名"), self.name),
            "sex": FormField(_("性别"), self.sex),
            "id_number": FormField(_("身份证号"), self.id_number),
            "birth": FormField(_("出生日期"), self.birth),
            "relation": FormField(_("与户主关系"), self.relation),
            "phones": FormField(_("联系电话"), self.phones),
            "address": FormField(_("现住址"), self.address),
            "status": FormField(_("居住状态"), self.status),
            "note": FormField(_("备注"), self.note),
        }

    def _arrange(self) -> None:
        pane = QWidget()
        grid = QGridLayout(pane)
        grid.setContentsMargins(12, 8, 12, 12)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for name, row, at, wide in _PLACES:
            grid.addWidget(self.fields[name], row, at, 1, wide, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._twins, 1, 0, 1, 2)
        grid.addWidget(self.alone, 6, 1, Qt.AlignmentFlag.AlignBottom)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(8, 1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 8, 12, 12)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(Button(_("取消"), self.cancel_asked.emit, tip="Esc"))
        buttons.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._title.setContentsMargins(12, 12, 12, 0)
        column.addWidget(self._title)
        column.addWidget(Scrolled(on_surface(pane)), 1)
        column.addLayout(buttons)

    def _connect(self) -> None:
        for edit in (self.name, self.birth, self.address, self.phones, self.id_number):
            edit.textChanged.connect(self._remark)
        self.sex.currentIndexChanged.connect(self._remark)
        self.id_number.textChanged.connect(self._fill_by_id)
        self.name.textChanged.connect(self._wait_for_name)
        for field in self.fields.values():
            field.editor.installEventFilter(self)

    def _start(self, typed: Typed, today: date, *, new: bool) -> None:
        self._today, self._new, self._by_id = today, new, ("", "")
        self._seen.clear()
        self.name.setText(typed.name)
        self.sex.set_code(typed.sex)
        self.id_number.set_value(typed.id_number, "")
        self.birth.setText(typed.birth)
        self.relation.set_code(typed.relation)
        self.phones.set_value(typed.phones, "")
        self.address.setText(typed.address)
        self.status.set_code(typed.status)
        self.alone.setChecked(typed.lives_alone)
        self.note.setPlainText(typed.note)
        self._before = typed
        self.show_twins(())
        self._remark()
        self._save.setEnabled(True)

    def _wait_for_name(self) -> None:
        if self._new:
            self._name_wait.start()

    def _fill_by_id(self) -> None:
        """A whole id number fills birth date and sex, unless somebody typed them."""
        filled = filled_by_id(self.id_number.value(), self._today)
        if filled is None:
            return
        birth, sex = filled
        if self.birth.text() in ("", self._by_id[0]):
            self.birth.setText(birth)
        if self.sex.code() in ("unknown", self._by_id[1]):
            self.sex.set_code(sex)
        self._by_id = filled

    def _remarks(self) -> dict[str, Remark]:
        return dict(read_form(self.typed(), self._today).remarks)

    def _remark(self) -> Reading:
        """Show a remark where a field was left or where it only says what was understood."""
        reading = read_form(self.typed(), self._today)
        for name, field in self.fields.items():
            remark = reading.remarks.get(name)
            shown = remark is not None and (remark.kind == FINE or name in self._seen)
            field.set_remark(remark if shown else None)
        return reading

    def _leave(self, editor: QObject) -> None:
        name = next((name for name, field in self.fields.items() if field.editor is editor), "")
        untouched = name == "name" and not self.name.text()
        if name and not untouched:
            self._seen.add(name)
            self._remark()
        if name == "address":
            self.address_left.emit(self.address.text())

    def _opener(self, id: RecordId) -> Callable[[], object]:
        return lambda: self.twin_opened.emit(id)


def _is_ctrl_enter(event: QKeyEvent) -> bool:
    return event.key() in _ENTER and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def _typed(record: Resident) -> Typed:
    return Typed(
        name=record.name,
        sex=record.sex,
        birth=record.birth or "",
        id_number=record.id_number,
        phones="、".join(record.phones),
        address=record.address,
        relation=record.relation,
        status=record.status,
        lives_alone=record.lives_alone,
        note=record.note,
    )


def twin_of(id: RecordId, record: Resident, age: str) -> Twin:
    """Somebody as a possible twin: name, age and address."""
    return Twin(id, joined((record.name, age, record.address)))
