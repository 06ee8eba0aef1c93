"""Editing the care of a person in place: the groups he belongs to, and an absence with its end."""

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gridworker.actions.visit_times import parse_coming_day
from gridworker.dictionaries import care_rules
from gridworker.domain.care import CareRule, rule_for
from gridworker.i18n import N_, _
from gridworker.ui.controls import Button, Label, Scrolled
from gridworker.ui.moments import day_words
from gridworker.ui.residents.form_fields import FormField
from gridworker.ui.residents.panes import on_surface
from gridworker.ui.residents.reading import FINE, WRONG, Remark
from gridworker.ui.residents.words import rule_words

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TIERS = (("high", N_("高频探访")), ("key", N_("重点关爱")), ("general", N_("一般关爱")))


class _Sheet(QWidget):
    """A title, a tall body, and the buttons below; Enter saves."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = Label("", "subtitle", bold=True)
        self._title.setContentsMargins(12, 12, 12, 0)
        self.save_button = Button(_("保存"), self.save, kind="primary", tip="Enter")

    def save(self) -> None:
        """Ask for saving what is chosen."""
        raise RuntimeError(f"{type(self).__name__} must say what is saved")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter saves."""
        if event.key() in _ENTER:
            self.save()
        else:
            super().keyPressEvent(event)

    def _arrange(self, pane: QWidget) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 8, 12, 12)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(Button(_("取消"), self.cancel_asked.emit, tip="Esc"))
        buttons.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addWidget(Scrolled(on_surface(pane)), 1)
        column.addLayout(buttons)


class CareEditor(_Sheet):
    """A tick for each care group, by tier; it says at once how often that means a visit."""

    save_asked = Signal(tuple)
    """The chosen groups."""

    def __init__(self) -> None:
        """All groups of the table in use."""
        super().__init__()
        self._boxes = {group: self._make_box(rule) for group, rule in care_rules().items()}
        self._unknown: tuple[str, ...] = ()
        self._before: frozenset[str] = frozenset()
        self._means = Label(tone="accent", wrap=True)
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        column.addWidget(self._means)
        for tier, words in _TIERS:
            column.addSpacing(6)
            column.addWidget(Label(_(words), tone="second"))
            for group, rule in care_rules().items():
                if rule.tier == tier:
                    column.addWidget(self._boxes[group])
        column.addStretch(1)
        self._arrange(pane)

    @property
    def modified(self) -> bool:
        """Whether other groups are ticked than at first."""
        return frozenset(self.groups()) != self._before

    def start(self, name: str, groups: tuple[str, ...]) -> None:
        """Tick the groups of a person."""
        self._title.setText(_("{name} 的关爱类别").format(name=name))
        self._unknown = tuple(group for group in groups if group not in self._boxes)
        for group, box in self._boxes.items():
            box.setChecked(group in groups)
        self._before = frozenset(groups)
        self._say_meaning()

    def groups(self) -> tuple[str, ...]:
        """The ticked groups; those of a newer table stay."""
        return (*self._unknown, *(group for group, box in self._boxes.items() if box.isChecked()))

    def first(self) -> QWidget:
        """Where the focus belongs: the first tick, else the first box."""
        boxes = list(self._boxes.values())
        return next((box for box in boxes if box.isChecked()), boxes[0])

    def save(self) -> None:
        """Ask for saving the ticked groups."""
        self.save_asked.emit(self.groups())

    def _make_box(self, rule: CareRule) -> QCheckBox:
        box = QCheckBox(_("{label}（{days}天）").format(label=_(rule.label), days=rule.interval_days))
        box.toggled.connect(self._say_meaning)
        return box

    def _say_meaning(self) -> None:
        rule = rule_for(self.groups(), care_rules())
        self._means.setText(rule_words(rule) if rule else _("没有定期走访要求"))


class AbsenceEditor(_Sheet):
    """From when to when somebody is away: while it lasts, nobody is sent to a closed door."""

    save_asked = Signal(str, str)
    """The two days as ISO text."""

    def __init__(self) -> None:
        """Two days in any spoken form."""
        super().__init__()
        self._today, self._before = date.min, ("", "")
        self.start_edit, self.end_edit = QLineEdit(), QLineEdit()
        self.end_edit.setPlaceholderText(_("如 12.2、下周五、30天后"))
        self._start_field = FormField(_("从哪天外出"), self.start_edit)
        self._end_field = FormField(_("哪天回来（含当天）"), self.end_edit)
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self._start_field)
        column.addWidget(self._end_field)
        about = _("外出期间不安排上门，回来的第二天重新列入走访。")
        column.addWidget(Label(about, tone="second", wrap=True))
        column.addStretch(1)
        self._arrange(pane)
        for edit in (self.start_edit, self.end_edit):
            edit.textChanged.connect(self._remark)

    @property
    def modified(self) -> bool:
        """Whether something else stands there than at first."""
        return (self.start_edit.text(), self.end_edit.text()) != self._before

    def start(self, name: str, today: date, *, away_from: str | None, away_to: str | None) -> None:
        """The absence of a person, or one that begins today."""
        self._title.setText(_("{name} 外出报备").format(name=name))
        self._today = today
        running = bool(away_to and away_to >= today.isoformat())
        self.start_edit.setText(away_from if running and away_from else _("今天"))
        self.end_edit.setText(away_to if running and away_to else "")
        self._before = (self.start_edit.text(), self.end_edit.text())
        self._remark()

    def save(self) -> None:
        """Ask for saving, or show what has to be mended first."""
        start, end = self._days()
        if start is None or end is None or end < start:
            self._remark(strict=True)
            (self.start_edit if start is None else self.end_edit).setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.save_asked.emit(start.isoformat(), end.isoformat())

    def _days(self) -> tuple[date | None, date | None]:
        return self._day(self.start_edit.text()), self._day(self.end_edit.text())

    def _day(self, text: str) -> date | None:
        return self._today if text.strip() == _("今天") else parse_coming_day(text, self._today)

    def _remark(self, *, strict: bool = False) -> None:
        start, end = self._days()
        unread = Remark(WRONG, _("看不懂这个日期，可写成 今天、12.2、下周五、30天后"))
        for field, day, text in (
            (self._start_field, start, self.start_edit.text()),
            (self._end_field, end, self.end_edit.text()),
        ):
            shown = Remark(FINE, _full(day, self._today)) if day else (unread if strict or text else None)
            field.set_remark(shown)
        if start and end and end < start:
            self._end_field.set_remark(Remark(WRONG, _("回来的日子不能早于外出的日子")))


def _full(day: date, today: date) -> str:
    words = day_words(day, today)
    return day.isoformat() if words == day.isoformat() else f"{day.isoformat()}  {words}"
