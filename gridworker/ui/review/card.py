"""The leader's card: one record in full, or what several chosen ones come to, with the steps by digit."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.card import LABELS_WIDE, facts_of, masked_reporter
from gridworker.ui.cases.listing import CaseDetail
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.cases.timeline import Timeline
from gridworker.ui.controls import Button, Card, FieldRow, Label, Scrolled, SectionTitle, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.review.decisions import Decision
from gridworker.ui.review.queues import VisitFolder
from gridworker.ui.review.words import signs_of, title_of
from gridworker.ui.visits.card import rows_of


class ReviewCard(Card):
    """It shows and says which step was pressed."""

    decided = Signal(object)
    """The Decision of the button."""
    reveal_asked = Signal()

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._reporter: FieldRow | None = None
        self._title = Label("", "title", bold=True, wrap=True)
        self._signs = QHBoxLayout()
        self._signs.setSpacing(4)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = column_of(content)
        column.setContentsMargins(0, 0, 6, 0)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addLayout(self._signs)
        column.addLayout(head)
        column.addLayout(self._rows)
        column.addStretch(1)
        self.body.addWidget(Scrolled(content), 1)
        self._foot = QWidget()
        self._buttons = FlowLayout(self._foot, gap=8)
        self.body.addWidget(self._foot)

    def show_nothing(self, words: str) -> None:
        """No record is chosen; say what this place is for."""
        self._fill("", [Label(words, tone="second", wrap=True)] if words else [])
        self.offer(())

    def show_visit(self, folder: VisitFolder, now_ms: int, *, grid: str) -> None:
        """A visit of a grid (named where there are several), and below it what was added later."""
        visit = folder.detail.visit
        every = [*rows_of(folder.detail, now_ms, has_centre=False), (_("网格"), grid)]
        facts = [(label, words) for label, words in every if words]
        rows: list[QWidget] = [FieldRow(*fact, label_width=LABELS_WIDE) for fact in facts]
        if visit.record.review_remark and visit.record.state != "accepted":
            said = f"{visit.record.reviewer_name} {visit.record.review_remark}".strip()
            rows.append(FieldRow(_("退回时"), said, label_width=LABELS_WIDE))
        for added in folder.additions:
            rows.append(SectionTitle(_("补充")))
            rows.append(Label(added.record.note, wrap=True))
        self._fill(title_of(visit), rows, signs_of(visit))

    def show_case(self, detail: CaseDetail, now_ms: int, *, grid: str) -> None:
        """A case of a grid (named where there are several) with its steps."""
        case = detail.case.record
        facts = [(label, words) for label, words in (*facts_of(case, now_ms), (_("网格"), grid)) if words]
        rows: list[QWidget] = [FieldRow(*fact, label_width=LABELS_WIDE) for fact in facts]
        if case.reporter_name or case.reporter_phone:
            reporter = FieldRow(_("诉求人"), masked_reporter(case), masked=True, label_width=LABELS_WIDE)
            reporter.reveal_asked.connect(self.reveal_asked)
            rows.append(reporter)
            self._reporter = reporter
        steps = Timeline()
        steps.show_steps(detail.steps, now_ms, ahead="")
        self._fill(case.title, [*rows, SectionTitle(_("经过")), steps], signs_of(detail.case))

    def show_several(self, count: int, facts: Sequence[tuple[str, str]]) -> None:
        """What several chosen records come to."""
        rows = [FieldRow(*fact, label_width=LABELS_WIDE) for fact in facts]
        self._fill(_("已选 {count} 条").format(count=count), rows)

    def offer(self, decisions: Sequence[Decision], *, count: int = 1) -> None:
        """Buttons for these steps; several records say how many they are."""
        buttons: list[QWidget] = []
        for number, decision in enumerate(decisions):
            words = _(decision.label)
            if count > 1:
                words = _("{verb} {count} 条").format(verb=words, count=count)
            buttons.append(self._button(decision, words, primary=number == 0))
        refill(self._buttons, buttons)
        self._foot.setVisible(bool(buttons))

    def reveal(self, words: str) -> None:
        """Show who reported it, for half a minute."""
        if self._reporter is not None:
            self._reporter.reveal(words)

    def _button(self, decision: Decision, words: str, *, primary: bool) -> Button:
        def decide() -> None:
            self.decided.emit(decision)

        plain = decision.reasoned or not primary
        return Button(f"{decision.digit}  {words}", decide, kind="plain" if plain else "primary")

    def _fill(self, title: str, rows: Sequence[QWidget], signs: Sequence[tuple[str, str]] = ()) -> None:
        self._reporter = self._reporter if self._reporter in rows else None
        self._title.setText(title)
        self._title.setVisible(bool(title))
        refill(self._signs, [TagLabel(*sign) for sign in signs])
        refill(self._rows, rows)
