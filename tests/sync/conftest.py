"""A centre of each test's own, the laptop of a worker and that of a leader."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.laptop import Centre, Laptop


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre of one's own."""
    centre = Centre(tmp_path)
    yield centre
    centre.close()


@pytest.fixture
def zhang(centre: Centre) -> Laptop:
    """The laptop of the worker of grid 3."""
    return centre.laptop("zhang")


@pytest.fixture
def wang(centre: Centre) -> Laptop:
    """The laptop of the leader of grids 2 and 3."""
    return centre.laptop("wang")


@pytest.fixture
def stick(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty stick; every laptop that the test was given has met its centre once."""
    for name in ("zhang", "wang"):
        if name in request.fixturenames:
            request.getfixturevalue(name).sync()
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder
