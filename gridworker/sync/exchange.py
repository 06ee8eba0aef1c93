"""One exchange with the centre: hello, push, pull, checkpoint, as a machine of restartable steps.

Every `yield` stands between two side effects. Whoever drives the machine may stop for ever at any of
them, and the next exchange finishes the work; nothing has its effect twice and nothing is installed in part.
"""

from collections.abc import Callable, Iterator

import msgspec

from gridworker.db.brake import heed_brake, stopped_removal
from gridworker.db.checkpoint import STAGED_CURSORS, install_checkpoint, read_cursors, stage_page
from gridworker.db.clock import note_clock
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_NAME, SERVER_URL, store_grants
from gridworker.db.first_fill import begin_fill, end_fill, fill_page, is_filling, may_fill
from gridworker.db.lives import EPOCH, SERVER, begin_new_epoch, begin_new_replica
from gridworker.db.offers import offer_queue
from gridworker.db.outbox import head_of, waiting_after
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.sync.audit import Audit
from gridworker.sync.device_keys import CENTRE, ensure_keys, remember_centre_keys
from gridworker.sync.pace import MOST_OPS, ops_at_once
from gridworker.sync.remote import Refused, Remote
from gridworker.wire.envelope import SCHEMA, Envelope
from gridworker.wire.messages import (
    Cursor,
    HelloReply,
    HelloRequest,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    Refusal,
    RegisterReply,
    RegisterRequest,
    grants_digest,
)

PUSH_BYTES = (1 << 20) - (1 << 12)
"""So that a whole request stays below 1 MiB, the usual limit of web servers on the way."""
PAGE_BYTES = 1 << 20
FILL_PAGE_BYTES = 6 << 20
MAX_REPAIRS = 3
_DOCUMENT_OR_NULL = (b"{", b"n")


class Progress(msgspec.Struct, frozen=True):
    """Where an exchange stands: the phase (hello, push, pull, audit, done) and what it has moved so far."""

    phase: str
    pushed: int = 0
    pulled: int = 0
    touched: Touched = Touched()


