"""The mind of the screen of matters: reads what waits, decides, and takes back."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from PySide6.QtCore import QTimer

from gridworker.actions.disputes import (
    agree_to_all,
    decide,
    join_residents,
    put_off,
    undo,
    undo_all,
    undo_joining,
)
from gridworker.actions.matters import Matter
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute
from gridworker.domain.problems import Problem
from gridworker.domain.records import Stored, Touched
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.disputes import sheet as codes
from gridworker.ui.disputes.listing import Listing, Row, read_listing
from gridworker.ui.disputes.sheets import OPENERS, read_decided, read_sheet, sheet_of_several
from gridworker.ui.disputes.view import DisputesScreen

Write = Callable[[Transaction], Touched]


class DisputesPresenter:
    """State is the last listing, which half of it is shown, the grid, and what is on its way to the disk."""

    def __init__(self, desk: Desk, view: DisputesScreen) -> None:
        """Listens to the view and to changes, and reads."""
        self._desk, self._view = desk, view
        self._listing = Listing([], [])
        self._rows: dict[str, Row] = {}
        self._decided, self._grid, self._wanted = False, "", ""
        self._leaving: set[str] = set()
        self._choice = QTimer(view, singleShot=True, interval=0)
        self._choice.timeout.connect(self._show_choice)
        self._connect()
        self.load()

    def load(self) -> None:
        """Read again, on the reader thread."""
        query = partial(read_listing, today=self._desk.today, now_ms=self._desk.now_ms)
        self._view.table.set_loading(not self._view.model.keys)
        self._desk.fetch("disputes", query, self._take)

    def page(self, keys: Sequence[str]) -> list[Row | None]:
        """The rows of a page."""
        return [self._rows.get(key) for key in keys]

    def _connect(self) -> None:
        view = self._view
        view.digit_pressed.connect(self._press)
        view.step_pressed.connect(self._act)
        view.choice_changed.connect(self._choice.start)
        view.turn_asked.connect(self._turn)
        view.grid_chosen.connect(self._choose_grid)
        view.record_asked.connect(self._go_to)
        view.left.connect(lambda: self._desk.asked.emit("screen", "sync"))
        view.card.own.taken.connect(lambda value: self._decide("value", value))
        self._desk.touched.connect(self._look_again)

    def _look_again(self, _touched: Touched) -> None:
        self.load()

    def _take(self, listing: Listing) -> None:
        self._listing = listing
        self._show()

    def _show(self) -> None:
        shown = self._listing.decided if self._decided else self._listing.waiting
        rows = [row for row in shown if row.id not in self._leaving and self._grid in ("", row.grid)]
        self._rows = {row.id: row for row in rows}
        counts = (len(self._listing.waiting), len(self._listing.decided))
        self._view.show_rows(list(self._rows), decided=self._decided, counts=counts)
        found = next((row.id for row in rows if self._wanted in _names_of(row)), None)
        if found is not None:
            self._view.table.select_key(found)
            self._wanted = ""

    def _turn(self) -> None:
        self._decided = not self._decided
        self._view.model.set_keys([])
        self._show()
        self._view.table.setFocus()

    def _choose_grid(self, grid: str) -> None:
        self._grid = grid
        self._show()

    def _go_to(self, id: str) -> None:
        """To a matter, by its own id or that of the operation behind it."""
        self._decided, self._grid, self._wanted = False, "", id
        self._show()

    # -------------------------------------------------------------------------------------------- the card

    def _chosen(self) -> list[Row]:
        return [self._rows[key] for key in self._view.chosen() if key in self._rows]

    def _show_choice(self) -> None:
        rows = self._chosen()
        if not rows:
            self._view.show_sheet(None)
        elif len(rows) > 1:
            found = [row.matter for row in rows if row.matter is not None]
            self._view.show_sheet(sheet_of_several(found) if found else None)
        elif rows[0].matter is not None:
            self._view.show_sheet(self._desk.look(read_sheet, rows[0].matter, self._desk.now_ms))
        elif rows[0].decided is not None:
            self._view.show_sheet(self._desk.look(read_decided, rows[0].decided, self._desk.now_ms))

    def _press(self, digit: int) -> None:
        self._choice.stop()
        self._show_choice()  # the card of what is chosen now, however fast the keys come
        step = self._view.card.sheet.step_of(digit) if self._view.card.sheet else None
        if step is not None:
            self._act(step.code)

    def _act(self, code: str) -> None:
        rows = self._chosen()
        if not rows:
            return
        if code in (codes.LATER, codes.BACK):
            self._put_off(rows, back=code == codes.BACK)
        elif code == codes.OPEN:
            self._open(rows[0])
        elif code == codes.UNDO and rows[0].decided is not None:
            self._take_back(rows[0].decided)
        elif code == codes.VALUE and rows[0].dispute is not None:
            self._view.ask_value(rows[0].dispute.record.target_kind, rows[0].dispute.record.field)
        elif code.startswith(codes.JOIN):
            self._join(rows[0], int(code.removeprefix(codes.JOIN)))
        elif len(rows) > 1:
            self._agree([row.dispute for row in rows if row.dispute is not None])
        else:
            self._decide(code)

    # ------------------------------------------------------------------------------------------- decisions

    def _decide(self, choice: str, value: object = None) -> None:
        row = next(iter(self._chosen()), None)
        stored = row.dispute if row is not None else None
        if row is None or stored is None:
            return
        back = partial(undo, id=stored.id, before=stored.record)
        words = _("已核定：{title}。送到中心后生效。").format(title=row.title)
        self._write([row], partial(decide, id=stored.id, choice=choice, value=value), words, back)

    def _agree(self, chosen: Sequence[Stored[Dispute]]) -> None:
        before = {stored.id: stored.record for stored in chosen}
        words = _("已同意 {count} 条").format(count=len(before))
        agree, back = partial(agree_to_all, ids=list(before)), partial(undo_all, before=before)
        self._write(self._chosen(), agree, words, back)

    def _take_back(self, stored: Stored[Dispute]) -> None:
        undecided = undecided_of(stored.record)
        row = self._rows.get(stored.id)
        if row is not None:
            words = _("已撤销核定：{title}，重新待核对").format(title=row.title)
            self._write([row], partial(undo, id=stored.id, before=undecided), words, None)

    def _join(self, row: Row, kept: int) -> None:
        if row.dispute is None:
            return
        pair = row.dispute.record.pair
        survivor, loser = pair[kept], pair[1 - kept]
        words = _("已合并：{title}。送到中心后生效。").format(title=row.title)
        back = partial(undo_joining, loser=loser, survivor=survivor)
        self._write([row], partial(join_residents, loser=loser, survivor=survivor), words, back)

    def _put_off(self, rows: Sequence[Row], *, back: bool) -> None:
        ids = [row.id for row in rows]
        words = _("重新列入待核对：{count} 条") if back else _("以后再说：{count} 条，明天再提醒")
        again = partial(put_off, ids=ids, back=not back)
        self._write([], partial(put_off, ids=ids, back=back), words.format(count=len(rows)), again)

    def _open(self, row: Row) -> None:
        about = row.matter or row.decided
        if isinstance(about, Matter):
            self._desk.asked.emit(OPENERS[about.kind], about.record_id)
        elif about is not None:
            self._desk.asked.emit(OPENERS[about.record.target_kind], about.record.target_id)

    def _write(self, rows: Sequence[Row], action: Write, words: str, back: Write | None) -> None:
        """Off the screen now; told with a way back once it is on the disk."""
        ids = {row.id for row in rows}
        self._leaving |= ids
        self._view.take_away(list(ids)) if ids else None
        self._view.table.setFocus()
        self._desk.write(
            action, then=lambda _touched: self._done(ids, words, back), failed=partial(self._failed, ids)
        )

    def _done(self, ids: set[str], words: str, back: Write | None) -> None:
        self._leaving -= ids
        undo_it = (lambda: self._desk.write(back, failed=self._desk.tell_problem)) if back else None
        self._desk.tell("ok", words, _("撤销") if undo_it else "", undo_it)

    def _failed(self, ids: set[str], problem: Problem) -> None:
        self._leaving -= ids
        self._desk.tell_problem(problem)
        self.load()


def _names_of(row: Row) -> tuple[str, ...]:
    """By which names a matter may be asked for: its own, and that of the operation behind it."""
    return (row.id, row.dispute.record.op_id) if row.dispute is not None else (row.id,)


def undecided_of(dispute: Dispute) -> Dispute:
    """The same before anybody had decided."""
    return msgspec.structs.replace(dispute, choice="", decision=None)
