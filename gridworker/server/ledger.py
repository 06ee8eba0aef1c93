"""The ledger: by how much a commit changes the number of records and the sum of each scope."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select, text

from gridworker.server.among import among, listed
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import SCOPE
from gridworker.wire.sums import EMPTY, shift


class Ledger:
    """What joins and what leaves the scopes that a commit says something of."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = defaultdict(int)
        self._sums: dict[str, int] = defaultdict(int)

    def add(self, scope: str, term: int) -> None:
        """A record is in this scope from now on."""
        self._counts[scope] += 1
        self._sums[scope] += term

    def take(self, scope: str, term: int) -> None:
        """It was there until now."""
        self._counts[scope] -= 1
        self._sums[scope] -= term

    def touch(self, scopes: Iterable[str]) -> None:
        """These scopes hear of a commit that changes neither number nor sum."""
        for scope in scopes:
            self._counts[scope] += 0

    def write(self, tx: Connection, seq: int) -> None:
        """Store the new numbers and sums, and which commit spoke last."""
        # Safe to read and write back: the head row is locked, so no other push is between the two.
        before = {scope: (n, acc) for scope, n, acc in read_rows(tx, _READ, {"scopes": listed(self._counts)})}
        after = []
        for scope, count in self._counts.items():
            n, acc = before.get(scope, (0, EMPTY))
            after.append({"scope": scope, "n": n + count, "acc": shift(acc, self._sums[scope]), "seq": seq})
        write_many(tx, _STORE, after)


_READ = select(SCOPE.c.id, SCOPE.c.n, SCOPE.c.acc).where(among(SCOPE.c.id, "scopes"))
_STORE = text(
    "INSERT INTO scope (id, title, gen, min_seq, n, acc, last_seq) VALUES (:scope, '', 1, 0, :n, :acc, :seq) "
    "ON CONFLICT (id) DO UPDATE SET n = excluded.n, acc = excluded.acc, last_seq = excluded.last_seq"
)
