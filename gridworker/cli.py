"""The command line: the desktop, the demo, imports, exchanges and the central server."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gridworker import __version__
from gridworker.domain.problems import Problem
from gridworker.i18n import _, problem_text, use_language
from gridworker.settings import Settings, default_profile

Command = Callable[[argparse.Namespace], int]
EXIT_PROBLEM = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a Problem becomes two lines on standard error and exit status 2."""
    arguments = _parser().parse_args(argv)
    use_language("en" if Settings(arguments.profile).language == "en" else "zh")
    command: Command = arguments.command
    try:
        return command(arguments)
    except Problem as problem:
        sentence, step = problem_text(problem.code, problem.values)
        print(sentence, step, sep="\n", file=sys.stderr)
        return EXIT_PROBLEM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gridworker", description=_("网格通行：离线可用的社区网格工作台"))
    parser.add_argument("--version", action="version", version=f"gridworker {__version__}")
    parser.set_defaults(command=_run, profile=default_profile())
    commands = parser.add_subparsers(title=_("命令"))
    _add_desktop(commands)
    _add_import(commands)
    _add_exchange(commands)
    _add_server(commands)
    return parser


def _add_desktop(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help=_("打开工作台"))
    _profile(run)
    run.set_defaults(command=_run)
    demo = commands.add_parser("demo", help=_("用演示网格打开工作台，并启动本机服务器"))
    demo.add_argument("--role", choices=("worker", "leader"), default="worker")
    demo.add_argument("--folder", type=Path, help=_("演示资料所在的文件夹"))
    demo.add_argument("--tour", action="store_true", help=_("不开窗口，用按键走完一天并保存截图"))
    demo.add_argument("--out", type=Path, default=Path("out/tour"), help=_("截图文件夹"))
    demo.set_defaults(command=_demo)


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = commands.add_parser("import", help=_("导入居民台账"))
    add.add_argument("file", type=Path)
    add.add_argument("--dry-run", action="store_true", help=_("只预览，不写入"))
    add.add_argument("--json", action="store_true", help=_("报告用 JSON 输出"))
    _profile(add)
    add.set_defaults(command=_import)


def _add_exchange(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    enrol = commands.add_parser("enrol", help=_("把这台电脑登记到中心"))
    enrol.add_argument("url")
    enrol.add_argument("--user", required=True)
    enrol.add_argument("--password-file", type=Path, help=_("存有口令的文件；不给则从键盘读取"))
    _profile(enrol)
    enrol.set_defaults(command=_enrol)
    sync = commands.add_parser("sync", help=_("与中心同步一次"))
    _profile(sync)
    sync.set_defaults(command=_sync)
    _add_bundle(commands)


def _add_bundle(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    bundle = commands.add_parser("bundle", help=_("U盘数据包"))
    actions = bundle.add_subparsers(required=True)
    save = actions.add_parser("export", help=_("把待送的记录存到U盘"))
    save.add_argument("--to", type=Path, required=True, help=_("U盘上的文件夹，或者文件名"))
    save.add_argument("--only-new", action="store_true", help=_("只存上次之后新记的"))
    save.set_defaults(command=_save_to_stick)
    read = actions.add_parser("import", help=_("读取中心给的数据包"))
    read.add_argument("file", type=Path, help=_("数据包，或者它们所在的文件夹"))
    read.set_defaults(command=_read_from_stick)
    for each in (save, read):
        each.add_argument("--json", action="store_true", help=_("报告用 JSON 输出"))
        _profile(each)


def _add_server(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    # No argument can begin with NUL: the server's own parser hears every word, `--help` too.
    server = commands.add_parser("server", help=_("中心服务器"), add_help=False, prefix_chars="\0")
    server.add_argument("rest", nargs=argparse.REMAINDER)
    server.set_defaults(command=_server)
    demo_server = commands.add_parser("demo-server", help=_("演示用的中心服务器，由演示自己启动"))
    demo_server.add_argument("--folder", type=Path, required=True)
    demo_server.set_defaults(command=_demo_server)


def _profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", type=Path, default=default_profile(), help=_("资料文件夹"))


def _run(arguments: argparse.Namespace) -> int:
    from gridworker.main import run_desktop  # noqa: PLC0415 - Qt is loaded only by the commands that show a window

    return run_desktop(arguments.profile)


def _demo(arguments: argparse.Namespace) -> int:
    if arguments.tour:
        from gridworker.tour import run_tour  # noqa: PLC0415 - Qt is loaded only to be shown

        return run_tour(arguments.folder, arguments.out)
    from gridworker.demo import run_demo  # noqa: PLC0415 - the server is loaded only for the demo

    return run_demo(arguments.role, arguments.folder)


def _import(arguments: argparse.Namespace) -> int:
    from gridworker.commands import import_register  # noqa: PLC0415 - each command loads what it needs

    return import_register(
        arguments.file, arguments.profile, dry_run=arguments.dry_run, as_json=arguments.json
    )


def _enrol(arguments: argparse.Namespace) -> int:
    from gridworker.commands import enrol_laptop  # noqa: PLC0415 - each command loads what it needs

    return enrol_laptop(arguments.url, arguments.user, arguments.password_file, arguments.profile)


def _sync(arguments: argparse.Namespace) -> int:
    from gridworker.commands import synchronise_once  # noqa: PLC0415 - each command loads what it needs

    return synchronise_once(arguments.profile)


def _save_to_stick(arguments: argparse.Namespace) -> int:
    from gridworker.sticks import save_to_stick  # noqa: PLC0415 - each command loads what it needs

    return save_to_stick(arguments.profile, arguments.to, only_new=arguments.only_new, as_json=arguments.json)


def _read_from_stick(arguments: argparse.Namespace) -> int:
    from gridworker.sticks import read_from_stick  # noqa: PLC0415 - each command loads what it needs

    return read_from_stick(arguments.profile, arguments.file, as_json=arguments.json)


def _server(arguments: argparse.Namespace) -> int:
    from gridworker.centre import main as serve  # noqa: PLC0415 - the desktop does not carry the server

    return serve(arguments.rest)


def _demo_server(arguments: argparse.Namespace) -> int:
    from gridworker.demo import serve_demo  # noqa: PLC0415 - the desktop does not carry the server

    return serve_demo(arguments.folder)
