"""A session with the centre: one exchange by what the database knows of it, written into the log."""

import threading
from collections.abc import Callable

from gridworker.db.blobs import sweep_blobs
from gridworker.db.clock import note_clock
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL, TOKEN
from gridworker.db.outbox import thin_archive
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.sync.blobs import BlobExchange
from gridworker.sync.exchange import Exchange, Progress
from gridworker.sync.pace import PacedRemote
from gridworker.sync.remote import HttpRemote, Remote
from gridworker.wire.messages import Pace

LOG_LINES = 200
A_DAY_MS = 86_400_000
ARCHIVE_DAYS = 90
"""How long acknowledged operations can be sent again: longer than any backup of the centre is kept in use."""
THINNED = "thinned_ms"
OnProgress = Callable[[Progress], object]


class Session:
    """Runs exchanges for one database, one at a time; `stop` ends the running one at its next step."""

    def __init__(self, database: Database, *, app: str) -> None:
        self.database = database
        self.app = app
        self.pace: Pace | None = None
        """What the centre last said of how much and how soon it wants to hear again."""
        self._stopped = threading.Event()

    def synchronise(self, on_progress: OnProgress) -> Touched:
        """One whole exchange; raises the Problem that ended it, after logging it."""
        self._stopped.clear()
        started_ms = self.database.ports.now_ms()
        with self.database.read() as reader:
            url, token = reader.meta(SERVER_URL), reader.meta(TOKEN)
        if url is None or token is None:
            raise Problem("not_enrolled")
        line = HttpRemote(url, token)
        remote = PacedRemote(line, self._rest)
        try:
            exchange = self._exchange_records(remote, started_ms, on_progress)
            return exchange.touched | self._move_blobs(remote, exchange, on_progress)
        finally:
            self.pace = remote.heard
            line.close()

    def _rest(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Problem("sync_stopped")

    def _exchange_records(self, remote: Remote, started_ms: int, on_progress: OnProgress) -> Exchange:
        exchange = Exchange(self.database, remote, app=self.app)
        outcome = "bug"
        try:
            for progress in exchange.steps():
                on_progress(progress)
                if self._stopped.is_set():
                    raise Problem("sync_stopped")
            outcome = "ok"
        except Problem as problem:
            outcome = problem.code
            raise
        finally:
            self.database.write(_log, started_ms, outcome, exchange)
        return exchange

    def _move_blobs(self, remote: Remote, exchange: Exchange, on_progress: OnProgress) -> Touched:
        """Photos' bytes, once the records are through; what is in their way is no fault of the exchange."""
        blobs = BlobExchange(self.database, remote)
        for _moved in blobs.run():
            on_progress(Progress("photos", pushed=exchange.pushed, pulled=exchange.pulled))
            if self._stopped.is_set():
                break
        sweep_blobs(self.database)
        return blobs.touched

    def stop(self) -> None:
        """Ask the running exchange to end after its current step; nothing is lost by it."""
        self._stopped.set()


def _log(tx: Transaction, started_ms: int, outcome: str, exchange: Exchange) -> None:
    tx.driver.execute(
        "INSERT INTO exchange_log(started_ms,ended_ms,outcome,pushed,pulled) VALUES (?,?,?,?,?)",
        (started_ms, tx.now_ms, outcome, exchange.pushed, exchange.pulled),
    )
    oldest = "SELECT max(n) - ? FROM exchange_log"
    tx.driver.execute(f"DELETE FROM exchange_log WHERE n <= ({oldest})", (LOG_LINES,))
    if outcome == "ok" and exchange.agreed_ms is not None:
        tx.set_meta("consistent_ms", str(exchange.agreed_ms))
        note_clock(tx, exchange.agreed_ms)
        _thin(tx, exchange.agreed_ms)


def _thin(tx: Transaction, server_ms: int) -> None:
    """Once a day, by the centre's clock, let go of what a restored centre would no longer ask for."""
    if server_ms >= int(tx.meta(THINNED) or 0) + A_DAY_MS:
        thin_archive(tx.driver, server_ms - ARCHIVE_DAYS * A_DAY_MS)
        tx.set_meta(THINNED, str(server_ms))
