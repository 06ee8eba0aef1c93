"""The residents screen at work: which people are listed, whose card is shown, what is saved."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from gridworker.actions.cases import CaseDraft
from gridworker.actions.residents import ResidentDraft, note_absence, set_care
from gridworker.db.reader import Reader
from gridworker.db.resident_lines import (
    ResidentLine,
    found_keys,
    holders,
    line_keys,
    line_of,
    namesakes,
    resident_lines,
    sorted_keys,
)
from gridworker.domain.addresses import parse_address, place_key
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
from gridworker.ui.residents.form import Twin, twin_of
from gridworker.ui.residents.person import PersonCard, read_person
from gridworker.ui.residents.reading import DOUBT, FINE, Reading, Remark
from gridworker.ui.residents.saving import (
    add_person,
    correct_person,
    rooms_meant,
    take_back_correction,
    take_back_new,
)
from gridworker.ui.residents.view import ABSENCE, CARE, FORM, NOTHING, PERSON, ResidentsScreen
from gridworker.ui.visits.words import age_words, problem_words

TOGETHER = 20
"""People who may be chosen for one visit at most; more is a mistake of the hand."""
CARD_WAIT_MS = 90
"""How long the cursor rests on a line before its card is read."""
NARROW = ("alone", "care")


class Residents:
    """State and behaviour of the screen."""

    def __init__(self, desk: Desk, view: ResidentsScreen) -> None:
        """Connect a view that is not yet built."""
        self.desk, self.view = desk, view
        self.only, self.order, self.descending = "living", "address", False
        self.query = ""
        self._sort_found = self._loaded = False
        self._base: list[int] = []
        self._among: frozenset[int] = frozenset()
        self.person: PersonCard | None = None
        self._edited: RecordId | None = None
        self._wanted: RecordId | None = None
        self._today, self._masked = desk.today, desk.settings.mask_by_default
        columns = resident_columns(lambda: self._today, lambda: self._masked)
        self.model = PagedModel[ResidentLine](columns, self._page)
        view.build(self.model)
        view.people = self.people
        view.mark_filter(self.only)
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
        if touched.concerns(Resident, CareProfile):
            self.load()
        elif touched.concerns(Visit):
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
        if not text:
            self._sort_found = False
            self._show_keys(self._base)
            return
        typed = (
            self.view.search.text()
            if self.view.search.text().strip() and " " in self.view.search.text()
            else text
        )
        self._read("search", partial(self._find, typed), self._found_came)

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
        nobody = not self._base and not self.query and self.only == "living"
        if nobody and self.desk.look(lambda reader: reader.count(Resident)) == 0:
            self.view.list_pages.setCurrentIndex(1)
        else:
            self.view.list_pages.setCurrentIndex(0)
        if self.query:
            self.search(self.query)
        else:
            self._show_keys(self._base)
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self.show_resident(wanted)

    def _found_came(self, keys: list[int]) -> None:
        if not self.query:
            return
        self._show_keys(keys)
        if keys and self.model.row_of(self.view.table.current_key()) is None:
            self.view.table.select_key(keys[0])

    def _show_keys(self, keys: list[int]) -> None:
        self.view.table.set_empty(self._empty_words())
        self.model.set_keys(keys)
        count = _("{count}人").format(count=f"{len(keys):,}")
        if self.query:
            full = len(self._base)
            count = _("找到{count}人，共{all}人").format(count=f"{len(keys):,}", all=f"{full:,}")
        self.view.tools.set_about(count)
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
            self.start_new(name=what.name, address=what.address)
        elif isinstance(what, str):
            self.show_resident(RecordId(what))

    def show_resident(self, id: RecordId) -> None:
        """Bring somebody up: his card, and his line where it is in the list."""
        if not self._loaded or not self._base:
            self._wanted = id
            if not self._loaded:
                self.load()
            return
        found = self.desk.look(line_of, id)
        if found is None:
            self.view.say("warn", _("这位居民的记录已经不在本机。"))
            return
        if self.model.row_of(found[0]) is None and self.query:
            self.view.search.clear()
            self.query = ""
            self._show_keys(self._base)
        if self.model.row_of(found[0]) is None and self.only != "all":
            self._wanted = id
            self.filter("all")
            return
        self.view.table.select_key(found[0])
        self._rest.stop()
        self._show(id)
        self.view.panes.show_detail()

    def chosen(self) -> list[RecordId]:
        """The ids of the selected lines, the current one first if nothing else."""
        keys = self.view.table.selected_keys()[: TOGETHER + 1] or [self.view.table.current_key()]
        lines = self._page([key for key in keys if key is not None])
        return [line.id for line in lines if line is not None]

    def _current_changed(self, _key: object) -> None:
        self._rest.start()

    def _read_card(self) -> None:
        key = self.view.table.current_key()
        if key is None or self.view.editing():
            return
        line = self.model.record(self.model.row_of(key) or 0)
        if line is not None:
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

    def _reveal(self, what: str, at: int) -> None:
        if self.person is None:
            return
        profile = self.person.line.profile
        record = self.person.record
        if what == "contact" and profile is not None:
            one = profile.contacts[at]
            value = "  ".join(part for part in (one.name, one.relation, one.phone) if part)
        else:
            value = record.id_number if what == "id_number" else record.phones[at]
        self.view.pane.overview.reveal(what, at, value)

    # ------------------------------------------------------------------------------------ what was asked

    def do(self, name: str) -> None:
        """Carry out an action by its name."""
        self._current_card_first(name)
        run: dict[str, Callable[[], object]] = {
            "new": self.start_new,
            "find": self.view.opened,
            "visit": self._visit,
            "case": self._case,
            "edit": self._edit,
            "care": self._edit_care,
            "absence": self._edit_absence,
            "absence_over": self._end_absence,
            "building": self._building,
            "copy": self.view.table.copy_rows,
            "copy_phone": self._copy_phone,
            "next_tab": lambda: self.view.pane.turn_tab(1),
            "previous_tab": lambda: self.view.pane.turn_tab(-1),
        }
        run[name]()

    def start_new(self, name: str = "", address: str = "") -> None:
        """The empty form, with a name or address that is known already."""
        self._edited = None
        self.view.form.start_new(self.desk.today, name=name, address=address)
        self._turn_to(FORM)
        self.view.form.name.setFocus()

    def _current_card_first(self, name: str) -> None:
        """The card may lag behind the cursor: what is done concerns the line under the cursor."""
        if self._rest.isActive() and name not in ("new", "find"):
            self._rest.stop()
            self._read_card()

    def people(self) -> tuple[RecordId, ...]:
        """Whom a visit is about: the selected lines, or the person of the card while the focus is there."""
        in_card = self.view.card.isAncestorOf(self.view.focusWidget() or self.view)
        if in_card and self.person is not None:
            return (self.person.id,)
        return tuple(self.chosen())

    def _visit(self) -> None:
        ids = self.people()
        if len(ids) > TOGETHER:
            self.view.say("warn", _("一次最多给{count}人记走访，请少选一些。").format(count=TOGETHER))
        elif ids:
            self.desk.asked.emit("visit", ids)

    def _case(self) -> None:
        if self.person is not None:
            record = self.person.record
            draft = CaseDraft(
                address=record.address, place=record.place, room_id=record.room_id, resident_id=self.person.id
            )
            self.desk.asked.emit("case", draft)

    def _building(self) -> None:
        if self.person is None:
            return
        record = self.person.record
        if record.room_id or record.building_id:
            self.desk.asked.emit("building", record.room_id or record.building_id)
        else:
            self.view.say("info", _("这位居民的住址还没有对应到楼栋。按 F4 修改住址即可。"))

    def _copy_phone(self) -> None:
        if self.person is not None and self.person.record.phones:
            QGuiApplication.clipboard().setText(phone_digits(self.person.record.phones[0]))
            self.view.say("ok", _("电话已复制，可直接粘贴拨号。"))

    # --------------------------------------------------------------------------------------- the editors

    def _edit(self) -> None:
        if self.person is None:
            return
        self._edited = self.person.id
        masked = self.desk.settings.mask_by_default
        self.view.form.start_correction(self.person.record, self.desk.today, masked=masked)
        self._turn_to(FORM)
        self.view.form.name.setFocus()

    def _edit_care(self) -> None:
        if self.person is None:
            return
        self._edited, profile = self.person.id, self.person.line.profile
        self.view.care.start(self.person.record.name, profile.groups if profile else ())
        self._turn_to(CARE)
        self.view.care.first().setFocus()

    def _edit_absence(self) -> None:
        if self.person is None:
            return
        self._edited, profile = self.person.id, self.person.line.profile
        self.view.absence.start(
            self.person.record.name,
            self.desk.today,
            away_from=profile.away_from if profile else None,
            away_to=profile.away_to if profile else None,
        )
        self._turn_to(ABSENCE)
        self.view.absence.end_edit.setFocus()

    def _end_absence(self) -> None:
        profile = self.person.line.profile if self.person else None
        if self.person is None or profile is None:
            return
        id, start, end = self.person.id, profile.away_from, profile.away_to
        yesterday = self.desk.today.fromordinal(self.desk.today.toordinal() - 1).isoformat()
        first = min(start or yesterday, yesterday)
        undo = partial(note_absence, resident_id=id, away_from=start or first, away_to=end or yesterday)
        self._write(
            partial(note_absence, resident_id=id, away_from=first, away_to=yesterday),
            _("已记下 {name} 回来了").format(name=self.person.record.name),
            lambda: undo,
        )

    def give_up(self) -> None:
        """Leave the editor without saving."""
        self._edited = None
        if self.person is None:
            self.view.show_card(NOTHING)
        else:
            self._show(self.person.id)
        self.view.panes.show_list() if self.view.panes.narrow and self.person is None else None
        self.view.table.setFocus()
        self._read_card()

    def save(self, reading: Reading) -> None:
        """Store what the form means."""
        draft = reading.draft
        if self._edited is None:
            id = RecordId(self.desk.database.ports.new_id())
            self._wanted = id
            words = _("已新增 {name}").format(name=draft.name)
            self._write(partial(add_person, id=id, draft=draft), words, lambda: partial(take_back_new, id=id))
            return
        before = self.desk.look(lambda reader: reader.get(Resident, self._edited or RecordId("")))
        words = _("已保存 {name}").format(name=draft.name)
        undo = (lambda: partial(take_back_correction, before=before)) if before else None
        self._write(partial(correct_person, id=self._edited, draft=draft), words, undo)

    def save_care(self, groups: tuple[str, ...]) -> None:
        """Store the care groups."""
        if self._edited is None or self.person is None:
            return
        today = self.desk.today.isoformat()
        old = self.person.line.profile.groups if self.person.line.profile else ()
        self._write(
            partial(set_care, resident_id=self._edited, groups=groups, today=today),
            _("已调整 {name} 的关爱类别").format(name=self.person.record.name),
            lambda: partial(
                set_care, resident_id=self.person.id if self.person else RecordId(""), groups=old, today=today
            ),
        )

    def save_absence(self, start: str, end: str) -> None:
        """Store an absence."""
        if self._edited is not None and self.person is not None:
            words = _("已报备 {name} 外出").format(name=self.person.record.name)
            self._write(
                partial(note_absence, resident_id=self._edited, away_from=start, away_to=end), words, None
            )

    def look_for_twins(self, name: str) -> None:
        """People whose name is or sounds like the one being typed, or who hold the same number."""
        if len(name.strip()) < 2:
            self.view.form.show_twins(())
            return
        typed = self.view.form.typed()
        pinyin = self.desk.database.pinyin.pinyin(name.strip())

        def query(reader: Reader) -> list[Twin]:
            keys = holders(reader, id_number=typed.id_number.strip(), phones=())
            keys += namesakes(reader, name.strip(), pinyin=pinyin)
            lines = resident_lines(reader, list(dict.fromkeys(keys)))
            return [self._twin(line) for line in lines if line is not None]

        self._read("twins", query, self.view.form.show_twins)

    def look_for_room(self, address: str) -> None:
        """Say whether the address is a room that is known here."""
        parsed = parse_address(address)
        if place_key(parsed):
            rooms = self.desk.look(rooms_meant, parsed)
            self.view.form.show_room(_room_remark(len(rooms), parsed.room))

    def _twin(self, line: ResidentLine) -> Twin:
        return twin_of(line.id, line.resident.record, age_words(line.resident.record, self.desk.today))

    def _open_twin(self, id: str) -> None:
        self.view.show_card(NOTHING)
        self.show_resident(RecordId(id))

    def _turn_to(self, page: int) -> None:
        self.view.show_card(page)
        self.view.panes.show_detail()

    # ------------------------------------------------------------------------------------ reading, writing

    def _read(self, key: str, query: Callable[[Reader], Any], then: Callable[[Any], object]) -> None:
        read = partial(self.desk.look, query)
        self.desk.background.read(("residents", key), read, then=then, failed=self._read_failed)

    def _read_failed(self, problem: Problem) -> None:
        self.view.table.set_loading(False)
        self.view.table.set_empty(problem_words(problem))
        self.desk.tell_problem(problem)

    def _write(self, action: Any, words: str, undo: Callable[[], Any] | None) -> None:
        """Store something; then the card is shown again, with a way back where there is one."""

        def stored(_touched: Touched) -> None:
            id, self._edited = self._wanted or self._edited, None
            take_back = (lambda: self._take_back(undo())) if undo else None
            self.desk.tell("ok", words, _("撤销") if take_back else "", take_back)
            if id is not None:
                self._show(id)
            self.view.table.setFocus()

        self.desk.write(action, then=stored, failed=self._write_failed)

    def _write_failed(self, problem: Problem) -> None:
        self._wanted = None
        self.view.form.saving_failed()
        self.desk.tell_problem(problem)

    def _take_back(self, action: Any) -> None:
        self.desk.write(action, then=lambda _touched: self.view.say("ok", _("已撤销")))

    def _connect(self) -> None:
        view = self.view
        view.screen_opened.connect(self.open)
        view.records_touched.connect(self.refresh)
        view.record_asked.connect(self.show_record)
        view.asked.connect(self.do)
        view.filter_chosen.connect(self.filter)
        view.edit_given_up.connect(self.give_up)
        view.import_asked.connect(lambda: self.desk.asked.emit("import", None))
        view.search.changed.connect(self.search)
        view.table.current_changed.connect(self._current_changed)
        view.table.row_opened.connect(self._open_row)
        self.model.sort_chosen.connect(self.sort)
        self.model.fetch_failed.connect(self.desk.tell_problem)
        self._connect_card()

    def _connect_card(self) -> None:
        view, pane = self.view, self.view.pane
        pane.asked.connect(self.do)
        pane.reveal_asked.connect(self._reveal)
        pane.person_opened.connect(lambda id: self.show_resident(RecordId(id)))
        pane.happening_opened.connect(lambda kind, id: self.desk.asked.emit(f"{kind}_record", RecordId(id)))
        view.form.save_asked.connect(self.save)
        view.form.name_typed.connect(self.look_for_twins)
        view.form.address_left.connect(self.look_for_room)
        view.form.twin_opened.connect(self._open_twin)
        view.care.save_asked.connect(self.save_care)
        view.absence.save_asked.connect(self.save_absence)


def _with_set(keys: list[int]) -> tuple[list[int], frozenset[int]]:
    return keys, frozenset(keys)


def _room_remark(rooms: int, room: str | None) -> Remark | None:
    if rooms == 1:
        return Remark(FINE, _("已对应到登记的房屋"))
    if rooms > 1:
        return Remark(DOUBT, _("有{count}个小区有这个房号，请在前面写上小区名").format(count=rooms))
    return Remark(DOUBT, _("登记里没有这个房号，先按文字保存")) if room else None
