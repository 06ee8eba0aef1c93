"""The end of an import: what it did, what to look at later, and the way on."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.actions.imports.report import Report
from gridworker.i18n import _
from gridworker.ui.cases.facts import Facts
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.controls import Button, Card, IconLabel, Label, Scrolled, SectionTitle
from gridworker.ui.import_wizard.words import dropped_words, end_facts, reason_facts


class EndPage(QWidget):
    """It says which way was chosen."""

    undo_asked = Signal()
    again_asked = Signal()
    residents_asked = Signal()

    def __init__(self) -> None:
        """Without a report."""
        super().__init__()
        self.title = Label("", "title", bold=True, wrap=True)
        self.facts, self.doubts, self.skipped = Facts(), Facts(), Facts()
        self._doubts_title, self._skipped_title = SectionTitle(""), SectionTitle("")
        self._dropped = Label("", tone="second", wrap=True)
        self.undo = Button(_("撤销这次导入"), self.undo_asked.emit, icon_name="undo")
        self._residents = Button(_("查看居民"), self.residents_asked.emit, kind="primary")
        card = Card()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(IconLabel("done", token="ok", size=22), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1)
        card.body.addLayout(head)
        card.body.addWidget(Scrolled(self._content()), 1)
        card.body.addLayout(self._foot())
        column_of(self).addWidget(card)

    def show_report(self, report: Report) -> None:
        """Show what was saved."""
        self.title.setText(_("已存本机：{file}").format(file=report.file))
        self.facts.show_facts(end_facts(report))
        self._doubts_title.setText(_("要核对 {count} 人").format(count=f"{report.doubtful_rows:,}"))
        self._doubts_title.setVisible(bool(report.doubtful))
        self.doubts.show_facts(reason_facts(report.doubtful))
        skipped = sum(report.skipped.values())
        self._skipped_title.setText(_("不导入的 {count} 行").format(count=f"{skipped:,}"))
        self._skipped_title.setVisible(bool(skipped))
        self.skipped.show_facts(reason_facts(report.skipped))
        self._dropped.setText(dropped_words(report))
        self._dropped.setVisible(bool(report.dropped_columns))
        self.undo.setEnabled(bool(report.batch_id))
        self._residents.setFocus()

    def _content(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = column_of(content)
        for part in (
            self.facts,
            self._doubts_title,
            self.doubts,
            self._skipped_title,
            self.skipped,
            self._dropped,
        ):
            column.addWidget(part)
        column.addStretch(1)
        return content

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.undo)
        foot.addStretch(1)
        foot.addWidget(Button(_("再导入一个"), self.again_asked.emit))
        foot.addWidget(self._residents)
        return foot
