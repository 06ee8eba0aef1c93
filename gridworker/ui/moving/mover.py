"""The mind of the sheet: reads what a move would do, writes it down step by step, and takes it back."""

from collections.abc import Sequence
from functools import partial

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from gridworker.actions.moves import (
    Extent,
    Grid,
    Rehearsal,
    Root,
    extents,
    grids,
    hand_over,
    may_take_back,
    portions,
    rehearse,
    take_back,
)
from gridworker.db.reader import Reader
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.moving.sheet import MoveSheet
from gridworker.ui.moving.words import root_words, sections_of, verb_of
from gridworker.ui.sync_centre.subjects import subject_of
from gridworker.ui.visits.words import moment_of, problem_words


class Picture(msgspec.Struct, frozen=True):
    """Everything that the sheet shows about one root, out of one snapshot."""

    rehearsal: Rehearsal
    name: str
    extents: tuple[Extent, ...]
    grids: tuple[Grid, ...]
    may_undo: bool

    def title_of(self, scope: str) -> str:
        """The words for a grid."""
        return next((grid.title for grid in self.grids if grid.scope == scope), scope)


class Mover(QObject):
    """Holds the sheet; `start` shows it for somebody, a home or a house."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        """Hidden until `start`."""
        super().__init__(parent)
        self._desk = desk
        self.view = MoveSheet(desk.database.pinyin, parent)
        self._root: Root | None = None
        self._first: Root | None = None
        self._picture: Picture | None = None
        self._before: QWidget | None = None
        self._left: list[Sequence[Root]] = []
        self._done: list[Root] = []
        self._writing = False
        self._connect()

    def start(self, root: Root) -> None:
        """Show what handing over would do."""
        if not self.view.isVisible():
            self._before = QApplication.focusWidget()
        self._root = self._first = root
        self._picture = None
        self.view.show_title("…")
        self.view.show_extents((), "")
        self.view.show_sections(())
        self.view.show_fault("")
        self.view.show_notice("")
        self.view.show_button(_("移交"), enabled=False)
        self.view.picker.show_grids(())
        self.view.reason.edit.clear()
        self.view.place()
        self.view.show()
        self.view.raise_()
        self.view.picker.edit.setFocus()
        self._read()

    def close(self) -> None:
        """Leave; what is being written down goes on to the end of its step."""
        if self._writing:
            self._stop()
            return
        self.view.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None

    # ------------------------------------------------------------------------------------------- reading

    def _read(self) -> None:
        root, first = self._root, self._first
        if root is None or first is None:
            return
        query = partial(read_picture, root=root, first=first)
        desk = self._desk
        desk.background.read("moving", lambda: desk.look(query), then=self._show, failed=self._fail)

    def _show(self, picture: Picture) -> None:
        is_new = self._picture is None
        self._picture = picture
        rehearsal = picture.rehearsal
        self.view.show_title(root_words(rehearsal.root, picture.name))
        if is_new:
            others = [grid for grid in picture.grids if grid.scope != rehearsal.source]
            self.view.picker.show_grids(others)
            self.view.show_extents(picture.extents, rehearsal.root.kind)
            self._choose_former(rehearsal)
        self._notice(picture)
        self._show_effect()

    def _choose_former(self, rehearsal: Rehearsal) -> None:
        """A house that was begun goes on to the same grid for the same reason."""
        if rehearsal.begun and rehearsal.waiting:
            former = rehearsal.waiting[-1]
            self.view.picker.table.select_key(former.target)
            self.view.reason.edit.setText(former.why)

    def _notice(self, picture: Picture) -> None:
        rehearsal, now_ms = picture.rehearsal, self._desk.now_ms
        if rehearsal.waiting:
            former = rehearsal.waiting[-1]
            words = _("{moment}已登记移交到{grid}，还没有送出。")
            if rehearsal.begun and rehearsal.steps:
                words = _("{moment}已登记 {done}/{count} 步移交到{grid}；接着办完，或者撤销。")
            said = words.format(
                moment=moment_of(former.at_ms, now_ms),
                grid=picture.title_of(former.target),
                done=rehearsal.begun,
                count=rehearsal.begun + len(rehearsal.steps),
            )
            self.view.show_notice(said, _("撤销移交") if picture.may_undo else "")
        elif rehearsal.proposal is not None:
            words = _("有人提请移交，等着决定。") if rehearsal.decides else _("已提请移交，等网格长决定。")
            self.view.show_notice(words, _("去看"))
        else:
            self.view.show_notice("")

    def _show_effect(self) -> None:
        """What would happen with the grid that is chosen now."""
        picture, target = self._picture, self.view.picker.grid()
        if picture is None:
            return
        rehearsal = picture.rehearsal
        self.view.show_sections(sections_of(rehearsal, picture.title_of(rehearsal.source), target))
        blocked = rehearsal.too_large or not rehearsal.steps or rehearsal.proposal is not None
        may = self._desk.author.enrolled and not blocked and not self._writing
        self.view.show_button(verb_of(rehearsal), enabled=may)
        if not self._desk.author.enrolled:
            self.view.show_fault(problem_words(Problem("not_enrolled")))

    def _choose_extent(self, kind: str) -> None:
        picture = self._picture
        found = picture and next((each.root for each in picture.extents if each.root.kind == kind), None)
        if found:
            self._root = found
            self._read()

    # ------------------------------------------------------------------------------------------- writing

    def _go(self) -> None:
        picture, target, why = self._picture, self.view.picker.grid(), self.view.reason.text()
        if picture is None or self._writing:
            return
        if target is None:
            self.view.show_fault(_("先选移交到哪个网格。"))
            self.view.picker.edit.setFocus()
        elif not why:
            self.view.reason.set_error(_("写一句原因，接手的网格才知道来由。"))
            self.view.reason.edit.setFocus()
        else:
            self.view.show_fault("")
            self._left, self._done = portions(picture.rehearsal.steps), []
            self._writing = True
            self._show_effect()
            self._write_next(picture, target, why)

    def _write_next(self, picture: Picture, target: Grid, why: str) -> None:
        if not self._left:
            self._end(picture, target)
            return
        portion = self._left.pop(0)
        total = len(picture.rehearsal.steps)
        if total > len(portion):
            self.view.progress.show_progress(
                _("正在登记 {done}/{count}").format(done=len(self._done), count=total), len(self._done), total
            )

        def written(_touched: Touched) -> None:
            self._done += portion
            self._write_next(picture, target, why)

        action = partial(hand_over, steps=portion, target=target.scope, why=why)
        self._desk.write(action, then=written, failed=self._fail)

    def _end(self, picture: Picture, target: Grid) -> None:
        self._writing = False
        self.view.progress.finish()
        done = list(self._done)
        self.close()
        what = root_words(picture.rehearsal.root, picture.name)
        words = _("已登记移交：{what} → {grid}，下次同步送出")
        if not picture.rehearsal.decides:
            words = _("已提请移交：{what} → {grid}，下次同步送给网格长")
        said = words.format(what=what, grid=target.title)
        if done:
            self._desk.tell("ok", said, _("撤销"), partial(self.undo, done))

    def _stop(self) -> None:
        """No further step; those that were written down stay, and are told when somebody looks again."""
        self._left = []

    def undo(self, steps: Sequence[Root]) -> None:
        """Take moves back that were not sent; told where that is too late."""
        told = partial(self._desk.tell, "info", _("已撤销移交，什么也没有送出"))
        self._desk.write(partial(take_back, steps=steps), then=lambda _touched: told())

    def _take_step(self) -> None:
        picture = self._picture
        if picture is None:
            return
        if picture.rehearsal.waiting:
            waiting = [Root(each.kind, each.id) for each in picture.rehearsal.waiting]
            self._desk.write(partial(take_back, steps=waiting), then=self._undone, failed=self._fail)
        else:
            self.close()
            self._desk.asked.emit("screen", "moves")

    def _undone(self, _touched: Touched) -> None:
        self._desk.tell("info", _("已撤销移交，什么也没有送出"))
        self._read()

    def _fail(self, problem: Problem) -> None:
        self._writing = False
        self.view.progress.finish()
        self.view.show_fault(problem_words(problem))
        self._read_again(problem)

    def _read_again(self, problem: Problem) -> None:
        if problem.code in ("already_sent", "move_waits"):
            self._read()

    def _look_again(self, _touched: Touched) -> None:
        if self.view.isVisible() and not self._writing:
            self._read()

    def _connect(self) -> None:
        view = self.view
        view.extent_chosen.connect(self._choose_extent)
        view.grid_chosen.connect(lambda _grid: self._choose_grid())
        view.go_asked.connect(self._go)
        view.step_asked.connect(self._take_step)
        view.left.connect(self.close)
        view.progress.cancelled.connect(self._stop)
        self._desk.touched.connect(self._look_again)

    def _choose_grid(self) -> None:
        if self._desk.author.enrolled:
            self.view.show_fault("")
        self._show_effect()


def read_picture(reader: Reader, root: Root, first: Root) -> Picture:
    """Look at everything once; `first` is what the sheet was opened for. Raises Problem `record_gone`."""
    rehearsal = rehearse(reader, root)
    name = subject_of(reader, root.kind, RecordId(root.id))
    may_undo = bool(rehearsal.waiting) and may_take_back(reader, rehearsal.waiting)
    return Picture(rehearsal, name, tuple(extents(reader, first)), tuple(grids(reader)), may_undo)
