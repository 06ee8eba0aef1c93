"""The mind of the screen of cases: lists by progress, takes legal steps, keeps what is typed for them."""

from functools import partial

import msgspec
from PySide6.QtCore import QTimer

from gridworker.actions.cases import cancel_case, resubmit_case, solve_case
from gridworker.actions.reviews import decide_case
from gridworker.db.drafts import drop_draft, read_draft, save_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.transitions import Transition, steps_from
from gridworker.i18n import _
from gridworker.ui.cases.card import plain_reporter
from gridworker.ui.cases.listing import BACK, CaseDetail, CaseKeys, read_detail, read_keys
from gridworker.ui.cases.view import FIRST, CaseScreen
from gridworker.ui.desk import Desk
from gridworker.ui.photos import PhotoKeeper
from gridworker.ui.visits.words import problem_words

WORDS_SLOT = "case_words:"
AUTOSAVE_MS = 1_500


class Typed(msgspec.Struct, frozen=True):
    """What was typed for the next step of a case and not sent yet."""

    text: str


class CasePresenter:
    """State is the filter, the case shown, and words that are being typed."""

    def __init__(self, desk: Desk, view: CaseScreen) -> None:
        """Listens to the view and to changes, and reads the list."""
        self._desk, self._view = desk, view
        self._filter = FIRST
        self._wanted: RecordId | None = None
        self._detail: CaseDetail | None = None
        self._typed: dict[RecordId, str] = {}
        self._unsaved: set[RecordId] = set()
        self._taking: set[RecordId] = set()
        self._autosave = QTimer(view, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self._keep_words)
        self._photos = PhotoKeeper(desk, view.card.photos)
        self._connect()
        self.load()

    def load(self) -> None:
        """Read the keys again, on the reader thread."""
        desk, name = self._desk, self._filter
        self._view.table.set_loading(not self._view.model.keys)
        desk.background.read(
            "cases", lambda: desk.look(read_keys, name), then=self._show_keys, failed=self._not_read
        )

    def _connect(self) -> None:
        view = self._view
        view.filter_chosen.connect(self._choose_filter)
        view.row_shown.connect(self._show)
        view.record_asked.connect(self._show_record)
        view.report_asked.connect(lambda: self._desk.asked.emit("case", None))
        view.resident_asked.connect(self._open_resident)
        view.model.fetch_failed.connect(self._not_read)
        view.card.step_taken.connect(self._take)
        view.card.edited.connect(self._edit)
        view.card.reveal_asked.connect(self._reveal)
        self._desk.touched.connect(self._look_again)

    def _look_again(self, touched: Touched) -> None:
        if touched.concerns(Case):
            self._view.model.touch(touched)
            self.load()

    def _choose_filter(self, name: str) -> None:
        self._filter = name
        self.load()

    def _show_keys(self, found: CaseKeys) -> None:
        wanted, self._wanted = self._wanted, None
        self._view.show_keys(found)
        self._view.badge_changed.emit(found.counts.get(BACK, 0))
        if wanted is not None:
            key = self._desk.look(lambda reader: reader.key_of(Case, wanted))
            if key is not None and self._view.table.select_key(key):
                self._view.read_card()

    def _not_read(self, problem: Problem) -> None:
        self._view.table.set_loading(False)
        self._view.table.set_empty(problem_words(problem))
        self._desk.tell_problem(problem)

    def _show_record(self, id: RecordId) -> None:
        self._wanted, self._filter = id, "all"
        self._view.set_filter("all")
        self.load()

    def _show(self, stored: Stored[Case] | None) -> None:
        self._detail = self._desk.look(read_detail, stored.id) if stored else None
        if self._detail is None:
            self._view.card.show_nothing()
            self._photos.show_owner(None)
        else:
            case = self._detail.case
            self._photos.show_owner((Case, case.id), worker_id=case.record.worker_id)
            role = self._desk.author.role_in(case.scope)
            steps = steps_from(Case.kind, case.record.state, role)
            self._view.card.show_detail(
                self._detail,
                steps,
                now_ms=self._desk.now_ms,
                typed=self._typed_for(case.id),
                has_centre=self._desk.author.enrolled,
            )
        self._view.update_actions()

    def _reveal(self) -> None:
        if self._detail is not None:
            self._view.card.reveal(plain_reporter(self._detail.case.record))

    def _open_resident(self) -> None:
        for id in self._view.chosen_people():
            self._desk.asked.emit("resident", id)

    # --------------------------------------------------------------------------------------------- words

    def _typed_for(self, id: RecordId) -> str:
        if id not in self._typed:
            kept = self._desk.look(read_draft, WORDS_SLOT + id, Typed)
            self._typed[id] = kept.text if kept else ""
        return self._typed[id]

    def _edit(self, text: str) -> None:
        if self._detail is None:
            return
        self._typed[self._detail.case.id] = text
        self._unsaved.add(self._detail.case.id)
        if not self._autosave.isActive():
            self._autosave.start()

    def _keep_words(self) -> None:
        typed = {id: Typed(self._typed.get(id, "")) for id in self._unsaved}
        self._unsaved.clear()
        self._desk.write(partial(_keep_words, typed=typed))

    # --------------------------------------------------------------------------------------------- steps

    def _take(self, step: Transition) -> None:
        if self._detail is None or self._detail.case.id in self._taking:
            return
        case, words = self._detail.case, self._view.card.typed()
        if not words and (step.required or step.target == "reported"):
            self._view.card.say_wrong(_("“{step}”要写一句：原因、结果或补充。").format(step=_(step.label)))
            return
        self._taking.add(case.id)
        self._unsaved.discard(case.id)
        self._view.card.answer.set_sending(True)
        self._desk.write(
            partial(_take, case=case, step=step, words=words),
            then=lambda _touched: self._taken(case, step),
            failed=lambda problem: self._not_taken(case, problem),
        )

    def _taken(self, case: Stored[Case], step: Transition) -> None:
        self._taking.discard(case.id)
        self._typed.pop(case.id, None)
        words = _("已存本机：{step} {title}")
        self._desk.tell("ok", words.format(step=_(step.label), title=case.record.title))
        self._view.row_shown.emit(self._view.current())
        self._view.back()

    def _not_taken(self, case: Stored[Case], problem: Problem) -> None:
        self._taking.discard(case.id)
        self._unsaved.add(case.id)
        if self._detail is not None and self._detail.case.id == case.id:
            self._view.row_shown.emit(self._view.current())
            self._view.card.say_wrong(problem_words(problem))
        else:
            self._desk.tell_problem(problem)


def _take(tx: Transaction, *, case: Stored[Case], step: Transition, words: str) -> Touched:
    """The action behind a step of the card; the words kept for it are a record now."""
    drop_draft(tx, WORDS_SLOT + case.id)
    match step.target:
        case "self_solved":
            return solve_case(tx, case.id, words)
        case "reported":
            return resubmit_case(tx, case.id, "\n".join(filter(None, (case.record.text, words))))
        case "cancelled":
            return cancel_case(tx, case.id, words)
    return decide_case(tx, case.id, step.target, words)


def _keep_words(tx: Transaction, *, typed: dict[RecordId, Typed]) -> Touched:
    for id, each in typed.items():
        if each.text.strip():
            save_draft(tx, WORDS_SLOT + id, each)
        else:
            drop_draft(tx, WORDS_SLOT + id)
    return Touched()
