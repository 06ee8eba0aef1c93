"""Names of users, for records that people read where nobody can be asked."""

from sqlalchemy import Connection, bindparam, select

from gridworker.server.statements import read_rows
from gridworker.server.tables import USER


class Names:
    """The names of users, each read once."""

    def __init__(self, tx: Connection):
        self._tx = tx
        self._known: dict[str, str] = {"": ""}

    def of(self, user_id: str) -> str:
        """The name of a user, or nothing for the centre itself."""
        if user_id not in self._known:
            found = read_rows(self._tx, _NAME, {"id": user_id})
            self._known[user_id] = found[0][0] if found else ""
        return self._known[user_id]


_NAME = select(USER.c.name).where(USER.c.id == bindparam("id"))
