"""The mind of the screen of moves: reads the lines, decides on proposals, takes back what was not sent."""

from functools import partial

from gridworker.actions.moves import (
    decide_move,
    grids,
    rehearse,
    take_back,
    take_back_decision,
    take_back_proposal,
)
from gridworker.db.reader import Reader
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId, Touched
from gridworker.i18n import N_, _
from gridworker.ui.desk import Desk
from gridworker.ui.moving.card import ACCEPT, RETURN, UNDO, steps_of
from gridworker.ui.moving.lines import MoveLine, read_lines
from gridworker.ui.moving.view import MovesScreen
from gridworker.ui.moving.words import Section, sections_of
from gridworker.ui.sync_centre.question_card import OPENERS
from gridworker.ui.visits.words import problem_words

RETURNS = (
    N_("还没有搬，先不移交"),
    N_("去向不对，请核对网格"),
    N_("先办完未办结的事件再移交"),
    N_("登记不全，请补充后再提"),
)
"""The usual reasons to return a proposal, picked by digit."""


class MovesPresenter:
    """State is what was read last, and the proposal for whose return a reason is asked."""

    def __init__(self, desk: Desk, view: MovesScreen) -> None:
        """Listens to the view and to changes, and reads."""
        self._desk, self._view = desk, view
        self._asking: MoveLine | None = None
        self._due: int | None = None
        view.line_shown.connect(self._show_line)
        view.digit_pressed.connect(self._press)
        view.open_asked.connect(self._open)
        view.reason.sent.connect(self._answer)
        view.reason_dropped.connect(self._drop_question)
        desk.touched.connect(self._look_again)
        self.load()

    def load(self) -> None:
        """Read again, on the reader thread."""
        desk = self._desk
        self._view.table.set_loading(not self._view.model.keys)
        desk.background.read("moves", lambda: desk.look(read_lines), then=self._show, failed=self._not_read)

    def _look_again(self, _touched: Touched) -> None:
        self.load()

    def _show(self, lines: list[MoveLine]) -> None:
        self._view.show_lines(lines)
        due = sum(line.may_decide for line in lines)
        self._view.badge_changed.emit(due)
        if self._due is not None and due > self._due and not self._view.isVisible():
            words = _("有 {count} 件移交待决定").format(count=due)
            self._desk.tell("info", words, _("去看"), partial(self._desk.asked.emit, "screen", "moves"))
        self._due = due

    def _not_read(self, problem: Problem) -> None:
        self._view.table.set_loading(False)
        self._view.table.set_empty(problem_words(problem))
        self._desk.tell_problem(problem)

    def _show_line(self, line: MoveLine | None) -> None:
        """What stands in the line at once; what it would do as soon as that is counted."""
        self._view.card.show_line(line)
        desk = self._desk
        if line is not None and line.may_decide and line.roots:
            query = partial(desk.look, partial(effect_of, line=line))
            desk.background.read("moves_effect", query, then=partial(self._show_effect, line))

    def _show_effect(self, line: MoveLine, sections: list[Section]) -> None:
        if self._view.current() == line:
            self._view.card.show_line(line, sections)

    def _press(self, digit: int) -> None:
        line = self._view.current()
        if line is None or digit not in {each for each, _words in steps_of(line)}:
            return
        if digit == ACCEPT and line.proposal is not None:
            self._decide(line, line.proposal, "accept")
        elif digit == RETURN:
            self._asking = line
            self._view.ask_reason(_("退回：{what}").format(what=line.whom), _("退回"), RETURNS)
        elif digit == UNDO:
            self._undo(line)

    def _answer(self, words: str) -> None:
        line, self._asking = self._asking, None
        self._view.close_reason()
        if line is not None and line.proposal is not None:
            self._decide(line, line.proposal, "reject", words)

    def _drop_question(self) -> None:
        self._asking = None

    def _decide(self, line: MoveLine, proposal: RecordId, choice: str, words: str = "") -> None:
        done = _("已同意移交：{what}") if choice == "accept" else _("已退回：{what}")
        action = partial(decide_move, proposal=proposal, choice=choice, remark=words)
        self._desk.write(action, then=lambda _touched: self._told(done.format(what=line.whom), proposal))

    def _told(self, said: str, proposal: RecordId) -> None:
        undo = partial(self._desk.write, partial(take_back_decision, proposal=proposal))
        self._desk.tell("ok", said, _("撤销"), undo)

    def _undo(self, line: MoveLine) -> None:
        if line.proposal is not None and line.may_withdraw:
            action, said = partial(take_back_proposal, proposal=line.proposal), _("已撤回提请：{what}")
        elif line.proposal is not None:
            action, said = (
                partial(take_back_decision, proposal=line.proposal),
                _("已撤销，重新等待决定：{what}"),
            )
        else:
            action, said = partial(take_back, steps=line.roots), _("已撤销移交：{what}")
        words = said.format(what=line.whom)
        self._desk.write(action, then=lambda _touched: self._desk.tell("info", words))

    def _open(self) -> None:
        line = self._view.current()
        if line is not None and line.roots and line.roots[-1].kind in OPENERS:
            self._desk.asked.emit(OPENERS[line.roots[-1].kind], line.roots[-1].id)


def effect_of(reader: Reader, line: MoveLine) -> list[Section]:
    """What a proposal that waits for a decision would do, as the author of the decision sees it."""
    try:
        rehearsal = rehearse(reader, line.roots[-1])
    except Problem:
        return []  # it is not here any more
    known = {grid.scope: grid for grid in grids(reader)}
    source = known.get(ScopeId(rehearsal.source))
    title = source.title if source else rehearsal.source
    return sections_of(rehearsal, title, known.get(ScopeId(line.target)))