class Exchange:
    """The machine; `steps` gives its generator. One exchange at a time for one database."""

    def __init__(self, database: Database, remote: Remote, *, app: str) -> None:
        self.database = database
        self.remote = remote
        self.app = app
        self.pushed = 0
        self.pulled = 0
        self.touched = Touched()
        self.agreed_ms: int | None = None
        """Server time at which this laptop held all that the centre had for it, and the reverse."""
        self._max_ops = MOST_OPS

    def steps(self) -> Iterator[Progress]:
        """Run the exchange; raises Problem for everything that needs a person or a better line."""
        for attempt in range(MAX_REPAIRS + 1):
            last = attempt == MAX_REPAIRS
            try:
                yield from self._attempt(say_hello=attempt > 0)
                return
            except Refused as refused:
                if last or not self._repair(refused.refusal.code, refused.refusal):
                    raise self._problem_of(refused) from refused
            except Problem as problem:
                if last or not self._repair(problem.code):
                    raise
            yield self._progress("hello")

    def run(self) -> Touched:
        """Run to the end and tell what changed here."""
        for _ in self.steps():
            pass
        return self.touched

    def _attempt(self, *, say_hello: bool) -> Iterator[Progress]:
        with self.database.read():
            strange = self._read_meta("registered") != self._replica() or self._read_meta(CENTRE) is None
        if say_hello or strange:
            self._hello()
            yield self._progress("hello")
        yield from self._push()
        with self.database.read() as reader:
            empty = is_filling(reader) or may_fill(reader)
        yield from self._fill() if empty and self.database.write(begin_fill) else self._pull()
        yield self._progress("done")

    def _hello(self) -> None:
        epoch, replica = self._epoch(), self._replica()
        reply = self.remote.call(
            HelloRequest(epoch=epoch, replica=replica, schema=SCHEMA, app=self.app), HelloReply
        )
        if reply.epoch != epoch or reply.server != self._read_meta(SERVER):
            raise Problem("other_server", server=reply.server_name)
        if not reply.registered or self._read_meta(CENTRE) is None:
            parent, keys = self._read_meta("parent_replica"), self.database.write(ensure_keys).public
            request = RegisterRequest(epoch=epoch, replica=replica, parent=parent, keys=keys)
            self.remote.call(request, RegisterReply)
        self._max_ops = ops_at_once(reply.max_ops)
        if self.database.write(_remember_hello, reply, replica):
            self._touch(Touched(everything=True))

    def _push(self) -> Iterator[Progress]:
        sent = 0
        while ops := self._waiting_after(sent):
            request = PushRequest(
                epoch=self._epoch(), replica=self._replica(), ops=ops, more=len(ops) >= self._max_ops
            )
            reply = self.remote.call(request, PushReply)
            if reply.last_seq < ops[0].link.seq:
                raise self._rubbish()
            sent = reply.last_seq  # it may have taken less than it was given, or know more than we remember
            self._max_ops = ops_at_once(reply.pace.max_ops)
            self.pushed += len(reply.results)
            yield self._progress("push")

    def _waiting_after(self, sent: int) -> list[Envelope]:
        upto = offer_queue(self.database)  # before it is on its way: from now on nothing of it is taken back
        with self.database.read() as reader:
            waiting = waiting_after(reader.driver, sent, self._max_ops, PUSH_BYTES)
        return [each for each in waiting if each.link.seq <= upto]

    def _pull(self) -> Iterator[Progress]:
        while True:
            with self.database.read() as reader:
                cursors, staged = _next_cursors(reader), reader.meta(STAGED_CURSORS) is not None
                request = self._request(cursors, PAGE_BYTES)
            page = self._sound(self.remote.call(request, PullReply), request)
            self.pulled += len(page.entries)
            if page.done and not staged and self._nothing_new(page, cursors):
                break
            touched = self.database.write(_take_page, page, cursors)
            if touched is None:
                continue  # another exchange of this database was faster
            self._touch(touched)
            yield self._progress("pull")
            if page.done:
                self._heed_brake()
                break
        yield from self._close(page)

    def _heed_brake(self) -> None:
        """Raise Problem `mass_removal` where what was said would have taken many rows away unexplained."""
        with self.database.read() as reader:
            heed_brake(reader)

    def _fill(self) -> Iterator[Progress]:
        with self.database.read() as reader:
            cursors = read_cursors(reader)
        waiting = self._page_ahead(cursors)
        while True:
            page = waiting()
            if not page.done:
                waiting = self._page_ahead(page.cursors)
            self.pulled += self.database.write(fill_page, page)
            yield self._progress("pull")
            if page.done:
                break
        self._touch(self.database.write(end_fill, page.server_ms))
        yield from self._close(page)

    def _page_ahead(self, cursors: dict[str, Cursor]) -> Callable[[], PullReply]:
        """Ask for a page of the first fill; it travels while the one before it is written."""
        request = self._request(cursors, FILL_PAGE_BYTES)
        answer = self.remote.begin(request, PullReply)
        return lambda: self._sound(answer(), request)

    def _request(self, cursors: dict[str, Cursor], want_bytes: int) -> PullRequest:
        with self.database.read():
            return PullRequest(
                epoch=self._epoch(),
                replica=self._replica(),
                cursors=cursors,
                known_ack=int(self._read_meta("known_ack") or 0),
                want_bytes=want_bytes,
                schema=SCHEMA,
            )

    def _sound(self, page: PullReply, request: PullRequest) -> PullReply:
        """The page as it came; raises Problem for another centre's, and for one that leads nowhere."""
        if page.epoch != request.epoch:
            raise Problem("other_server", server="")
        if not page.done and page.cursors == request.cursors:
            raise self._rubbish()
        if not all(bytes(memoryview(entry.body)[:1]) in _DOCUMENT_OR_NULL for entry in page.entries):
            raise self._rubbish()
        return page

    def _rubbish(self) -> Problem:
        return Problem("server_rubbish", url=self._read_meta(SERVER_URL) or "")

    def _nothing_new(self, page: PullReply, cursors: dict[str, Cursor]) -> bool:
        """An empty answer about an empty queue: nothing to install, so nothing is written but the time."""
        with self.database.read() as reader:
            waiting = reader.rows_of("SELECT 1 FROM outbox LIMIT 1") or stopped_removal(reader)
        news = page.entries or page.results or page.removed or page.reset
        return not (news or waiting) and set(page.cursors) == set(cursors)

    def _close(self, page: PullReply) -> Iterator[Progress]:
        """The last page is in: remember when, and say hello again where the grants have changed."""
        self.agreed_ms = page.server_ms
        with self.database.read() as reader:
            known = grants_digest(list(reader.author.grants))
        if page.grants and page.grants != known:
            self._hello()
            return
        audit = Audit(self.database, page, self._replica(), self.remote.call)
        if audit.is_due():
            for _ in audit.steps():
                yield self._progress("audit")
            self._touch(audit.touched)

    def _repair(self, code: str, refusal: Refusal | None = None) -> bool:
        """Mend what the machine can mend by itself; False where it is for a person."""
        expect = refusal.expect if refusal else None
        match code:
            case "epoch" if refusal and refusal.epoch and refusal.server == self._read_meta(SERVER):
                self.database.write(begin_new_epoch, refusal.epoch)
                return True
            case "unknown_replica":
                return True  # the next attempt registers it
            case "fork" | "fork_detected":
                self.database.write(begin_new_replica)
                return True
            case "gap" if expect is not None:
                # What is asked for and no longer waits here was acknowledged: the centre has lost it.
                return any(envelope.link.seq == expect for envelope in self._waiting_after(expect - 1))
        return False

    def _problem_of(self, refused: Refused) -> Problem:
        server = refused.refusal.server
        another = server not in (None, self._read_meta(SERVER))
        return Problem("other_server", server="") if another else refused.problem

    def _touch(self, touched: Touched) -> None:
        self.touched = self.touched | touched

    def _progress(self, phase: str) -> Progress:
        return Progress(phase, pushed=self.pushed, pulled=self.pulled, touched=self.touched)

    def _epoch(self) -> str:
        epoch = self._read_meta(EPOCH)
        if epoch is None:
            raise Problem("not_enrolled")
        return epoch

    def _replica(self) -> str:
        with self.database.read() as reader:
            head = head_of(reader.driver)
        if head is None:
            raise Problem("not_enrolled")
        return head.replica

    def _read_meta(self, name: str) -> str | None:
        with self.database.read() as reader:
            return reader.meta(name)


def _next_cursors(reader: Reader) -> dict[str, Cursor]:
    """Where the next page begins: behind those that are staged, else behind the last checkpoint."""
    return read_cursors(reader, STAGED_CURSORS) or read_cursors(reader)


def _remember_hello(tx: Transaction, reply: HelloReply, replica: str) -> bool:
    tx.set_meta("registered", replica)
    remember_centre_keys(tx, reply.keys)
    tx.set_meta(SERVER_NAME, reply.server_name)
    note_clock(tx, reply.server_ms)
    return store_grants(tx, reply.grants, reply.user_name)


def _take_page(tx: Transaction, page: PullReply, asked: dict[str, Cursor]) -> Touched | None:
    """Stage a page; the last one is installed with all others in the same transaction.

    None where this is no longer the next page, because another exchange has staged or installed one.
    """
    if _next_cursors(tx) != asked:
        return None
    stage_page(tx, msgspec.json.encode(page), page.cursors)
    return install_checkpoint(tx) if page.done else Touched()
