"""The residents screen at work: which people are listed, whose card is shown, and what is done about them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from gridworker.actions.cases import CaseDraft
from gridworker.actions.moves import Root
from gridworker.actions.residents import ResidentDraft
from gridworker.db.reader import Reader
from gridworker.db.resident_lines import (
    ResidentLine,
    found_keys,
    line_keys,
    line_of,
    resident_lines,
    sorted_keys,
)
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.households import Household
from gridworker.domain.phones import phone_digits
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.paged_model import PagedModel
from gridworker.ui.residents.columns import resident_columns
from gridworker.ui.residents.editing import Editing
from gridworker.ui.residents.person import PersonCard, read_person
from gridworker.ui.residents.view import NOTHING, PERSON, ResidentsScreen
from gridworker.ui.residents.words import joined
from gridworker.ui.visits.words import problem_words

TOGETHER = 20
"""People who may be chosen for one visit at most; more is a mistake of the hand."""
CARD_WAIT_MS = 90
"""How long the cursor rests on a line before its card is read."""
NARROW = ("alone", "care")
"""Filters that leave only a few people."""


class Residents:
    """State and behaviour of the screen."""

    def __init__(self, desk: Desk, view: ResidentsScreen) -> None:
        """Connect a view that is not yet built."""
        self.desk, self.view = desk, view
        self.only, self.order, self.descending = "living", "address", False
        self.query = ""
        self.person: PersonCard | None = None
        self._sort_found = self._loaded = False
        self._base: list[int] = []
        self._among: frozenset[int] = frozenset()
        self._wanted: RecordId | None = None
        self._today, self._masked = desk.today, desk.settings.mask_by_default
        columns = resident_columns(lambda: self._today, lambda: self._masked)
        self.model = PagedModel[ResidentLine](columns, self._page)
        view.build(self.model)
        view.people = self.people
        view.mark_filter(self.only)
        self.editing = Editing(desk, view, self._saved)
        self._rest = QTimer(view, singleShot=True, interval=CARD_WAIT_MS)
        self._rest.timeout.connect(self._read_card)
        self._connect()

    # --------------------------------------------------------------------------------------- the list

    def open(self) -> None:
        """The screen is shown: read the list if that was not yet done."""
        if not self._loaded:
            self.load()

    def refresh(self, touched: Touched) -> None:
        """Records changed: fetch their lines again, and the list where its order or members may differ."""
        if not touched.concerns(Resident, CareProfile, Visit, Case, Household):
            return
        if touched.concerns(Resident) or (self.only == "care" and touched.concerns(CareProfile)):
            self.load()
        else:
            self.model.refresh()
        if self.person is not None and not self.view.editing():
            self._show(self.person.id)

    def load(self) -> None:
        """Read the row keys of the whole list in the background."""
        self._loaded = True
        self.view.table.set_loading(True)
        query = partial(line_keys, order=self.order, descending=self.descending, only=self.only)
        self._read("keys", lambda reader: _with_set(query(reader)), self._list_came)

    def search(self, text: str) -> None:
        """Find while somebody types; an empty text shows the whole list again."""
        self.query = text
        if text:
            self._read("search", partial(self._find, self._spaced(text)), self._found_came)
        else:
            self._sort_found = False
            self._show_keys(self._base)

    def filter(self, name: str) -> None:
        """Narrow the list."""
        self.only = name
        self.view.mark_filter(name)
        self.load()

    def sort(self, order: str, ascending: bool) -> None:
        """Sort the list, or what was found."""
        self.order, self.descending = order, not ascending
        if self.query:
            self._sort_found = True
            self.search(self.query)
        else:
            self.load()

    def _spaced(self, text: str) -> str:
        """Numbers with spaces between them are a place: 3 2 501; the query itself has lost them."""
        whole = self.view.search.text().strip()
        return whole if " " in whole and whole.replace(" ", "").isdigit() else text

    def _page(self, keys: Sequence[int]) -> list[ResidentLine | None]:
        self._today, self._masked = self.desk.today, self.desk.settings.mask_by_default
        return self.desk.look(resident_lines, keys)

    def _find(self, typed: str, reader: Reader) -> list[int]:
        keys = found_keys(reader, typed, among=self._among, narrow=self.only in NARROW)
        if self._sort_found and keys:
            return sorted_keys(reader, keys, order=self.order, descending=self.descending)
        return keys

    def _list_came(self, found: tuple[list[int], frozenset[int]]) -> None:
        self._base, self._among = found
        self.view.table.set_loading(False)
        self.view.list_pages.setCurrentIndex(1 if self._is_register_empty() else 0)
        if self.query:
            self.search(self.query)
        else:
            self._show_keys(self._base)
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.show_resident(wanted)

    def _is_register_empty(self) -> bool:
        return not self._base and not self.desk.look(lambda reader: reader.count(Resident))

    def _found_came(self, keys: list[int]) -> None:
        if not self.query:
            return
        self._show_keys(keys)
        if keys and self.model.row_of(self.view.table.current_key()) is None:
            self.view.table.select_key(keys[0])

    def _show_keys(self, keys: list[int]) -> None:
        self.view.table.set_empty(self._empty_words())
        self.model.set_keys(keys)
        words = _("{count}人").format(count=f"{len(keys):,}")
        if self.query:
            everybody = f"{len(self._base):,}"
            words = _("找到{count}人，共{all}人").format(count=f"{len(keys):,}", all=everybody)
        self.view.tools.set_about(words)
        self.view.update_actions()

    def _empty_words(self) -> str:
        if not self.query:
            return _("这个分类下没有人")
        return _(
            "没有找到“{query}”。可以试试拼音首字母、电话尾号4位或房号如 3-2-501；也看看上面的分类。"
        ).format(query=self.query)

    # --------------------------------------------------------------------------------------- the card

    def show_record(self, what: object) -> None:
        """Somebody by his id, or the form for somebody new with what a draft knows of him."""
        if isinstance(what, ResidentDraft):
            self.editing.start_new(name=what.name, address=what.address)
        elif isinstance(what, str):
            self.show_resident(RecordId(what))

    def show_resident(self, id: RecordId) -> None:
        """Bring somebody up: his card, and his line where it is in the list or in the list of all."""
        if not self._base:
            self._wanted = id
            self.open()
            return
        found = self.desk.look(line_of, id)
        if found is None:
            self.view.say("warn", _("这位居民的记录已经不在本机。"))
        elif self._bring_into_list(found[0], id):
            self.view.table.select_key(found[0])
            self._rest.stop()
            self._show(id)
            self.view.panes.show_detail()

    def people(self) -> tuple[RecordId, ...]:
        """Whom a visit is about: the person of the card while the focus is there, else the selected lines."""
        in_card = self.view.card.isAncestorOf(self.view.focusWidget() or self.view)
        if in_card and self.person is not None:
            return (self.person.id,)
        keys = self.view.table.selected_keys()[: TOGETHER + 1] or [self.view.table.current_key()]
        lines = self._page([key for key in keys if key is not None])
        return tuple(line.id for line in lines if line is not None)

    def _bring_into_list(self, key: int, id: RecordId) -> bool:
        """Whether a line is in the list, for which search and filter give way; else it comes with all."""
        if self.model.row_of(key) is None and self.query:
            self.view.search.clear()
            self.query = ""
            self._show_keys(self._base)
        if self.model.row_of(key) is None and self.only != "all":
            self._wanted = id
            self.filter("all")
            return False
        return True

    def _read_card(self) -> None:
        key = self.view.table.current_key()
        line = self.model.record(self.model.row_of(key) or 0) if key is not None else None
        if line is not None and not self.view.editing():
            self._show(line.id)

    def _show(self, id: RecordId) -> None:
        self.person = self.desk.look(read_person, id, self.desk.today)
        if self.person is None:
            self.view.show_card(NOTHING)
            return
        self.view.pane.show_person(self.person, self.desk.today, masked=self.desk.settings.mask_by_default)
        self.view.show_card(PERSON)

    def _open_row(self, _key: object) -> None:
        self._rest.stop()
        self._read_card()
        self.view.panes.show_detail()
        self.view.pane.tabs.setFocus()

    def _open_twin(self, id: RecordId) -> None:
        self.view.show_card(NOTHING)
        self.show_resident(id)

    def _reveal(self, what: str, at: int) -> None:
        if self.person is None:
            return
        record, profile = self.person.record, self.person.line.profile
        if what == "contact" and profile is not None:
            one = profile.contacts[at]
            value = joined((one.name, one.relation, one.phone))
        else:
            value = record.id_number if what == "id_number" else record.phones[at]
        self.view.pane.overview.reveal(what, at, value)

    def _saved(self, id: RecordId) -> None:
        """Something about a person is durable: his card again, and his line as soon as the list is there."""
        found = self.desk.look(line_of, id)
        self._wanted = id if found is not None and self.model.row_of(found[0]) is None else None
        self._show(id)
        self.view.table.setFocus()

    def _give_up(self) -> None:
        """Leave the editor without saving."""
        if self.person is None:
            self.view.show_card(NOTHING)
            self.view.panes.show_list()
        else:
            self._show(self.person.id)
        self.view.table.setFocus()
        self._read_card()

    # ------------------------------------------------------------------------------------ what was asked

    def do(self, name: str) -> None:
        """Carry out an action by its name; what concerns a person concerns the line under the cursor."""
        general: dict[str, Callable[[], object]] = {
            "new": self.editing.start_new,
            "find": self.view.opened,
            "visit": self._visit,
            "copy": self.view.table.copy_rows,
            "next_tab": lambda: self.view.pane.turn_tab(1),
            "previous_tab": lambda: self.view.pane.turn_tab(-1),
        }
        personal: dict[str, Callable[[PersonCard], object]] = {
            "case": self._case,
            "edit": self.editing.correct,
            "care": self.editing.change_care,
            "absence": self.editing.note_absence,
            "absence_over": self.editing.end_absence,
            "building": self._building,
            "move": self._move,
            "copy_phone": self._copy_phone,
        }
        if self._rest.isActive() and name not in ("new", "find"):
            self._rest.stop()
            self._read_card()
        if name in general:
            general[name]()
        elif self.person is not None:
            personal[name](self.person)

    def _visit(self) -> None:
        ids = self.people()
        if len(ids) > TOGETHER:
            self.view.say("warn", _("一次最多给{count}人记走访，请少选一些。").format(count=TOGETHER))
        elif ids:
            self.desk.asked.emit("visit", ids)

    def _case(self, card: PersonCard) -> None:
        record = card.record
        draft = CaseDraft(
            address=record.address, place=record.place, room_id=record.room_id, resident_id=card.id
        )
        self.desk.asked.emit("case", draft)

    def _building(self, card: PersonCard) -> None:
        place = card.record.room_id or card.record.building_id
        if place:
            self.desk.asked.emit("building", place)
        else:
            self.view.say("info", _("这位居民的住址还没有对应到楼栋。按 F4 修改住址即可。"))

    def _move(self, card: PersonCard) -> None:
        self.desk.asked.emit("move", Root(Resident.kind, card.id))

    def _copy_phone(self, card: PersonCard) -> None:
        if card.record.phones:
            QGuiApplication.clipboard().setText(phone_digits(card.record.phones[0]))
            self.view.say("ok", _("电话已复制，可直接粘贴拨号。"))

    # -------------------------------------------------------------------------------------------- wiring

    def _read(self, key: str, query: Callable[[Reader], Any], then: Callable[[Any], object]) -> None:
        read = partial(self.desk.look, query)
        self.desk.background.read(("residents", key), read, then=then, failed=self._read_failed)

    def _read_failed(self, problem: Problem) -> None:
        self.view.table.set_loading(False)
        self.view.table.set_empty(problem_words(problem))
        self.desk.tell_problem(problem)

    def _connect(self) -> None:
        view = self.view
        view.screen_opened.connect(self.open)
        view.records_touched.connect(self.refresh)
        view.record_asked.connect(self.show_record)
        view.asked.connect(self.do)
        view.filter_chosen.connect(self.filter)
        view.edit_given_up.connect(self._give_up)
        view.import_asked.connect(lambda: self.desk.asked.emit("import", None))
        view.search.changed.connect(self.search)
        view.table.current_changed.connect(lambda _key: self._rest.start())
        view.table.row_opened.connect(self._open_row)
        self.model.sort_chosen.connect(self.sort)
        self.model.fetch_failed.connect(self._read_failed)
        self._connect_card()

    def _connect_card(self) -> None:
        pane = self.view.pane
        pane.asked.connect(self.do)
        pane.reveal_asked.connect(self._reveal)
        pane.person_opened.connect(lambda id: self.show_resident(RecordId(id)))
        pane.happening_opened.connect(lambda kind, id: self.desk.asked.emit(f"{kind}_record", RecordId(id)))
        self.view.form.twin_opened.connect(lambda id: self._open_twin(RecordId(id)))


def _with_set(keys: list[int]) -> tuple[list[int], frozenset[int]]:
    return keys, frozenset(keys)
