"""What this program is, what it promises, and the licences of what it is made of."""

from PySide6.QtCore import Qt

from gridworker import __version__
from gridworker.i18n import _
from gridworker.ui.cases.facts import Facts
from gridworker.ui.controls import Button, Card, Label
from gridworker.ui.preferences.licences import LICENCES


class AboutCard(Card):
    """Version, promise, and on demand the licences."""

    def __init__(self) -> None:
        """With the licences folded away."""
        super().__init__(_("关于"))
        facts, self.licences = Facts(), Facts()
        for part in (facts, self.licences):
            # Inside the card before they show anything: alone they are windows.
            self.body.addWidget(part)
        facts.show_facts(
            [
                (_("程序"), _("网格通行 gridworker {version}").format(version=__version__)),
                (_("许可"), _("Apache-2.0，可以自由使用、修改和分发")),
            ]
        )
        promise = _("资料加密存在本机，只送往登记的中心。照片、定位和证件号从不强制填写；不打卡，不排名。")
        self._toggle = Button("", self.toggle_licences, kind="quiet")
        self.licences.show_facts(LICENCES)
        self.licences.hide()
        note = _("Qt 和 PySide6 按 LGPL-3.0 提供，可以换成自己编译的版本；许可全文随程序安装。")
        self._note = Label(note, tone="second", wrap=True)
        self._note.hide()
        self.body.insertWidget(2, Label(promise, tone="second", wrap=True))
        self.body.insertWidget(3, self._toggle, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._note)
        self._word_toggle()

    def toggle_licences(self) -> None:
        """Show or fold away the licences."""
        shown = self.licences.isHidden()
        self.licences.setVisible(shown)
        self._note.setVisible(shown)
        self._word_toggle()

    def _word_toggle(self) -> None:
        self._toggle.set_text(_("查看第三方许可") if self.licences.isHidden() else _("收起第三方许可"))
