"""The central server's command line: run it, add people, give and take grants, check the database."""

import argparse
import getpass
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from gridworker.centre_blobs import takes_blobs
from gridworker.centre_keeping import add_keeping
from gridworker.centre_matters import add_matters
from gridworker.centre_moves import add_moves
from gridworker.centre_sticks import add_bundle
from gridworker.domain.records import grid_scope
from gridworker.domain.roles import ROLES
from gridworker.i18n import _
from gridworker.server import accounts
from gridworker.server.accounts import Door
from gridworker.server.blob_rubbish import collect_blobs, finish_shredding
from gridworker.server.check import check
from gridworker.server.directory import publish_grids
from gridworker.server.openapi import describe
from gridworker.server.serve import open_server, serve

DEFAULT_DATABASE = "sqlite:///gridworker-centre.db"


def main(argv: Sequence[str]) -> int:
    """Run one command of the server."""
    arguments = _parser().parse_args(argv)
    status: int = arguments.command(arguments)
    return status


def real_door() -> Door:
    """The clock, ids and randomness of this machine."""
    return Door(
        clock=lambda: time.time_ns() // 1_000_000, ids=lambda: str(uuid.uuid4()), randomness=os.urandom
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gridworker server", description=_("中心服务器"))
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help=_("启动中心服务器"))
    _database(run)
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=int, default=8420)
    takes_blobs(run)
    run.set_defaults(command=_run)
    user = commands.add_parser("add-user", help=_("添加人员"))
    _database(user)
    user.add_argument("login")
    user.add_argument("name")
    user.add_argument("--password-file", type=Path)
    user.set_defaults(command=_add_user)
    grant = commands.add_parser("grant", help=_("授予网格权限"))
    _database(grant)
    grant.add_argument("login")
    grant.add_argument("grid", help=_("网格编号"))
    grant.add_argument("--role", choices=sorted(ROLES), default="grid_worker")
    grant.add_argument("--title", default="", help=_("网格名称"))
    grant.set_defaults(command=_grant)
    inspect = commands.add_parser("check", help=_("检查数据库的完整性"))
    _database(inspect)
    inspect.set_defaults(command=_check)
    paths = commands.add_parser("openapi", help=_("打印接口说明（OpenAPI 3.1）"))
    paths.set_defaults(command=_print_paths)
    collect = commands.add_parser("collect-blobs", help=_("清理没有记录再用到的附件"))
    _database(collect)
    takes_blobs(collect)
    collect.set_defaults(command=_collect_blobs)
    add_keeping(commands, _database, lambda database: open_server(database, real_door()))
    add_matters(commands, _database, lambda database: open_server(database, real_door()))
    add_moves(commands, _database, lambda database: open_server(database, real_door()))
    add_bundle(commands, _database, lambda database: open_server(database, real_door()))
    return parser


def _database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", default=DEFAULT_DATABASE, help="sqlite:///FILE, postgresql+psycopg://…")


def _run(arguments: argparse.Namespace) -> int:
    serve(arguments.database, real_door(), host=arguments.host, port=arguments.port, blobs=arguments.blobs)
    return 0


def _add_user(arguments: argparse.Namespace) -> int:
    server = open_server(arguments.database, real_door())
    file: Path | None = arguments.password_file
    password = file.read_text("utf-8").strip() if file else getpass.getpass(_("口令："))

    def work(tx: Connection) -> None:
        accounts.create_user(tx, arguments.login, arguments.name, password=password, door=server.door)

    server.store.write(work)
    server.store.close()
    return 0


def _grant(arguments: argparse.Namespace) -> int:
    server = open_server(arguments.database, real_door())
    scope = grid_scope(arguments.grid)

    def work(tx: Connection) -> bool:
        user = accounts.find_user(tx, arguments.login)
        if user is None:
            return False
        accounts.open_scope(tx, scope, arguments.title or arguments.grid)
        accounts.grant(tx, user, scope, role=arguments.role, clock=server.door.clock)
        return True

    found = server.store.write(work)
    publish_grids(server)
    server.store.close()
    if not found:
        print(_("没有这个用户：{login}").format(login=arguments.login), file=sys.stderr)
    return 0 if found else 1


def _check(arguments: argparse.Namespace) -> int:
    server = open_server(arguments.database, real_door())
    violations = server.store.read(check)
    server.store.close()
    print("\n".join(violations) or _("没有发现问题"))
    return 1 if violations else 0


def _print_paths(_arguments: argparse.Namespace) -> int:
    print(json.dumps(describe(), ensure_ascii=False, indent=1))
    return 0


def _collect_blobs(arguments: argparse.Namespace) -> int:
    server = open_server(arguments.database, real_door(), arguments.blobs)
    done = server.store.write(lambda tx: collect_blobs(tx, server.blobs, server.door.clock()))
    finish_shredding(server.store, server.blobs)
    server.store.close()
    words = _(
        "清理了 {removed} 个附件（{freed} 字节），{waiting} 个满30天后清理，放弃了 {given_up} 个没有传完的。"
    )
    counts = {"removed": done.removed, "freed": done.freed}
    print(words.format(**counts, waiting=done.waiting, given_up=done.given_up))
    return 0
