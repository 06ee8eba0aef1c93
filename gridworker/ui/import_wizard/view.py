"""The screen of an import: begin, progress, preview, end; nothing is written before "导入" is pressed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget

from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.ui.controls import ProgressStrip
from gridworker.ui.import_wizard.end_page import EndPage
from gridworker.ui.import_wizard.preview_page import ListedRow, PreviewPage
from gridworker.ui.import_wizard.start_page import StartPage
from gridworker.ui.menu import Action
from gridworker.ui.screen import Screen

FILES = "Excel (*.xlsx *.xls *.xlsm *.csv)"


class ImportScreen(Screen):
    """导入台账; it shows and says what a person asked for. Afterwards the whole batch can be taken back."""

    name: ClassVar[str] = "import"
    title: ClassVar[str] = N_("导入台账")
    icon: ClassVar[str] = "import"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action[Any](
            "choose_file",
            N_("选择文件"),
            lambda screen: screen.choose(),
            ("Ctrl+O",),
            "import",
            ("tools", "palette"),
            enabled=lambda screen: not screen.busy,
        ),
        Action[Any](
            "save_import",
            N_("导入"),
            lambda screen: screen.save_asked.emit(),
            ("Ctrl+Return",),
            "check",
            ("tools", "palette"),
            enabled=lambda screen: screen.ready,
            primary=True,
        ),
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (
        ("← →", N_("换一个列表")),
        ("Esc", N_("停止读取，或放弃预览")),
    )

    file_chosen = Signal(object)
    """A Path."""
    save_asked = Signal()
    cancel_asked = Signal()
    entered = Signal()

    def __init__(
        self, fetch_page: Callable[[Sequence[int]], Sequence[ListedRow | None]], now_ms: Callable[[], int]
    ) -> None:
        """Ready for a file."""
        super().__init__()
        self.presenter: object = None
        self.busy = self.ready = False
        self.reading, self.writing = ProgressStrip(), ProgressStrip(cancellable=False)
        self.reading.cancelled.connect(self.cancel_asked)
        self.start, self.preview, self.end = StartPage(now_ms), PreviewPage(fetch_page), EndPage()
        self.start.choose_asked.connect(self.choose)
        self._stack = QStackedWidget()
        for page in (self.start, self.preview, self.end):
            self._stack.addWidget(page)
        for part in (self.reading, self.writing):
            self.body.addWidget(part)
        self.body.addWidget(self._stack, 1)
        self.setAcceptDrops(True)
        self.add_action_buttons()

    def opened(self) -> None:
        """Begin where one is."""
        self.entered.emit()
        if self._stack.currentWidget() is self.start:
            self.start.begin()
        elif self._stack.currentWidget() is self.preview:
            self.preview.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """Past imports may be others."""
        if touched.everything:
            self.entered.emit()

    def choose(self) -> None:
        """Ask for a file."""
        if not self.writing.isHidden():
            return
        path, _chosen = QFileDialog.getOpenFileName(self, _("选择居民台账"), "", FILES)
        if path:
            self.file_chosen.emit(Path(path))

    def show_record(self, what: object) -> None:
        """Begin with a file that somebody chose elsewhere."""
        if isinstance(what, Path):
            self.file_chosen.emit(what)

    def show_page(self, page: "StartPage | PreviewPage | EndPage") -> None:
        """Show where one is."""
        self._stack.setCurrentWidget(page)
        self.tools.set_about("")

    def show_busy(self, words: str, done: int, total: int, *, writing: bool) -> None:
        """Something goes on; what is being written cannot be stopped."""
        self.busy, self.ready = True, False
        shown, other = (self.writing, self.reading) if writing else (self.reading, self.writing)
        other.finish()
        shown.show_progress(words, done, total)
        self.update_actions()

    def show_idle(self, *, ready: bool) -> None:
        """Nothing goes on; `ready` says whether a preview can be saved."""
        self.busy, self.ready = False, ready
        for strip in (self.reading, self.writing):
            strip.finish()
        self.update_actions()

    def back(self) -> bool:
        """Esc: stop reading, or leave the preview or the report."""
        if self.reading.isHidden() and (self.busy or self._stack.currentWidget() is self.start):
            return False
        self.cancel_asked.emit()
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file may be dropped anywhere on the screen."""
        if event.mimeData().hasUrls() and not self.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read the first file that was dropped."""
        files = (
            [] if self.busy else [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        )
        if files:
            self.file_chosen.emit(Path(files[0]))
