"""The card of one person: name and tags on top, what can be done, and four tabs."""

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from gridworker.domain.cases import Case
from gridworker.domain.visits import Visit
from gridworker.i18n import N_, _
from gridworker.ui.controls import Button, ElidedLabel, IconButton, IconLabel, Label, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.residents.household import Members, member
from gridworker.ui.residents.overview import Overview, head_tags
from gridworker.ui.residents.person import PersonCard
from gridworker.ui.residents.timeline import Timeline
from gridworker.ui.residents.words import group_tag, joined
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import age_words, choice_words

TABS = (N_("概况"), N_("走访"), N_("事件"), N_("户"))
LOW = 330
"""Below this height (pixels at 100 %) the head shows only the name and the buttons."""
_ASKS = (
    ("visit", N_("记走访"), "visit", "F2"),
    ("case", N_("报事件"), "case", "F3"),
    ("edit", N_("修改信息"), "edit", "F4"),
)


class PersonHead(QWidget):
    """Name, age, tags and address, and the buttons for what is done most."""

    asked = Signal(str)
    """visit, case, edit, building or more."""

    def __init__(self) -> None:
        """Nobody yet."""
        super().__init__()
        self._name, self._age = ElidedLabel("", "title", bold=True), Label(tone="second")
        self._tags = QWidget()
        self._flow = FlowLayout(self._tags)
        self._address = ElidedLabel()
        self._place = self._address_row()
        self._compact = False
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 6)
        column.setSpacing(6)
        column.addLayout(self._name_row())
        column.addWidget(self._tags)
        column.addWidget(self._place)
        column.addWidget(self._button_row())

    def show_person(self, card: PersonCard, today: date) -> None:
        """Show whose card it is."""
        record = card.record
        self._name.set_text(record.name)
        self._age.setText(age_words(record, today))
        self._address.set_text(record.address or _("没有住址"))
        tags = head_tags(card)
        tags += [group_tag(group) for group in card.line.profile.groups] if card.line.profile else []
        while self._flow.count():
            item = self._flow.takeAt(0)
            if item and item.widget():
                item.widget().deleteLater()
        for word, colour in tags:
            self._flow.addWidget(TagLabel(word, colour))
        self._tags.setVisible(bool(tags) and not self._compact)

    def _name_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._name)
        row.addWidget(self._age, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        return row

    def set_compact(self, *, compact: bool) -> None:
        """Leave out tags and address where there is little height: the tabs say both, too."""
        self._compact = compact
        self._tags.setVisible(not compact and self._flow.count() > 0)
        self._place.setVisible(not compact)

    def _address_row(self) -> QWidget:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(IconLabel("map-pin", size=14))
        row.addWidget(self._address)
        row.addStretch(1)
        row.addWidget(IconButton("building", _("在楼栋图里看"), lambda: self.asked.emit("building")))
        row.addWidget(IconButton("export", _("移交到其他网格"), lambda: self.asked.emit("move")))
        return place

    def _button_row(self) -> QWidget:
        buttons = QWidget()
        row = FlowLayout(buttons, gap=8)
        for name, text, icon_name, keys in _ASKS:
            row.addWidget(self._ask_button(name, _(text), icon_name, keys))
        return buttons

    def _ask_button(self, name: str, text: str, icon_name: str, keys: str) -> Button:
        def ask() -> None:
            self.asked.emit(name)

        return Button(
            text, ask, icon_name=icon_name, kind="primary" if name == "visit" else "plain", tip=keys
        )


class PersonPane(QFrame):
    """The head and the tabs of one person."""

    asked = Signal(str)
    """What is to be done with the person, by name."""
    reveal_asked = Signal(str, int)
    person_opened = Signal(object)
    """Another person of the home."""
    happening_opened = Signal(str, str)
    """(kind, id) of a visit or case."""

    def __init__(self) -> None:
        """Tabs without content."""
        super().__init__()
        self.tabs, self._pages = QTabBar(), QStackedWidget()
        self.head = PersonHead()
        self._arrange()
        self.overview = Overview()
        self.visits = Timeline(_("走访记录"), _("还没有走访过。按 F2 记第一次走访。"))
        self.cases = Timeline(_("事件记录"), _("这个人和这户没有事件。按 F3 报事件。"))
        self.home = Members(_("同住的人还没有登记。"))
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)  # they would hide a tab; words end in … instead
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.setAccessibleName(_("居民卡"))
        for title, page in zip(TABS, (self.overview, self.visits, self.cases, self.home), strict=True):
            self.tabs.addTab(_(title))
            self._pages.addWidget(page)
        self.head.asked.connect(self.asked)
        self.overview.asked.connect(self.asked)
        self.overview.reveal_asked.connect(self.reveal_asked)
        self.home.opened.connect(self.person_opened)
        for happenings in (self.visits, self.cases):
            happenings.opened.connect(self.happening_opened)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)

    def show_person(self, card: PersonCard, today: date, *, masked: bool) -> None:
        """Show this person in every tab."""
        self.head.show_person(card, today)
        self.overview.show_person(card, today, masked=masked)
        visits = [each for each in card.happenings if each.kind == Visit.kind]
        cases = [each for each in card.happenings if each.kind == Case.kind]
        self.visits.show_happenings(visits)
        self.cases.show_happenings(cases)
        people = [member(person, today, masked=masked) for person in card.household or (card.line.resident,)]
        people += [member(person, today, masked=masked, same_household=False) for person in card.others]
        self.home.show_members(people, _room_words(card))
        for at, count in ((1, len(visits)), (2, len(cases)), (3, len(people))):
            self.tabs.setTabText(at, f"{_(TABS[at])} {count}" if count else _(TABS[at]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The head gives way to the tabs where there is little height."""
        super().resizeEvent(event)
        self.head.set_compact(compact=self.height() < theme().px(LOW))

    def turn_tab(self, step: int) -> None:
        """The next or the previous tab, round and round."""
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + step) % self.tabs.count())

    def _tab_row(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.tabs)
        row.addStretch(1)
        return bar

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._tab_row())
        column.addWidget(self._pages, 1)


def _room_words(card: PersonCard) -> str:
    if card.room is None:
        return _("住址还没有对应到房屋；修改住址后会自动对应。")
    return joined((card.record.address, choice_words("house_use", card.room.record.use)))
