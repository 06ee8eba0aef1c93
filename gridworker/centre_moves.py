"""The commands by which grids change: move, split, merge, share, and forget what went long ago."""

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from gridworker.domain.kinds import KINDS
from gridworker.domain.records import grid_scope
from gridworker.i18n import _
from gridworker.server.directory import publish_grids
from gridworker.server.local import LocalServer
from gridworker.server.moves import MOVED, REGRID, is_grid
from gridworker.server.pull import TOMBSTONES_MS, count_tombstones, drop_tombstones
from gridworker.server.regrid import Report, merge_grid, move_aggregates, open_grid, share_aggregate

Opener = Callable[[str], LocalServer]
Work = Callable[[LocalServer, argparse.Namespace], Report]


def add_moves(commands: Any, takes_database: Callable[[argparse.ArgumentParser], None], open: Opener) -> None:
    """Add the commands to those of the server; `open` opens a database by its address."""

    def added(parent: Any, name: str, words: str, work: Work) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = parent.add_parser(name, help=words)
        takes_database(parser)
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help=_("只统计，不改动"))
        parser.set_defaults(command=lambda arguments: _run(arguments, open, work))
        return parser

    move = added(commands, "move", _("把居民、户或楼栋移交另一网格"), _move)
    _takes_ids(move)
    move.add_argument("--to", required=True, help=_("移入的网格编号"))
    grid = commands.add_parser("grid", help=_("拆分或合并网格")).add_subparsers(required=True)
    split = added(grid, "split", _("把名单上的楼栋和居民分到新网格"), _split)
    _takes_ids(split)
    split.add_argument("--to", required=True, help=_("新网格编号"))
    split.add_argument("--title", default="", help=_("网格名称"))
    merge = added(grid, "merge", _("把一个网格并入另一个"), _merge)
    merge.add_argument("source", help=_("被并入的网格编号"))
    merge.add_argument("--to", required=True, help=_("保留的网格编号"))
    share = added(commands, "share", _("让另一网格也能看到居民、户或楼栋"), _share)
    share.add_argument("--id", required=True, help=_("记录编号"))
    share.add_argument("--with", dest="to", required=True, help=_("网格编号"))
    share.add_argument("--undo", action="store_true", help=_("不再共享"))
    added(commands, "tidy", _("清理一年多以前的删除标记"), _tidy)


def _takes_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=("resident", "household", "building"), help=_("记录类型，只作核对"))
    parser.add_argument("--id", action="append", default=[], help=_("记录编号，可重复"))
    parser.add_argument("--ids-file", type=Path, help=_("名单文件，每行一个编号"))


def _ids(arguments: argparse.Namespace) -> list[str]:
    listed = arguments.ids_file.read_text("utf-8").split() if arguments.ids_file else []
    return list(dict.fromkeys([*arguments.id, *listed]))


def _run(arguments: argparse.Namespace, open: Opener, work: Work) -> int:
    server = open(arguments.database)
    with closing(server.store):
        report = work(server, arguments)
    if arguments.json:
        print(report.json())
    else:
        _print(report, dry_run=arguments.dry_run)
    return 1 if report.missing or report.refused else 0


def _print(report: Report, *, dry_run: bool) -> None:
    planned, done = (
        _("将处理 {units} 项，{rows} 条记录"),
        _("已处理 {units} 项，{rows} 条记录，{commits} 批"),
    )
    words = planned if dry_run else done
    print(words.format(units=report.units, rows=report.rows, commits=report.commits))
    if report.kinds:
        kinds = _("，").join(_kind_words(*each) for each in report.kinds.items())
        print(_("其中：{kinds}").format(kinds=kinds))
    if dry_run:
        print(_("以上只是预演，什么也没有改动。"))
    for id in report.missing:
        print(_("没有这条记录：{id}").format(id=id), file=sys.stderr)
    for line in report.refused:
        print(_("没有移动：{line}").format(line=line), file=sys.stderr)
    if report.people_left:
        print(_("仍有 {count} 人只有原网格的权限，请另行授权。").format(count=report.people_left))


def _kind_words(kind: str, count: int) -> str:
    return f"{_(KINDS[kind].label) if kind in KINDS else kind} {count}"


def _move(server: LocalServer, arguments: argparse.Namespace) -> Report:
    scope = grid_scope(arguments.to)
    if not server.store.read(lambda tx: is_grid(tx, scope)):
        return Report(missing=(scope,))
    return _go(server, arguments, scope, reason=MOVED)


def _split(server: LocalServer, arguments: argparse.Namespace) -> Report:
    scope = grid_scope(arguments.to)

    if not arguments.dry_run:
        open_grid(server, scope, arguments.title or arguments.to)
        publish_grids(server)
    return _go(server, arguments, scope, reason=REGRID)


def _go(server: LocalServer, arguments: argparse.Namespace, scope: str, *, reason: str) -> Report:
    asked = {"reason": reason, "kind": arguments.kind, "dry_run": arguments.dry_run}
    return move_aggregates(server, _ids(arguments), scope, **asked)


def _merge(server: LocalServer, arguments: argparse.Namespace) -> Report:
    source, target = grid_scope(arguments.source), grid_scope(arguments.to)
    missing = server.store.read(lambda tx: tuple(one for one in (source, target) if not is_grid(tx, one)))
    if missing or source == target:
        return Report(missing=missing or (target,))
    return merge_grid(server, source, target, dry_run=arguments.dry_run)


def _share(server: LocalServer, arguments: argparse.Namespace) -> Report:
    scope = grid_scope(arguments.to)
    return share_aggregate(server, arguments.id, scope, undo=arguments.undo, dry_run=arguments.dry_run)


def _tidy(server: LocalServer, arguments: argparse.Namespace) -> Report:
    before_ms = server.door.clock() - TOMBSTONES_MS
    kinds = server.store.read(lambda tx: count_tombstones(tx, before_ms))
    if arguments.dry_run:
        return Report(rows=sum(kinds.values()), kinds=kinds)
    dropped = server.store.write(lambda tx: drop_tombstones(tx, before_ms))
    return Report(rows=dropped, commits=1, kinds=kinds)
