"""The invariants I1 to I12, held against files, against the centre's log and against the ledger."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from gridworker.db.database import Database
from gridworker.db.fold import decision_of
from gridworker.db.membership import further_scopes
from gridworker.db.moves import MOVE_MARK
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.domain.fields import Merge
from gridworker.domain.kinds import KINDS
from gridworker.server.values import rule_of, same
from gridworker.wire.envelope import Operation, body_hash, decode_envelope, decode_operation
from gridworker.wire.sums import EMPTY, shift, term
from tests.faults.simulator.device import Device, Run
from tests.faults.simulator.ledger import CANARY
from tests.faults.simulator.world import Violated, World

_ROWS = " UNION ALL ".join(
    f"SELECT '{name}', id, scope, rev, body, base FROM {table_name(kind)}" for name, kind in KINDS.items()
)
ROWS = f"{_ROWS} UNION ALL SELECT kind, id, scope, rev, body, NULL FROM extra WHERE rev<>''"
SHOWN = f"{ROWS} UNION ALL SELECT kind, id, scope, rev, body, NULL FROM hidden"
COMPARED = 0.3
"""The share of exchanges after which a laptop is compared with the centre."""
Held = tuple[str | None, str, frozenset[str]]
"""Revision, body and scopes of a record."""
BY_VALUE = {Merge.PLAIN, Merge.CRITICAL, Merge.FRESH, Merge.LINK}


class Row(NamedTuple):
    """A record in a laptop's file."""

    kind: str
    id: str
    scope: str
    rev: str | None
    body: str
    base: str | None


def require(holds: bool, invariant: str, found: str) -> None:
    """Stop the run where an invariant does not hold."""
    if not holds:
        raise Violated(invariant, found)


# ------------------------------------------------------------------------- after each step and exchange


def check_retired(device: Device, database: Database) -> None:
    """I2, I9: an operation leaves the queue when the centre has it and the file has what came of it."""
    with database.read() as reader:
        sql = "SELECT n, op_id, code FROM archive WHERE n>? ORDER BY n"
        fresh = reader.rows_of(sql, (device.seen_archive,))
        if not fresh:
            return
        cursors = msgspec.json.decode(reader.meta("cursors") or "{}", type=dict[str, tuple[int, int]])
        known = reader.meta("epoch")
    device.seen_archive = fresh[-1][0]
    if known != device.world.centre.epoch:
        return  # a receipt of a life that is over, read from a stick: what was in it goes again
    read_upto = max((seq for _, seq in cursors.values()), default=0)
    commits = _commits(device.world, [op for _, op, _ in fresh])
    for _, op, code in fresh:
        require(op in commits, "I2", f"{device.name} retired {op}, which the centre does not have")
        require(commits[op] <= read_upto, "I9", f"{device.name} retired {op} before it read what came of it")
        require(code != "unknown", "I9", f"{device.name} never heard what became of {op}")


def _commits(world: World, op_ids: list[str]) -> dict[str, int]:
    sql = "SELECT op_id, commit_seq FROM op_log WHERE op_id IN (SELECT value FROM json_each(:ids))"
    return dict(map(tuple, world.centre.rows(sql, ids=msgspec.json.encode(op_ids).decode())))


def check_file(run: Run) -> None:
    """What must hold of a file after an exchange that went well."""
    device = run.device
    rows, further = check_kept(device, run.database)
    _check_scopes(run, rows, further)
    if device.world.chance(COMPARED) and not device.damages and not device.world.failed_over:
        _check_caught_up(run, rows, further)


def check_kept(device: Device, database: Database) -> tuple[list[Row], dict[str, set[str]]]:
    """What must hold of a file whenever it has taken something in; gives its rows, and further scopes."""
    with database.read() as reader:
        rows = [Row(*row) for row in reader.rows_of(SHOWN)]
        pending, further = _pending(reader), further_scopes(reader)
        (incidents,) = reader.rows_of("SELECT count(*) FROM incident")[0]
    mine = incidents <= device.damages or device.world.lost_a_tail
    require(mine, "I1", f"{device.name} differed from the centre by nobody's doing")
    _check_layers(device, rows, pending)
    _check_revisions(device, rows)
    device.check_held()
    return rows, further


