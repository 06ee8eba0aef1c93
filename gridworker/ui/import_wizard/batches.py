"""Past imports: what their reports say, and taking one back with the number of records that stayed."""

import msgspec

from gridworker.actions.imports.rehearsal import UndoRehearsal, rehearse_undo
from gridworker.actions.imports.report import Report
from gridworker.actions.imports.undo import take_back
from gridworker.db.database import Database
from gridworker.db.imports import Batch
from gridworker.db.transaction import Transaction
from gridworker.domain.records import Touched
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.moving.words import count_facts
from gridworker.ui.visits.words import listed


class TakenBack(msgspec.Struct, frozen=True):
    """What changed, and how many people stayed because somebody had worked with them since."""

    touched: Touched
    kept: int


def outcome_of_batch(batch: Batch) -> str:
    """What an import did, in a few words; a report of an older program may say less."""
    try:
        report = msgspec.json.decode(batch.report, type=Report)
    except msgspec.DecodeError:
        return ""
    return _("新增 {new} 人，更新 {changed} 人").format(new=f"{report.new:,}", changed=f"{report.changed:,}")


def take_batch_back(tx: Transaction, batch_id: str) -> TakenBack:
    """Take a whole batch back; raises Problem `batch_missing` or `already_undone`."""
    undone = take_back(tx, batch_id)
    people = {each.id for each in undone.kept if each.kind == Resident.kind}
    return TakenBack(tx.touched, len(people))


def rehearse_batch(database: Database, batch_id: str) -> str:
    """What taking a batch back would do, as a sentence; raises Problem `batch_missing`, `already_undone`."""
    return rehearsal_words(rehearse_undo(database, batch_id))


def rehearsal_words(rehearsal: UndoRehearsal) -> str:
    """将删除居民 812 人、户 301 户，恢复原值 12 条，… 撤销后不能恢复。"""
    deleted = listed(f"{fact.label} {fact.value}" for fact in count_facts(rehearsal.deleted))
    parts = [
        _("将删除 {what}").format(what=deleted) if deleted else _("没有要删除的"),
        _("恢复原值 {count} 条").format(count=rehearsal.restored) if rehearsal.restored else "",
        _("导入后又用过的 {count} 条保留").format(count=rehearsal.kept) if rehearsal.kept else "",
    ]
    return _("{what}。撤销后不能恢复，可以重新导入原文件。").format(what=_("；").join(filter(None, parts)))
