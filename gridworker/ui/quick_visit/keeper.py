"""Keeps the draft of the quick visit: in memory until it is on the disk, found again at the next start."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer

from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.ui.desk import Desk
from gridworker.ui.quick_visit.draft import KeptDraft, QuickDraft, find_draft, forget_draft, keep_draft

AUTOSAVE_MS = 1_500
"""A draft is on the disk at most this long after a key, and the time it takes to write."""


class DraftKeeper:
    """One draft is current; those that the disk has not taken (or refused) stay in memory."""

    def __init__(self, desk: Desk, owner: QObject, due: Callable[[], object]) -> None:
        """`due` is called when a changed draft should be kept; the timer lives as long as `owner`."""
        self._desk = desk
        self._slot = ""
        self._on_disk: QuickDraft | None = None
        self._unwritten: dict[str, KeptDraft] = {}
        self._timer = QTimer(owner, singleShot=True, interval=AUTOSAVE_MS)
        self._timer.timeout.connect(due)

    @property
    def slot(self) -> str:
        """Where the current draft is kept, empty as long as it is not."""
        return self._slot

    def find(self, resident_ids: tuple[RecordId, ...]) -> KeptDraft | None:
        """The draft about these people, or for nobody in particular the newest; not the current one then."""
        if resident_ids:
            unwritten = self._unwritten.get(QuickDraft(resident_ids=resident_ids).slot)
        else:
            unwritten = next(reversed(self._unwritten.values()), None)
        return unwritten or self._desk.look(find_draft, resident_ids)

    def begin(self, kept: QuickDraft | None = None) -> None:
        """Another draft is current: a new one, or one that was found."""
        self._timer.stop()
        self._slot, self._on_disk = (kept.slot, kept) if kept else ("", None)

    def wait(self) -> None:
        """Something was changed: keep it soon."""
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """The draft is being saved as a visit."""
        self._timer.stop()

    def keep(self, draft: QuickDraft, failed: Callable[[Problem], object]) -> None:
        """Put the current draft on the disk, if there is anything new in it."""
        self._timer.stop()
        if draft == self._on_disk or not draft.worth_keeping:
            return
        before, self._slot, self._on_disk = self._slot, draft.slot, draft
        self._unwritten.pop(before, None)
        self._unwritten[draft.slot] = KeptDraft(draft, self._desk.now_ms)
        self._desk.write(
            partial(keep_draft, draft=draft, instead_of=before),
            then=lambda _touched: self._written(draft),
            failed=lambda problem: self._refused(draft, problem, failed),
        )

    def forget(self) -> None:
        """Throw the current draft away."""
        if self._slot:
            self._unwritten.pop(self._slot, None)
            self._desk.write(partial(forget_draft, slot=self._slot))
        self.begin()

    def remember(self, draft: QuickDraft) -> None:
        """Hold a draft in memory that is not the current one: it could not be saved as a visit."""
        self._unwritten[draft.slot] = KeptDraft(draft, self._desk.now_ms)

    def became_visit(self, draft: QuickDraft) -> None:
        """The draft is a record now, and the disk has let go of it."""
        self._unwritten.pop(draft.slot, None)

    def _written(self, draft: QuickDraft) -> None:
        unwritten = self._unwritten.get(draft.slot)
        if unwritten is not None and unwritten.draft == draft:
            del self._unwritten[draft.slot]

    def _refused(self, draft: QuickDraft, problem: Problem, failed: Callable[[Problem], object]) -> None:
        if self._on_disk == draft:
            self._on_disk = None
        failed(problem)
