"""The fields of a report: what and where at the left, how urgent and who told at the right."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from gridworker.actions.cases import CaseDraft
from gridworker.dictionaries import case_dictionary
from gridworker.domain.addresses import display, parse_address, place_key
from gridworker.domain.choices import CHOICES
from gridworker.i18n import _
from gridworker.ui.cases.category_edit import CategoryEdit
from gridworker.ui.choices import ChoiceRow
from gridworker.ui.controls import Label
from gridworker.ui.inputs import LineField, NumberEdit
from gridworker.ui.photos import PhotoStrip
from gridworker.ui.theme import theme

SOURCES = 9
"""Sources with a digit; the rarer ones come with a case from above."""


class CaseText(QPlainTextEdit):
    """Several lines; Tab goes on, Ctrl+Enter belongs to the sheet."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.setAccessibleName(_("情况说明"))
        self.setPlaceholderText(_("情况说明，可不填"))
        self.setTabChangesFocus(True)
        self.setMinimumHeight(theme().px(72))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys with Ctrl and Enter are the sheet's."""
        if event.text() == "\r" and event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)


class CaseForm(QWidget):
    """It shows a draft, gives it back, and says when something changed."""

    edited = Signal()

    def __init__(self, sheet: QWidget, usual: Callable[[], Sequence[str]]) -> None:
        """`sheet` is what the list of categories lies over; `usual` gives the common categories."""
        super().__init__()
        self.setProperty("role", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._draft = CaseDraft()
        self.title = LineField(_("标题"), hint=_("一句话：什么事"))
        self.category = CategoryEdit(sheet, self.title.text, usual)
        self.address = LineField(_("地点"), hint=_("3#2-501，或 3栋楼下"))
        self.text = CaseText()
        self.urgency = ChoiceRow(_("紧急"), CHOICES["urgency"], value="normal")
        self.source = ChoiceRow(_("来源"), CHOICES["case_source"][:SOURCES], value="patrol")
        self.scale = ChoiceRow(_("范围"), CHOICES["case_scale"], value="person")
        self.reporter = LineField(_("诉求人"), hint=_("可不填"))
        self.phone = LineField(_("诉求人电话"), NumberEdit("phone"), hint=_("可不填"))
        self.solved = LineField(_("已当场解决？写明结果，就自办自结"), hint=_("没有解决就不填"))
        self.photos = PhotoStrip()
        self._understood = Label("", "caption", tone="caption")
        self._understood.hide()
        self._arrange()
        self._listen()

    def stops(self) -> tuple[QWidget, ...]:
        """The places of the keyboard, in reading order."""
        return (
            self.title.edit,
            self.category.entry,
            self.address.edit,
            self.text,
            self.urgency,
            self.source,
            self.scale,
            self.reporter.edit,
            self.phone.edit,
            self.solved.edit,
            *self.photos.stops(),
        )

    def fill(self, draft: CaseDraft) -> None:
        """Show a draft."""
        self._draft = draft
        self.title.edit.setText(draft.title)
        self.category.set_code(draft.category)
        self.text.setPlainText(draft.text)
        self.address.edit.setText(draft.address)
        self.urgency.set_value(draft.urgency)
        self.source.set_value(draft.source)
        self.scale.set_value(draft.scale)
        self.reporter.edit.setText(draft.reporter_name)
        self.phone.edit.setText(draft.reporter_phone)
        self.solved.edit.setText(draft.solved)
        for field in (self.title, self.category):
            field.set_error("")

    def values(self) -> CaseDraft:
        """What is entered now; an address that is understood is kept in its tidy form."""
        address = parse_address(self.address.text())
        place = place_key(address)
        return CaseDraft(
            title=self.title.text(),
            category=self.category.code(),
            edition=case_dictionary().edition if self.category.code() else "",
            text=self.text.toPlainText(),
            address=display(address) if place else self.address.text(),
            place=place,
            room_id=self._draft.room_id,
            resident_id=self._draft.resident_id,
            visit_id=self._draft.visit_id,
            found_ms=self._draft.found_ms,
            source=self.source.value() or "patrol",
            urgency=self.urgency.value() or "normal",
            scale=self.scale.value() or "person",
            reporter_name=self.reporter.text(),
            reporter_phone=self.phone.text(),
            solved=self.solved.text(),
        )

    def mark_fault(self, code: str, words: str) -> bool:
        """Say it at the field that has to be mended, with the keyboard there; False where none is meant."""
        fields = {"case_title_missing": self.title, "case_category_missing": self.category}
        if code in fields:
            fields[code].set_error(words)
            fields[code].edit.setFocus()
        elif code == "text_too_long":
            self.text.setFocus()
        return code in fields

    def _listen(self) -> None:
        for field in (self.title, self.category, self.address, self.reporter, self.phone, self.solved):
            field.edit.textChanged.connect(lambda _text: self.edited.emit())
        self.text.textChanged.connect(self.edited)
        self.category.chosen.connect(lambda _code: self.edited.emit())
        for row in (self.urgency, self.source, self.scale):
            row.chosen.connect(lambda _code: self.edited.emit())
        self.address.edit.textChanged.connect(lambda _text: self._echo_place())
        self.title.edit.textEdited.connect(lambda _text: self.title.set_error(""))

    def _echo_place(self) -> None:
        address = parse_address(self.address.text())
        words = display(address) if place_key(address) else ""
        self._understood.setText(_("认出：{place}").format(place=words))
        self._understood.setVisible(bool(words) and words != self.address.text())

    def _arrange(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(8)
        for field in (self.title, self.category, self.address):
            left.addWidget(field)
        left.addWidget(self._understood)
        left.addWidget(self.text, 1)
        for row in (self.urgency, self.source, self.scale):
            right.addWidget(row)
        right.addLayout(self._more())
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(columns, 1)
        whole.addWidget(self.photos)

    def _more(self) -> QVBoxLayout:
        """The fields under the choices, as far to the right as their titles."""
        who = QHBoxLayout()
        who.setSpacing(8)
        who.addWidget(self.reporter, 1)
        who.addWidget(self.phone, 1)
        more = QVBoxLayout()
        more.setContentsMargins(8, 0, 0, 0)
        more.setSpacing(8)
        more.addLayout(who)
        more.addWidget(self.solved)
        return more
