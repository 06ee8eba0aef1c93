"""The first start as one page: address, name and password, then the first fill with its progress."""

from typing import ClassVar, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import Strip
from gridworker.ui.controls import Button, Card, IconLabel, Label, ProgressStrip, Scrolled
from gridworker.ui.flow import FlowLayout
from gridworker.ui.inputs import LineField
from gridworker.ui.screen import Screen
from gridworker.ui.theme import theme

CARD_WIDE = 540


class Login(NamedTuple):
    """What was entered."""

    url: str
    user: str
    password: str


class FirstRun(Screen):
    """开始使用; nothing that was typed is lost by a refusal."""

    name: ClassVar[str] = "first_run"
    title: ClassVar[str] = N_("开始使用")
    icon: ClassVar[str] = "home"

    enrol_asked = Signal(object)
    """A complete Login."""
    fill_asked = Signal()
    """The laptop is enrolled; the filling goes on."""
    later_asked = Signal()
    stop_asked = Signal()
    shown = Signal()

    def __init__(self) -> None:
        """With empty fields; a presenter fills in what is known."""
        super().__init__()
        self.presenter: object = None
        self.address = LineField(_("中心地址"), hint="https://centre.example")
        self.user, self.password = LineField(_("用户名")), LineField(_("口令"))
        self.password.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.notice, self.wrong = Strip("info"), Strip("error")
        self.progress = ProgressStrip()
        self.progress.cancelled.connect(self.stop_asked)
        self.enrol_button = Button(_("登记并装入资料"), self.enrol, icon_name="sync", kind="primary")
        self.without_button = Button(_("先不登记，导入台账"), self.later_asked.emit, kind="quiet")
        for field in self._fields():
            field.edit.returnPressed.connect(self._go_on)
        self._arrange()

    def opened(self) -> None:
        """Begin with the first empty field."""
        self.shown.emit()
        self._next_empty().setFocus(Qt.FocusReason.OtherFocusReason)

    def login(self) -> Login:
        """What is entered; an address without a scheme is a safe one."""
        url = self.address.text()
        if url and "://" not in url:
            url = f"https://{url}"
        return Login(url.rstrip("/"), self.user.text(), self.password.edit.text())

    def enrol(self) -> None:
        """Ask for it if everything is there; what is missing says so."""
        self.wrong.say("")
        if self.address.isHidden():
            self.fill_asked.emit()
            return
        login = self.login()
        missing = (
            (self.address, login.url, _("填写中心地址，例如 https://centre.example")),
            (self.user, login.user, _("填写用户名")),
            (self.password, login.password, _("填写口令")),
        )
        for field, value, words in missing:
            field.set_error("" if value else words)
        if all(value for _field, value, _words in missing):
            self.enrol_asked.emit(login)
        else:
            self._next_empty().setFocus(Qt.FocusReason.OtherFocusReason)

    def show_progress(self, words: str) -> None:
        """It is under way: nothing can be changed meanwhile."""
        self._enable(False)
        self.progress.show_progress(words)

    def show_fault(self, words: str, *, go_on: bool) -> None:
        """It ended without success; `go_on` says that only the filling is left to do."""
        self.show_ready(go_on=go_on)
        self.wrong.say(words)

    def show_ready(self, *, go_on: bool) -> None:
        """It can be asked for; `go_on` says that only the filling is left to do."""
        self.progress.finish()
        self._enable(True)
        self.enrol_button.set_text(_("继续装入资料") if go_on else _("登记并装入资料"))
        for field in self._fields():
            field.setVisible(not go_on)
        self.without_button.setVisible(not go_on)
        if go_on:
            self.enrol_button.setFocus()

    def _fields(self) -> tuple[LineField, LineField, LineField]:
        return (self.address, self.user, self.password)

    def _next_empty(self) -> QWidget:
        """The first field with nothing in it, or the button."""
        empty = (field.edit for field in self._fields() if not field.text() and not field.isHidden())
        return next(empty, self.enrol_button)

    def _go_on(self) -> None:
        target = self._next_empty()
        if target is self.enrol_button:
            self.enrol()
        else:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _enable(self, enabled: bool) -> None:
        for part in (*self._fields(), self.enrol_button, self.without_button):
            part.setEnabled(enabled)

    def _arrange(self) -> None:
        card = Card()
        card.setMaximumWidth(theme().px(CARD_WIDE))
        card.body.setContentsMargins(24, 20, 24, 20)
        card.body.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(IconLabel("centre", token="accent", size=28))
        head.addWidget(Label(_("欢迎使用网格通行"), "title", bold=True), 1)
        card.body.addLayout(head)
        words = _("登记一次，网格资料就加密存到这台电脑；以后没有网络也能工作，联网后自动同步。")
        card.body.addWidget(Label(words, tone="second", wrap=True))
        for part in (self.notice, *self._fields(), self.wrong, self.progress):
            card.body.addWidget(part)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=8)
        for button in (self.enrol_button, self.without_button):
            flow.addWidget(button)
        card.body.addWidget(buttons)
        for words in (
            _("地址、用户名和口令由社区或街道的管理员发放。"),
            _("没有也可以先导入台账开始记录，以后登记时一起送到中心。"),
        ):
            card.body.addWidget(Label(words, "caption", tone="caption", wrap=True))
        middle = QWidget()
        column = QVBoxLayout(middle)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 8)
        row.addStretch(1)
        column.addStretch(1)
        column.addLayout(row)
        column.addStretch(2)
        self.body.addWidget(Scrolled(middle), 1)
