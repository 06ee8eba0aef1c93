"""Past imports: what their reports say, and taking one back with the number of records that stayed."""

import msgspec

from gridworker.actions.imports.report import Report
from gridworker.actions.imports.undo import take_back
from gridworker.db.imports import Batch
from gridworker.db.transaction import Transaction
from gridworker.domain.records import Touched
from gridworker.domain.residents import Resident
from gridworker.i18n import _


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
