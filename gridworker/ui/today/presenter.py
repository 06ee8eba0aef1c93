"""The mind of today's screen: reads the work of the day, opens forms, notes absences and takes them back."""

from datetime import date, timedelta
from functools import partial

import msgspec

from gridworker.actions.residents import note_absence
from gridworker.actions.visit_times import parse_coming_day
from gridworker.db.care import profile_of
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Building, Estate
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.quick_visit.people import Context, context_of
from gridworker.ui.today.lines import CAME_BACK, Kind, Line, lines_of
from gridworker.ui.today.view import TodayScreen
from gridworker.ui.today.work import Work, read_work
from gridworker.ui.visits.words import dated, day_of_month, listed, problem_words

KINDS = (Visit, CareProfile, Resident, Case, Building, Estate)
LONGEST_ABSENCE = timedelta(days=366)


class Absence(msgspec.Struct, frozen=True):
    """A notice of being away as it was before it was changed."""

    resident_id: RecordId
    away_from: str | None = None
    away_to: str | None = None


class TodayPresenter:
    """State is the day last read, the line at the right, and whose absence is asked for."""

    def __init__(self, desk: Desk, view: TodayScreen) -> None:
        """Listens to the view, and to changes also while it is hidden: the count at its name stays true."""
        self._desk, self._view = desk, view
        self._read_on: date | None = None
        self._shown = ""
        self._away: tuple[RecordId, ...] = ()
        view.opening.connect(self._open)
        view.retried.connect(self.load)
        view.line_opened.connect(self._open_line)
        view.line_shown.connect(self._show_line)
        view.import_asked.connect(lambda: desk.asked.emit("import", None))
        view.resident_asked.connect(self._open_resident)
        view.absence_asked.connect(self._ask_absence)
        view.absence_typed.connect(self._echo_absence)
        view.absence_entered.connect(self._note_absence)
        desk.touched.connect(self._look_again)
        self.load()

    def load(self) -> None:
        """Read the day again and put it into words, both on the reader thread."""
        desk = self._desk
        self._read_on = desk.today
        query = partial(read_work, today=desk.today, me=desk.author.user_id)

        def read() -> tuple[Work, list[Line]]:
            work = desk.look(query)
            return work, lines_of(work)

        desk.background.read("today", read, then=self._show, failed=self._not_read)

    def _open(self) -> None:
        if self._read_on != self._desk.today:
            self.load()

    def _look_again(self, touched: Touched) -> None:
        if touched.concerns(*KINDS):
            self._shown = ""
            self.load()

    def _show(self, read: tuple[Work, list[Line]]) -> None:
        view, (work, lines) = self._view, read
        view.tools.set_about(dated(work.today, work.today))
        if not work.residents:
            view.show_no_residents()
            view.badge_changed.emit(0)
            return
        words = _("今天已走访 {done} 户 · 还有 {left} 户 · 逾期 {late}")
        shown = words.format(done=work.homes_done, left=work.homes_left, late=work.homes_late)
        view.show_progress(shown, self._capacity_words(work), done=work.homes_done, left=work.homes_left)
        view.show_lines(lines)
        view.badge_changed.emit(
            sum(line.key.startswith(("returned:", "sent_back:", "urgent:")) for line in lines)
        )

    def _not_read(self, problem: Problem) -> None:
        self._read_on = None
        self._view.show_error(problem_words(problem))

    def _capacity_words(self, work: Work) -> str:
        home, phone = self._desk.settings.care_capacity_home, self._desk.settings.care_capacity_phone
        if not home and not phone:
            return ""
        left = work.homes_left
        if home and left > home:
            days = -(-left // home)
            return _("每天上门 {home} 户，约 {days} 天走完").format(home=home, days=days)
        return _("每天计划上门 {home} 户、电话 {phone} 人").format(home=home, phone=phone)

    # --------------------------------------------------------------------------------------------- lines

    def _open_line(self, line: Line) -> None:
        if line.kind is Kind.RETURNED:
            self._desk.asked.emit("visit_record", line.record_id)
        elif line.kind is Kind.SENT_BACK:
            self._desk.asked.emit("case_record", line.record_id)
        else:
            self._desk.asked.emit("visit", self._view.chosen_people() or line.resident_ids)

    def _show_line(self, line: Line | None) -> None:
        if line is None:
            self._shown = ""
            self._view.side.show_nothing()
        elif line.kind in CAME_BACK:
            self._shown = line.key
            self._view.side.show_returned(line)
        elif line.resident_ids and line.key != self._shown:
            self._shown = line.key
            query = partial(context_of, resident_id=line.resident_ids[0], now_ms=self._desk.now_ms)
            self._desk.fetch("today_context", query, partial(self._show_context, line.key))

    def _show_context(self, key: str, context: Context | None) -> None:
        if key != self._shown:
            return
        if context is None:
            self._view.side.show_nothing()
        else:
            mask = self._desk.settings.mask_by_default
            self._view.show_person(context, self._desk.today, mask=mask)

    def _open_resident(self) -> None:
        people = self._view.chosen_people()
        if people:
            self._desk.asked.emit("resident", people[0])

    # ------------------------------------------------------------------------------------------- absence

    def _ask_absence(self) -> None:
        ids = self._view.chosen_people()
        if ids:
            self._away = ids
            self._view.show_absence(self._names(ids))

    def _echo_absence(self, typed: str) -> None:
        day = self._day_of(typed)
        self._view.absence.say(dated(day, self._desk.today) if day else "")

    def _note_absence(self, typed: str) -> None:
        today, day = self._desk.today, self._day_of(typed)
        if day is None:
            self._view.absence.say(_("看不懂这个日期，可以写：明天、周日、12.5、10天后。"), wrong=True)
            return
        if not today <= day <= today + LONGEST_ABSENCE:
            self._view.absence.say(_("外出要有结束日期：从今天起，最长一年。"), wrong=True)
            return
        ids = self._away
        before = self._desk.look(_absences, ids)
        words = _("已存本机：{who} 外出至 {day}").format(who=self._names(ids), day=day_of_month(day, today))
        self._desk.write(
            partial(_note_absences, ids=ids, away_from=today.isoformat(), away_to=day.isoformat()),
            then=lambda _touched: self._noted(words, before),
            failed=lambda problem: self._view.absence.say(problem_words(problem), wrong=True),
        )

    def _noted(self, words: str, before: list[Absence]) -> None:
        self._view.leave_absence()
        self._desk.tell("ok", words, _("撤销"), lambda: self._desk.write(partial(_restore, before=before)))

    def _day_of(self, typed: str) -> date | None:
        return parse_coming_day(typed, self._desk.today)

    def _names(self, ids: tuple[RecordId, ...]) -> str:
        people = self._desk.look(lambda reader: reader.get_many(Resident, ids))
        return listed(person.record.name for person in people)


def _absences(reader: Reader, ids: tuple[RecordId, ...]) -> list[Absence]:
    profiles = {id: profile_of(reader, id) for id in ids}
    return [
        Absence(id, found.record.away_from, found.record.away_to) if found else Absence(id)
        for id, found in profiles.items()
    ]


def _note_absences(tx: Transaction, ids: tuple[RecordId, ...], away_from: str, away_to: str) -> Touched:
    for id in ids:
        note_absence(tx, id, away_from, away_to)
    return tx.touched


def _restore(tx: Transaction, before: list[Absence]) -> Touched:
    for absence in before:
        profile = profile_of(tx, absence.resident_id)
        if profile is not None:
            tx.change(CareProfile, profile.id, away_from=absence.away_from, away_to=absence.away_to)
    return tx.touched
