"""The guide of the tour: opens the stage, goes from step to step, and tells how long each took."""

import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from gridworker.demo import demo_server, stop_server
from gridworker.i18n import N_, _
from gridworker.main import application
from gridworker.settings import Settings
from gridworker.tour.cable import Cable
from gridworker.tour.looks import PLAIN, take_pictures
from gridworker.tour.stage import NotSeen, Stage
from gridworker.tour.steps import STEPS, Step

_ALL: tuple[Step, ...] = (*STEPS, Step(N_("其他样子：深色、英文"), take_pictures))
_WORDLESS = "This plugin does not support"
"""What the offscreen platform says of the window manager that it has not."""


def run_tour(folder: Path | None, out: Path) -> int:
    """Take the tour in a folder, or in one that is gone afterwards; 0 where everything was seen."""
    if folder is not None:
        with demo_server(folder) as url:
            return take_tour(folder, url, out)
    with tempfile.TemporaryDirectory(prefix="gridworker-tour-") as name:
        home = Path(name)
        try:
            with demo_server(home) as url:
                return take_tour(home, url, out)
        finally:
            stop_server(home)


def take_tour(home: Path, url: str, out: Path) -> int:
    """A whole day on the worker's and the leader's desktop in `home`; PNG files go to `out`.

    Gives 0 where everything was seen that should be seen, else 1.
    """
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    qInstallMessageHandler(_pass_on)
    app = application()
    app.setQuitOnLastWindowClosed(False)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.png"):
        old.unlink()
    for role in ("worker", "leader"):
        Settings(home / role).change(**PLAIN)
    stage = Stage(app, home, Cable(url), out)
    try:
        good = all(_take(number, step, stage) for number, step in enumerate(_ALL, start=1))
    finally:
        stage.close()
    if good:
        _say(_("全部完成，截图在 {folder}").format(folder=out))
    return 0 if good else 1


def _take(number: int, step: Step, stage: Stage) -> bool:
    """One step; False, and a line about what is missing, where something was not seen."""
    keys, start = stage.hands.keys, time.perf_counter()
    try:
        step.run(stage)
    except NotSeen as missing:
        stage.take_last_picture()
        _say(_("✗ {number} {step}：没有看到 {what}").format(number=number, step=_(step.text), what=missing))
        return False
    took_ms = (time.perf_counter() - start) * 1000
    line = _("✓ {number} {step} · {keys} 键 · {ms} 毫秒")
    _say(line.format(number=number, step=_(step.text), keys=stage.hands.keys - keys, ms=round(took_ms)))
    return True


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _pass_on(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """What Qt says goes to standard error, as without us, but for one line that means nothing here."""
    if _WORDLESS not in text:
        sys.stderr.write(text + "\n")
