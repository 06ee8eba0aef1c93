"""The card beside the matrix: one door, who lives there, and what can be done."""

from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gridworker.db.care import day_of
from gridworker.domain.choices import CHOICES
from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.buildings.cells import Cell
from gridworker.ui.controls import Button, Card, EmptyState, Label, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.moments import day_words
from gridworker.ui.residents.household import Members, member
from gridworker.ui.residents.words import joined
from gridworker.ui.visits.words import choice_tag, choice_words, listed


class RoomCard(Card):
    """A door: place, use and state as tags, its people as a list, and buttons."""

    asked = Signal(str)
    """visit, case or new."""
    person_opened = Signal(object)

    def __init__(self) -> None:
        """No door yet."""
        super().__init__()
        self.body.setContentsMargins(1, 1, 1, 1)
        self._place, self._about = Label("", "title", bold=True, wrap=True), Label(tone="second", wrap=True)
        self._tags = QWidget()
        self._flow = FlowLayout(self._tags)
        self.members = Members(_("这间房没有登记居民。"))
        self.members.opened.connect(self.person_opened)
        self._pages = QStackedWidget()
        hint = _("方向键移动，Enter 看住户，F2 记走访；直接键入房号可跳到那一间。")
        nothing = EmptyState("building", _("选一间房"), hint=hint)
        nothing.setContentsMargins(24, 0, 24, 0)
        self._pages.addWidget(nothing)
        self._pages.addWidget(self._page())
        self.body.addWidget(self._pages)
        self.setAccessibleName(_("房屋卡"))

    def show_nothing(self) -> None:
        """No door is chosen."""
        self._pages.setCurrentIndex(0)

    def show_room(self, place: str, cell: Cell, today: date, *, masked: bool) -> None:
        """Show a door and everybody registered there."""
        self._place.setText(place)
        room, flat = cell.door.flat.room.record, cell.door.flat
        last = max((met.last_ms for _id, met in cell.door.met), default=None)
        visited = _("上次走访 {day}").format(day=day_words(day_of(last), today)) if last is not None else ""
        owner = _("房主 {name}").format(name=room.owner_name) if room.owner_name else ""
        needs = listed(choice_words("need", need) for _id, met in cell.door.met for need in met.needs)
        wanted = _("需求：{needs}").format(needs=needs) if needs else ""
        self._about.setText(joined((visited, cell.due, wanted, owner, room.note)))
        self._about.setVisible(bool(self._about.text()))
        self._show_tags(cell)
        groups = {profile.resident_id: profile.groups for profile in cell.door.care}
        gone = [person for person in flat.people if person not in cell.door.people]
        self.members.show_members(
            [
                member(person, today, masked=masked, groups=groups.get(person.id, ()))
                for person in (*cell.door.people, *gone)
            ]
        )
        self._pages.setCurrentIndex(1)

    def selected_people(self) -> tuple[RecordId, ...]:
        """The people marked in the list, while the focus is there."""
        return tuple(self.members.table.selected_keys()) if self.members.table.hasFocus() else ()

    def _show_tags(self, cell: Cell) -> None:
        while self._flow.count():
            item = self._flow.takeAt(0)
            if item and item.widget():
                item.widget().deleteLater()
        tags = [choice_tag("house_use", cell.door.flat.room.record.use)]
        if cell.shade.colour and cell.shade.code not in {choice.code for choice in CHOICES["house_use"]}:
            tags.append((_(cell.shade.word), cell.shade.colour))
        if cell.door.flat.open_cases:
            tags.append((_("{count}件未结事件").format(count=cell.door.flat.open_cases), "orange"))
        for word, colour in tags:
            self._flow.addWidget(TagLabel(word, colour))

    def _page(self) -> QWidget:
        page = QWidget()
        head = QVBoxLayout()
        head.setContentsMargins(12, 10, 12, 8)
        head.setSpacing(6)
        for part in (self._place, self._tags, self._about):
            head.addWidget(part)
        head.addWidget(self._buttons())
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.members, 1)
        return page

    def _buttons(self) -> QWidget:
        buttons = QWidget()
        row = FlowLayout(buttons, gap=8)
        visit = Button(
            _("记走访"), lambda: self.asked.emit("visit"), icon_name="visit", kind="primary", tip="F2"
        )
        row.addWidget(visit)
        row.addWidget(Button(_("报事件"), lambda: self.asked.emit("case"), icon_name="case", tip="F3"))
        row.addWidget(Button(_("新增居民"), lambda: self.asked.emit("new"), icon_name="plus", tip="Ctrl+N"))
        return buttons
