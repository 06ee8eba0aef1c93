"""The rows of the quick form: whom, how, what came of it, and what else there is to say."""

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from gridworker.actions.visit_times import parse_coming_day, parse_spoken_moment
from gridworker.domain.choices import CHOICES, Choice
from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.choices import ChoiceRow
from gridworker.ui.controls import ElidedLabel, Label
from gridworker.ui.moments import moment_words
from gridworker.ui.quick_visit.draft import QuickDraft
from gridworker.ui.quick_visit.who import WhoEdit
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import WITHOUT_CONDITION, dated

KEPT = "kept"
LONGEST_PROMISE = 36
"""Characters of earlier promises that fit into their row; the card at the right has all of them."""


class QuickForm(QWidget):
    """Everything a person fills in; it only shows and reports, the presenter decides."""

    edited = Signal()
    family_ticked = Signal(object)
    """The ids of the family members who are ticked now."""
    method_chosen = Signal(str)
    outcome_chosen = Signal(str)

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` gives local time, for the words beside typed days."""
        super().__init__()
        self._now = now
        self.setProperty("role", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._labels: list[Label] = []
        self.family: ChoiceRow
        self.kept: ChoiceRow
        self._build_who()
        self._build_choices()
        self._build_words()
        self._column.addStretch(1)
        self._edits = {
            "who": self.who,
            "when": self.when,
            "hazard": self.hazard,
            "promise": self.promise,
            "promise_day": self.promise_day,
            "next_day": self.next_day,
            "note": self.note,
        }
        self._align()

    def minimumSizeHint(self) -> QSize:
        """As narrow as its room; a long word is cut at the right and never moves the rows."""
        return QSize(0, super().minimumSizeHint().height())

    def stops(self) -> list[QWidget]:
        """Every place of the keyboard in the order of work, hidden and disabled ones too."""
        return [
            *(self.who, self.family, self.method, self.outcome, self.condition, self.kept, self.needs),
            *(self.hazard, self.promise, self.promise_day, self.next_day, self.note, self.when),
        ]

    def values(self) -> QuickDraft:
        """What the form holds now, but for the people."""
        return QuickDraft(
            method=self.method.value(),
            outcome=self.outcome.value(),
            condition=self.condition.value(),
            needs=self.needs.values(),
            hazard=self.hazard.text(),
            promise=self.promise.text(),
            promise_day=self.promise_day.text(),
            next_day=self.next_day.text(),
            note=self.note.text(),
            when=self.when.text(),
            kept=bool(self.kept.value()) and self.kept.isVisibleTo(self),
        )

    def fill(self, draft: QuickDraft) -> None:
        """Show a draft."""
        self.method.set_value(draft.method)
        self.outcome.set_value(draft.outcome)
        self.condition.set_value(draft.condition)
        self.needs.set_value(*draft.needs)
        self.kept.set_value(KEPT if draft.kept else "")
        for name in ("hazard", "promise", "promise_day", "next_day", "note", "when"):
            self._edits[name].setText(getattr(draft, name))
        self.follow_outcome()
        self._echo()

    def show_people(self, words: str, detail: str) -> None:
        """Who is chosen, in words."""
        self._chosen.set_text(words)
        self._chosen.setVisible(bool(words))
        self._chosen.setMinimumWidth(min(self._chosen.sizeHint().width(), theme().px(120)))
        self._detail.set_text(detail)
        self._detail.setVisible(bool(detail))
        hint = _("换人：姓名、首字母、房号") if words else _("姓名、拼音首字母、房号、电话尾号")
        self.who.setPlaceholderText(hint)

    def show_family(self, members: Sequence[tuple[RecordId, str]], ticked: Sequence[RecordId]) -> None:
        """The others of the household, to tick who was met too."""
        choices = [Choice(id, words) for id, words in members]
        self.family = self._replaced(self.family, ChoiceRow(_("同户"), choices, multiple=True))
        self.family.set_value(*ticked)
        self.family.setVisible(bool(members))
        self.family.setToolTip(_("一起见到的家人：空格勾选"))
        self.family.chosen.connect(lambda _code: self.family_ticked.emit(self.family.values()))
        self._align()

    def show_promises(self, words: str, *, kept: bool) -> None:
        """What was promised before, to tick once it is done."""
        shown = words if len(words) <= LONGEST_PROMISE else f"{words[:LONGEST_PROMISE]}…"
        choices = [Choice(KEPT, _("已办：{words}").format(words=shown))] if words else []
        self.kept = self._replaced(self.kept, ChoiceRow(_("前约"), choices, multiple=True))
        self.kept.set_value(KEPT if kept else "")
        self.kept.setVisible(bool(words))
        self.kept.chosen.connect(lambda _code: self.edited.emit())
        self._align()

    def show_next(self, words: str) -> None:
        """What the rules make of the next visit, pale, where nothing else is typed."""
        self.next_day.setPlaceholderText(words)

    def show_now(self, words: str) -> None:
        """The time a visit gets where none is typed."""
        self.when.setPlaceholderText(words)

    def mark_fault(self, field: str) -> None:
        """Mark the field that has to be mended and go there; an empty name takes the mark away."""
        for name, edit in self._edits.items():
            wrong = "true" if name == field else "false"
            if edit.property("wrong") != wrong:  # a new style for each edit takes a millisecond
                edit.setProperty("wrong", wrong)
                edit.style().polish(edit)
        if field in self._edits:
            self._edits[field].setFocus()
            self._edits[field].selectAll()

    def follow_outcome(self) -> None:
        """Where nobody was reached there is no condition to tell."""
        self.condition.setEnabled(self.outcome.value() not in WITHOUT_CONDITION)

    def _build_who(self) -> None:
        self.who = WhoEdit(_("姓名、拼音首字母、房号、电话尾号"))
        self.who.setAccessibleName(_("走访谁"))
        self.who.setProperty("wrong", "false")
        self._chosen = ElidedLabel("", "subtitle", bold=True)
        self._detail = ElidedLabel("", tone="second")
        for label in (self._chosen, self._detail):
            label.hide()
        self._add_row(_("谁"), (self._chosen, 0), (self._detail, 0), (self.who, 1))
        self.family = self._add_choices(ChoiceRow(_("同户"), (), multiple=True))
        self.family.hide()

    def _build_choices(self) -> None:
        default = QuickDraft()
        self.method = self._add_choices(
            ChoiceRow(_("方式"), CHOICES["visit_method"], value=default.method), self.method_chosen.emit
        )
        self.outcome = self._add_choices(
            ChoiceRow(_("结果"), CHOICES["visit_outcome"], value=default.outcome), self.outcome_chosen.emit
        )
        self.condition = self._add_choices(
            ChoiceRow(_("情况"), CHOICES["condition"], value=default.condition), self._any_chosen
        )
        self.kept = self._add_choices(ChoiceRow(_("前约"), (), multiple=True))
        self.kept.hide()
        self.needs = self._add_choices(ChoiceRow(_("需求"), CHOICES["need"], multiple=True), self._any_chosen)

    def _build_words(self) -> None:
        self.hazard = self._edit(_("隐患"), _("看到的隐患，保存时同时上报为事件"))
        self.promise = self._edit(_("约定"), _("答应了什么"))
        self.promise_day = self._edit(_("约定日期"), _("明天、周三、11.30"))
        self.next_day = self._edit(_("下次走访"), "")
        self.note = self._edit(_("备注"), "")
        self.when = self._edit(_("走访时间"), "")
        self._promise_echo, self._next_echo = ElidedLabel(tone="second"), ElidedLabel(tone="second")
        self.when_echo = Label("", tone="second")
        self.promise_day.setFixedWidth(theme().px(140))
        self.next_day.setFixedWidth(theme().px(140))
        self.when.setFixedWidth(theme().px(150))
        self._add_row(_("隐患"), (self.hazard, 1))
        self._add_row(_("约定"), (self.promise, 1), (self.promise_day, 0), (self._promise_echo, 0))
        self._add_row(
            _("下次"),
            (self.next_day, 0),
            (self._next_echo, 0),
            (Label(_("备注"), tone="second"), 0),
            (self.note, 1),
        )

    def _edit(self, name: str, hint: str) -> QLineEdit:
        edit = QLineEdit()
        edit.setAccessibleName(name)
        edit.setPlaceholderText(hint)
        edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        edit.setProperty("wrong", "false")
        edit.textEdited.connect(self._text_edited)
        return edit

    def _add_row(self, title: str, *parts: tuple[QWidget, int]) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(8, 3, 8, 3)
        layout.setSpacing(8)
        label = Label(title, tone="second")
        layout.addWidget(label)
        for widget, stretch in parts:
            layout.addWidget(widget, stretch)
        self._labels.append(label)
        self._column.addWidget(row)

    def _add_choices(self, row: ChoiceRow, then: Callable[[str], object] | None = None) -> ChoiceRow:
        if then is not None:
            row.chosen.connect(then)
        self._column.addWidget(row)
        return row

    def _replaced(self, old: ChoiceRow, new: ChoiceRow) -> ChoiceRow:
        self._column.replaceWidget(old, new)
        old.hide()
        old.deleteLater()
        return new

    def _align(self) -> None:
        """Give every title the width of the longest."""
        rows = (self.family, self.method, self.outcome, self.condition, self.kept, self.needs)
        titles = [child for row in rows for child in row.children() if isinstance(child, Label)]
        labels = [*self._labels, *titles]
        wide = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(wide)
        for label in labels[len(self._labels) :]:
            label.setContentsMargins(0, theme().px(3), 0, 0)  # in line with the words of the first pills

    def _any_chosen(self, _code: str) -> None:
        self.edited.emit()

    def _text_edited(self, _text: str) -> None:
        self._echo()
        self.edited.emit()

    def _echo(self) -> None:
        """Say beside each typed day which day was understood."""
        now = self._now()
        for edit, label in ((self.promise_day, self._promise_echo), (self.next_day, self._next_echo)):
            day = parse_coming_day(edit.text(), now.date()) if edit.text().strip() else None
            label.set_text(dated(day, now.date()) if day else "")
            label.setVisible(day is not None)
        moment = parse_spoken_moment(self.when.text(), now) if self.when.text().strip() else None
        self.when_echo.setText(moment_words(moment, now) if moment else "")
