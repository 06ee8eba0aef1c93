"""The mind of the screen of the leader: decides at once on the screen, and in order on the disk."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QTimer

from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.domain.roles import ROLES
from gridworker.domain.transitions import legal
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.cases.card import plain_reporter
from gridworker.ui.cases.listing import CaseDetail
from gridworker.ui.desk import Desk
from gridworker.ui.review.decisions import QUEUES, REASONS, Decision, way_back
from gridworker.ui.review.queues import (
    Overview,
    VisitFolder,
    read_folder,
    read_overview,
    read_page,
    read_rows,
)
from gridworker.ui.review.steps import Before, before_of, decide, take_back
from gridworker.ui.review.view import ReviewScreen
from gridworker.ui.review.words import Waits, summary_of, title_of
from gridworker.ui.visits.words import problem_words

SUMMED = 2_000
"""Chosen rows that a summary looks at; beyond it only their number is told."""


class ReviewPresenter:
    """State is the queue, the grid, and decisions that are on their way to the disk."""

    def __init__(self, desk: Desk, view: ReviewScreen) -> None:
        """Listens to the view and to changes, and reads the queues."""
        self._desk, self._view = desk, view
        self._queue, self._scope = next(iter(QUEUES)), ""
        self._deciding: set[tuple[str, int]] = set()
        self._asking: tuple[Decision, list[int]] | None = None
        self._sure: list[int] = []
        self._shown: VisitFolder | CaseDetail | None = None
        self._choice = QTimer(view, singleShot=True, interval=0)
        self._choice.timeout.connect(self._show_choice)
        self._connect()
        self.load()

    def load(self) -> None:
        """Count and list again, on the reader thread."""
        desk, now_ms = self._desk, self._desk.now_ms
        query = partial(read_overview, shown=self._queue, scopes=self._scopes(), now_ms=now_ms)
        self._view.table.set_loading(not self._view.model.keys)
        desk.background.read("review", lambda: desk.look(query), then=self._show, failed=self._not_read)

    def page(self, keys: Sequence[int]) -> Sequence[Waits | None]:
        """The rows of a page."""
        return self._desk.look(read_page, QUEUES[self._queue].kind, keys)

    def _connect(self) -> None:
        view = self._view
        view.digit_pressed.connect(self._press)
        view.queue_chosen.connect(self._choose_queue)
        view.grid_chosen.connect(self._choose_grid)
        view.choice_changed.connect(self._choice.start)
        view.reason_dropped.connect(self._drop_question)
        view.reason.sent.connect(self._answer)
        view.card.decided.connect(self._begin)
        view.card.reveal_asked.connect(self._reveal)
        view.model.fetch_failed.connect(self._not_read)
        self._desk.touched.connect(self._look_again)

    def _look_again(self, touched: Touched) -> None:
        if touched.concerns(Visit, Case):
            self._view.model.touch(touched)
            self.load()

    def _scopes(self) -> tuple[str, ...]:
        if self._scope:
            return (self._scope,)
        return tuple(scope for scope, _title in grids_of(self._desk))

    def _choose_queue(self, queue: str) -> None:
        if queue == self._queue:
            return
        self._queue = queue
        self._drop_question()
        self._view.drop_reason()
        self._view.model.set_keys([])
        self._view.table.set_empty(_(QUEUES[queue].empty))
        self.load()

    def _choose_grid(self, scope: str) -> None:
        self._scope = scope
        self.load()

    def _show(self, overview: Overview) -> None:
        self._view.badge_changed.emit(overview.waiting)
        if overview.shown != self._queue:
            return
        kind = QUEUES[self._queue].kind.kind
        keys = [key for key in overview.keys if (kind, key) not in self._deciding]
        self._view.table.set_empty(_(QUEUES[self._queue].empty))
        self._view.show_overview(overview, keys)

    def _not_read(self, problem: Problem) -> None:
        self._view.table.set_loading(False)
        self._view.table.set_empty(problem_words(problem))
        self._desk.tell_problem(problem)

    # -------------------------------------------------------------------------------------------- choice

    def _show_choice(self) -> None:
        chosen = self._view.chosen()
        if chosen != self._sure:
            self._sure = []
        if len(chosen) > 1:
            self._show_several(chosen)
        elif chosen:
            self._show_one(chosen[0])
        else:
            self._shown = None
            self._show_nothing()

    def _show_one(self, key: int) -> None:
        stored = next(iter(self.page([key])), None)
        self._shown = self._desk.look(read_folder, stored) if stored is not None else None
        grid = self._grid_of(stored) if stored is not None else ""
        if isinstance(self._shown, VisitFolder):
            self._view.card.show_visit(self._shown, self._desk.now_ms, grid=grid)
        elif isinstance(self._shown, CaseDetail):
            self._view.card.show_case(self._shown, self._desk.now_ms, grid=grid)
        else:
            self._show_nothing()
        self._view.card.offer(self._offered(stored))

    def _show_nothing(self) -> None:
        self._view.card.show_nothing(_("选中一条，这里显示全文。按 1 通过，按 2 退回。"))

    def _grid_of(self, stored: Waits) -> str:
        """The title of a record's grid, where there are several."""
        grids = dict(grids_of(self._desk))
        return grids.get(stored.scope, "") if len(grids) > 1 else ""

    def _show_several(self, chosen: list[int]) -> None:
        rows = [row for row in self.page(chosen[:SUMMED]) if row is not None]
        self._view.card.show_several(len(chosen), summary_of(rows, self._desk.now_ms))
        self._view.card.offer(QUEUES[self._queue].decisions, count=len(chosen))

    def _offered(self, stored: Waits | None) -> list[Decision]:
        """The decisions of the queue that are legal for this record and role."""
        if stored is None:
            return []
        role, kind = self._desk.author.role_in(stored.scope), QUEUES[self._queue].kind.kind
        steps = {d.digit: legal(kind, stored.record.state, d.target) for d in QUEUES[self._queue].decisions}
        legal_now = {digit for digit, step in steps.items() if step and role in step.roles}
        return [d for d in QUEUES[self._queue].decisions if d.digit in legal_now]

    def _reveal(self) -> None:
        if isinstance(self._shown, CaseDetail):
            self._view.card.reveal(plain_reporter(self._shown.case.record))

    # ----------------------------------------------------------------------------------------- decisions

    def _press(self, digit: int) -> None:
        decision = next((d for d in QUEUES[self._queue].decisions if d.digit == digit), None)
        if decision is not None:
            self._begin(decision)

    def _begin(self, decision: Decision) -> None:
        chosen = self._view.chosen()
        if not chosen:
            return
        if decision.reasoned:
            self._ask(decision, chosen)
        elif len(chosen) > 1 and chosen != self._sure and not self._can_take_back(decision):
            self._sure = chosen
            words = _("{verb} {count} 条，不能一次撤销。核对右边的汇总，再按一次 {digit}。")
            said = words.format(verb=_(decision.label), count=len(chosen), digit=decision.digit)
            self._desk.tell("warn", said)
        else:
            self._decide(decision, chosen, "")

    def _can_take_back(self, decision: Decision) -> bool:
        queue = QUEUES[self._queue]
        role = self._desk.author.role_in(self._scopes()[0]) if self._scopes() else ""
        return all(way_back(queue.kind, state, decision, role) for state in queue.states)

    def _ask(self, decision: Decision, chosen: list[int]) -> None:
        self._asking = (decision, chosen)
        first = next(iter(self.page(chosen[:1])), None)
        about = title_of(first) if first is not None and len(chosen) == 1 else ""
        words = _("{count} 条") if self._can_take_back(decision) else _("{count} 条，不能一次撤销")
        about = about or words.format(count=len(chosen))
        question = _("{verb}：{about}").format(verb=_(decision.label), about=about)
        self._view.ask_reason(question, _(decision.label), REASONS[QUEUES[self._queue].kind])

    def _drop_question(self) -> None:
        self._asking = None

    def _answer(self, words: str) -> None:
        if self._asking is None:
            return
        (decision, chosen), self._asking = self._asking, None
        self._view.close_reason()
        self._decide(decision, chosen, words)

    def _decide(self, decision: Decision, keys: list[int], words: str) -> None:
        """Off the screen now; onto the disk in the order in which they were decided."""
        kind = QUEUES[self._queue].kind
        rows = self._desk.look(read_rows, kind, keys)
        if not rows:
            return
        about = title_of(rows[0]) if len(rows) == 1 else _("{count} 条").format(count=len(rows))
        said = _("{done}：{about}").format(done=_(decision.done), about=about)
        before = [before_of(stored) for stored in rows] if self._can_take_back(decision) else []
        self._deciding.update((kind.kind, key) for key in keys)
        self._view.take_away(keys)
        step = partial(decide, kind=kind, keys=keys, target=decision.target, words=words)
        self._desk.write(
            step,
            then=partial(self._decided, step, said=said, before=before),
            failed=partial(self._not_decided, step),
        )

    def _decided(
        self, step: "partial[Touched]", touched: Touched, *, said: str, before: list[Before]
    ) -> None:
        self._forget(step)
        missed = len(step.keywords["keys"]) - len(touched.ids)
        undo = partial(take_back, kind=step.keywords["kind"], before=before)
        if missed:
            self._desk.tell("warn", _("{said}；{count} 条已由别人办理").format(said=said, count=missed))
        elif before:
            self._desk.tell("ok", said, _("撤销"), lambda: self._desk.write(undo))
        else:
            self._desk.tell("ok", said)

    def _not_decided(self, step: "partial[Touched]", problem: Problem) -> None:
        self._forget(step)
        self._desk.tell_problem(problem)
        self.load()

    def _forget(self, step: "partial[Touched]") -> None:
        """It is on the disk, or will never be."""
        kind, keys = step.keywords["kind"], step.keywords["keys"]
        self._deciding.difference_update((kind.kind, key) for key in keys)


def grids_of(desk: Desk) -> list[tuple[str, str]]:
    """Scope and title of every grid that the user reviews."""
    return [
        (grant.scope, grant.title)
        for grant in desk.author.grants
        if grant.role in ROLES and ROLES[grant.role].reviews
    ]
