"""The mind of the sync centre: reads how the exchange stands, starts and stops it."""

from functools import partial

from gridworker.db.standing import mark_seen, tally_of
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.sync.exchange import Progress
from gridworker.ui.desk import Desk
from gridworker.ui.sync_centre.lines import Line, Overview, read_overview
from gridworker.ui.sync_centre.question_card import OPENERS
from gridworker.ui.sync_centre.situations import Situation, progress_words, situation, with_next_try
from gridworker.ui.sync_centre.view import SyncCentre


class SyncPresenter:
    """State is what was read last, and which problem was told elsewhere."""

    def __init__(self, desk: Desk, view: SyncCentre) -> None:
        """Listens to the view and to the exchange, and reads."""
        self._desk, self._view = desk, view
        self._overview: Overview | None = None
        self._situation = Situation("none", "")
        self._waiting_at_start = 0
        self._told = ""
        self._connect()
        self.load()

    def load(self) -> None:
        """Read again, on the reader thread."""
        query = partial(read_overview, today=self._desk.today, now_ms=self._desk.now_ms)
        self._desk.fetch("sync", query, self._show)

    def _connect(self) -> None:
        view, desk = self._view, self._desk
        view.sync_asked.connect(self._synchronise)
        view.stop_asked.connect(desk.stop_synchronising)
        view.step_asked.connect(self._take_step)
        view.line_shown.connect(self._show_line)
        view.card.open_asked.connect(self._open)
        view.card.put_aside.connect(self._put_aside)
        view.card.matter_asked.connect(self._go_to_matter)
        view.matters_asked.connect(lambda: desk.asked.emit("screen", "disputes"))
        desk.sync_moved.connect(self._moved)
        desk.sync_ended.connect(self._ended)
        desk.touched.connect(self._look_again)
        desk.scheduled.connect(self.load)

    def _look_again(self, _touched: Touched) -> None:
        self.load()

    def _show(self, overview: Overview) -> None:
        self._overview = overview
        enrolled = self._desk.author.enrolled
        self._situation = situation(
            overview, self._desk.sync_problem, enrolled=enrolled, now_ms=self._desk.now_ms
        )
        self._situation = with_next_try(self._situation, self._desk.next_exchange_ms, self._desk.now_ms)
        self._note_state()
        self._view.show_overview(overview, self._situation)
        self._view.badge_changed.emit(overview.open)

    def _note_state(self) -> None:
        self._view.syncing = self._desk.syncing
        self._view.may_sync = self._desk.author.enrolled and not self._desk.syncing

    def _show_line(self, line: Line | None) -> None:
        tally = self._desk.look(tally_of, line.record_id) if line is not None else None
        self._view.card.show_line(line, self._desk.now_ms, tally)

    def _synchronise(self) -> None:
        self._told = ""
        self._waiting_at_start = self._overview.standing.waiting if self._overview else 0
        self._desk.synchronise()
        if self._desk.syncing:
            self._moved(Progress("hello"))

    def _take_step(self) -> None:
        self._desk.asked.emit("screen", self._situation.screen)

    def _moved(self, progress: Progress) -> None:
        if not self._desk.syncing:
            return
        self._note_state()
        if progress.phase == "hello" and self._overview is not None:
            self._waiting_at_start = self._overview.standing.waiting
        self._view.show_progress(*progress_words(progress, self._waiting_at_start))

    def _ended(self, problem: Problem | None) -> None:
        self._view.progress.finish()
        self._note_state()
        self.load()
        code = problem.code if problem else ""
        if problem is not None and code not in ("sync_stopped", self._told) and not self._view.isVisible():
            self._desk.tell_problem(problem)  # once: a laptop on the road fails every quarter of an hour
        self._told = code

    def _open(self, line: Line) -> None:
        if line.kind in OPENERS:
            self._desk.asked.emit(OPENERS[line.kind], line.record_id)

    def _go_to_matter(self, line: Line) -> None:
        if line.question is not None:
            names = [each.id for each in line.question.conflicts]
            self._desk.asked.emit("matter", next(iter(names), line.question.op_id))

    def _put_aside(self, line: Line, seen: bool) -> None:
        if line.question is not None:
            action = partial(mark_seen, op_id=line.question.op_id, seen=seen)
            self._desk.write(action, then=lambda _touched: self.load())