def _check_caught_up(run: Run, rows: Iterable[Row], further: dict[str, set[str]]) -> None:
    """I1: whoever has read up to the centre's head holds all that is there for him, also before the end."""
    world, device = run.device.world, run.device
    with run.database.read() as reader:
        cursors = msgspec.json.decode(reader.meta("cursors") or "{}", type=dict[str, tuple[int, int]])
        known = reader.meta("epoch")
    epoch, head = world.centre.rows("SELECT epoch, seq FROM sync_head")[0]
    scopes = world.centre.visible(device.user)
    if epoch != known or scopes != cursors.keys() or any(seq < head for _, seq in cursors.values()):
        return
    expected = _expected(world, scopes)
    found = _found(rows, further)
    require(found == expected, "I1", f"{device.name} has read everything and {_difference(expected, found)}")


def _found(rows: Iterable[Row], further: dict[str, set[str]]) -> dict[tuple[str, str], Held]:
    """What a file holds that the centre said."""
    return {
        (row.kind, row.id): (row.rev, row.base or row.body, frozenset({row.scope, *further.get(row.id, ())}))
        for row in rows
        if row.rev is not None
    }


def _difference(expected: dict[Any, Any], found: dict[Any, Any]) -> str:
    missing, extra = expected.keys() - found.keys(), found.keys() - expected.keys()
    other = [
        (key, expected[key], found[key])
        for key in expected.keys() & found.keys()
        if expected[key] != found[key]
    ]
    return f"lacks {sorted(missing)[:3]}, still holds {sorted(extra)[:3]}, has another {sorted(other)[:2]}"


def _pending(reader: Reader) -> dict[str, list[Operation]]:
    waiting: dict[str, list[Operation]] = defaultdict(list)
    for (env,) in reader.rows_of("SELECT env FROM outbox WHERE again=0 ORDER BY seq"):
        op = decode_operation(decode_envelope(env))
        waiting[op.id].append(op)
    return waiting


def _check_layers(device: Device, rows: Iterable[Row], pending: dict[str, list[Operation]]) -> None:
    """I5, I9: people see what the centre said with everything that waits on top."""
    for row in rows:
        ops = pending.get(row.id, [])
        body = msgspec.json.decode(row.body)
        if not ops:
            require(row.base is None, "I9", f"{device.name}: {row.id} has a base and nothing waits")
        elif row.base is not None or row.rev is None:
            said = msgspec.json.decode(row.base) if row.base is not None else None
            seen = _laid_over(said, ops)
            begins = row.rev is not None or ops[0].verb in ("create", "append")
            require(not begins or seen == body, "I9", f"{device.name}: {row.id} shows {body}, not {seen}")


def _laid_over(said: dict[str, Any] | None, ops: list[Operation]) -> dict[str, Any] | None:
    """The simulation's own reading of the protocol: a document with operations on top."""
    for op in ops:
        if op.verb in ("create", "append"):
            said = op.values if said is None else {**op.values, **said}
        elif op.verb == "delete":
            said = None
        elif op.verb in ("patch", "transition") and said is not None:
            said = {**said, **{field: new for field, (_, new) in op.set.items()}}
            if op.verb == "transition":
                said["state"] = op.target
        elif op.verb == "resolve" and said is not None:
            said = {**said, **decision_of(op)}
    return said


def _check_scopes(run: Run, rows: Iterable[Row], further: dict[str, set[str]]) -> None:
    """I7: no row, and no word, of a grid that the user might not see when he last asked."""
    seen = run.line.seen_scopes
    for row in rows:
        if row.rev is None:
            continue  # his own, and the centre never took it in
        scopes = {row.scope} | further.get(row.id, set())
        require(scopes <= seen, "I7", f"{run.device.name} holds {row.id} of {sorted(scopes)}")
        said = f"{row.body}{row.base or ''}"
        strange = set(CANARY.findall(said)) - seen
        explained = not strange or run.device.world.explains(row.id, said, strange)
        require(explained, "I7", f"{run.device.name} holds words of {sorted(strange)} in {row.id}")


def _check_revisions(device: Device, rows: Iterable[Row]) -> None:
    """I8: a record never goes back to an older revision."""
    for row in rows:
        if row.rev and not device.world.failed_over:
            life, _, seq = row.rev.partition(".")
            known = device.seen_revs.get(f"{life}{row.id}", 0)
            require(int(seq) >= known, "I8", f"{device.name}: {row.id} went back from {known} to {seq}")
            device.seen_revs[f"{life}{row.id}"] = int(seq)


# ------------------------------------------------------------------------------------------- at the end


def check_centre(world: World) -> None:
    """I3 and what else the product's own check of a live database promises."""
    found = world.centre.violations()
    require(not found, "I3", f"{len(found)} violations at the centre, the first: {found[:3]}")


def check_end(world: World) -> None:
    """Everything that must hold once the faults have stopped and everybody has synchronised."""
    check_centre(world)
    for device in world.devices:
        _check_quiet(device)
        _check_same(device)
    _check_ledger(world)
    _check_log(world)


def _check_quiet(device: Device) -> None:
    """I11: nothing waits; every operation that was held is asked about.

    A proposal to hand a record over is no question any more once the record has gone.
    """
    with device.database.read() as reader:
        (waiting,) = reader.rows_of("SELECT count(*) FROM outbox")[0]
        staged = reader.rows_of("SELECT 1 FROM stage LIMIT 1")
        sql = "SELECT op_id FROM archive WHERE code IN ('held','conflict') AND NOT instr(env,?)"
        untold = reader.rows_of(f"{sql} EXCEPT SELECT op_id FROM inbox", (MOVE_MARK,))
    require(not waiting, "I11", f"{waiting} operations still wait on {device.name}")
    require(not staged, "I11", f"a pull of {device.name} is only half installed")
    require(not untold, "I11", f"{device.name} does not ask about {untold}")


def _check_same(device: Device) -> None:
    """I1: the file holds what the centre has for its user, in content and in sums, and nothing else of it."""
    world = device.world
    scopes = world.centre.visible(device.user)
    expected = _expected(world, scopes)
    with device.database.read() as reader:
        rows = [Row(*row) for row in reader.rows_of(SHOWN)]
        found = _found(rows, further_scopes(reader))
    require(found == expected, "I1", f"{device.name} {_difference(expected, found)}")
    _check_sums(device, found, scopes)
    _check_own(device, rows)


def _expected(world: World, scopes: Iterable[str]) -> dict[tuple[str, str], Held]:
    """What the centre holds in some scopes: revision, body and scopes by kind and id."""
    (epoch,) = world.centre.rows("SELECT epoch FROM sync_head")[0]
    held: dict[tuple[str, str], Held] = {}
    for scope, id, kind, seq, body in world.centre.rows(_PRESENT):
        if scope in scopes:
            known = held[kind, id][2] if (kind, id) in held else frozenset()
            held[kind, id] = (f"{epoch[:8]}.{seq}", body, known | {scope})
    return held


_PRESENT = (
    "SELECT s.scope, e.id, e.kind, e.rev_seq, e.body FROM scope_entry s JOIN entity e ON e.id = s.entity_id "
    "WHERE s.present"
)


def _check_sums(device: Device, found: dict[tuple[str, str], Held], scopes: frozenset[str]) -> None:
    sums: dict[str, str] = defaultdict(lambda: EMPTY)
    for (_, id), (rev, body, mine) in found.items():
        for scope in mine:
            sums[scope] = shift(sums[scope], term(scope, id, str(rev), body.encode()))
    for scope, acc in device.world.centre.rows("SELECT id, acc FROM scope"):
        if scope in scopes:
            require(sums[scope] == acc, "I1", f"{device.name}: the sum of {scope} is another")


def _check_own(device: Device, rows: Iterable[Row]) -> None:
    """I1: what the centre never sent back is a record that it holds for people to decide."""
    own = [row.id for row in rows if row.rev is None]
    if not own:
        return
    sql = (
        "SELECT entity_id FROM op_log WHERE verb IN ('create','append') AND code <> 'held' "
        "AND entity_id IN (SELECT value FROM json_each(:ids))"
    )
    taken = device.world.centre.rows(sql, ids=msgspec.json.encode(own).decode())
    require(not taken, "I1", f"{device.name} shows {taken[:3]} as its own, which the centre took in")


def _check_ledger(world: World) -> None:
    """I2, I12: what people were told is saved is at the centre, as they wrote it, unless its disk is gone."""
    logged = dict(map(tuple, world.centre.rows("SELECT op_id, body FROM op_log")))
    for saved in world.ledger.owed():
        if saved.op.id in world.purged and not logged.get(saved.op.op_id):
            continue
        require(saved.op.op_id in logged, "I2", f"{saved.op.verb} {saved.op.op_id} of {saved.disk} is lost")
        if not logged[saved.op.op_id]:
            continue  # its words were erased with somebody else
        arrived = msgspec.json.decode(logged[saved.op.op_id], type=Operation)
        same_words = (arrived.values, arrived.set, arrived.target) == (
            msgspec.json.decode(msgspec.json.encode(saved.op.values)),
            msgspec.json.decode(msgspec.json.encode(saved.op.set), type=dict[str, tuple[Any, Any]]),
            saved.op.target,
        )
        require(same_words, "I2", f"{saved.op.op_id} of {saved.disk} arrived as something else")


class Logged(NamedTuple):
    """A line of the centre's log."""

    n: int
    op: Operation
    commit: int
    code: str
    whole: bool
    """Whether its words are there still."""


def _check_log(world: World) -> None:
    log: list[Logged] = []
    _check_ids(world)
    for n, op_id, body, digest, commit, code in world.centre.rows(LOG):
        if body:
            right = body_hash(body.encode()) == digest
            require(right, "I2", f"line {n} of the log is not what its author wrote")
            log.append(Logged(n, msgspec.json.decode(body, type=Operation), commit, code, whole=True))
        elif op_id in world.ledger.saved:  # its words were erased; here they are remembered
            log.append(Logged(n, world.ledger.saved[op_id].op, commit, code, whole=False))
    _check_once(world)
    _check_groups(log, erased=bool(world.purged))
    _check_order(world, log)
    _check_deleted(world, log)
    _check_replaced(world, {line.op.op_id: line.op for line in log if line.whole})


LOG = "SELECT n, op_id, body, body_hash, commit_seq, code FROM op_log ORDER BY n"


def _check_ids(world: World) -> None:
    """I4: an operation is in the log once; I10: what was erased is erased still."""
    ids = [op_id for (op_id,) in world.centre.rows("SELECT op_id FROM op_log")]
    require(len(ids) == len(set(ids)), "I4", "an operation is twice in the log")
    sql = "SELECT id FROM entity WHERE purged AND (body <> '{}' OR NOT deleted)"
    require(not world.centre.rows(sql), "I10", "an erased record is back")


def _check_once(world: World) -> None:
    """I4: an operation changed a field of a record once."""
    sql = (
        "SELECT op_id, h.entity_id, field, count(*) FROM field_history h JOIN op_log USING (op_id) "
        "WHERE verb IN ('patch', 'transition') GROUP BY 1, 2, 3 HAVING count(*) > 1 LIMIT 3"
    )
    twice = world.centre.rows(sql)
    require(not twice, "I4", f"changed twice by one operation: {twice}")


