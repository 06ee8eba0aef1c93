"""How the exchange stands, as one sentence, what to do next, and the button that does it."""

from typing import NamedTuple

from gridworker.domain.problems import Problem
from gridworker.i18n import N_, _, problem_text
from gridworker.sync.exchange import Progress
from gridworker.ui.sync_centre.lines import Overview
from gridworker.ui.visits.words import moment_of

PHASES = {
    "hello": N_("正在与中心联系"),
    "push": N_("正在送出本机的记录"),
    "pull": N_("正在取回中心的更新"),
    "audit": N_("正在与中心逐条核对"),
    "photos": N_("正在送取照片"),
    "done": N_("正在整理"),
}
STEPS = {
    "token_refused": ("first_run", N_("重新登记")),
    "login_refused": ("first_run", N_("重新登记")),
    "not_enrolled": ("first_run", N_("登记到中心")),
    "server_url_bad": ("settings", N_("更改中心地址")),
    "server_rubbish": ("settings", N_("更改中心地址")),
    "other_server": ("settings", N_("更改中心地址")),
}
"""The screen that mends a problem of the exchange; for the others one asks again later."""


class Situation(NamedTuple):
    """A lamp with its sentence, what to do next, and a button: its words and its screen."""

    lamp: str
    sentence: str
    advice: str = ""
    button: str = ""
    screen: str = ""


def situation(overview: Overview, problem: Problem | None, *, enrolled: bool, now_ms: int) -> Situation:
    """What to say now; without a problem of this session the last line of the log speaks."""
    if not enrolled:
        words = _("这台电脑还没有登记到中心")
        advice = _("记录都存在本机。登记之后会一起送到中心，一条也不少。")
        return Situation("none", words, advice, _("登记到中心"), "first_run")
    code, values = (problem.code, problem.values) if problem else (_last_outcome(overview), {})
    if code == "sync_stopped":
        sentence, advice = problem_text(code, values)
        return Situation("none", sentence, advice)
    if code not in ("", "ok"):
        sentence, advice = problem_text(code, {"url": overview.server_url, **values})
        screen, button = STEPS.get(code, ("", ""))
        return Situation("stop", sentence, advice, _(button), screen)
    return _agreed(overview, now_ms)


def with_next_try(said: Situation, next_ms: int | None, now_ms: int) -> Situation:
    """Where something is wrong, also when the next exchange begins by itself."""
    if next_ms is None or said.lamp != "stop":
        return said
    words = _("下次自动同步：{moment}").format(moment=moment_of(next_ms, now_ms))
    return said._replace(advice=f"{said.advice} {words}".strip())


def progress_words(progress: Progress, waiting: int) -> tuple[str, int, int]:
    """What an exchange does now, how far it is, and of how much (0: nobody knows)."""
    words = _(PHASES.get(progress.phase, PHASES["hello"]))
    if progress.phase == "push" and waiting:
        done = _("{words}：{done} / {total} 条").format(words=words, done=progress.pushed, total=waiting)
        return done, progress.pushed, waiting
    if progress.phase == "pull":
        return _("{words}：已收 {count} 条").format(words=words, count=f"{progress.pulled:,}"), 0, 0
    return words, 0, 0


def _last_outcome(overview: Overview) -> str:
    return overview.log[0].outcome if overview.log else ""


def _agreed(overview: Overview, now_ms: int) -> Situation:
    at_ms, waiting = overview.standing.consistent_ms, overview.standing.waiting
    centre = _("中心：{name} {url}").format(name=overview.server_name, url=overview.server_url).strip()
    if not at_ms:
        return Situation("wait", _("已登记，还没有同步过"), centre)
    agreed = _("上次与中心一致：{moment}").format(moment=moment_of(at_ms, now_ms))
    if waiting:
        return Situation("wait", _("{agreed}，之后记的还没有送").format(agreed=agreed), centre)
    return Situation("sent", agreed, centre)
