"""Every screen in every look: light and dark, 100 and 150 %, Chinese, English and pseudo, by probes.

With GRIDWORKER_KEEP_SCREENS naming a folder the pictures are kept there for the eye.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from gridworker.demo import fill
from gridworker.domain.records import grid_scope
from gridworker.i18n import Language, use_language
from gridworker.main import Desktop, dress
from gridworker.profiles import open_profile
from gridworker.server.demo import GRID_2, GRID_3
from gridworker.settings import Settings
from gridworker.ui.theme import install_theme
from gridworker.ui.window import Window
from gridworker.wire.messages import EnrolReply, Grant
from tests.ui.disputes.planted import plant
from tests.ui.moving.planted import plant_moves
from tests.ui.probes import clipped_texts, focus_jumps, nameless, weak_contrasts

SIZE = (1366, 768)


class Look(NamedTuple):
    """One way to see the program."""

    theme: str
    scale: int
    language: Language

    def __str__(self) -> str:
        return f"{self.theme}-{self.scale}-{self.language}"


LOOKS = (
    Look("light", 100, "zh"),
    Look("dark", 100, "zh"),
    Look("light", 150, "zh"),
    Look("dark", 100, "en"),
    Look("light", 150, "en"),
    Look("dark", 100, "pseudo"),
    Look("light", 150, "pseudo"),
)
"""Every language at both sizes and in the dark: colours do not depend on words, nor room on colours."""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leader's laptop with the demo's people, visits and cases."""
    folder = tmp_path_factory.mktemp("leader")
    with closing(open_profile(folder)) as database:
        _enrol(database)
        fill(database)
        database.write(plant)
        database.write(plant_moves)
    return folder


def _enrol(database: Database) -> None:
    grants = [
        Grant(grid_scope(grid), "grid_leader", f"幸福里社区{name}网格")
        for grid, name in ((GRID_3, "第三"), (GRID_2, "第二"))
    ]
    reply = EnrolReply(
        token="t",
        user="wangfang",
        user_id="u",
        user_name="王芳",
        device_id="d",
        epoch="e",
        server_name="网格中心",
        grants=grants,
    )
    database.write(store_enrolment, reply, "http://127.0.0.1:9")


@pytest.fixture(params=LOOKS, ids=str)
def desktop(request: pytest.FixtureRequest, qapp: QApplication, profile: Path) -> Iterator[Desktop]:
    """The whole desktop in one look."""
    look: Look = request.param
    settings = Settings(profile)
    settings.change(theme=look.theme, text_scale=look.scale, auto_sync_minutes=0)
    dress(qapp, settings)
    use_language(look.language)
    desktop = Desktop(open_profile(profile), settings, profile)
    desktop.window.resize(*SIZE)
    desktop.window.show()
    yield desktop
    desktop.close()
    desktop.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    use_language("zh")
    install_theme(qapp, mode="light")


def shown(desktop: Desktop, request: pytest.FixtureRequest) -> Iterator[tuple[str, Window]]:
    """Every screen in turn, with everything read and painted."""
    for name in desktop.window.screen_names():
        desktop.window.show_screen(name)
        desktop.background.drain()
        QApplication.processEvents()
        desktop.background.drain()
        QApplication.processEvents()
        _keep(desktop.window, f"{name}-{request.node.callspec.id}")
        yield name, desktop.window


def _keep(window: Window, name: str) -> None:
    folder = os.environ.get("GRIDWORKER_KEEP_SCREENS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        window.grab().save(str(Path(folder) / f"{name}.png"))


@pytest.mark.timeout(180)
def test_a_screen_can_be_read_and_named(desktop: Desktop, request: pytest.FixtureRequest) -> None:
    faults = []
    for name, window in shown(desktop, request):
        faults += [f"{name}: clipped {text!r}" for text in clipped_texts(window)]
        faults += [f"{name}: weak contrast {text!r}" for text in weak_contrasts(window)]
        faults += [f"{name}: nameless {control}" for control in nameless(window)]
        faults += [f"{name}: jumps {pair}" for pair in focus_jumps(window.screen_named(name))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("desktop", LOOKS[:1], indirect=True, ids=str)
def test_a_leader_of_several_grids_is_told_so(desktop: Desktop) -> None:
    assert desktop.window.windowTitle() == "网格通行 ─ 幸福里社区 · 2 个网格"
    assert desktop.window.top.accessibleDescription() == "幸福里社区第三网格\n幸福里社区第二网格"