def _check_groups(log: Iterable[Logged], *, erased: bool) -> None:
    """I6: a group is in the log under one commit, and whole."""
    commits: dict[str, set[int]] = defaultdict(set)
    sizes: dict[str, list[int]] = defaultdict(list)
    for line in log:
        group = line.op.group
        if group is not None:
            commits[group.id].add(line.commit)
            sizes[group.id].append(group.size)
    for group_id, found in commits.items():
        whole = len(sizes[group_id]) == sizes[group_id][0] or erased
        require(len(found) == 1 and whole, "I6", f"group {group_id} came in parts")


def _check_order(world: World, log: Iterable[Logged]) -> None:
    """I5: operations of one file are in the log in the order in which they were saved."""
    last: dict[str, int] = defaultdict(lambda: -1)
    for line in log:
        saved = world.ledger.saved.get(line.op.op_id)
        if saved is not None and saved.disk not in world.forked:
            require(saved.n > last[saved.disk], "I5", f"{line.op.op_id} of {saved.disk} came too late")
            last[saved.disk] = saved.n


def _check_deleted(world: World, log: list[Logged]) -> None:
    """I10: what was deleted stays deleted unless somebody brought it back."""
    deleted = {id: False for (id,) in world.centre.rows("SELECT id FROM entity")}
    made = {line.op.id: line.commit for line in log if line.op.verb in ("create", "append")}

    def decided(line: Logged) -> tuple[int, bool, int]:
        # What came before its record had its effect in the commit that brought the record, after all else.
        waited = made.get(line.op.id, 0) > line.commit
        return (max(line.commit, made.get(line.op.id, 0)), waited, line.n)

    for line in sorted(log, key=decided):
        if line.code == "applied" and line.op.verb in ("delete", "undelete"):
            deleted[line.op.id] = line.op.verb == "delete"
    unions = [line.op for line in log if line.op.verb in ("merge", "unmerge")]
    judged = {id for op in unions for id in (op.id, op.target)} | _decided(world)
    for id, is_deleted in world.centre.rows("SELECT id, deleted FROM entity WHERE NOT purged"):
        if id in judged:
            continue
        require(
            bool(is_deleted) == deleted[id],
            "I10",
            f"{id} is deleted: {bool(is_deleted)}, not as the log says",
        )


def _decided(world: World) -> set[str | None]:
    """The records whose making, end or change after the end was held, and then decided by a person."""
    sql = (
        "SELECT json_extract(body, '$.target_id') FROM entity WHERE kind = 'dispute' AND "
        "json_extract(body, '$.choice') <> '' AND (json_extract(body, '$.why') = 'deleted' OR "
        "json_extract(body, '$.verb') IN ('create', 'append', 'delete', 'undelete'))"
    )
    return {id for (id,) in world.centre.rows(sql)}


def _check_replaced(world: World, ops: dict[str, Operation]) -> None:
    """I3: a value was replaced only by somebody who had seen it."""
    sql = "SELECT h.op_id, field, old, new, conflicts FROM field_history h JOIN op_log o ON o.op_id = h.op_id"
    for op_id, field, old, new, conflicts in world.centre.rows(sql):
        op = ops.get(op_id)
        if op is None or op.verb != "patch" or field not in op.set:
            continue
        rule = rule_of(op.kind, field)
        if rule.merge in BY_VALUE:
            knew = same(msgspec.json.decode(old), op.set[field][0], rule)
            # A newer phone number is shown at once, while people decide.
            asked = {one["field"]: one["server"] for one in msgspec.json.decode(conflicts or "[]")}
            shown = rule.merge is Merge.FRESH and asked.get(field) == msgspec.json.decode(old)
            took = same(msgspec.json.decode(new), op.set[field][1], rule)
            require(
                took and (knew or shown), "I3", f"{op_id} overwrote {old} of {field}, unseen by its author"
            )
