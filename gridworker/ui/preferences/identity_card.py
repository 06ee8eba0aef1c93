"""Who works on this computer, where the centre is, and what may be done about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from gridworker.db.enrolment import SERVER_NAME, SERVER_URL
from gridworker.domain.problems import Problem
from gridworker.domain.roles import ROLES
from gridworker.i18n import _
from gridworker.settings import Settings
from gridworker.ui.cases.facts import Facts
from gridworker.ui.controls import Button, Card, Label
from gridworker.ui.desk import Desk
from gridworker.ui.inputs import LineField
from gridworker.ui.visits.words import listed, problem_words


class IdentityCard(Card):
    """The user, the grids, the centre and its address, and the folder of the data."""

    def __init__(self, desk: Desk) -> None:
        """Shows what the database knows."""
        super().__init__(_("本机与中心"))
        self._desk = desk
        self._tried = self._former = ""
        self.facts = Facts()
        self.address = LineField(_("中心地址"), hint="https://centre.example")
        self.address.edit.returnPressed.connect(self.save_address)
        self._save = Button(_("保存并连接"), self.save_address)
        self._outcome = Label("", wrap=True)
        self._back = Button("", self._go_back, icon_name="undo", kind="quiet")
        self._enrol = Button(_("登记到中心"), lambda: desk.asked.emit("screen", "first_run"), kind="primary")
        self._import = Button(_("导入台账"), lambda: desk.asked.emit("import", None), icon_name="import")
        self._arrange()
        desk.sync_ended.connect(self._connected)
        self.show_identity()

    def show_identity(self) -> None:
        """Look again."""
        author = self._desk.author
        url = self._desk.look(lambda reader: reader.meta(SERVER_URL)) or ""
        name = self._desk.look(lambda reader: reader.meta(SERVER_NAME)) or ""
        grids = (
            _("{title}（{role}）").format(title=grant.title, role=_(ROLES[grant.role].label))
            for grant in author.grants
            if grant.role in ROLES
        )
        self.facts.show_facts(
            [
                (_("使用人"), author.user_name or _("还没有登记到中心，记录只存在本机")),
                (_("网格"), listed(grids)),
                (_("中心"), name),
                (_("资料文件"), str(self._desk.database.path)),
            ]
        )
        if not self.address.edit.hasFocus() or not self.address.text():
            self.address.edit.setText(url)
        for part in (self.address, self._save):
            part.setVisible(author.enrolled)
        self._enrol.setVisible(not author.enrolled)

    def save_address(self) -> None:
        """Take another address and try it at once; an address that is none changes nothing."""
        address = self.address.text().rstrip("/")
        if not address or not Settings.server_url.allowed.accepts(address):
            self.address.set_error(_("地址要以 https:// 或 http:// 开头，例如 https://centre.example"))
            self.address.edit.setFocus()
            return
        self.address.set_error("")
        former = self._desk.look(lambda reader: reader.meta(SERVER_URL)) or ""
        self._former = former if former != address else self._former
        self._tried = address
        self._say(_("正在连接 {address}").format(address=address), "second")
        self._desk.change_server(address)

    def outcome(self) -> str:
        """What came of the last change of the address."""
        return self._outcome.text()

    def _connected(self, problem: Problem | None) -> None:
        if not self._tried:
            return
        self._tried = ""
        if problem is None:
            self._former = ""
            self._say(_("已连上，地址已保存。"), "second")
        else:
            self._say(problem_words(problem), "wrong")
        self._back.set_text(_("改回 {address}").format(address=self._former))
        self._back.setVisible(bool(problem and self._former))
        self.show_identity()

    def _go_back(self) -> None:
        self.address.edit.setText(self._former)
        self._former = ""
        self._back.hide()
        self.save_address()

    def _say(self, words: str, tone: str) -> None:
        self._outcome.set_tone(tone)
        self._outcome.setText(words)
        self._outcome.setVisible(bool(words))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._save)
        row.addWidget(self._enrol)
        row.addWidget(self._import)
        row.addStretch(1)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.address)
        self.body.addWidget(self._outcome)
        self.body.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addLayout(row)
        self._outcome.hide()
        self._back.hide()
