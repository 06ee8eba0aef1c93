"""Accounts: users, their grants in scopes, their devices, and who stands behind a token."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, insert, or_, select, text, update

from gridworker.domain.records import ORGANISATION
from gridworker.domain.roles import ROLES
from gridworker.server.grants import end_grant
from gridworker.server.passwords import COST, fits_password, seal_password
from gridworker.server.ports import Caller, Clock, Ids, Randomness
from gridworker.server.refusals import Refused
from gridworker.server.statements import read_rows
from gridworker.server.store import read_head
from gridworker.server.tables import DEVICE, GRANT, SCOPE, USER
from gridworker.wire.messages import PROTOCOL, EnrolReply, EnrolRequest, Grant
from gridworker.wire.sums import EMPTY

TOKEN_BYTES = 32


class Login(msgspec.Struct, frozen=True):
    """A user at the door, with his sealed password."""

    user_id: str
    name: str
    sealed: str


class Door(msgspec.Struct, frozen=True):
    """What enrolling needs of the outside world; `cost` is that of one password guess."""

    clock: Clock
    ids: Ids
    randomness: Randomness
    cost: int = COST


def create_user(tx: Connection, login: str, name: str, *, password: str, door: Door) -> str:
    """Add a user and return his id; the login must be new."""
    user_id = door.ids()
    sealed = seal_password(password, randomness=door.randomness, cost=door.cost)
    row = {"id": user_id, "login": login, "name": name, "password": sealed, "created_ms": door.clock()}
    tx.execute(insert(USER).values(row))
    return user_id


def find_user(tx: Connection, login: str) -> str | None:
    """The id of the user who signs in by this name."""
    return tx.execute(select(USER.c.id).where(USER.c.login == login)).scalar_one_or_none()


def set_password(tx: Connection, login: str, password: str, door: Door) -> None:
    """Give a user another password; his devices stay enrolled."""
    sealed = seal_password(password, randomness=door.randomness, cost=door.cost)
    tx.execute(update(USER).where(USER.c.login == login).values(password=sealed))


def disable_user(tx: Connection, login: str, clock: Clock) -> None:
    """Shut a user out on every device."""
    tx.execute(update(USER).where(USER.c.login == login).values(disabled_ms=clock()))


def revoke_device(tx: Connection, device_id: str, clock: Clock) -> None:
    """Make the token of one device worthless."""
    tx.execute(update(DEVICE).where(DEVICE.c.id == device_id).values(revoked_ms=clock()))


def open_scope(tx: Connection, scope: str, title: str) -> None:
    """Make a scope known, or give it another title."""
    tx.execute(_OPEN_SCOPE, {"id": scope, "title": title, "empty": EMPTY})


def grant(tx: Connection, user_id: str, scope: str, *, role: str, clock: Clock) -> None:
    """Let a user see a scope and act there in a role, from now on; replaces his former role there."""
    if role not in ROLES:
        raise ValueError(f"no role {role!r}; the roles are {', '.join(ROLES)}")
    now_ms = clock()
    if roles_of(tx, user_id, now_ms).get(scope) == role:
        return
    end_grant(tx, user_id, scope, now_ms)
    tx.execute(_GRANT, {"user_id": user_id, "scope": scope, "role": role, "from_ms": now_ms})


def withdraw(tx: Connection, user_id: str, scope: str, *, clock: Clock) -> None:
    """Take a scope from a user; his copies lose its records at their next pull."""
    end_grant(tx, user_id, scope, clock())


def scope_exists(tx: Connection, scope: str) -> bool:
    """Whether a scope is known here."""
    return tx.execute(select(SCOPE.c.id).where(SCOPE.c.id == scope)).first() is not None


def find_login(tx: Connection, login: str) -> Login | None:
    """The active user who signs in by this name."""
    row = tx.execute(_LOGIN, {"login": login}).one_or_none()
    return Login(*row) if row else None


def check_request(request: EnrolRequest) -> None:
    """Raise Refused for another protocol, and for text that no database could store."""
    if request.protocol != PROTOCOL:
        raise Refused("upgrade")
    if "\0" in request.user + request.device_name + request.app:
        raise Refused("bad_request")


def check_password(login: Login | None, password: str, door: Door) -> Login:
    """The login, if this is its password; slow on purpose, so never inside a transaction."""
    if login is None:
        # An unknown name costs the same guess, so that the time says nothing of who exists.
        seal_password(password, randomness=door.randomness, cost=door.cost)
    elif fits_password(login.sealed, password):
        return login
    raise Refused("login")


def enrol(tx: Connection, user: Login, request: EnrolRequest, door: Door) -> EnrolReply:
    """Make a laptop one of the devices of a user whose password was right."""
    token, device_id = _new_token(door.randomness), door.ids()
    row = {
        "id": device_id,
        "user_id": user.user_id,
        "name": request.device_name,
        "token_hash": _token_hash(token),
        "app": request.app,
        "created_ms": door.clock(),
    }
    tx.execute(insert(DEVICE).values(row))
    head = read_head(tx)
    return EnrolReply(
        token=token,
        user=request.user,
        user_id=user.user_id,
        user_name=user.name,
        device_id=device_id,
        epoch=head.epoch,
        server_name=head.server_name,
        grants=grants_of(tx, user.user_id, door.clock()),
        server=head.server_id,
    )


def authenticate(tx: Connection, token: str) -> Caller:
    """Who sends this token; raises Refused `token` for unknown, revoked and disabled."""
    rows = read_rows(tx, _BY_TOKEN, {"hash": _token_hash(token)})
    if not rows:
        # With its id a laptop can tell a revoked token from the door of another centre.
        head = read_head(tx)
        raise Refused("token", epoch=head.epoch, server=head.server_id)
    user_id, device_id, user_name = rows[0]
    return Caller(user_id=user_id, device_id=device_id, user_name=user_name)


def grants_of(tx: Connection, user_id: str, now_ms: int) -> list[Grant]:
    """The user's scopes and roles at this moment; from the database, never from a token or a request."""
    rows = read_rows(tx, _GRANTS_OF, {"user": user_id, "now": now_ms})
    return [Grant(scope, role, title or scope) for scope, role, title in rows]


