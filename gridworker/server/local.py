"""The server without HTTP: a path, a token and a request go in, a reply comes out or Refused is raised."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from gridworker.server.accounts import (
    Door,
    authenticate,
    check_password,
    check_request,
    enrol,
    find_login,
)
from gridworker.server.audit import audit, rows
from gridworker.server.blob_folder import BlobShelf, FolderShelf, folder_beside
from gridworker.server.blob_pace import WITHIN_MS, BytePace
from gridworker.server.blobs import Visit, begin_blob, commit_blob, get_blob, note_claims, put_blob
from gridworker.server.late import is_pull_due, note_pull
from gridworker.server.poison import push_past_poison
from gridworker.server.ports import Caller
from gridworker.server.pull import pull
from gridworker.server.push import Caution, push
from gridworker.server.refusals import Refused
from gridworker.server.replicas import hello, register
from gridworker.server.store import Store
from gridworker.server.throttle import Throttle
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginReply,
    BlobBeginRequest,
    BlobCommitReply,
    BlobCommitRequest,
    BlobGetReply,
    BlobGetRequest,
    BlobPutReply,
    BlobPutRequest,
)
from gridworker.wire.messages import (
    PATHS,
    AuditReply,
    AuditRequest,
    EnrolReply,
    EnrolRequest,
    HelloReply,
    HelloRequest,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    RegisterReply,
    RegisterRequest,
    RowsReply,
    RowsRequest,
)

BlobRequest = BlobBeginRequest | BlobPutRequest | BlobCommitRequest | BlobGetRequest
BlobReply = BlobBeginReply | BlobPutReply | BlobCommitReply | BlobGetReply
Request = (
    EnrolRequest
    | HelloRequest
    | RegisterRequest
    | PushRequest
    | PullRequest
    | AuditRequest
    | RowsRequest
    | BlobRequest
)
Reply = EnrolReply | HelloReply | RegisterReply | PushReply | PullReply | AuditReply | RowsReply | BlobReply
REQUESTS: Mapping[str, type[Any]] = {path: kind for kind, path in PATHS.items()}


class LocalServer:
    """One centre: its database and its handlers, shared by all threads."""

    def __init__(self, store: Store, door: Door, blobs: BlobShelf | None = None):
        """Attachments' bytes lie in `blobs`, by default in a folder beside the database."""
        self.store = store
        self.door = door
        self.blobs = blobs or FolderShelf(folder_beside(store.engine.url))
        self._throttle = Throttle()
        self._pace = BytePace()

    def call(self, path: str, token: str, request: Any) -> Any:
        """Answer one request as the server would over HTTP; raises Refused."""
        if type(request) is not REQUESTS.get(path):
            raise Refused("not_found" if path not in REQUESTS else "bad_request")
        return self._answer[type(request)](self, token, request)

    def _enrol(self, _token: str, request: EnrolRequest) -> EnrolReply:
        check_request(request)
        if closed_ms := self._throttle.closed_ms(request.user, self.door.clock()):
            raise Refused("pace", retry_after_ms=closed_ms)
        login = self.store.read(lambda tx: find_login(tx, request.user))
        try:
            user = check_password(login, request.password, self.door)
        except Refused:
            self._throttle.note_failure(request.user, self.door.clock())
            raise
        self._throttle.forgive(request.user)
        return self.store.write(lambda tx: enrol(tx, user, request, self.door))

    def _hello(self, token: str, request: HelloRequest) -> HelloReply:
        return self.store.read(lambda tx: hello(tx, authenticate(tx, token), request, self.door.clock))

    def _register(self, token: str, request: RegisterRequest) -> RegisterReply:
        return self.store.write(lambda tx: register(tx, authenticate(tx, token), request, self.door.clock))

    def _pull(self, token: str, request: PullRequest) -> PullReply:
        def work(tx: Connection) -> tuple[PullReply, bool]:
            reply = pull(tx, authenticate(tx, token), request, self.door.clock)
            return reply, is_pull_due(tx, request.replica, reply)

        reply, due = self.store.read(work)
        if due:
            self.store.write(lambda tx: note_pull(tx, request.replica, reply.server_ms))
        return reply

    def _push(self, token: str, request: PushRequest) -> PushReply:
        return self.push_as(lambda tx: authenticate(tx, token), request)

    def push_as(
        self, who: Callable[[Connection], Caller], request: PushRequest, *, set_aside: bool = False
    ) -> PushReply:
        """Take operations in for whoever is calling; set aside, they have no effect before people say so."""

        def attempt(caution: Caution) -> PushReply:
            caution = Caution(caution.max_groups, set_aside or caution.set_aside)

            def work(tx: Connection) -> PushReply:
                caller = who(tx)
                reply = push(tx, caller, request, self.door.clock, caution=caution)
                note_claims(tx, caller, request.ops, reply.last_seq)
                return reply

            return self.store.write(work)

        return push_past_poison(attempt)

    def _audit(self, token: str, request: AuditRequest) -> AuditReply:
        return self.store.read(lambda tx: audit(tx, authenticate(tx, token), request, self.door.clock))

    def _rows(self, token: str, request: RowsRequest) -> RowsReply:
        return self.store.read(lambda tx: rows(tx, authenticate(tx, token), request, self.door.clock))

    def _begin_blob(self, token: str, request: BlobBeginRequest) -> BlobBeginReply:
        return self.store.write(lambda tx: begin_blob(self._visit(tx, token), request))

    def _put_blob(self, token: str, request: BlobPutRequest) -> BlobPutReply:
        return self.store.read(lambda tx: put_blob(self._visit(tx, token, len(request.data)), request))

    def _commit_blob(self, token: str, request: BlobCommitRequest) -> BlobCommitReply:
        def work(tx: Connection) -> tuple[BlobCommitReply, str]:
            visit = self._visit(tx, token)
            return commit_blob(visit, request), visit.caller.device_id

        reply, sender = self.store.write(work)
        if not reply.missing:  # only now, when it is durable that they are not wanted any more
            self.blobs.drop_parts(request.sha, sender)
        return reply

    def _get_blob(self, token: str, request: BlobGetRequest) -> BlobGetReply:
        return self.store.read(lambda tx: get_blob(self._visit(tx, token, CHUNK_BYTES), request))

    def _visit(self, tx: Connection, token: str, moved: int = 0) -> Visit:
        caller, now_ms = authenticate(tx, token), self.door.clock()
        if not self._pace.allows(caller.device_id, moved, now_ms):
            raise Refused("pace", retry_after_ms=WITHIN_MS)
        return Visit(tx, caller, self.blobs, now_ms)

    _answer: Mapping[type[Request], Callable[..., Reply]] = {
        EnrolRequest: _enrol,
        HelloRequest: _hello,
        RegisterRequest: _register,
        PullRequest: _pull,
        PushRequest: _push,
        AuditRequest: _audit,
        RowsRequest: _rows,
        BlobBeginRequest: _begin_blob,
        BlobPutRequest: _put_blob,
        BlobCommitRequest: _commit_blob,
        BlobGetRequest: _get_blob,
    }
