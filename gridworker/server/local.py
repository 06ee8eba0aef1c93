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
from gridworker.server.poison import push_past_poison
from gridworker.server.pull import pull
from gridworker.server.push import Caution, push
from gridworker.server.refusals import Refused
from gridworker.server.replicas import hello, register
from gridworker.server.store import Store
from gridworker.server.throttle import Throttle
from gridworker.wire.messages import (
    PATHS,
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
)

Request = EnrolRequest | HelloRequest | RegisterRequest | PushRequest | PullRequest
Reply = EnrolReply | HelloReply | RegisterReply | PushReply | PullReply
REQUESTS: Mapping[str, type[Any]] = {path: kind for kind, path in PATHS.items()}


class LocalServer:
    """One centre: its database and its handlers, shared by all threads."""

    def __init__(self, store: Store, door: Door):
        self.store = store
        self.door = door
        self._throttle = Throttle()

    def call(self, path: str, token: str, request: Any) -> Any:
        """Answer one request as the server would over HTTP; raises Refused."""
        if type(request) is not REQUESTS.get(path):
            raise Refused("not_found" if path not in REQUESTS else "bad_request")
        return self._answer[type(request)](self, token, request)

    def _enrol(self, _token: str, request: EnrolRequest) -> EnrolReply:
        check_request(request)
        if self._throttle.is_closed(request.user, self.door.clock()):
            raise Refused("pace")
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
        return self.store.read(lambda tx: pull(tx, authenticate(tx, token), request, self.door.clock))

    def _push(self, token: str, request: PushRequest) -> PushReply:
        def attempt(caution: Caution) -> PushReply:
            def work(tx: Connection) -> PushReply:
                return push(tx, authenticate(tx, token), request, self.door.clock, caution=caution)

            return self.store.write(work)

        return push_past_poison(attempt)

    _answer: Mapping[type[Request], Callable[..., Reply]] = {
        EnrolRequest: _enrol,
        HelloRequest: _hello,
        RegisterRequest: _register,
        PullRequest: _pull,
        PushRequest: _push,
    }
