"""What one knows of a person before knocking: care, last visit, promises, family, masked phone."""

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from gridworker.db.promises import Promise
from gridworker.domain.masks import mask_phone
from gridworker.domain.phones import format_phone
from gridworker.i18n import _
from gridworker.ui.controls import FieldRow, Label, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.quick_visit.people import Context
from gridworker.ui.quick_visit.who import CARE_COLOURS
from gridworker.ui.visits.words import age_words, choice_words, day_of_month, listed, place_words, since_words


class ContextCard(QWidget):
    """A column of facts about one person, to read and never to fill in."""

    phone_shown = Signal(object)
    """The id of the person whose phone somebody asked to see."""

    def __init__(self) -> None:
        """Empty until `show_context`."""
        super().__init__()
        self.setProperty("role", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
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
        self._facts = QVBoxLayout()
        self._facts.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._place)
        column.addWidget(self._tags)
        column.addLayout(self._facts)
        column.addStretch(1)

    def rows(self) -> list[FieldRow]:
        """The facts that are shown now."""
        items = [self._facts.itemAt(n) for n in range(self._facts.count())]
        return [row for item in items if item and isinstance(row := item.widget(), FieldRow)]

    def show_context(self, context: Context, today: date, *, mask: bool) -> None:
        """Show this person; `mask` hides the phone until its eye is pressed."""
        resident = context.person.record
        self._name.setText(resident.name)
        self._age.setText(age_words(resident, today))
        self._place.setText(resident.address or place_words(resident))
        self._show_tags(context)
        _empty(self._facts)
        for label, value in facts_of(context, today):
            self._facts.addWidget(FieldRow(label, value, label_width=64))
        self._add_phones(context, mask=mask)

    def _show_tags(self, context: Context) -> None:
        _empty(self._flow)
        for rule in context.care:
            self._flow.addWidget(TagLabel(_(rule.label), CARE_COLOURS[rule.tier]))
        self._tags.setVisible(bool(context.care))
        self._tags.updateGeometry()

    def _add_phones(self, context: Context, *, mask: bool) -> None:
        for number in context.person.record.phones:
            full = format_phone(number)
            row = FieldRow(_("联系电话"), mask_phone(number) if mask else full, masked=mask, label_width=64)
            row.reveal_asked.connect(lambda row=row, full=full: row.reveal(full))
            row.reveal_asked.connect(lambda id=context.person.id: self.phone_shown.emit(id))
            self._facts.addWidget(row)


def _empty(layout: QLayout) -> None:
    """Take every widget out of a layout."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
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
