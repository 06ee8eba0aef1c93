"""How an import reads: its counts, its columns, its doubts and changes, its end."""

from gridworker.actions.imports.columns import TARGETS, ColumnUse
from gridworker.actions.imports.drafts import Doubt
from gridworker.actions.imports.matching import Change
from gridworker.actions.imports.preview import PlanRow
from gridworker.actions.imports.report import Report, reason_text
from gridworker.domain.choices import CHOICES
from gridworker.domain.masks import mask_id
from gridworker.domain.records import fields_of
from gridworker.domain.residents import Resident
from gridworker.i18n import N_, _
from gridworker.ui.visits.words import choice_words, listed

PHASES = {
    "start": N_("正在准备"),
    "open": N_("正在打开文件"),
    "read": N_("正在读取表格"),
    "match": N_("正在与已有居民比对"),
    "save": N_("正在写入，请不要关闭电脑"),
    "undo": N_("正在撤销，请不要关闭电脑"),
}
VERBS = {
    "new": (N_("新增"), "green"),
    "changed": (N_("变化"), "blue"),
    "same": (N_("相同"), "grey"),
    "skipped": (N_("不导入"), "grey"),
}
SURE = 0.95
"""From this confidence on a heading says plainly what its column is."""


def progress_words(phase: str, done: int, total: int) -> str:
    """What is going on, with the rows where they are known."""
    words = _(PHASES.get(phase, PHASES["start"]))
    if not total or phase == "open":
        return words
    return _("{words}：{done} / {total} 行").format(words=words, done=f"{done:,}", total=f"{total:,}")


def counts_of(report: Report) -> str:
    """What was found, as a sentence."""
    return _("读到 {rows} 行：{residents} 人，{households} 户，{buildings} 栋楼").format(
        rows=f"{report.rows:,}",
        residents=f"{report.residents:,}",
        households=f"{report.households:,}",
        buildings=f"{report.buildings:,}",
    )


def outcome_of(report: Report) -> str:
    """What saving it does, as a sentence."""
    return _("导入会新增 {new} 人，更新 {changed} 人，{same} 人不变。现在什么也没有写入。").format(
        new=f"{report.new:,}", changed=f"{report.changed:,}", same=f"{report.same:,}"
    )


def dropped_words(report: Report) -> str:
    """Which columns stay in the file, said before anything else; nothing where there are none."""
    if not report.dropped_columns:
        return ""
    names = listed(column.heading for column in report.dropped_columns)
    reasons = " ".join(dict.fromkeys(_(column.reason) for column in report.dropped_columns))
    return _("没有读取：{names}。{reasons}").format(names=names, reasons=reasons)


def doubts_of(row: PlanRow) -> str:
    """Why somebody should look at this row."""
    return " ".join(dict.fromkeys(reason_text(doubt.code, _) for doubt in row.doubts))


def changes_of(row: PlanRow) -> str:
    """What would change, field by field."""
    return listed(_change(change) for change in row.changes)


def remarks_of(row: PlanRow) -> str:
    """Changes and doubts together."""
    return " ".join(filter(None, (changes_of(row), doubts_of(row))))


def doubt_words(doubt: Doubt) -> str:
    """One doubt with what stands in the file; of an id number only its ends."""
    reason = reason_text(doubt.code, _)
    value = mask_id(doubt.value) if doubt.field == "id_number" else doubt.value
    if not value:
        return reason
    named = doubt.code == "value_unread" and doubt.field in TARGETS
    field = target_words(doubt.field) if named else ""
    written = _("{field}：{value}").format(field=field, value=value) if field else value
    return _("{reason}（表里写的是 {written}）").format(reason=reason, written=written)


def column_note(column: ColumnUse) -> str:
    """What to know about a column beside its meaning."""
    if column.verdict == "dropped":
        return _(column.reason)
    if column.verdict == "mapped" and column.confidence < SURE:
        return _("按表头猜的，请核对")
    return ""


def target_words(target: str) -> str:
    """What a column means."""
    source = TARGETS.get(target)
    return _(fields_of(source[0])[source[1]].label) if source else _("序号")


def end_facts(report: Report) -> list[tuple[str, str]]:
    """What an import has done, label and words."""
    counts = (
        (_("新增"), report.new),
        (_("更新"), report.changed),
        (_("不变"), report.same),
    )
    merged = _("{count} 行").format(count=f"{report.repeated:,}") if report.repeated else ""
    people = [(label, _("{count} 人").format(count=f"{n:,}")) for label, n in counts if n]
    made = _("{households} 户，{buildings} 栋楼，{rooms} 套房屋").format(
        households=f"{report.households:,}", buildings=f"{report.buildings:,}", rooms=f"{report.rooms:,}"
    )
    ignored = listed(report.ignored_columns)
    return [
        *people,
        (_("合并重复"), merged),
        (_("涉及"), made),
        (_("没有用到"), ignored),
        (_("其他工作表"), listed(report.skipped_sheets)),
    ]


def reason_facts(counts: dict[str, int]) -> list[tuple[str, str]]:
    """How many rows for each reason, the most common first."""
    return [(f"{n:,}", reason_text(code, _)) for code, n in counts.items()]


def _change(change: Change) -> str:
    return _("{field}：{old} → {new}").format(
        field=target_words(change.field),
        old=_value(change.field, change.old),
        new=_value(change.field, change.new),
    )


def _value(field: str, value: object) -> str:
    declared = fields_of(Resident).get(field)
    if value in (None, "", (), []):
        return _("（空）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, tuple | list):
        return listed(str(each) for each in value)
    if field == "id_number":
        return mask_id(str(value))
    if declared and declared.choices and declared.choices in CHOICES and isinstance(value, str):
        return choice_words(declared.choices, value)
    return str(value)
