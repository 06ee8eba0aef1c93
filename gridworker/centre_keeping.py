"""The commands that keep a centre safe: a key for backups, a backup, a restore, and word of a restore."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from gridworker.centre_blobs import shelf_of, takes_blobs
from gridworker.i18n import _
from gridworker.server.backups import Summary, restore_backup, write_backup
from gridworker.server.lives import begin_life
from gridworker.server.local import LocalServer
from gridworker.server.sealing import new_key
from gridworker.server.store import read_head

Opener = Callable[[str], LocalServer]


def add_keeping(
    commands: Any, takes_database: Callable[[argparse.ArgumentParser], None], open: Opener
) -> None:
    """Add the commands to those of the server; `open` opens a database by its address."""
    key = commands.add_parser("backup-key", help=_("生成备份用的密钥"))
    key.add_argument("file", type=Path, help=_("密钥文件，离线妥善保管"))
    key.set_defaults(command=lambda arguments: _make_key(arguments.file))

    backup = commands.add_parser("backup", help=_("备份中心的全部数据（加密）"))
    takes_database(backup)
    takes_blobs(backup)
    backup.add_argument("file", type=Path)
    backup.add_argument("--recipient", required=True, help=_("备份公钥，以 age1 开头"))
    backup.add_argument("--json", action="store_true")
    backup.set_defaults(command=lambda arguments: _back_up(arguments, open))

    restore = commands.add_parser("restore", help=_("把备份恢复到空数据库"))
    takes_database(restore)
    takes_blobs(restore)
    restore.add_argument("file", type=Path)
    restore.add_argument("--key-file", type=Path, required=True)
    restore.add_argument("--json", action="store_true")
    restore.set_defaults(command=lambda arguments: _restore(arguments, open))

    restored = commands.add_parser("restored", help=_("数据库已用其他办法恢复：让各台电脑重新核对"))
    takes_database(restored)
    restored.set_defaults(command=lambda arguments: _say_restored(arguments, open))


def _make_key(file: Path) -> int:
    secret, public = new_key()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secret + "\n")
    print(public)
    print(_("密钥已存到 {file}。没有它，备份打不开；请存到离线的地方。").format(file=file), file=sys.stderr)
    return 0


def _back_up(arguments: argparse.Namespace, open: Opener) -> int:
    server = open(arguments.database)
    with closing(server.store) as store:
        found = write_backup(
            store,
            arguments.file,
            blobs=shelf_of(server, arguments.blobs),
            recipient=arguments.recipient,
            on_rows=_print_rows,
        )
    _print(found, _("已备份“{server_name}”：{rows} 行，{blobs} 个附件"), as_json=arguments.json)
    return 0


def _restore(arguments: argparse.Namespace, open: Opener) -> int:
    server = open(arguments.database)
    with closing(server.store) as store:
        key = arguments.key_file.read_text("ascii", errors="replace")
        shelf = shelf_of(server, arguments.blobs)
        found = restore_backup(store, arguments.file, blobs=shelf, key=key, ids=server.door.ids)
    words = _("已恢复“{server_name}”：{rows} 行，{blobs} 个附件。各台电脑下次同步会补送备份之后的记录。")
    _print(found, words, as_json=arguments.json)
    return 0


def _say_restored(arguments: argparse.Namespace, open: Opener) -> int:
    server = open(arguments.database)
    with closing(server.store) as store:
        store.write(lambda tx: begin_life(tx, server.door.ids()))
        name = store.read(read_head).server_name
    print(_("“{name}”已开始新的周期。各台电脑下次同步会补送中心缺少的记录。").format(name=name))
    return 0


def _print_rows(rows: int) -> None:
    print(f"\r{rows}", end="", file=sys.stderr, flush=True)


def _print(found: Summary, words: str, *, as_json: bool) -> None:
    values = {name: getattr(found, name) for name in found.__struct_fields__}
    print(json.dumps(values, ensure_ascii=False) if as_json else words.format(**values))
    for sha in found.lost:
        print(_("附件缺失或已损坏，没有包含在内：{sha}").format(sha=sha), file=sys.stderr)
