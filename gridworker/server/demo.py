"""The demo: one made-up community with three grids and the people who work there."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from gridworker.domain.areas import Area
from gridworker.domain.records import ORGANISATION, RecordId, grid_scope
from gridworker.server.accounts import create_user, find_user, grant, open_scope
from gridworker.server.local import LocalServer
from gridworker.server.planting import plant

DEMO_PASSWORD = "gridworker-demo"
"""For a server on one's own machine; a real one is given another."""

_STREET = RecordId("01980000-0000-7000-8000-000000000001")
_COMMUNITY = RecordId("01980000-0000-7000-8000-000000000002")
GRID_1 = RecordId("01980000-0000-7000-8000-000000000011")
GRID_2 = RecordId("01980000-0000-7000-8000-000000000012")
GRID_3 = RecordId("01980000-0000-7000-8000-000000000013")

# 999 is no province: nobody's real code begins with it.
AREAS: Mapping[RecordId, Area] = {
    _STREET: Area(level="street", name="和平街道", code="999901001"),
    _COMMUNITY: Area(level="community", name="幸福里社区", code="999901001001", parent_id=_STREET),
    GRID_1: Area(level="grid", name="第一网格", code="999901001001001", parent_id=_COMMUNITY),
    GRID_2: Area(level="grid", name="第二网格", code="999901001001002", parent_id=_COMMUNITY),
    GRID_3: Area(level="grid", name="第三网格", code="999901001001003", parent_id=_COMMUNITY),
}


class DemoUser(msgspec.Struct, frozen=True):
    """One person of the demo: login, name, role, and the grids where he has it."""

    login: str
    name: str
    role: str
    grids: tuple[RecordId, ...]


USERS = (
    DemoUser("zhangxiao", "张晓", "grid_worker", (GRID_3,)),
    DemoUser("limin", "李敏", "grid_worker", (GRID_2,)),
    DemoUser("wangfang", "王芳", "grid_leader", (GRID_2, GRID_3)),
)


def seed_demo(server: LocalServer, *, password: str) -> None:
    """Create what is missing of the demo; a second time nothing happens."""
    plant(server, ORGANISATION, AREAS.items())
    for user in USERS:
        _add_user(server, user, password)


def scope_title(grid: RecordId) -> str:
    """What a grid's scope is called: its community and its own name."""
    area = AREAS[grid]
    above = AREAS[area.parent_id].name if area.parent_id else ""
    return f"{above}{area.name}"


def _add_user(server: LocalServer, user: DemoUser, password: str) -> None:
    def work(tx: Connection) -> None:
        if find_user(tx, user.login) is not None:
            return
        user_id = create_user(tx, user.login, user.name, password=password, door=server.door)
        for grid in user.grids:
            open_scope(tx, grid_scope(grid), scope_title(grid))
            grant(tx, user_id, grid_scope(grid), role=user.role, clock=server.door.clock)

    server.store.write(work)
