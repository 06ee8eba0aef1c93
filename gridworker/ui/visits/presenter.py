"""The mind of the screen of visits: lists by state, answers what came back, withdraws and takes that back."""

from functools import partial

import msgspec
from PySide6.QtCore import QTimer

from gridworker.actions.visits import VisitDraft, record_visit, resubmit_visit, withdraw_visit
from gridworker.db.care import day_of
from gridworker.db.drafts import drop_draft, read_draft, save_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.transitions import legal
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.photos import PhotoKeeper
from gridworker.ui.visits.listing import ALL, RETURNED, VisitDetail, VisitKeys, read_detail, read_keys
from gridworker.ui.visits.view import VisitsScreen
from gridworker.ui.visits.words import problem_words

ANSWER_SLOT = "answer:"
AUTOSAVE_MS = 1_500


class Answer(msgspec.Struct, frozen=True):
    """What was typed for a returned visit and not sent yet."""

    text: str


class VisitsPresenter:
    """State is the filter, the visit shown, and answers that are being typed."""

    def __init__(self, desk: Desk, view: VisitsScreen) -> None:
        """Listens to the view and to changes, and reads the list."""
        self._desk, self._view = desk, view
        self._state = ALL
        self._wanted: RecordId | None = None
        self._detail: VisitDetail | None = None
        self._answers: dict[RecordId, str] = {}
        self._unsaved: set[RecordId] = set()
        self._autosave = QTimer(view, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self._keep_answers)
        self._photos = PhotoKeeper(desk, view.card.photos)
        self._connect()
        self.load()

    def load(self) -> None:
        """Read the keys again, on the reader thread."""
        desk, state = self._desk, self._state
        self._view.table.set_loading(True)
        desk.background.read(
            "visits", lambda: desk.look(read_keys, state), then=self._show_keys, failed=self._not_read
        )

    def _connect(self) -> None:
        view = self._view
        view.filter_chosen.connect(self._filter)
        view.hidden.connect(self._keep_answers)
        view.row_shown.connect(self._show)
        view.record_asked.connect(self._show_record)
        view.resident_asked.connect(lambda: self._open_resident(next(iter(view.chosen_people()), None)))
        view.model.fetch_failed.connect(self._not_read)
        view.card.resident_asked.connect(self._open_resident)
        view.card.case_asked.connect(lambda id: self._desk.asked.emit("case_record", id))
        view.card.withdrawn.connect(self._withdraw)
        view.card.answer.answered.connect(self._answer)
        view.card.answer.edited.connect(self._edit_answer)
        self._desk.touched.connect(self._look_again)

    def _look_again(self, touched: Touched) -> None:
        if touched.concerns(Visit, Case):
            self._view.model.touch(touched)
            self.load()

    def _filter(self, state: str) -> None:
        self._state = state
        self.load()

    def _show_keys(self, found: VisitKeys) -> None:
        self._view.show_keys(found.keys, found.counts)
        self._view.badge_changed.emit(found.counts.get(RETURNED, 0))
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            key = self._desk.look(lambda reader: reader.key_of(Visit, wanted))
            if key is not None and self._view.table.select_key(key):
                self._view.read_card()

    def _not_read(self, problem: Problem) -> None:
        self._view.table.set_loading(False)
        self._view.table.set_empty(problem_words(problem))
        self._desk.tell_problem(problem)

    def _show_record(self, id: RecordId) -> None:
        self._wanted, self._state = id, ALL
        self._view.filters.set_active("all")
        self.load()

    def _show(self, visit: Stored[Visit] | None) -> None:
        self._detail = self._desk.look(read_detail, visit.id) if visit else None
        card = self._view.card
        self._view.may_withdraw = self._detail is not None and self._may_withdraw(self._detail.visit)
        if self._detail is None:
            card.show_nothing()
            self._photos.show_owner(None)
        else:
            shown = self._detail.visit
            self._photos.show_owner((Visit, shown.id), worker_id=shown.record.worker_id)
            card.show_detail(
                self._detail,
                now_ms=self._desk.now_ms,
                answer=self._answer_of(shown.id),
                may_answer=self._may_answer(shown),
                has_centre=self._desk.author.enrolled,
            )
            card.allow_withdrawing(self._view.may_withdraw)
        self._view.update_actions()

    def _may_answer(self, visit: Stored[Visit]) -> bool:
        step = legal(Visit.kind, visit.record.state, "recorded")
        return step is not None and self._desk.author.role_in(visit.scope) in step.roles

    def _may_withdraw(self, visit: Stored[Visit]) -> bool:
        """One's own visit that nobody reviewed, on its day or while it has not left this computer."""
        mine = visit.record.worker_id == self._desk.author.user_id and visit.record.state == "recorded"
        return mine and (visit.pending or day_of(visit.record.visited_ms) == self._desk.today)

    # ------------------------------------------------------------------------------------------- answers

    def _answer_of(self, id: RecordId) -> str:
        if id not in self._answers:
            kept = self._desk.look(read_draft, ANSWER_SLOT + id, Answer)
            self._answers[id] = kept.text if kept else ""
        return self._answers[id]

    def _edit_answer(self, text: str) -> None:
        if self._detail is None:
            return
        self._answers[self._detail.visit.id] = text
        self._unsaved.add(self._detail.visit.id)
        if not self._autosave.isActive():
            self._autosave.start()

    def _keep_answers(self) -> None:
        self._autosave.stop()
        if not self._unsaved:
            return
        answers = {id: Answer(self._answers.get(id, "")) for id in self._unsaved}
        self._unsaved.clear()
        self._desk.write(partial(_keep_answers, answers=answers))

    def _answer(self, text: str) -> None:
        if self._detail is None:
            return
        box, visit = self._view.card.answer, self._detail.visit
        if not text.strip():
            box.say_wrong(_("还没有写补充。写一句再交。"))
            box.edit.setFocus()
            return
        self._unsaved.discard(visit.id)
        box.set_sending(True)
        self._desk.write(
            partial(_resubmit, visit_id=visit.id, text=text.strip()),
            then=lambda _touched: self._answered(visit),
            failed=self._not_answered,
        )

    def _answered(self, visit: Stored[Visit]) -> None:
        self._answers.pop(visit.id, None)
        self._desk.tell("ok", _("已存本机：走访 {who}，补充后再交").format(who=visit.record.who))
        self._view.back()

    def _not_answered(self, problem: Problem) -> None:
        self._view.card.answer.set_sending(False)
        self._view.card.answer.say_wrong(problem_words(problem))

    # ------------------------------------------------------------------------------------------ withdraw

    def _withdraw(self) -> None:
        if self._detail is None or not self._view.may_withdraw:
            return
        visit = self._detail.visit
        words = _("已撤回：走访 {who}").format(who=visit.record.who)
        again = partial(self._desk.write, partial(record_visit, draft=draft_of(visit.record)))
        self._desk.write(
            partial(withdraw_visit, visit_id=visit.id),
            then=lambda _touched: self._desk.tell("ok", words, _("撤销"), again),
        )

    def _open_resident(self, id: RecordId | None) -> None:
        if id is not None:
            self._desk.asked.emit("resident", id)


def draft_of(visit: Visit) -> VisitDraft:
    """What was entered, to record a withdrawn visit again."""
    fields = {name: getattr(visit, name) for name in VisitDraft.__struct_fields__}
    return VisitDraft(**fields)


def _resubmit(tx: Transaction, visit_id: RecordId, text: str) -> Touched:
    touched = resubmit_visit(tx, visit_id, text)
    drop_draft(tx, ANSWER_SLOT + visit_id)
    return touched


def _keep_answers(tx: Transaction, answers: dict[RecordId, Answer]) -> Touched:
    for id, answer in answers.items():
        if answer.text.strip():
            save_draft(tx, ANSWER_SLOT + id, answer)
        else:
            drop_draft(tx, ANSWER_SLOT + id)
    return tx.touched
