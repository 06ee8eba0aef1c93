"""Membership: for which scopes a record is here; it goes with the last of them.

The first scope stands in the record's own row. Only what is here for further ones has rows of this table.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from gridworker.db.news import News
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.domain.kinds import KINDS

_encode = msgspec.json.Encoder().encode
Scopes = set[str]
_AT_A_TIME = 5_000


def scopes_of(reader: Reader, kind: str, id: str) -> Scopes:
    """Every scope for which a record is here."""
    home = _homes(reader.driver, kind, [id]).get(id)
    return ({home} if home else set()) | _further(reader.driver, [id]).get(id, set())


def further_scopes(reader: Reader) -> dict[str, Scopes]:
    """The scopes beside the first one of every record that is here for several."""
    found: dict[str, Scopes] = defaultdict(set)
    for id, scope in reader.rows_of("SELECT id, scope FROM membership"):
        found[id].add(scope)
    return dict(found)


def scopes_here(reader: Reader) -> Scopes:
    """Every scope for which any record is here that the centre has sent."""
    tables = ("extra", "hidden", "membership", *(f"{name} WHERE rev IS NOT NULL" for name in _kind_tables()))
    return {scope for table in tables for (scope,) in reader.rows_of(f"SELECT DISTINCT scope FROM {table}")}


def drop_reasons(driver: Any, news: News) -> dict[str, list[str]]:
    """Take back the reasons that no longer hold; gives the ids, by kind, of records that have none left.

    A record that the news put anew is not among them, though nothing of what was may be left of its reasons.
    """
    staying = {id for _, id in news.puts}
    lost: dict[str, list[str]] = defaultdict(list)
    for kind, left in _left(driver, news).items():
        for part in _chunks(list(left)):
            lost[kind] += _drop(driver, kind, {id: left[id] for id in part}, staying)
    return lost


def add_reasons(driver: Any, kind: str, named: Mapping[str, tuple[str, Scopes]]) -> dict[str, str]:
    """Note the scopes that records were put for; gives their first scope where it may be another one.

    `named` has for each id the scope of its newest entry and all that name it.
    """
    first: dict[str, str] = {}
    for part in _chunks(list(named)):
        first.update(_add(driver, kind, {id: named[id] for id in part}))
    return first


def forget_memberships(driver: Any, ids: Iterable[str]) -> None:
    """Remove what is known of these records, which are here no longer."""
    driver.executemany("DELETE FROM membership WHERE id=?", [(id,) for id in ids])


def _left(driver: Any, news: News) -> dict[str, dict[str, Scopes]]:
    """By kind and id, the scopes that records have left: each by itself, or with all that the scope had."""
    left: dict[str, dict[str, Scopes]] = defaultdict(lambda: defaultdict(set))
    for scope in news.removed | news.reset:
        seen = {id for (_, id), scopes in news.scopes() if scope in scopes} if scope in news.reset else ()
        for kind, id in _sent_for(driver, scope):
            if id not in seen:
                left[kind][id].add(scope)
    for (kind, id), scopes in news.gone.items():
        left[kind][id] |= scopes
    return left


def _sent_for(driver: Any, scope: str) -> Iterator[tuple[str, str]]:
    """Kind and id of everything that is here for a scope; what the centre never sent stays out of it."""
    yield from driver.execute("SELECT kind, id FROM extra WHERE scope=? AND rev<>''", (scope,)).fetchall()
    for table in ("hidden", "membership"):
        yield from driver.execute(f"SELECT kind, id FROM {table} WHERE scope=?", (scope,)).fetchall()
    for kind in KINDS:
        sql = f"SELECT id FROM {table_name(KINDS[kind])} WHERE scope=? AND rev IS NOT NULL"
        yield from ((kind, id) for (id,) in driver.execute(sql, (scope,)).fetchall())


def _drop(driver: Any, kind: str, left: Mapping[str, Scopes], staying: Collection[str]) -> list[str]:
    homes, further = _homes(driver, kind, left), _further(driver, left)
    lost: list[str] = []
    for id, home in homes.items():
        known = {home, *further.get(id, ())}
        rest = known - left[id]
        if not rest and id not in staying:
            lost.append(id)
        elif rest != known:
            # Without any scope it waits for the entry that puts it anew.
            first = home if home in rest else min(rest, default="")
            _store(driver, kind, id, first=first, scopes=rest)
    return lost


def _add(driver: Any, kind: str, named: Mapping[str, tuple[str, Scopes]]) -> dict[str, str]:
    elsewhere = _homes_elsewhere(driver, kind, {id: newest for id, (newest, _) in named.items()})
    several = {id for id, (_, scopes) in named.items() if len(scopes) > 1}
    asked = [*elsewhere, *(several - elsewhere.keys())]
    further = _further(driver, asked) if asked else {}
    first: dict[str, str] = {}
    for id in asked:
        newest, scopes = named[id]
        first[id] = elsewhere.get(id) or newest
        _store_further(driver, kind, id, (scopes | further.get(id, set())) - {first[id]})
    return first


def _homes_elsewhere(driver: Any, kind: str, newest: Mapping[str, str]) -> dict[str, str]:
    """The first scope of those that are here for another one than their newest entry names.

    A record that the centre has never sent is here for no scope, whatever its author wrote.
    """
    by_scope: dict[str, list[str]] = defaultdict(list)
    for id, scope in newest.items():
        by_scope[scope].append(id)
    found: dict[str, str] = {}
    for scope, ids in by_scope.items():
        for table in _tables_of(driver, kind):
            sql = f"SELECT id, scope FROM {table} WHERE id IN ({_EACH}) AND scope NOT IN (?,'') AND rev<>''"
            found.update(driver.execute(sql, (_listed(ids), scope)).fetchall())
    return found


def _homes(driver: Any, kind: str, ids: Iterable[str]) -> dict[str, str]:
    listed = _listed(ids)
    return {
        id: scope
        for table in _tables_of(driver, kind)
        for id, scope in driver.execute(f"SELECT id, scope FROM {table} WHERE id IN ({_EACH})", (listed,))
    }


def _further(driver: Any, ids: Iterable[str]) -> dict[str, Scopes]:
    found: dict[str, Scopes] = defaultdict(set)
    for id, scope in driver.execute(
        f"SELECT id, scope FROM membership WHERE id IN ({_EACH})", (_listed(ids),)
    ):
        found[id].add(scope)
    return found


def _store(driver: Any, kind: str, id: str, *, first: str, scopes: Scopes) -> None:
    for table in _tables_of(driver, kind):
        driver.execute(f"UPDATE {table} SET scope=? WHERE id=?", (first, id))
    _store_further(driver, kind, id, scopes - {first})


def _store_further(driver: Any, kind: str, id: str, scopes: Scopes) -> None:
    driver.execute("DELETE FROM membership WHERE id=?", (id,))
    rows = [(id, scope, kind) for scope in sorted(scopes)]
    driver.executemany("INSERT INTO membership(id,scope,kind) VALUES (?,?,?)", rows)


def _tables_of(driver: Any, kind: str) -> list[str]:
    """Where a record of this kind may lie; the tables for rare cases only where they hold anything."""
    rare = [
        name for name in ("extra", "hidden") if driver.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
    ]
    return [table_name(KINDS[kind]), *rare] if kind in KINDS else rare


def _kind_tables() -> list[str]:
    return [table_name(kind) for kind in KINDS.values()]


_EACH = "SELECT value FROM json_each(?)"


def _listed(ids: Iterable[str]) -> str:
    return _encode(list(ids)).decode()


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_A_TIME):
        yield ids[start : start + _AT_A_TIME]
