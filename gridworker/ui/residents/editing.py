"""Editing people in the card: the form, care groups and absences; what is saved, and how it is taken back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from gridworker.actions.residents import (
    add_resident,
    correct_resident,
    note_absence,
    rooms_meant,
    set_care,
    take_back_correction,
    take_back_new,
)
from gridworker.db.reader import Reader
from gridworker.db.resident_lines import ResidentLine, holders, namesakes, resident_lines
from gridworker.db.transaction import Transaction
from gridworker.domain.addresses import parse_address, place_key
from gridworker.domain.care import CareProfile
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.residents.form import Twin, twin_of
from gridworker.ui.residents.person import PersonCard
from gridworker.ui.residents.reading import DOUBT, FINE, Reading, Remark
from gridworker.ui.residents.view import ABSENCE, CARE, FORM, ResidentsScreen
from gridworker.ui.visits.words import age_words

Write = Callable[[Transaction], Touched]
_NO_CARE = CareProfile(resident_id=RecordId(""))


class Editing:
    """One edit at a time, of the person whose card was open when it began, or of somebody new."""

    def __init__(self, desk: Desk, view: ResidentsScreen, saved: Callable[[RecordId], object]) -> None:
        """`saved` is called with the person's id once something is durable."""
        self.desk, self.view, self._saved = desk, view, saved
        self._edited: Stored[Resident] | None = None
        self._care = _NO_CARE
        self._connect()

    def start_new(self, name: str = "", address: str = "") -> None:
        """The empty form, with a name or address that is known already."""
        self._edited = None
        self.view.form.start_new(self.desk.today, name=name, address=address)
        self._turn_to(FORM)
        self.view.form.name.setFocus()

    def correct(self, card: PersonCard) -> None:
        """The form of somebody known."""
        self._begin(card)
        masked = self.desk.settings.mask_by_default
        self.view.form.start_correction(card.record, self.desk.today, masked=masked)
        self._turn_to(FORM)
        self.view.form.name.setFocus()

    def change_care(self, card: PersonCard) -> None:
        """The care groups of somebody."""
        self._begin(card)
        self.view.care.start(card.record.name, self._care.groups)
        self._turn_to(CARE)
        self.view.care.first().setFocus()

    def note_absence(self, card: PersonCard) -> None:
        """From when to when somebody is away."""
        self._begin(card)
        care = self._care
        self.view.absence.start(
            card.record.name, self.desk.today, away_from=care.away_from, away_to=care.away_to
        )
        self._turn_to(ABSENCE)
        self.view.absence.end_edit.setFocus()

    def end_absence(self, card: PersonCard) -> None:
        """Somebody is back: the absence ended yesterday."""
        self._begin(card)
        care, yesterday = self._care, (self.desk.today - timedelta(days=1)).isoformat()
        start, end = care.away_from or yesterday, care.away_to or yesterday
        self._write(
            card.id,
            partial(note_absence, resident_id=card.id, away_from=min(start, yesterday), away_to=yesterday),
            _("已记下 {name} 回来了").format(name=card.record.name),
            partial(note_absence, resident_id=card.id, away_from=start, away_to=end),
        )

    def save_form(self, reading: Reading) -> None:
        """Store what the form means."""
        draft, before = reading.draft, self._edited
        if before is None:
            id = RecordId(self.desk.database.ports.new_id())
            words = _("已新增 {name}").format(name=draft.name)
            self._write(id, partial(add_resident, id=id, draft=draft), words, partial(take_back_new, id=id))
            return
        words = _("已保存 {name}").format(name=draft.name)
        save = partial(correct_resident, id=before.id, draft=draft)
        self._write(before.id, save, words, partial(take_back_correction, before=before))

    def save_care(self, groups: tuple[str, ...]) -> None:
        """Store the care groups."""
        if self._edited is None:
            return
        put = partial(set_care, resident_id=self._edited.id, today=self.desk.today.isoformat())
        words = _("已调整 {name} 的关爱类别").format(name=self._edited.record.name)
        self._write(
            self._edited.id, partial(put, groups=groups), words, partial(put, groups=self._care.groups)
        )

    def save_absence(self, start: str, end: str) -> None:
        """Store an absence."""
        if self._edited is not None:
            words = _("已报备 {name} 外出").format(name=self._edited.record.name)
            save = partial(note_absence, resident_id=self._edited.id, away_from=start, away_to=end)
            self._write(self._edited.id, save, words, None)

    def look_for_twins(self, name: str) -> None:
        """People whose name is or sounds like the one being typed, or who hold the same number."""
        if len(name.strip()) < 2:
            self.view.form.show_twins(())
            return
        number = self.view.form.typed().id_number.strip()
        pinyin = self.desk.database.pinyin.pinyin(name.strip())

        def query(reader: Reader) -> list[Twin]:
            keys = holders(reader, id_number=number, phones=())
            keys += namesakes(reader, name.strip(), pinyin=pinyin)
            lines = resident_lines(reader, list(dict.fromkeys(keys)))
            return [self._twin(line) for line in lines if line is not None]

        self.desk.fetch(("residents", "twins"), query, self.view.form.show_twins)

    def look_for_room(self, address: str) -> None:
        """Say whether the address is a room that is known here."""
        parsed = parse_address(address)
        if place_key(parsed):
            rooms = self.desk.look(rooms_meant, parsed)
            self.view.form.show_room(_room_remark(len(rooms), parsed.room))

    def _begin(self, card: PersonCard) -> None:
        self._edited, self._care = card.line.resident, card.line.profile or _NO_CARE

    def _turn_to(self, page: int) -> None:
        self.view.show_card(page)
        self.view.panes.show_detail()

    def _twin(self, line: ResidentLine) -> Twin:
        record = line.resident.record
        return twin_of(line.id, record, age_words(record, self.desk.today))

    def _write(self, id: RecordId, save: Write, words: str, undo: Write | None) -> None:
        """Store something, say so, and offer the way back where there is one."""

        def stored(_touched: Touched) -> None:
            take_back = partial(self._take_back, undo) if undo else None
            self.desk.tell("ok", words, _("撤销") if take_back else "", take_back)
            self._saved(id)

        self.desk.write(save, then=stored, failed=self._failed)

    def _take_back(self, undo: Write) -> None:
        self.desk.write(undo, then=lambda _touched: self.view.say("ok", _("已撤销")))

    def _failed(self, problem: Problem) -> None:
        self.view.form.saving_failed()
        self.desk.tell_problem(problem)

    def _connect(self) -> None:
        form = self.view.form
        form.save_asked.connect(self.save_form)
        form.name_typed.connect(self.look_for_twins)
        form.address_left.connect(self.look_for_room)
        self.view.care.save_asked.connect(self.save_care)
        self.view.absence.save_asked.connect(self.save_absence)


def _room_remark(rooms: int, room: str | None) -> Remark | None:
    if rooms == 1:
        return Remark(FINE, _("已对应到登记的房屋"))
    if rooms > 1:
        return Remark(DOUBT, _("有{count}个小区有这个房号，请在前面写上小区名").format(count=rooms))
    return Remark(DOUBT, _("登记里没有这个房号，先按文字保存")) if room else None
