"""The people of a home: the household of a person, and others who live in the same room."""

from collections.abc import Sequence
from datetime import date

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.i18n import N_, _
from gridworker.ui.controls import Label
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.residents.words import group_tag, joined, shown_phone
from gridworker.ui.table import RecordTable
from gridworker.ui.visits.words import age_words, choice_tag, choice_words


class Member(msgspec.Struct, frozen=True):
    """One line: a person of this home in words."""

    id: RecordId
    name: str
    detail: str
    relation: str
    tags: tuple[tuple[str, str], ...]


def member(
    person: Stored[Resident],
    today: date,
    *,
    masked: bool,
    groups: Sequence[str] = (),
    same_household: bool = True,
) -> Member:
    """A person as a line with his care groups; who belongs to another household of the room is marked so."""
    record = person.record
    phone = shown_phone(record.phones[0], masked=masked) if record.phones else ""
    relation = choice_words("relation", record.relation) if same_household else _("同住另一户")
    tags = [(_("独居"), "orange")] if record.lives_alone else []
    if record.status != "active":
        tags.append(choice_tag("person_status", record.status))
    tags += [group_tag(group) for group in groups]
    detail = joined((age_words(record, today), phone))
    return Member(person.id, record.name, detail, relation, tuple(tags))


_COLUMNS: tuple[TableColumn[Member], ...] = (
    TableColumn(
        N_("姓名"), lambda each: each.name, 120, stretch=True, second=lambda each: each.detail, bold=True
    ),
    TableColumn(N_("与户主关系"), lambda each: each.relation, 66),
    TableColumn(N_("状态"), lambda each: "", 96, tags=lambda each: each.tags),
)


class Members(QWidget):
    """The people of a home; Enter opens one."""

    opened = Signal(object)
    """The id of the person."""

    def __init__(self, empty: str) -> None:
        """`empty` is said where nobody is known."""
        super().__init__()
        self._members: Sequence[Member] = ()
        self.about = Label(tone="second", wrap=True)
        self.about.setContentsMargins(8, 8, 8, 4)
        self.model = PagedModel[Member](_COLUMNS, self._page, parent=self)
        self.table = RecordTable(self.model, name=_("同住的人"), empty=empty, lines=2)
        self.table.horizontalHeader().hide()
        self.table.row_opened.connect(self.opened)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.about)
        column.addWidget(self.table, 1)

    def show_members(self, members: Sequence[Member], about: str = "") -> None:
        """Show these people, and a line about their home."""
        self._members = members
        self.about.setText(about)
        self.about.setVisible(bool(about))
        self.model.set_keys([each.id for each in members])

    def _page(self, keys: Sequence[RecordId]) -> list[Member | None]:
        by_id = {each.id: each for each in self._members}
        return [by_id.get(key) for key in keys]
