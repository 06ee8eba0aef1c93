"""The veil: results that are told again carry no values of records that their reader may no longer see."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from gridworker.server.accounts import grants_of, visible_scopes
from gridworker.server.among import among, listed
from gridworker.server.ports import Caller
from gridworker.server.tables import OP_LOG, SCOPE_ENTRY
from gridworker.wire.messages import Result


def veil(tx: Connection, caller: Caller, results: Sequence[Result], now_ms: int) -> list[Result]:
    """The results, without the centre's values where the record is in no scope of the caller now."""
    disputed = [result.op_id for result in results if result.conflicts]
    if not disputed:
        return list(results)
    mine = visible_scopes(caller.user_id, grants_of(tx, caller.user_id, now_ms))
    found = tx.execute(_SEEN, {"ops": listed(disputed), "scopes": listed(mine)}).scalars()
    seen = set(found)
    return [result if result.op_id in seen else _veiled(result) for result in results]


def _veiled(result: Result) -> Result:
    bare = [msgspec.structs.replace(one, base=None, server=None) for one in result.conflicts]
    return msgspec.structs.replace(result, conflicts=bare)


_SEEN = (
    select(OP_LOG.c.op_id)
    .join(SCOPE_ENTRY, SCOPE_ENTRY.c.entity_id == OP_LOG.c.entity_id)
    .where(among(OP_LOG.c.op_id, "ops"), among(SCOPE_ENTRY.c.scope, "scopes"), SCOPE_ENTRY.c.present)
)
