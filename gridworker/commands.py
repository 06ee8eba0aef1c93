"""What the command line does without a window: import, enrol, exchange."""

import getpass
import platform
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from gridworker import __version__
from gridworker.actions.imports.report import report_text
from gridworker.actions.imports.run import import_file
from gridworker.db.care import day_of
from gridworker.i18n import N_, _
from gridworker.profiles import open_profile
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Progress
from gridworker.sync.remote import HttpRemote
from gridworker.sync.session import Session
from gridworker.wire.messages import EnrolRequest

READING: Mapping[str, str] = {
    "open": N_("打开文件"),
    "read": N_("读取"),
    "match": N_("比对"),
    "save": N_("写入"),
}
"""The phases of an import, as they are told."""
EXCHANGING: Mapping[str, str] = {
    "hello": N_("联系中心"),
    "push": N_("送出"),
    "pull": N_("取回"),
    "audit": N_("逐条核对"),
    "photos": N_("送取照片"),
    "done": N_("同步完成"),
}
"""The phases of an exchange, as they are told."""


def enrol_laptop(url: str, user: str, password_file: Path | None, profile: Path) -> int:
    """Make this profile the user's at the centre; the password comes from a file or the keyboard."""
    password = password_file.read_text("utf-8").strip() if password_file else getpass.getpass(_("口令："))
    request = EnrolRequest(user=user, password=password, device_name=platform.node(), app=__version__)
    with closing(open_profile(profile)) as database, closing(HttpRemote(url)) as remote:
        enrol(database, remote, request, server_url=url)
        with database.read() as reader:
            author = reader.author
        print(_("已登记：{name}，{place}").format(name=author.user_name, place=author.scope_title))
    return 0


def synchronise_once(profile: Path) -> int:
    """One exchange; a line for each step."""
    with closing(open_profile(profile)) as database:
        Session(database, app=__version__).synchronise(_print_progress)
    return 0


def import_register(file: Path, profile: Path, *, dry_run: bool, as_json: bool) -> int:
    """Import a register, or say what that would do; the report is the last thing printed."""
    with closing(open_profile(profile)) as database:
        today = day_of(database.ports.now_ms())
        report = import_file(database, file, today=today, dry_run=dry_run, progress=_print_rows)
    print(file=sys.stderr)
    print(report.to_json() if as_json else report_text(report, _))
    return 0


def _print_rows(phase: str, done: int, total: int) -> None:
    words = _(READING.get(phase, phase))
    print(f"\r{words} {done}/{total}", end="", file=sys.stderr, flush=True)


def _print_progress(progress: Progress) -> None:
    words = _(EXCHANGING.get(progress.phase, progress.phase))
    line = _("{phase}：已送 {pushed} 条，已收 {pulled} 条")
    print(line.format(phase=words, pushed=progress.pushed, pulled=progress.pulled), file=sys.stderr)
