"""The first tab of a person's card: the facts, the care, and what happened last."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridworker.db.care import day_of
from gridworker.db.resident_lines import ResidentLine
from gridworker.dictionaries import care_rules
from gridworker.domain.ages import age_on, birthday_in_days
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.controls import Button, ElidedLabel, FieldRow, Label, Scrolled, SectionTitle, TagLabel
from gridworker.ui.moments import day_words
from gridworker.ui.residents.panes import on_surface
from gridworker.ui.residents.person import PersonCard
from gridworker.ui.residents.timeline import Happening
from gridworker.ui.residents.words import away_words, due_words, joined, rule_words, shown_id, shown_phone
from gridworker.ui.visits.words import choice_tag, choice_words

PHONES, CONTACTS, LATEST = 3, 2, 3
"""How many phones, emergency contacts and latest happenings have a place here."""
_BIRTHDAY_SOON = 14


class Overview(QWidget):
    """Facts, care and the latest happenings; an eye asks by `reveal_asked` to see what is masked."""

    reveal_asked = Signal(str, int)
    """("id_number" | "phone" | "contact", which one): answer with `reveal`."""
    asked = Signal(str)
    """The name of something to do: care, absence, absence_over, visits."""

    def __init__(self) -> None:
        """Rows without values."""
        super().__init__()
        self._revealed: set[FieldRow] = set()
        self._birth = FieldRow(_("出生日期"))
        self._id = self._masked_row(_("身份证号"), "id_number", 0)
        self._phones = [self._masked_row(_("联系电话"), "phone", n) for n in range(PHONES)]
        self._relation, self._note = FieldRow(_("与户主关系")), FieldRow(_("备注"))
        self._hukou = FieldRow(_("户籍"))
        self._rule, self._last, self._due = (
            FieldRow(_("走访要求")),
            FieldRow(_("上次见到")),
            FieldRow(_("下次走访")),
        )
        self._away = FieldRow(_("外出"))
        self._contacts = [self._masked_row(_("紧急联系人"), "contact", n) for n in range(CONTACTS)]
        self._over = Button(_("已回来"), lambda: self.asked.emit("absence_over"), kind="quiet")
        self._latest = [_LatestRow() for _n in range(LATEST)]
        self._nothing = Label(_("还没有走访和事件。按 F2 记第一次走访。"), tone="second", wrap=True)
        self._arrange()

    def show_person(self, card: PersonCard, today: date, *, masked: bool) -> None:
        """Show a person; whatever was revealed before is hidden."""
        for row in tuple(self._revealed):
            row.hide_again()
        self._show_facts(card.record, today, masked=masked)
        self._show_care(card.line, today, masked=masked)
        self._show_latest(card.happenings)

    def reveal(self, what: str, at: int, value: str) -> None:
        """Show a true value for a while."""
        row = {"id_number": [self._id], "phone": self._phones, "contact": self._contacts}[what][at]
        self._revealed.add(row)
        row.reveal(value)

    def _arrange(self) -> None:
        pane = on_surface(QWidget())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scrolled(pane))
        column = QVBoxLayout(pane)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(2)
        for row in (self._birth, self._id, *self._phones, self._relation, self._hukou, self._note):
            column.addWidget(row)
        column.addSpacing(8)
        column.addLayout(self._care_head())
        for row in (self._rule, self._last, self._due, self._away):
            column.addWidget(row)
        column.addWidget(self._over)
        for row in self._contacts:
            column.addWidget(row)
        column.addSpacing(8)
        column.addWidget(SectionTitle(_("最近")))
        for latest in self._latest:
            column.addWidget(latest)
        column.addWidget(self._nothing)
        column.addStretch(1)

    def _care_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(SectionTitle(_("关爱")))
        row.addStretch(1)
        row.addWidget(Button(_("类别"), lambda: self.asked.emit("care"), icon_name="heart", kind="quiet"))
        row.addWidget(
            Button(_("外出报备"), lambda: self.asked.emit("absence"), icon_name="calendar", kind="quiet")
        )
        return row

    def _masked_row(self, label: str, what: str, at: int) -> FieldRow:
        row = FieldRow(label)
        row.reveal_asked.connect(lambda: self.reveal_asked.emit(what, at))
        row.hidden_again.connect(lambda: self._revealed.discard(row))
        return row

    def _show_facts(self, record: Resident, today: date, *, masked: bool) -> None:
        self._birth.set_value(_birth_words(record, today))
        hidden = masked and bool(record.id_number)
        state = choice_words("id_state", record.id_state) if record.id_state not in ("ok", "missing") else ""
        self._id.set_value(joined((shown_id(record.id_number, masked=masked), state)), masked=hidden)
        for at, row in enumerate(self._phones):
            number = record.phones[at] if at < len(record.phones) else ""
            row.set_value(
                shown_phone(number, masked=masked) if number else "", masked=masked and bool(number)
            )
            row.setVisible(bool(number) or at == 0)
        self._relation.set_value(choice_words("relation", record.relation))
        hukou = choice_words("hukou_region", record.hukou_region) if record.hukou_region != "unknown" else ""
        self._set_or_hide(self._hukou, joined((hukou, choice_words("hukou_match", record.hukou_match))))
        self._set_or_hide(self._note, record.note)

    def _show_care(self, line: ResidentLine, today: date, *, masked: bool) -> None:
        due, profile = line.due(care_rules(), today), line.profile
        last = day_words(day_of(line.effective_ms), today) if line.effective_ms is not None else ""
        self._rule.set_value(rule_words(due.rule) if due else _("没有定期走访要求"))
        self._set_or_hide(self._last, last)
        self._set_or_hide(self._due, due_words(due, today))
        away = away_words(profile, today)
        self._set_or_hide(self._away, away)
        self._over.setVisible(bool(away))
        contacts = profile.contacts if profile else ()
        for at, row in enumerate(self._contacts):
            row.setVisible(at < len(contacts))
            if at < len(contacts):
                one = contacts[at]
                number = shown_phone(one.phone, masked=masked) if one.phone else ""
                row.set_value(joined((one.name, one.relation, number)), masked=masked and bool(one.phone))

    def _show_latest(self, happenings: Sequence[Happening]) -> None:
        for at, row in enumerate(self._latest):
            row.setVisible(at < len(happenings))
            if at < len(happenings):
                row.show_happening(happenings[at])
        self._nothing.setVisible(not happenings)

    def _set_or_hide(self, row: FieldRow, value: str) -> None:
        row.set_value(value)
        row.setVisible(bool(value))


class _LatestRow(QWidget):
    """One happening in a line: day, what it was, its tag."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(8)
        self._day, self._title, self._tag = Label(tone="second"), ElidedLabel(), TagLabel("", "grey")
        self._day.setMinimumWidth(84)
        row.addWidget(self._day)
        row.addWidget(self._title, 1)
        row.addWidget(self._tag)

    def show_happening(self, happening: Happening) -> None:
        self._day.setText(happening.day)
        self._title.set_text(joined((happening.title, happening.detail)))
        self._tag.set_tag(*happening.tag)


def _birth_words(record: Resident, today: date) -> str:
    age = age_on(record.birth, today)
    if not record.birth or age is None:
        return record.birth or ""
    days = birthday_in_days(record.birth, today)
    soon = ""
    if days == 0:
        soon = _("今天生日")
    elif days is not None and days <= _BIRTHDAY_SOON:
        soon = _("{days}天后生日").format(days=days)
    return joined((record.birth, _("{age}岁").format(age=age), soon))


def head_tags(card: PersonCard) -> list[tuple[str, str]]:
    """The tags beside a person's name: status if it is not the usual one, and living alone."""
    record = card.record
    tags = [choice_tag("person_status", record.status)] if record.status != "active" else []
    return [*tags, (_("独居"), "orange")] if record.lives_alone else tags
