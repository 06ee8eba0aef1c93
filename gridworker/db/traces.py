"""Traces: what other tables still say of records that are here no longer, and what of it is wiped."""

import re
from collections.abc import Collection
from typing import Any

import msgspec

from gridworker.db.transaction import Transaction
from gridworker.wire.messages import Conflict

_BETWEEN_NAMES = re.compile(r"[^\w.-]+")
_AT_A_TIME = 500


def forget_traces(tx: Transaction, ids: Collection[str]) -> None:
    """Wipe drafts that name these records, and what the centre had said of them in answers to questions.

    One's own entries stay in the queue and the archive: they are sent, and sent again to a restored centre.
    """
    if ids:
        _drop_drafts(tx.driver, frozenset(ids))
        _blank_answers(tx.driver, sorted(ids))


def _drop_drafts(driver: Any, ids: frozenset[str]) -> None:
    for name, body in driver.execute("SELECT name, body FROM draft").fetchall():
        named = {*_BETWEEN_NAMES.split(name), *_BETWEEN_NAMES.split(body)}
        if not ids.isdisjoint(named):
            driver.execute("DELETE FROM draft WHERE name=?", (name,))


def _blank_answers(driver: Any, ids: list[str]) -> None:
    for start in range(0, len(ids), _AT_A_TIME):
        part = ids[start : start + _AT_A_TIME]
        marks = ",".join("?" * len(part))
        sql = f"SELECT op_id, conflicts FROM inbox WHERE entity_id IN ({marks}) AND conflicts<>'[]'"
        for op_id, text in driver.execute(sql, part).fetchall():
            found = msgspec.json.decode(text, type=list[Conflict])
            blank = [msgspec.structs.replace(one, server=None, server_actor="") for one in found]
            row = (msgspec.json.encode(blank).decode(), op_id)
            driver.execute("UPDATE inbox SET conflicts=? WHERE op_id=?", row)
