"""USB sticks at the office: `gridworker server bundle import` takes bundles in and writes the answers."""

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from gridworker.i18n import N_, _, problem_text
from gridworker.server.bundle_intake import TAKEN
from gridworker.server.bundles import Outcome, import_sticks
from gridworker.server.local import LocalServer

RESULTS = {
    "applied": N_("已收下"),
    "noop": N_("已有"),
    "conflict": N_("待核对"),
    "held": N_("暂存"),
}
"""What became of operations, as they are counted."""
PHOTOS = {"stored": N_("已收下"), "partly": N_("等其余部分"), "quota": N_("超过一天的量")}
"""What became of photos; other codes are told as they are."""
EXIT_PROBLEM = 2


def add_bundle(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    database: Callable[[argparse.ArgumentParser], None],
    opened: Callable[[str], LocalServer],
) -> None:
    """Add `bundle import FILE…` to the commands of a server."""
    bundle = commands.add_parser("bundle", help=_("U盘数据包"))
    actions = bundle.add_subparsers(required=True)
    taking = actions.add_parser("import", help=_("读取U盘上的数据包，把回执写在旁边"))
    database(taking)
    taking.add_argument(
        "places", nargs="+", type=Path, metavar="FILE", help=_("数据包，或者它们所在的文件夹")
    )
    taking.add_argument("--receipts", type=Path, help=_("回执所在的文件夹；不给则写在数据包旁边"))
    taking.add_argument("--json", action="store_true", help=_("报告用 JSON 输出"))
    taking.set_defaults(command=lambda arguments: _import(arguments, opened))


def _import(arguments: argparse.Namespace, opened: Callable[[str], LocalServer]) -> int:
    server = opened(arguments.database)
    with closing(server.store):
        outcomes = import_sticks(server, arguments.places, arguments.receipts)
    if arguments.json:
        print(msgspec.json.encode(outcomes).decode())
    else:
        print("\n".join(map(words_of, outcomes)) or _("没有找到数据包"))
    well = outcomes and all(one.code == TAKEN and not one.answer_problem for one in outcomes)
    return 0 if well else EXIT_PROBLEM


def words_of(outcome: Outcome) -> str:
    """One file in one or two sentences."""
    if not outcome.device:
        return f"{outcome.file}: {''.join(problem_text(outcome.code, outcome.values))}"
    return "".join(_parts(outcome))


def _parts(outcome: Outcome) -> list[str]:
    counted = "、".join(f"{_(RESULTS.get(code, code))} {n}" for code, n in sorted(outcome.results.items()))
    said = _("{file}：{user}，第 {first}–{last} 条。").format(
        file=outcome.file, user=outcome.user, first=outcome.seq_from, last=outcome.seq_to
    )
    parts = [said, f"{counted}。" if counted else ""]
    if outcome.photos:
        photos = "、".join(f"{_(PHOTOS.get(code, code))} {n}" for code, n in sorted(outcome.photos.items()))
        parts.append(_("照片：{counted}。").format(counted=photos))
    if outcome.code != TAKEN:
        parts.append(_("没有全部收下（{code}），回执会告诉那台电脑。").format(code=outcome.code))
    if outcome.shut_out:
        parts.append(_("这台电脑或账号已停用：记录收下待核对，不给回执。"))
    if outcome.answer:
        parts.append(_("回执：{file}").format(file=outcome.answer))
    if outcome.answer_problem:
        parts += problem_text(outcome.answer_problem, {"file": outcome.file, "why": ""})
    return parts
