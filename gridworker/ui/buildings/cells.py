"""What the cells of the matrix show, worked out once for each building and layer and painted many times."""

from collections.abc import Mapping

import msgspec

from gridworker.db.matrix import Door
from gridworker.i18n import _
from gridworker.ui.buildings.layers import Context, Layer, Shade, dues, needs_of
from gridworker.ui.buildings.plan import Plan, Spot, room_words
from gridworker.ui.residents.words import due_words, joined
from gridworker.ui.visits.words import choice_words, listed


class Cell(msgspec.Struct, frozen=True):
    """One door in words and signs."""

    door: Door
    shade: Shade
    number: str
    head: str
    people: str
    marks: tuple[tuple[str, str], ...]
    """(icon, colour token) of what there is to do."""
    due: str
    """When somebody behind this door is to be visited next."""
    words: str
    """All of it as a sentence, for tool tips and screen readers."""


def cells_of(plan: Plan, layer: Layer, context: Context) -> Mapping[Spot, Cell]:
    """Every cell of a plan."""
    return {spot: _cell(door, layer, context) for spot, door in plan.doors.items()}


def _cell(door: Door, layer: Layer, context: Context) -> Cell:
    head = door.head
    shade = layer.shade(door, context)
    return Cell(
        door=door,
        shade=shade,
        number=door.flat.room.record.number,
        head=head.record.name if head else "",
        people=str(len(door.people)) if door.people else "",
        marks=_marks(door, layer, context),
        due=_next_words(door, context),
        words=_words(door, shade, context),
    )


def _marks(door: Door, layer: Layer, context: Context) -> tuple[tuple[str, str], ...]:
    """Overdue, a need, an open case; never what the colour of the cell says already."""
    waiting = dues(door, context) if layer.name != "due" else []
    marks = []
    if waiting and waiting[0].overdue_days >= 0:
        marks.append(("lamp-late", "danger"))
    if layer.name != "care" and needs_of(door):
        marks.append(("heart", "accent"))
    if layer.name != "cases" and door.flat.open_cases:
        marks.append(("case", "warn"))
    return tuple(marks)


def _next_words(door: Door, context: Context) -> str:
    waiting = dues(door, context)
    return _("下次走访 {day}").format(day=due_words(waiting[0], context.today)) if waiting else ""


def _words(door: Door, shade: Shade, context: Context) -> str:
    head = door.head
    who = _("没有登记居民")
    if head is not None:
        names = head.record.name
        who = (
            _("{name}等{count}人").format(name=names, count=len(door.people))
            if len(door.people) > 1
            else names
        )
    waiting = dues(door, context)
    needs = listed(choice_words("need", need) for need in needs_of(door))
    return joined(
        (
            room_words(door),
            who,
            _(shade.word),
            due_words(waiting[0], context.today) if waiting and waiting[0].overdue_days > 0 else "",
            _("需求：{needs}").format(needs=needs) if needs else "",
            _("{count}件未结事件").format(count=door.flat.open_cases) if door.flat.open_cases else "",
        ),
        _("，"),
    )
