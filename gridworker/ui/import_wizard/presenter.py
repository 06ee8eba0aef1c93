"""The mind of the import: drives the job in its own process, keeps its rows, saves and takes back."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from gridworker.actions.imports.messages import (
    Event,
    Failed,
    PageRead,
    Progressed,
    Ready,
    Saved,
    SkippedRead,
    Stopped,
)
from gridworker.actions.imports.preview import PlanRow
from gridworker.actions.imports.process import ImportJob
from gridworker.actions.imports.report import Report, reason_text
from gridworker.actions.imports.rows import SkippedRow
from gridworker.db.imports import batches
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import _, ngettext
from gridworker.ui.desk import Desk
from gridworker.ui.import_wizard.batches import TakenBack, rehearse_batch, take_batch_back
from gridworker.ui.import_wizard.preview_page import WAITING, ListedRow, ListName
from gridworker.ui.import_wizard.view import ImportScreen
from gridworker.ui.import_wizard.words import changes_of, doubt_words, progress_words, remarks_of
from gridworker.ui.visits.words import listed, problem_words

POLL_MS = 50
PAGE_ROWS = 128


class ImportPresenter(QObject):
    """State is the job under way, the list that is shown, and the rows of it that have come."""

    def __init__(self, desk: Desk, view: ImportScreen) -> None:
        """Listens to the view; lives as long as it."""
        super().__init__(view)
        self._desk, self._view = desk, view
        self._held, self._turn = HeldJob(), 0
        self._saving = False
        self._ready: Ready | None = None
        self._report: Report | None = None
        self._file = Path()
        self._chosen: dict[int, str | None] = {}
        self._list: ListName = "doubtful"
        self._rows: dict[int, ListedRow] = {}
        self._asked: set[int] = set()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._poll)
        view.destroyed.connect(self._held.let_go)
        self._connect()

    def page(self, keys: Sequence[int]) -> list[ListedRow]:
        """The rows that are here; the others wait and are asked for; when they come all is painted again."""
        for key in keys:
            if key not in self._rows:
                self._ask(key // PAGE_ROWS * PAGE_ROWS)
        return [self._rows.get(key, WAITING) for key in keys]

    def _connect(self) -> None:
        view = self._view
        view.file_chosen.connect(self.start)
        view.save_asked.connect(self._save)
        view.cancel_asked.connect(self._cancel)
        view.entered.connect(self._read_batches)
        view.preview.list_chosen.connect(self._choose_list)
        view.preview.columns.meaning_chosen.connect(self._remap)
        view.start.rehearsal_asked.connect(lambda batch: self._rehearse(batch.id))
        view.start.undo_asked.connect(lambda batch: self._undo(batch.id))
        view.end.undo_asked.connect(self._undo_last)
        view.end.again_asked.connect(view.choose)
        view.end.residents_asked.connect(lambda: self._desk.asked.emit("screen", "residents"))

    def start(self, file: Path) -> None:
        """Read a file and show what it would do."""
        if not self._view.writing.isHidden():
            return
        self._end_job()
        self._ready = self._report = None
        self._file, self._chosen = file, {}
        self._view.start.fault.say("")
        self._view.show_page(self._view.start)
        self._view.show_busy(progress_words("start", 0, 0), 0, 0, writing=False)
        self._turn += 1
        # Starting a process takes up to 0.1 s: the window goes on meanwhile.
        begun = partial(self._begun, self._turn)
        self._desk.background.read(("import", self._turn), self._desk.start_import, file, then=begun)

    def _begun(self, turn: int, job: ImportJob) -> None:
        if turn == self._turn:
            self._held.hold(job)
            self._timer.start()
        else:
            job.close()

    # -------------------------------------------------------------------------------------------- events

    def _poll(self) -> None:
        job = self._held.job
        for event in job.poll() if job is not None else ():
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case Progressed(phase=phase, done=done, total=total):
                words = progress_words(phase, done, total)
                self._view.show_busy(words, done, total, writing=self._saving)
            case Ready():
                self._show_preview(event)
            case PageRead(page=page):
                if page.name == self._list:
                    self._view.preview.show_total(page.total)
                    self._put(page.offset, [_listed(row) for row in page.rows])
            case SkippedRead(offset=offset, rows=rows):
                if self._list == "skipped":
                    self._put(offset, [_skipped(row) for row in rows])
            case Saved(report=report):
                self._show_end(report)
            case Failed(code=code, values=values):
                self._show_fault(Problem(code, **values))
            case Stopped():
                self._show_fault(Problem("import_stopped"))

    def _show_preview(self, ready: Ready) -> None:
        again, self._ready = self._ready is not None, ready
        self._view.show_idle(ready=True)
        self._view.preview.show_preview(ready)
        self._view.show_page(self._view.preview)
        self._view.tools.set_about(ready.report.file)
        first: ListName = "doubtful" if ready.report.doubtful_rows else "new"
        self._choose_list(self._list if again else first)
        if not again:
            self._view.preview.table.setFocus()

    def _show_end(self, report: Report) -> None:
        self._report = report
        self._timer.stop()
        self._saving = False
        self._held.bury(self._desk)
        self._view.show_idle(ready=False)
        self._view.show_page(self._view.end)
        self._view.end.show_report(report)
        self._desk.background.announce(Touched(everything=True))
        words = _("已存本机：导入新增 {new} 人，更新 {changed} 人")
        said = words.format(new=f"{report.new:,}", changed=f"{report.changed:,}")
        undo = self._undo_last if report.batch_id else None
        self._desk.tell("ok", said, _("撤销"), undo)

    def _show_fault(self, problem: Problem) -> None:
        if self._chosen and not self._saving:
            self.start(self._file)
            self._desk.tell("warn", _("这样选读不出居民，列的含义已恢复原样。"))
            return
        self._end_job()
        self._view.show_idle(ready=False)
        self._view.show_page(self._view.start)
        self._view.start.fault.say(problem_words(problem))
        self._view.start.begin()

    # --------------------------------------------------------------------------------------------- lists

    def _choose_list(self, name: ListName) -> None:
        self._list, self._rows, self._asked = name, {}, set()
        total = self._total_of(name)
        self._view.preview.show_list(name, total)
        if total:
            self._ask(0)

    def _total_of(self, name: ListName) -> int:
        if self._ready is None:
            return 0
        report = self._ready.report
        totals = {
            "doubtful": report.doubtful_rows,
            "new": report.new,
            "changed": report.changed,
            "same": report.same,
            "repeated": report.repeated,
            "skipped": sum(report.skipped.values()),
        }
        return totals.get(name, 0)

    def _ask(self, offset: int) -> None:
        job = self._held.job
        if job is None or offset in self._asked:
            return
        self._asked.add(offset)
        if self._list == "skipped":
            job.ask_skipped(offset, PAGE_ROWS)
        elif self._list != "columns":
            job.ask_page(self._list, offset, PAGE_ROWS)

    def _put(self, offset: int, rows: Sequence[ListedRow]) -> None:
        self._rows.update(enumerate(rows, start=offset))
        self._view.preview.refresh_rows()

    def _remap(self, column: int, target: str | None) -> None:
        if self._held.job is not None and self._ready is not None:
            self._chosen[column] = target
            self._view.show_busy(progress_words("read", 0, 0), 0, 0, writing=False)
            self._held.job.remap(self._chosen)

    # ----------------------------------------------------------------------------------- save and take back

    def _save(self) -> None:
        if self._held.job is None or self._ready is None:
            return
        self._saving = True
        self._view.show_busy(progress_words("save", 0, 0), 0, 0, writing=True)
        self._held.job.commit()

    def _cancel(self) -> None:
        """Stop reading, or leave a preview or a report; what is being written goes on to its end."""
        if not self._view.writing.isHidden():
            return
        reading = self._view.busy or self._ready is not None
        self._turn += 1
        self._end_job()
        self._ready = None
        self._view.show_idle(ready=False)
        self._view.show_page(self._view.start)
        self._view.start.begin()
        if reading:
            self._desk.tell("info", _("已取消，什么也没有写入"))

    def _undo_last(self) -> None:
        if self._report is not None and self._report.batch_id:
            self._undo(self._report.batch_id)

    def _undo(self, batch_id: str) -> None:
        if self._view.busy:
            return
        self._view.show_busy(progress_words("undo", 0, 0), 0, 0, writing=True)
        database = self._desk.database
        self._desk.background.write(
            lambda: database.write(take_batch_back, batch_id), then=self._taken_back, failed=self._not_taken
        )

    def _rehearse(self, batch_id: str) -> None:
        """On the writer thread: it is done and rolled back."""
        database, start = self._desk.database, self._view.start
        self._desk.background.write(
            lambda: rehearse_batch(database, batch_id),
            then=lambda words: start.show_rehearsal(batch_id, words),
            failed=self._not_taken,
        )

    def _taken_back(self, undone: TakenBack) -> None:
        self._report = None
        self._view.show_idle(ready=False)
        self._view.show_page(self._view.start)
        self._read_batches()
        kept = ngettext("导入后又改过的 {count} 人保留不动", "导入后又改过的 {count} 人保留不动", undone.kept)
        words = _("已撤销这次导入")
        self._desk.tell("info", f"{words}；{kept.format(count=undone.kept)}" if undone.kept else words)

    def _not_taken(self, problem: Problem) -> None:
        self._view.show_idle(ready=False)
        self._desk.tell_problem(problem)
        self._read_batches()

    def _read_batches(self) -> None:
        self._desk.fetch("import", batches, self._view.start.show_batches)

    def _end_job(self) -> None:
        self._timer.stop()
        self._saving = False
        self._held.let_go()


class HeldJob:
    """The job under way; it is let go of at the latest when the screen goes."""

    def __init__(self) -> None:
        self.job: ImportJob | None = None

    def hold(self, job: ImportJob) -> None:
        """This one now."""
        self.let_go()
        self.job = job

    def bury(self, desk: Desk) -> None:
        """It has ended by itself: what is left of the process is taken away while the window goes on."""
        job, self.job = self.job, None
        if job is not None:
            desk.background.read(job, job.close)

    def let_go(self) -> None:
        """End the process; what it was still writing has not happened."""
        job, self.job = self.job, None
        if job is not None:
            job.close()


def _listed(row: PlanRow) -> ListedRow:
    details = [doubt_words(doubt) for doubt in row.doubts]
    detail = "\n".join(dict.fromkeys(filter(None, (changes_of(row), *details))))
    head = _("第 {rows} 行 {name}").format(rows=listed(map(str, row.rows)), name=row.name)
    return ListedRow(
        row.rows, row.verb, row.name, row.address, remarks_of(row), f"{head}\n{detail}" if detail else ""
    )


def _skipped(row: SkippedRow) -> ListedRow:
    return ListedRow((row.row,), "skipped", "", "", reason_text(row.reason, _), "")
