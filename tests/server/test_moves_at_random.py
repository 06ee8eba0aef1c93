"""Whatever moves, is shared, deleted and brought back: each laptop has exactly what its scopes show."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.server.regrid import share_aggregate
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop
from tests.server.test_moves import GRID_C, VISIT, home, move

SCOPES = (GRID_A, GRID_B, GRID_C)
IDS = ("r1", "r2", "home")
steps = st.lists(
    st.tuples(
        st.sampled_from(("move", "share", "unshare", "delete", "undelete", "visit", "pull")),
        st.sampled_from(IDS),
        st.sampled_from(SCOPES),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_every_laptop_has_exactly_what_its_scopes_show(
    tmp_path_factory: pytest.TempPathFactory, new_centre: Any, steps: list[tuple[str, str, str]]
) -> None:
    centre: Centre = new_centre(f"sqlite:///{tmp_path_factory.mktemp('moves') / 'centre.db'}")
    try:
        _walk(centre, steps)
    finally:
        centre.server.store.close()


def _walk(centre: Centre, steps: list[tuple[str, str, str]]) -> None:
    leader = centre.laptop("wang", "grid_leader", *SCOPES)
    readers = [centre.laptop(f"reader{n}", "grid_worker", scope) for n, scope in enumerate(SCOPES)]
    leader.do("create", "home", "household", values={"note": "户"})
    leader.do("create", "r1", values={"name": "甲", "household_id": "home"})
    leader.do("create", "r2", values={"name": "乙"})
    leader.do("append", "v", "visit", values={"resident_ids": ["r1", "r2"], **VISIT})
    for number, step in enumerate(steps):
        _take(leader, readers, number, step)
    for reader, scope in zip(readers, SCOPES, strict=True):
        reader.pull()
        wanted = {id for (id,) in centre.rows(_SHOWN, scope=scope)}
        assert reader.ids() == wanted
    leader.pull()
    assert leader.ids() == {id for scope in SCOPES for (id,) in centre.rows(_SHOWN, scope=scope)}
    assert centre.violations() == []


_SHOWN = "SELECT entity_id FROM scope_entry WHERE scope = :scope AND present"


def _take(leader: Laptop, readers: list[Laptop], number: int, step: tuple[str, str, str]) -> None:
    what, id, scope = step
    server = leader.centre.server
    kind = "household" if id == "home" else "resident"
    at = home(leader.centre, id)
    if what == "move":
        move(leader, id, scope, kind, source=at)
    elif what in ("share", "unshare"):
        share_aggregate(server, id, scope, undo=what == "unshare")
    elif what in ("delete", "undelete"):
        leader.do(what, id, kind, scope=at)
    elif what == "visit":
        leader.do("append", f"v{number}", "visit", values={"resident_ids": [id], **VISIT}, scope=at)
    else:
        readers[SCOPES.index(scope)].pull()
