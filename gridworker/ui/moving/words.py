"""Moves in words: what goes, what stays, what to mind, who will see it, and what became of it."""

from collections.abc import Iterator, Mapping

import msgspec

from gridworker.actions.moves import Extent, Grid, Rehearsal, Root
from gridworker.i18n import N_, _, ngettext

COUNTED: Mapping[str, str] = {
    "resident": N_("{count} 名"),
    "household": N_("{count} 户"),
    "room": N_("{count} 间"),
    "building": N_("{count} 栋"),
    "estate": N_("{count} 个"),
    "care_profile": N_("{count} 份"),
    "visit": N_("{count} 次"),
    "case": N_("{count} 件"),
    "attachment": N_("{count} 个"),
}
"""How many of a kind, in the order in which kinds are named; each with its measure word."""
LABELS: Mapping[str, str] = {
    "resident": N_("居民"),
    "household": N_("户"),
    "room": N_("房屋"),
    "building": N_("楼栋"),
    "estate": N_("小区"),
    "care_profile": N_("关爱档案"),
    "visit": N_("走访"),
    "case": N_("事件"),
    "attachment": N_("附件"),
}
REASONS = (N_("搬家"), N_("网格范围调整"), N_("登记时归错网格"), N_("随户移交"))
"""The usual reasons, picked by digit."""


class Fact(msgspec.Struct, frozen=True):
    """One line of a rehearsal: a label and its value, or a sentence without a label."""

    label: str
    value: str
    tone: str = ""


class Section(msgspec.Struct, frozen=True):
    """A heading and what stands below it."""

    title: str
    facts: tuple[Fact, ...]


def counted(kind: str, count: int) -> str:
    """4 名, 12 次."""
    return _(COUNTED.get(kind, N_("{count} 条"))).format(count=f"{count:,}")


def count_facts(counts: Mapping[str, int]) -> Iterator[Fact]:
    """How many of each kind, always in the same order; none are left out."""
    order = {kind: place for place, kind in enumerate(COUNTED)}
    for kind, count in sorted(counts.items(), key=lambda each: order.get(each[0], len(order))):
        if count:
            yield Fact(_(LABELS.get(kind, kind)), counted(kind, count))


def extent_words(extent: Extent) -> str:
    """只此一人; 整户 4 人; 整栋楼 312 人."""
    if extent.root.kind == "resident":
        return _("只此一人")
    n = extent.people
    if extent.root.kind == "household":
        return ngettext("整户 {count} 人", "整户 {count} 人", n).format(count=n)
    return ngettext("整栋楼 {count} 人", "整栋楼 {count} 人", n).format(count=f"{n:,}")


def sections_of(rehearsal: Rehearsal, source: str, target: Grid | None) -> list[Section]:
    """Everything a person should have seen before the button is pressed."""
    total = _("一起移交，共 {count} 条")
    found = [Section(total.format(count=f"{rehearsal.rows:,}"), tuple(_going(rehearsal)))]
    staying, minding = tuple(_staying(rehearsal)), tuple(_minding(rehearsal))
    found += [Section(_("不动的"), staying)] if staying else []
    found += [Section(_("要留意"), minding)] if minding else []
    return [*found, Section(_("移交以后"), tuple(_afterwards(rehearsal, source, target)))]


def _going(rehearsal: Rehearsal) -> Iterator[Fact]:
    for fact in count_facts(rehearsal.going):
        open_cases = rehearsal.open_cases if fact.label == _(LABELS["case"]) else 0
        more = _("{value}（未办结 {count} 件）").format(value=fact.value, count=open_cases)
        yield Fact(fact.label, more if open_cases else fact.value)


def _staying(rehearsal: Rehearsal) -> Iterator[Fact]:
    if rehearsal.shared:
        words = _("{count} 条走访或事件还涉及别人：留在原网格，两个网格都能看到。")
        yield Fact("", words.format(count=rehearsal.shared))
    if rehearsal.left:
        yield Fact("", _("{count} 条早已归别的网格，这次不动。").format(count=rehearsal.left))


def _minding(rehearsal: Rehearsal) -> Iterator[Fact]:
    if rehearsal.unsent:
        words = _("本机还有 {count} 条相关记录没有送出：先送这些，再办移交。")
        yield Fact("", words.format(count=rehearsal.unsent))
    if rehearsal.disputes:
        words = _("有 {count} 处待核对，跟着一起走，由新网格核定。")
        yield Fact("", words.format(count=rehearsal.disputes))
    if len(rehearsal.steps) > 1:
        words = _("内容较多，分 {count} 步登记；中途停下，下次接着办。")
        yield Fact("", words.format(count=len(rehearsal.steps)))
    if rehearsal.too_large:
        yield Fact("", _("内容太多，本机办不了：请街道网格中心分批办理。"), "wrong")


def _afterwards(rehearsal: Rehearsal, source: str, target: Grid | None) -> Iterator[Fact]:
    if target is None:
        yield Fact("", _("先选移交到哪个网格。"))
        return
    if not rehearsal.decides:
        yield Fact("", _("先提请网格长；网格长同意后才移交，退回会写明原因。"))
    yield Fact(_("看得到"), _("{grid}的网格员和网格长").format(grid=target.title))
    if target.mine:
        yield Fact(_("本人"), _("两个网格都有权限，仍看得到"))
    else:
        yield Fact(_("看不到"), _("{grid}的人，包括本人；本机的这些记录会清掉").format(grid=source))


def verb_of(rehearsal: Rehearsal | None) -> str:
    """What the button says."""
    return _("移交") if rehearsal is None or rehearsal.decides else _("提请移交")


def root_words(root: Root, name: str) -> str:
    """王秀兰; 户 幸福里小区3栋2单元501; 楼栋 3栋."""
    return name if root.kind == "resident" else f"{_(LABELS[root.kind])} {name}"
