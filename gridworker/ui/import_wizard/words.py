"""How an import reads: its counts, its columns, its doubts and changes."""

from gridworker.actions.imports.columns import TARGETS, ColumnUse
from gridworker.actions.imports.matching import Change
from gridworker.actions.imports.preview import PlanRow
from gridworker.actions.imports.report import Report, reason_text
from gridworker.domain.choices import CHOICES, label_of
from gridworker.domain.records import fields_of
from gridworker.domain.residents import Resident
from gridworker.i18n import N_, _

PHASES = {
    "open": N_("正在打开文件"),
    "read": N_("正在读取表格"),
    "match": N_("正在与已有居民比对"),
    "save": N_("正在写入"),
}
VERBS = {"new": (N_("新增"), "green"), "changed": (N_("变化"), "blue"), "same": (N_("相同"), "grey")}


def counts_of(report: Report) -> str:
    """What was found, as a sentence."""
    return _("{rows} 行，{residents} 人，{households} 户，{buildings} 栋").format(
        rows=report.rows, residents=report.residents, households=report.households, buildings=report.buildings
    )


def outcome_of(report: Report) -> str:
    """What saving it does, as a sentence."""
    return _(
        "新增 {new} 人，变化 {changed} 人，相同 {same} 人；存疑 {doubtful} 人，合并重复 {repeated} 行"
    ).format(
        new=report.new,
        changed=report.changed,
        same=report.same,
        doubtful=report.doubtful_rows,
        repeated=report.repeated,
    )


def doubts_of(row: PlanRow) -> str:
    """Why somebody should look at this row."""
    return ";".join(dict.fromkeys(reason_text(doubt.code, _) for doubt in row.doubts))


def changes_of(row: PlanRow) -> str:
    """What would change, field by field."""
    return ";".join(_change(change) for change in row.changes)


def column_words(column: ColumnUse) -> str:
    """What becomes of a column of the file."""
    if column.verdict == "dropped":
        return _("不采集：{reason}").format(reason=_(column.reason))
    if column.verdict == "ignored":
        return _("不采用")
    return target_words(column.target)


def target_words(target: str) -> str:
    """What a column means."""
    source = TARGETS.get(target)
    return _(fields_of(source[0])[source[1]].label) if source else _("序号")


def _change(change: Change) -> str:
    return _("{field}:{old} → {new}").format(
        field=target_words(change.field),
        old=_value(change.field, change.old),
        new=_value(change.field, change.new),
    )


def _value(field: str, value: object) -> str:
    declared = fields_of(Resident).get(field)
    if value in (None, "", (), []):
        return _("（空）")
    if isinstance(value, tuple | list):
        return "、".join(str(each) for each in value)
    if declared and declared.choices in CHOICES and isinstance(value, str):
        return _(label_of(declared.choices, value))
    return str(value)