def roles_of(tx: Connection, user_id: str, now_ms: int) -> Mapping[str, str]:
    """The user's role in each scope where he has one."""
    return {one.scope: one.role for one in grants_of(tx, user_id, now_ms)}


def visible_scopes(user_id: str, grants: Sequence[Grant]) -> tuple[str, ...]:
    """What a user may pull: his grants, the organisation, and what is addressed to himself."""
    return tuple(dict.fromkeys((ORGANISATION, f"u:{user_id}", *(one.scope for one in grants))))


def _new_token(randomness: Randomness) -> str:
    return base64.urlsafe_b64encode(randomness(TOKEN_BYTES)).decode().rstrip("=")


def _token_hash(token: str) -> str:
    # 256 random bits need no slow hash; the table alone opens nothing.
    return hashlib.sha256(token.encode()).hexdigest()


_LOGIN = select(USER.c.id, USER.c.name, USER.c.password).where(
    USER.c.login == bindparam("login"), USER.c.disabled_ms.is_(None)
)
_BY_TOKEN = (
    select(DEVICE.c.user_id, DEVICE.c.id, USER.c.name)
    .join(USER, USER.c.id == DEVICE.c.user_id)
    .where(
        DEVICE.c.token_hash == bindparam("hash"), DEVICE.c.revoked_ms.is_(None), USER.c.disabled_ms.is_(None)
    )
)
_GRANTS_OF = (
    select(GRANT.c.scope, GRANT.c.role, SCOPE.c.title)
    .outerjoin(SCOPE, SCOPE.c.id == GRANT.c.scope)
    .where(
        GRANT.c.user_id == bindparam("user"),
        GRANT.c.from_ms <= bindparam("now"),
        or_(GRANT.c.to_ms.is_(None), GRANT.c.to_ms > bindparam("now")),
    )
    .order_by(GRANT.c.scope)
)
_OPEN_SCOPE = text(
    "INSERT INTO scope (id, title, gen, min_seq, n, acc, last_seq) VALUES (:id, :title, 1, 0, 0, :empty, 0) "
    "ON CONFLICT (id) DO UPDATE SET title = excluded.title"
)
_GRANT = text(
    "INSERT INTO grant_ (user_id, scope, role, from_ms) VALUES (:user_id, :scope, :role, :from_ms) "
    "ON CONFLICT (user_id, scope) "
    "DO UPDATE SET role = excluded.role, from_ms = excluded.from_ms, to_ms = NULL"
)
