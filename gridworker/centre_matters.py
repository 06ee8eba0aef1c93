"""The commands about records of people: suspected duplicates, and erasing for good."""

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

from gridworker.centre_blobs import shelf_of, takes_blobs
from gridworker.i18n import _
from gridworker.server.blob_rubbish import finish_shredding
from gridworker.server.claims import open_pairs
from gridworker.server.local import LocalServer
from gridworker.server.purge import purge

Opener = Callable[[str], LocalServer]


def add_matters(
    commands: Any, takes_database: Callable[[argparse.ArgumentParser], None], open: Opener
) -> None:
    """Add the commands to those of the server; `open` opens a database by its address."""
    pairs = commands.add_parser("duplicates", help=_("列出疑似重复、还没有人核对的居民"))
    takes_database(pairs)
    pairs.set_defaults(command=lambda arguments: _list_pairs(arguments, open))
    erase = commands.add_parser("purge", help=_("依法彻底删除记录的内容，不能恢复"))
    takes_database(erase)
    erase.add_argument("--id", action="append", required=True, help=_("记录编号，可以重复"))
    takes_blobs(erase)
    erase.set_defaults(command=lambda arguments: _purge(arguments, open))


def _list_pairs(arguments: argparse.Namespace, open: Opener) -> int:
    with closing(open(arguments.database).store) as store:
        found = store.read(open_pairs)
    for first, second, told in found:
        print(f"{first} {second} " + _("已通知 {count} 人").format(count=told))
    if not found:
        print(_("没有疑似重复的居民"))
    return 0


def _purge(arguments: argparse.Namespace, open: Opener) -> int:
    server = open(arguments.database)
    with closing(server.store) as store:
        done = store.write(lambda tx: purge(tx, arguments.id, server.door.clock()))
        finish_shredding(store, shelf_of(server, arguments.blobs))
    print(_("已彻底删除 {count} 条记录").format(count=len(done)))
    for missing in sorted(set(arguments.id) - set(done)):
        print(_("没有这条记录：{id}").format(id=missing), file=sys.stderr)
    return 0 if len(done) == len(set(arguments.id)) else 1
