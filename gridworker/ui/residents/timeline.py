"""What happened with a person: visits and cases in one list, newest first."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridworker.db.care import day_of
from gridworker.dictionaries import case_dictionary
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit
from gridworker.i18n import N_, _
from gridworker.ui.controls import Label
from gridworker.ui.moments import day_words
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.residents.words import joined
from gridworker.ui.table import RecordTable
from gridworker.ui.visits.words import china_time, choice_tag, choice_words, listed


class Happening(msgspec.Struct, frozen=True):
    """One line of a timeline: a visit or a case, put into words."""

    id: RecordId
    kind: str
    at_ms: int
    day: str
    time: str
    title: str
    detail: str
    tag: tuple[str, str]
    pending: bool
    whole: str
    """Everything there is to read, for the pane below the list."""


def timeline(visits: Iterable[Stored[Visit]], cases: Iterable[Stored[Case]], today: date) -> list[Happening]:
    """Both in one list, newest first."""
    happenings = [_of_visit(visit, today) for visit in visits] + [_of_case(case, today) for case in cases]
    return sorted(happenings, key=lambda each: (each.at_ms, each.id), reverse=True)


def _of_visit(stored: Stored[Visit], today: date) -> Happening:
    visit = stored.record
    needs = listed(choice_words("need", need) for need in visit.needs)
    promise = _promise_words(visit, today)
    parts = (
        choice_words("condition", visit.condition) if visit.condition != "normal" else "",
        visit.note,
        _("需求：{needs}").format(needs=needs) if needs else "",
        promise,
        _("隐患：{hazard}").format(hazard=visit.hazard) if visit.hazard else "",
    )
    remark = _("退回意见：{remark}").format(remark=visit.review_remark) if visit.review_remark else ""
    return Happening(
        id=stored.id,
        kind=Visit.kind,
        at_ms=visit.visited_ms,
        day=day_words(day_of(visit.visited_ms), today),
        time=f"{china_time(visit.visited_ms):%H:%M}",
        title=joined(
            (choice_words("visit_method", visit.method), choice_words("visit_type", visit.visit_type))
        ),
        detail=joined((*parts, visit.worker_name)),
        tag=choice_tag("visit_outcome", visit.outcome),
        pending=stored.pending,
        whole=joined((*parts, remark, visit.worker_name), "\n"),
    )


def _promise_words(visit: Visit, today: date) -> str:
    if not visit.promise:
        return ""
    day = day_words(date.fromisoformat(visit.promise_day), today) if visit.promise_day else ""
    return _("约定：{promise}").format(promise=joined((day, visit.promise), " "))


def _of_case(stored: Stored[Case], today: date) -> Happening:
    case = stored.record
    category = case_dictionary().name_of(case.category)
    remark = _("审核意见：{remark}").format(remark=case.remark) if case.remark else ""
    result = _("处理结果：{result}").format(result=case.result) if case.result else ""
    return Happening(
        id=stored.id,
        kind=Case.kind,
        at_ms=case.found_ms,
        day=day_words(day_of(case.found_ms), today),
        time=f"{china_time(case.found_ms):%H:%M}",
        title=case.title,
        detail=joined((category, case.text)),
        tag=choice_tag("case_state", case.state),
        pending=stored.pending,
        whole=joined((joined((category, case.case_no or case.temp_no)), case.text, result, remark), "\n"),
    )


_COLUMNS: tuple[TableColumn[Happening], ...] = (
    TableColumn(
        N_("时间"),
        lambda each: each.day,
        86,
        second=lambda each: each.time,
        tip=lambda each: _("待送中心") if each.pending else _("已到中心"),
    ),
    TableColumn(
        N_("走访或事件"),
        lambda each: each.title,
        120,
        stretch=True,
        second=lambda each: each.detail,
        tip=lambda e: e.whole,
    ),
    TableColumn(N_("结果"), lambda each: "", 84, tags=lambda each: (each.tag,)),
)


class Timeline(QWidget):
    """A list of happenings and, below it, all the words of the chosen one."""

    opened = Signal(str, str)
    """(kind, record id): Enter or a double click on one."""

    def __init__(self, name: str, empty: str) -> None:
        """`name` for screen readers, `empty` for when nothing has happened yet."""
        super().__init__()
        self._happenings: Sequence[Happening] = ()
        self.model = PagedModel[Happening](_COLUMNS, self._page, parent=self)
        self.table = RecordTable(self.model, name=name, empty=empty, lines=2)
        self.table.horizontalHeader().hide()
        self.table.setSelectionMode(RecordTable.SelectionMode.SingleSelection)
        self._whole = Label(wrap=True, tone="second")
        self._whole.setContentsMargins(8, 4, 8, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self._whole)
        self._whole.hide()
        self.table.current_changed.connect(self._show_whole)
        self.table.row_opened.connect(self._open)

    def show_happenings(self, happenings: Sequence[Happening]) -> None:
        """Show these, newest first."""
        self._happenings = happenings
        self.model.set_keys([happening.id for happening in happenings])
        self._show_whole(self.table.current_key())

    def _page(self, keys: Sequence[RecordId]) -> list[Happening | None]:
        by_id = {happening.id: happening for happening in self._happenings}
        return [by_id.get(key) for key in keys]

    def _show_whole(self, key: RecordId | None) -> None:
        chosen = next((each for each in self._happenings if each.id == key), None)
        self._whole.setText(chosen.whole if chosen else "")
        self._whole.setVisible(bool(chosen and chosen.whole))

    def _open(self, key: RecordId) -> None:
        chosen = next((each for each in self._happenings if each.id == key), None)
        if chosen is not None:
            self.opened.emit(chosen.kind, chosen.id)
