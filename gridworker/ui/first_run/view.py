"""The first start as one page: address, name, password; then the first fill with its progress."""

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gridworker.domain.problems import Problem
from gridworker.i18n import N_, _, problem_text
from gridworker.settings import Settings
from gridworker.sync.exchange import Progress
from gridworker.ui.controls import Button, Card, Label, ProgressStrip
from gridworker.ui.desk import Desk
from gridworker.ui.flow import FlowLayout
from gridworker.ui.inputs import LineField
from gridworker.ui.screen import Screen
from gridworker.ui.theme import theme

CARD_WIDTH = 560


class FirstRun(Screen):
    """Shown until the laptop is enrolled; nothing that was typed is lost by a refusal."""

    name: ClassVar[str] = "first_run"
    title: ClassVar[str] = N_("开始使用")
    icon: ClassVar[str] = "home"

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.address = LineField(_("中心地址"))
        self.address.edit.setPlaceholderText("https://")
        self.address.edit.setText(desk.settings.server_url)
        self.user = LineField(_("用户名"))
        self.password = LineField(_("口令"))
        self.password.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._progress = ProgressStrip(cancellable=False)
        self.wrong = Label("", tone="wrong", wrap=True)
        self.wrong.hide()
        self.enrol_button = Button(_("登记并装入资料"), self.enrol, icon_name="sync", kind="primary")
        self.without_button = Button(
            _("先不登记，导入台账"), lambda: desk.asked.emit("import", None), kind="quiet"
        )
        self._build()
        desk.sync_moved.connect(self._moved)
        desk.sync_ended.connect(self._filled)

    def opened(self) -> None:
        """Begin with the first empty field."""
        for field in (self.address, self.user, self.password):
            if not field.text():
                field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def enrol(self) -> None:
        """Ask the centre; every refusal is said here and the fields stay as they are."""
        if not self._complete():
            return
        self.wrong.hide()
        self.enrol_button.setEnabled(False)
        self._progress.show_progress(_("正在与中心联系"))
        self.desk.enrol(
            self.address.text().strip(),
            self.user.text().strip(),
            self.password.text(),
            then=self._enrolled,
            failed=self._refused,
        )

    def _complete(self) -> bool:
        checks = (
            (
                self.address,
                bool(self.address.text().strip())
                and Settings.server_url.allowed.accepts(self.address.text().strip()),
                _("请填写中心地址，例如 https://centre.example"),
            ),
            (self.user, bool(self.user.text().strip()), _("请填写用户名")),
            (self.password, bool(self.password.text()), _("请填写口令")),
        )
        for field, good, words in checks:
            field.set_error("" if good else words)
        wrong = [field for field, good, _words in checks if not good]
        if wrong:
            wrong[0].edit.setFocus(Qt.FocusReason.OtherFocusReason)
        return not wrong

    def _enrolled(self) -> None:
        self._progress.show_progress(_("正在装入网格资料"))
        self.desk.synchronise()

    def _refused(self, problem: Problem) -> None:
        self._progress.finish()
        self.enrol_button.setEnabled(True)
        self.wrong.setText("\n".join(problem_text(problem.code, problem.values)))
        self.wrong.show()

    def _moved(self, progress: Progress) -> None:
        words = _("正在装入网格资料：已收 {count} 条").format(count=progress.pulled)
        self._progress.show_progress(words)

    def _filled(self, problem: Problem | None) -> None:
        if not self.isVisible():
            return
        self._progress.finish()
        self.enrol_button.setEnabled(True)
        if problem is not None:
            self._refused(problem)
            return
        self.desk.dressed.emit()

    def _build(self) -> None:
        card = Card()
        card.setMaximumWidth(theme().px(CARD_WIDTH))
        card.body.setSpacing(12)
        card.body.addWidget(Label(_("欢迎使用网格通行"), "title", bold=True))
        card.body.addWidget(
            Label(_("登记一次，网格资料就加密存到这台电脑；以后没有网络也能工作。"), tone="second", wrap=True)
        )
        for field in (self.address, self.user, self.password):
            card.body.addWidget(field)
            field.edit.returnPressed.connect(self.enrol)
        card.body.addWidget(self.wrong)
        card.body.addWidget(self._progress)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=8)
        flow.addWidget(self.enrol_button)
        flow.addWidget(self.without_button)
        card.body.addWidget(buttons)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.addStretch(1)
        row.addWidget(card, 8)
        row.addStretch(1)
        column = QVBoxLayout()
        column.addStretch(1)
        column.addWidget(middle)
        column.addStretch(2)
        self.body.addLayout(column)
