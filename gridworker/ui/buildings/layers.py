"""What the colours of the matrix can say: due visits, needs and care, use, cases, and who was not visited."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from gridworker.db.care import day_of
from gridworker.db.matrix import Door
from gridworker.domain.care import CareProfile, CareRule, Due, next_due, rule_for
from gridworker.domain.choices import CHOICES
from gridworker.i18n import N_

SOON_DAYS = 7
RECENT_DAYS, LONG_DAYS = 30, 90
"""Days since the last visit: until then it counts as recent, and from then on as long ago."""


class Shade(NamedTuple):
    """One colour of a layer: code, word (marked), tag colour, and a sign that does without colour."""

    code: str
    word: str
    colour: str = ""
    sign: str = ""


class Context(msgspec.Struct, frozen=True):
    """What shading depends on beside the door."""

    today: date
    rules: Mapping[str, CareRule]


class Layer(NamedTuple):
    """One question and the shades that answer it."""

    name: str
    title: str
    shades: tuple[Shade, ...]
    shade_of: Callable[[Door, Context], str]

    def shade(self, door: Door, context: Context) -> Shade:
        """The shade of a door."""
        code = self.shade_of(door, context)
        return next((shade for shade in self.shades if shade.code == code), self.shades[-1])


def dues(door: Door, context: Context) -> list[Due]:
    """When each person behind a door is due, the longest overdue first."""
    met = dict(door.met)
    found = []
    for profile in door.care:
        known = met.get(profile.resident_id)
        last = day_of(known.effective_ms) if known and known.effective_ms is not None else None
        due = next_due(profile, last, rules=context.rules, today=context.today)
        if due is not None:
            found.append(due)
    return sorted(found, key=lambda due: -due.overdue_days)


def is_away(profile: CareProfile, today: date) -> bool:
    """Whether an absence is running."""
    day = today.isoformat()
    return bool(profile.away_to and profile.away_to >= day and (profile.away_from or day) <= day)


def _due(door: Door, context: Context) -> str:
    waiting = dues(door, context)
    if not waiting:
        return "none"
    days = waiting[0].overdue_days
    if days >= 0:
        return "late" if days else "today"
    if all(is_away(profile, context.today) for profile in door.care):
        return "away"
    return "soon" if days >= -SOON_DAYS else "later"


def needs_of(door: Door) -> tuple[str, ...]:
    """What people behind a door asked for when they were last visited."""
    return tuple(dict.fromkeys(need for _id, met in door.met for need in met.needs))


def _care(door: Door, context: Context) -> str:
    groups = [group for profile in door.care for group in profile.groups]
    rule = rule_for(groups, context.rules)
    if rule is not None:
        return rule.tier
    return "need" if needs_of(door) else "none"


def _use(door: Door, _context: Context) -> str:
    return door.flat.room.record.use


def _cases(door: Door, _context: Context) -> str:
    return ("none", "one")[door.flat.open_cases] if door.flat.open_cases < 2 else "several"


def _unvisited(door: Door, context: Context) -> str:
    if not door.people:
        return "nobody"
    last = max((met.last_ms for _id, met in door.met), default=None)
    if last is None:
        return "never"
    days = (context.today - day_of(last)).days
    return "recent" if days <= RECENT_DAYS else "while" if days <= LONG_DAYS else "long"


LAYERS: Sequence[Layer] = (
    Layer(
        "due",
        N_("到期"),
        (
            Shade("late", N_("超期"), "red", "lamp-late"),
            Shade("today", N_("今天到期"), "orange", "lamp-half"),
            Shade("soon", N_("7天内到期"), "yellow", "lamp-wait"),
            Shade("later", N_("未到期"), "green", "lamp-ok"),
            Shade("away", N_("外出中"), "blue", "lamp-sent"),
            Shade("none", N_("无定期要求")),
        ),
        _due,
    ),
    Layer(
        "care",
        N_("需求·关爱"),
        (
            Shade("high", N_("高频探访"), "red", "lamp-late"),
            Shade("key", N_("重点关爱"), "orange", "lamp-half"),
            Shade("general", N_("一般关爱"), "yellow", "lamp-ok"),
            Shade("need", N_("有需求"), "purple", "lamp-wait"),
            Shade("none", N_("无")),
        ),
        _care,
    ),
    Layer(
        "use",
        N_("空置出租"),
        tuple(
            Shade(choice.code, choice.label, choice.colour, sign)
            for choice, sign in zip(
                CHOICES["house_use"],
                ("lamp-ok", "lamp-half", "lamp-none", "lamp-sent", "lamp-wait", ""),
                strict=True,
            )
        ),
        _use,
    ),
    Layer(
        "cases",
        N_("事件"),
        (
            Shade("several", N_("多件未结"), "red", "lamp-stop"),
            Shade("one", N_("1件未结"), "orange", "lamp-half"),
            Shade("none", N_("没有未结事件")),
        ),
        _cases,
    ),
    Layer(
        "unvisited",
        N_("未走访"),
        (
            Shade("never", N_("从未走访"), "red", "lamp-late"),
            Shade("long", N_("超过90天"), "orange", "lamp-half"),
            Shade("while", N_("31至90天"), "yellow", "lamp-wait"),
            Shade("recent", N_("30天内"), "green", "lamp-ok"),
            Shade("nobody", N_("无人居住")),
        ),
        _unvisited,
    ),
)


def layer_named(name: str) -> Layer:
    """The layer of that name."""
    return next(layer for layer in LAYERS if layer.name == name)
