"""The leader's card: one record in full, or what several chosen ones come to, with the steps by digit."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.card import facts_of, masked_reporter
from gridworker.ui.cases.facts import Facts
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
        self._title = Label("", "title", bold=True, wrap=True)
        self._signs = QHBoxLayout()
        self._signs.setSpacing(4)
        self._said = Label("", tone="second", wrap=True)
        self.facts = Facts()
        self.reporter = FieldRow(_("诉求人"), masked=True, label_width=Facts.LABELS_WIDE)
        self.reporter.reveal_asked.connect(self.reveal_asked)
        self._later = SectionTitle("")
        self.added = Label("", wrap=True)
        self.timeline = Timeline()
        self._foot = QWidget()
        self._buttons = FlowLayout(self._foot, gap=8)
        self._offered: tuple[tuple[Decision, ...], int] = ((), 0)
        self._asked = False
        self.body.addWidget(Scrolled(self._content()), 1)
        self.body.addWidget(self._foot)

    def show_nothing(self, words: str) -> None:
        """No record is chosen; say what this place is for."""
        self._show("", ())
        self._said.setText(words)
        self._said.show()
        self.offer(())

    def show_visit(self, folder: VisitFolder, now_ms: int, *, grid: str) -> None:
        """A visit of a grid (named where there are several), and below it what was added later."""
        visit = folder.detail.visit
        remark = "" if visit.record.state == "accepted" else visit.record.review_remark
        said = f"{visit.record.reviewer_name} {remark}".strip() if remark else ""
        facts = rows_of(folder.detail, now_ms, has_centre=False)
        self._show(title_of(visit), [*facts, (_("退回时"), said), (_("网格"), grid)], signs_of(visit))
        added = "\n".join(each.record.note for each in folder.additions)
        self._say_later(_("补充") if added else "", added)

    def show_case(self, detail: CaseDetail, now_ms: int, *, grid: str) -> None:
        """A case of a grid (named where there are several) with its steps."""
        case = detail.case.record
        self._show(case.title, [*facts_of(case, now_ms), (_("网格"), grid)], signs_of(detail.case))
        masked = masked_reporter(case)
        self.reporter.set_value(masked, masked=True)
        self.reporter.setVisible(bool(masked))
        self._say_later(_("经过"), "")
        self.timeline.show_steps(detail.steps, now_ms, ahead="")
        self.timeline.show()

    def show_several(self, count: int, facts: Sequence[tuple[str, str]]) -> None:
        """What several chosen records come to."""
        self._show(_("已选 {count} 条").format(count=count), facts)

    def offer(self, decisions: Sequence[Decision], *, count: int = 1) -> None:
        """Buttons for these steps; several records say how many they are."""
        if self._offered == (tuple(decisions), count):
            return
        self._offered = (tuple(decisions), count)
        buttons = [self._button(each, count, primary=not n) for n, each in enumerate(decisions)]
        refill(self._buttons, buttons)
        self._foot.setVisible(bool(decisions) and not self._asked)

    def leave_out_steps(self, *, left_out: bool) -> None:
        """Without its buttons while a question about one of them is open: they would only take room."""
        self._asked = left_out
        self._foot.setVisible(bool(self._offered[0]) and not left_out)

    def reveal(self, words: str) -> None:
        """Show who reported it, for half a minute."""
        self.reporter.reveal(words)

    def _button(self, decision: Decision, count: int, *, primary: bool) -> Button:
        def decide() -> None:
            self.decided.emit(decision)

        words = _(decision.label)
        if count > 1:
            words = _("{verb} {count} 条").format(verb=words, count=count)
        plain = decision.reasoned or not primary
        return Button(f"{decision.digit}  {words}", decide, kind="plain" if plain else "primary")

    def _show(
        self, title: str, facts: Sequence[tuple[str, str]], signs: Sequence[tuple[str, str]] = ()
    ) -> None:
        """What every sort of record has; the rest is hidden until it is shown."""
        self._title.setText(title)
        refill(self._signs, [TagLabel(*sign) for sign in signs])
        self.facts.show_facts(facts)
        for part in (self._said, self.reporter, self.timeline):
            part.hide()
        self._say_later("", "")

    def _say_later(self, title: str, words: str) -> None:
        """The heading of what came later, and what was written then."""
        self._later.setText(title)
        self._later.setVisible(bool(title))
        self.added.setText(words)
        self.added.setVisible(bool(words))

    def _content(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = column_of(content)
        column.setContentsMargins(0, 0, 6, 0)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addLayout(self._signs)
        column.addLayout(head)
        for part in (self._said, self.facts, self.reporter, self._later, self.added, self.timeline):
            column.addWidget(part)
        column.addStretch(1)
        return content
