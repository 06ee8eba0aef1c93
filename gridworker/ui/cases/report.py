"""The sheet that reports a case from anywhere (F3): title, category, place; what is typed is never lost."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gridworker.actions.cases import CASE_DRAFT, CaseDraft, report_case
from gridworker.actions.photos import attach_photos, photos_of, remove_photo
from gridworker.actions.pictures import Photo
from gridworker.db.blob_files import BlobFiles
from gridworker.db.cases import usual_categories
from gridworker.db.drafts import drop_draft, read_draft, save_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import _
from gridworker.ui.cases.form import CaseForm
from gridworker.ui.cases.pieces import Strip
from gridworker.ui.controls import Button, ElidedLabel, IconButton, IconLabel, Label, Scrolled
from gridworker.ui.desk import Desk
from gridworker.ui.menu import key_words
from gridworker.ui.photos import PhotoDraft
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import problem_words

WIDE, HIGH, TOP = 960, 470, 92
AUTOSAVE_MS = 1_500
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CaseReport(QFrame):
    """A sheet over the window; what is typed becomes a draft within two seconds and a case on Ctrl+Enter."""

    closed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        """Hidden until `start`."""
        super().__init__(parent)
        self._desk = desk
        self._slot, self._begun, self._on_disk = CASE_DRAFT, CaseDraft(), CaseDraft()
        self._before: QWidget | None = None
        self._saving = False
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("报事件"))
        self.form = CaseForm(self, lambda: desk.look(usual_categories))
        self.photos = PhotoDraft(desk, self.form.photos)
        self._wants_saving = False
        self._build()
        self._autosave = QTimer(self, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self.keep_draft)
        self.form.edited.connect(self._edited)
        self.form.installEventFilter(self)
        self.photos.settled.connect(self._save_now)
        if parent is not None:
            parent.installEventFilter(self)
        self.hide()

    def start(self, draft: CaseDraft) -> None:
        """Show the form; what was left unfinished about the same matter comes back."""
        if self.isVisible():
            if draft in (CaseDraft(), self._begun):
                self.form.title.edit.setFocus()
                return
            self.keep_draft()
        else:
            self._before = QApplication.focusWidget()
        self._slot, self._begun = slot_of(draft), draft
        kept = self._desk.look(read_draft, self._slot, CaseDraft)
        self._on_disk = kept or draft
        self.form.fill(kept or draft)
        self.photos.show_slot(self._slot)
        self._autosave.stop()
        self._notice.say(_("已恢复上次没有报完的内容") if kept else "")
        self._fault.say("")
        self.place()
        self.show()
        self.raise_()
        self.form.title.edit.setFocus()

    def save(self) -> None:
        """Store the case with its photos; where something is missing say so and keep everything."""
        if self._saving:
            return
        self._wants_saving = self.photos.busy
        if self._wants_saving:  # as soon as the last photo is read
            return
        self._autosave.stop()
        draft, day = self.form.values(), self._desk.today.strftime("%Y%m%d")
        photos, files = self.photos.photos(), BlobFiles(self._desk.database.path)
        self._saving = True
        self._save.setEnabled(False)
        self._desk.write(
            partial(_report, draft=draft, day=day, slot=self._slot, photos=photos, files=files),
            then=partial(self._saved, draft, photos),
            failed=self._failed,
        )

    def keep_draft(self) -> None:
        """Put what is entered on the disk now."""
        self._autosave.stop()
        draft = self.form.values()
        if self._saving or draft in (self._on_disk, self._begun):
            return
        self._on_disk = draft
        self._desk.write(partial(_keep, draft=draft, slot=self._slot), failed=self._not_kept)

    def discard(self) -> None:
        """Throw away what came back and begin anew."""
        self._desk.write(partial(_forget, slot=self._slot))
        self._on_disk = self._begun
        self.form.fill(self._begun)
        self.photos.put(self._slot, [])
        self._autosave.stop()
        self._notice.say("")
        self.form.title.edit.setFocus()

    def leave(self) -> None:
        """Close and keep a draft."""
        if self._saving:
            return
        worth = self.form.values() != self._begun or bool(self.photos.photos())
        self.keep_draft()
        self._go()
        if worth:
            again = partial(self.start, self._begun)
            self._desk.tell("info", _("事件草稿已留下"), _("继续填"), again)

    def place(self) -> None:
        """In the upper middle of the parent, no larger than it."""
        parent = self.parentWidget()
        size = parent.size() if parent is not None else self.size()
        wide = min(theme().px(WIDE), size.width() - 24)
        high = min(max(theme().px(HIGH), self._needed(wide)), size.height() - 16)
        top = max(8, min(theme().px(TOP), size.height() - high - 8))
        self.setGeometry((size.width() - wide) // 2, top, wide, high)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the sheet."""
        stops = [stop for stop in self.form.stops() if stop.isVisible()]
        if not stops:  # it is being hidden
            return super().focusNextPrevChild(forward)
        at = next((n for n, stop in enumerate(stops) if stop.hasFocus()), -1 if forward else 0)
        target = stops[(at + (1 if forward else -1)) % len(stops)]
        target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        self._area.ensureWidgetVisible(target)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter saves, Enter and arrows go on to the next field, Esc keeps a draft."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in _ENTER and control:
            self.save()
        elif event.key() in (*_ENTER, Qt.Key.Key_Down):
            self.focusNextPrevChild(True)
        elif event.key() == Qt.Key.Key_Up:
            self.focusNextPrevChild(False)
        elif event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            event.accept()  # nothing typed here may reach the screen below

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the parent, and what the form needs: photos come and go."""
        wanted = QEvent.Type.LayoutRequest if watched is self.form else QEvent.Type.Resize
        if event.type() == wanted and self.isVisible():
            self.place()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        """Whatever takes the sheet away, even the end of the program: what is entered goes to the disk."""
        super().hideEvent(event)
        self.keep_draft()

    def fault(self) -> str:
        """What has to be mended and is not said at a field, or nothing."""
        return self._fault.words()

    def notice(self) -> str:
        """What is said at the top, or nothing."""
        return self._notice.words()

    def _edited(self) -> None:
        if not self._autosave.isActive():
            self._autosave.start()

    def _save_now(self) -> None:
        """The photos are read: save if somebody waits for that, unless one of them could not be taken in."""
        wanted, self._wants_saving = self._wants_saving, False
        if wanted and not self.form.photos.wrong():
            self.save()

    def _saved(self, draft: CaseDraft, photos: list[Photo], touched: Touched) -> None:
        self._saving = False
        self._save.setEnabled(True)
        self.form.fill(self._begun)
        self.photos.put(self._slot, [])
        self._on_disk = self._begun
        self._autosave.stop()
        self._go()
        words = _("已存本机：{title}，自办自结") if draft.solved else _("已存本机：报事件 {title}")
        undo = partial(self._undo, sorted(touched.ids), draft, self._slot, photos=photos)
        self._desk.tell("ok", words.format(title=draft.title), _("撤销"), undo)

    def _undo(self, ids: list[RecordId], draft: CaseDraft, slot: str, *, photos: list[Photo]) -> None:
        words = _("已撤销；写的内容留作草稿，按 F3 继续")

        def withdrawn(_touched: Touched) -> None:
            self.photos.put(slot, photos)
            self._desk.tell("info", words)

        self._desk.write(partial(_withdraw, ids=ids, draft=draft, slot=slot), then=withdrawn)

    def _failed(self, problem: Problem) -> None:
        self._saving = False
        self._save.setEnabled(True)
        said = self.form.mark_fault(problem.code, problem_words(problem))
        self._fault.say("" if said else problem_words(problem))
        self.place()

    def _not_kept(self, problem: Problem) -> None:
        self._on_disk = self._begun
        self._fault.say(problem_words(problem))

    def _go(self) -> None:
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None
        self.closed.emit()

    def _needed(self, wide: int) -> int:
        strips = [strip for strip in (self._notice, self._fault) if not strip.isHidden()]
        around = theme().px(112) + sum(strip.sizeHint().height() + 8 for strip in strips)
        return max(self.form.heightForWidth(wide - 48), self.form.minimumSizeHint().height()) + around

    def _build(self) -> None:
        self._notice, self._fault = Strip("info"), Strip("error")
        fresh = Button(_("丢弃草稿"), self.discard, icon_name="trash", kind="quiet")
        fresh.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._notice.tools.addWidget(fresh)
        self._area = Scrolled(self.form)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        column.addLayout(self._head())
        column.addWidget(self._notice)
        column.addWidget(self._area, 1)
        column.addWidget(self._fault)
        column.addLayout(self._foot())

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(IconLabel("case", token="accent"))
        row.addWidget(Label(_("报事件"), "title", bold=True))
        row.addStretch(1)
        close = IconButton("close", _("存草稿并关闭 Esc"), self.leave)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(close)
        return row

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        keys = _("回车到下一项 · 数字选择 · 只有标题和类别必填")
        row.addWidget(ElidedLabel(keys, "caption", tone="caption"))
        row.addStretch(1)
        draft = Button(_("存草稿 {keys}").format(keys=key_words("Esc")), self.leave)
        self._save = Button(_("保存 {keys}").format(keys=key_words("Ctrl+Enter")), self.save, kind="primary")
        for button in (draft, self._save):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        return row


def slot_of(draft: CaseDraft) -> str:
    """The name of the draft about the same matter: a person's, a room's, a visit's, or that of nothing."""
    about = draft.resident_id or draft.visit_id or draft.room_id
    return f"{CASE_DRAFT}:{about}" if about else CASE_DRAFT


def _report(
    tx: Transaction, *, draft: CaseDraft, day: str, slot: str, photos: list[Photo], files: BlobFiles
) -> Touched:
    (case_id,) = report_case(tx, draft, day=day).ids
    drop_draft(tx, slot)
    return attach_photos(tx, files, (Case, case_id), photos)


def _keep(tx: Transaction, *, draft: CaseDraft, slot: str) -> Touched:
    save_draft(tx, slot, draft)
    return Touched()


def _forget(tx: Transaction, *, slot: str) -> Touched:
    drop_draft(tx, slot)
    return Touched()


def _withdraw(tx: Transaction, *, ids: list[RecordId], draft: CaseDraft, slot: str) -> Touched:
    """Take a report back that nobody has read yet; raises Problem `illegal_step` afterwards."""
    for id in ids:
        found = tx.get(Case, id)
        if found is None:
            continue  # a photo of it
        if found.record.reviewed_ms or found.record.case_no:
            raise Problem("illegal_step", source=found.record.state, target="")
        for photo in photos_of(tx, id):
            remove_photo(tx, photo.id)
        tx.delete(Case, id, why="undo")
    save_draft(tx, slot, draft)
    return tx.touched
