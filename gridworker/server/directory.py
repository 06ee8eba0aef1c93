"""The directory of grids: each is an area, which every laptop has, so that people can be sent there."""

from sqlalchemy import text

from gridworker.domain.areas import Area
from gridworker.domain.records import ORGANISATION, RecordId
from gridworker.server.local import LocalServer
from gridworker.server.planting import plant

_GRID = "g:"


def publish_grids(server: LocalServer) -> int:
    """Write grids that are missing there into the tree of areas: id and title, no more; gives how many."""
    rows = server.store.read(lambda tx: tx.execute(_UNPUBLISHED).all())
    grids = [(RecordId(id.removeprefix(_GRID)), title) for id, title in rows]
    return plant(server, ORGANISATION, [(id, Area(level="grid", name=title or id)) for id, title in grids])


_UNPUBLISHED = text(
    "SELECT id, title FROM scope WHERE id LIKE 'g:%' "
    "AND NOT EXISTS (SELECT 1 FROM entity WHERE entity.id = substr(scope.id, 3)) ORDER BY id"
)
