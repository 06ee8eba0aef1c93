"""What one knows of a person before knocking: care, last visit, promises, family, masked phone."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from gridworker.db.promises import Promise
from gridworker.domain.masks import mask_phone
from gridworker.domain.phones import format_phone
from gridworker.i18n import _
from gridworker.ui.controls import FieldRow, Label, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.quick_visit.people import Context
from gridworker.ui.quick_visit.who import CARE_COLOURS
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import age_words, choice_words, day_of_month, listed, place_words, since_words

LABEL_WIDE = 64


class ContextCard(QWidget):
    """A column of facts about one person, to read and never to fill in.

    Its labels are used again for the next person: making them anew costs ten milliseconds while one types.
    """

    phone_shown = Signal(object)
    """The id of the person whose phone somebody asked to see."""

    def __init__(self) -> None:
        """Empty until `show_context`."""
        super().__init__()
        self.setProperty("role", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._name = Label("", "title", bold=True)
        self._age = Label("", tone="second")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._name)
        head.addWidget(self._age)
        head.addStretch(1)
        self._place = Label("", tone="second", wrap=True)
        self._tags = QWidget()
        self._flow = FlowLayout(self._tags)
        self._lines: list[tuple[Label, Label]] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnMinimumWidth(0, theme().px(LABEL_WIDE))
        self._grid.setColumnStretch(1, 1)
        self._phones = QVBoxLayout()
        self._phones.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._place)
        column.addWidget(self._tags)
        column.addLayout(self._grid)
        column.addLayout(self._phones)
        column.addStretch(1)

    def phones(self) -> list[FieldRow]:
        """The rows of telephone numbers."""
        widgets = [self._phones.itemAt(n).widget() for n in range(self._phones.count())]
        return [row for row in widgets if isinstance(row, FieldRow)]

    def show_context(self, context: Context, today: date, *, mask: bool) -> None:
        """Show this person; `mask` hides the phone until its eye is pressed."""
        resident = context.person.record
        self._name.setText(resident.name)
        self._age.setText(age_words(resident, today))
        self._place.setText(resident.address or place_words(resident))
        self._show_tags(context)
        self._show_facts(facts_of(context, today))
        self._show_phones(context, mask=mask)

    def _show_tags(self, context: Context) -> None:
        _empty(self._flow)
        for rule in context.care:
            self._flow.addWidget(TagLabel(_(rule.label), CARE_COLOURS[rule.tier]))
        self._tags.setVisible(bool(context.care))
        self._tags.updateGeometry()

    def _show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        while len(self._lines) < len(facts):
            self._add_line()
        for at, (label, value) in enumerate(self._lines):
            shown = at < len(facts)
            if shown:
                label.setText(facts[at][0])
                value.setText(facts[at][1])
                value.setAccessibleName(" ".join(facts[at]))
            label.setVisible(shown)
            value.setVisible(shown)

    def _add_line(self) -> None:
        label, value = Label("", tone="second"), Label("", wrap=True)
        top = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        label.setAlignment(top)
        value.setAlignment(top)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = len(self._lines)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(value, row, 1)
        self._lines.append((label, value))

    def _show_phones(self, context: Context, *, mask: bool) -> None:
        _empty(self._phones)
        for number in context.person.record.phones:
            full = format_phone(number)
            shown = mask_phone(number) if mask else full
            row = FieldRow(_("联系电话"), shown, masked=mask, label_width=LABEL_WIDE)
            row.reveal_asked.connect(lambda row=row, full=full: row.reveal(full))
            row.reveal_asked.connect(lambda id=context.person.id: self.phone_shown.emit(id))
            self._phones.addWidget(row)


def _empty(layout: QLayout) -> None:
    """Take every widget out of a layout."""
    while layout.count():
        widget = layout.takeAt(0).widget()
        widget.hide()
        widget.deleteLater()


def facts_of(context: Context, today: date) -> list[tuple[str, str]]:
    """(label, words) of everything that is known."""
    facts = [(_("上次"), _last(context, today))]
    facts += [(_("约定"), promise_words(promise, today)) for promise in context.promises]
    if context.care:
        facts.insert(0, (_("关爱"), _("每{days}天走访").format(days=context.care[0].interval_days)))
    if context.profile and context.profile.away_to and context.profile.away_to >= today.isoformat():
        facts.append((_("外出"), _("至 {day}").format(day=_day(context.profile.away_to, today))))
    if context.family:
        facts.append((_("家中还有"), listed(family_words(context))))
    if context.profile and context.profile.contacts:
        facts.append((_("联系人"), listed(_contact(c.name, c.relation) for c in context.profile.contacts)))
    if context.person.record.note:
        facts.append((_("备注"), context.person.record.note))
    return facts


def family_words(context: Context) -> list[str]:
    """李建国（配偶）, one for each of the others."""
    return [_contact(p.record.name, choice_words("relation", p.record.relation)) for p in context.family]


def promise_words(promise: Promise, today: date) -> str:
    """送药 11月21日（超期2天）."""
    words = promise.words or _("约好再来")
    if promise.day is None:
        return words
    shown = _("{day} {what}").format(day=day_of_month(promise.day, today), what=words)
    late = (today - promise.day).days
    return _("{what}（超期{days}天）").format(what=shown, days=late) if late > 0 else shown


def _last(context: Context, today: date) -> str:
    if context.last is None:
        return _("还没有走访过")
    visit = context.last.record
    parts = [since_words(visit.visited_ms, today), choice_words("visit_outcome", visit.outcome)]
    if visit.condition != "normal":
        parts.append(choice_words("condition", visit.condition))
    head = " ".join(parts)
    return _("{head}：{note}").format(head=head, note=visit.note) if visit.note else head


def _day(iso: str, today: date) -> str:
    return day_of_month(date.fromisoformat(iso), today)


def _contact(name: str, relation: str) -> str:
    known = relation and relation != choice_words("relation", "other")
    return _("{name}（{relation}）").format(name=name, relation=relation) if known else name
