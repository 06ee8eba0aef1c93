"""The day of the tour, step by step: what a worker and a leader do by keys, and what must be seen then."""

from collections.abc import Callable

import msgspec

from gridworker.demo import DEMO_REGISTER, DEMO_USERS, prepare, record_past
from gridworker.domain.cases import Case
from gridworker.domain.records import Record, RecordId, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import N_
from gridworker.profiles import DATABASE
from gridworker.tour.stage import Stage, Station
from gridworker.ui.import_wizard.view import ImportScreen


class Step(msgspec.Struct, frozen=True):
    """One step: its words (Chinese, marked) and what is done and seen."""

    text: str
    run: Callable[[Stage], None]


CASE_TITLE = "3栋1单元楼道停放电动车"
CASE_WORDS = "一楼楼梯口停着两辆电动车，正在充电。"
ANSWER = "已复测血压 138/86，家属周三陪同复查。"


def enrol(stage: Stage) -> None:
    """The first start: address, name, password, and the first fill."""
    worker, user = stage.turn_to("worker"), DEMO_USERS["worker"]
    stage.see("the page of the first start", lambda: worker.screen() == "first_run")
    for text, key in ((stage.cable.url, "Tab"), (user.login, "Tab"), (user.password, "")):
        stage.hands.type(text)
        stage.hands.press(*filter(None, [key]))
    stage.take_picture("first-start")
    stage.hands.press("Return")
    stage.see("today's page", lambda: worker.screen() == "today")
    worker.sit_down()
    stage.settle()
    stage.take_picture("today-empty")


def import_register(stage: Stage) -> None:
    """The register from its file to the preview and into the database."""
    worker = stage.turn_to("worker")
    stage.hands.press("Ctrl+K")
    stage.hands.type("daoru")
    stage.hands.press("Return")
    stage.see("the page of imports", lambda: worker.screen() == "import")
    stage.take_picture("import-start")
    stage.answer_file_dialog(DEMO_REGISTER)
    stage.hands.press("Ctrl+O")
    screen = worker.window.screen_named("import")
    assert isinstance(screen, ImportScreen)
    stage.see("a preview of the import", lambda: screen.ready)
    rows = screen.preview.table.model()
    stage.see("the doubtful rows", lambda: bool(rows.index(0, 2).data()))
    stage.take_picture("import-preview")
    worker.sit_down()
    stage.hands.press("Ctrl+Return")
    stage.see("the end of the import", lambda: not (screen.ready or screen.busy))
    stage.see("the people of the register", lambda: worker.count(Resident) > 600)
    stage.take_picture("import-done")


def begin_day(stage: Stage) -> None:
    """Today's list, with the past weeks behind it."""
    worker = stage.turn_to("worker")
    desk = worker.desktop.desk
    if not worker.count(Visit):
        worker.desktop.database.write(record_past, desk.today)
        desk.background.announce(Touched(everything=True))
    stage.hands.press("Ctrl+1")
    _go_up(stage, worker)
    stage.take_picture("today")


def search(stage: Stage) -> None:
    """People by initials and by the tail of a phone number, rooms by their place."""
    worker = stage.turn_to("worker")
    for typed, name in (("zxg", "initials"), ("3107", "phone"), ("3-1-101", "address")):
        stage.hands.press("Ctrl+K")
        stage.hands.type(typed)
        stage.see(f"somebody for {typed}", lambda: "张信广" in _found(worker))
        stage.take_picture(f"search-{name}")
        stage.hands.press("Escape", "Escape")


def find_resident(stage: Stage) -> None:
    """The list of residents and the card of one."""
    worker = stage.turn_to("worker")
    stage.hands.press("Ctrl+2")
    stage.settle()
    stage.take_picture("residents")
    stage.hands.type("zxg")
    stage.see("the one who was sought", lambda: _chosen(worker) == ("张信广",))
    stage.settle()
    stage.take_picture("resident-card")


def visit_chosen(stage: Stage) -> None:
    """A visit to the person of the card, with the promise that is kept by it."""
    worker = stage.turn_to("worker")
    before = worker.count(Visit)
    stage.hands.press("F2")
    stage.settle()
    stage.hands.press("1", "1", "2")
    stage.take_picture("quick-visit")
    stage.hands.press("Return")
    stage.see("the visit in the database", lambda: worker.count(Visit) == before + 1)
    stage.settle()
    stage.take_picture("visit-saved")


def visit_anybody(stage: Stage) -> None:
    """A whole visit from anywhere, and what one key takes back."""
    worker = stage.turn_to("worker")
    before = worker.count(Visit)
    stage.hands.press("Ctrl+1")
    _visit(stage, "wj", before)
    stage.hands.press("Ctrl+Z")
    stage.see("the visit taken back", lambda: worker.count(Visit) == before)
    stage.settle()
    stage.take_picture("visit-undone")
    _visit(stage, "dw", before)


def report_case(stage: Stage) -> None:
    """A case from anywhere: what, which kind by a word, where."""
    worker = stage.turn_to("worker")
    before = worker.count(Case)
    stage.hands.press("Ctrl+5")
    stage.settle()
    stage.hands.press("F3")
    stage.hands.compose(CASE_TITLE)
    stage.hands.press("Tab")
    stage.hands.compose("电动车")
    stage.take_picture("report-case-category")
    stage.hands.press("Return")
    stage.hands.type("3-1")
    stage.hands.press("Tab")
    stage.hands.compose(CASE_WORDS)
    stage.take_picture("report-case")
    stage.hands.press("Ctrl+Return")
    stage.see("the case in the database", lambda: worker.count(Case) == before + 1)
    stage.settle()
    stage.take_picture("cases")


def walk_buildings(stage: Stage) -> None:
    """The matrix of a building, and a flat by its number."""
    worker = stage.turn_to("worker")
    stage.hands.press("Ctrl+3")
    stage.settle()
    stage.hands.press("Ctrl+PgDown", "Ctrl+PgDown")
    stage.settle()
    stage.hands.type("1-101")
    stage.settle()
    stage.see("the people of the flat", lambda: "张信广" in _chosen(worker))
    stage.take_picture("building")
    stage.hands.press("F6")
    stage.settle()
    stage.take_picture("building-needs")


def read_visits(stage: Stage) -> None:
    """The list of visits."""
    stage.turn_to("worker")
    stage.hands.press("Ctrl+4")
    stage.settle()
    stage.take_picture("visits")


def read_keys(stage: Stage) -> None:
    """The sheet of keys, and the settings."""
    worker = stage.turn_to("worker")
    stage.hands.press("F1")
    stage.take_picture("keys")
    stage.hands.press("Escape", "Ctrl+7")
    stage.see("the settings", lambda: worker.screen() == "settings")
    stage.settle()
    stage.take_picture("settings")


def pull_cable(stage: Stage) -> None:
    """The network is gone: an honest sentence, and the work goes on."""
    worker = stage.turn_to("worker")
    stage.cable.pull()
    stage.hands.press("F5")
    stage.settle()
    stage.see("a sentence about the line", lambda: stage.cable.url in worker.said())
    stage.take_picture("offline")
    waiting = worker.standing().waiting
    _visit(stage, "qjs", worker.count(Visit))
    stage.see("one more that waits", lambda: worker.standing().waiting == waiting + 1)
    stage.hands.press("Ctrl+6")
    stage.settle()
    stage.take_picture("sync-offline")


def plug_in(stage: Stage) -> None:
    """The network is back: everything reaches the centre."""
    worker = stage.turn_to("worker")
    stage.cable.plug_in()
    stage.hands.press("F5")
    stage.see("nothing that waits", lambda: worker.standing().waiting == 0)
    stage.settle()
    stage.take_picture("sync-done")


def review(stage: Stage) -> None:
    """The leader returns a visit with a remark, accepts another and a case, and syncs."""
    if not (stage.home / "leader" / DATABASE).exists():
        prepare(stage.home / "leader", "leader", stage.cable.url)
    leader = stage.turn_to("leader")
    stage.hands.press("F5")
    stage.settle()
    stage.see("the leader's queues", lambda: leader.screen() == "review")
    stage.hands.press("End")
    stage.settle()
    stage.take_picture("review")
    returned, accepted = _states(leader, Visit, "returned"), _states(leader, Visit, "accepted")
    stage.hands.press("2", "1")
    stage.take_picture("review-return")
    stage.hands.press("Return")
    stage.see("a returned visit", lambda: _states(leader, Visit, "returned") == returned + 1)
    stage.settle()
    stage.hands.press("1")
    stage.see("an accepted visit", lambda: _states(leader, Visit, "accepted") == accepted + 1)
    stage.settle()


def review_case(stage: Stage) -> None:
    """The leader accepts the case and syncs."""
    leader = stage.turn_to("leader")
    accepted = _states(leader, Case, "accepted")
    stage.hands.press("Backtab", "Down", "Right")
    stage.settle()
    stage.hands.press("End")
    stage.settle()
    stage.take_picture("review-case")
    stage.hands.press("1")
    stage.see("an accepted case", lambda: _states(leader, Case, "accepted") == accepted + 1)
    stage.hands.press("F5")
    stage.see("nothing that waits", lambda: leader.standing().waiting == 0)
    stage.settle()
    stage.take_picture("review-done")


def answer(stage: Stage) -> None:
    """The worker syncs, sees the remark on Today, answers it and syncs."""
    worker = stage.turn_to("worker")
    stage.hands.press("F5")
    stage.see("the visit that came back", lambda: _states(worker, Visit, "returned") > 0)
    stage.settle()
    stage.hands.press("Ctrl+1")
    _go_up(stage, worker)
    stage.take_picture("today-returned")
    before = worker.count(Visit)
    stage.hands.press("Return")
    stage.see("the visit that came back, in full", lambda: worker.screen() == "visits")
    stage.settle()
    stage.hands.compose(ANSWER)
    stage.take_picture("answer")
    stage.hands.press("Ctrl+Return")
    stage.see("the answer in the database", lambda: worker.count(Visit) == before + 1)
    stage.hands.press("F5")
    stage.see("nothing that waits", lambda: worker.standing().waiting == 0)
    stage.settle()


STEPS: tuple[Step, ...] = (
    Step(N_("第一次打开：登记这台电脑"), enrol),
    Step(N_("导入居民台账"), import_register),
    Step(N_("开始一天：今日"), begin_day),
    Step(N_("查找：首字母、电话尾号、房号"), search),
    Step(N_("居民列表和居民卡"), find_resident),
    Step(N_("给选中的居民记走访"), visit_chosen),
    Step(N_("随处记走访，并撤销一次"), visit_anybody),
    Step(N_("报事件"), report_case),
    Step(N_("楼栋图"), walk_buildings),
    Step(N_("走访列表"), read_visits),
    Step(N_("按键表和设置"), read_keys),
    Step(N_("拔掉网线：继续工作"), pull_cable),
    Step(N_("插上网线：同步"), plug_in),
    Step(N_("网格长：退回一条走访，通过一条"), review),
    Step(N_("网格长：受理事件并同步"), review_case),
    Step(N_("网格员：看到意见，补充，再同步"), answer),
)


def _visit(stage: Stage, typed: str, before: int) -> None:
    """A whole visit by its keys: whom, at home, met, all well."""
    worker = stage.station("worker")
    stage.hands.press("F2")
    stage.hands.type(typed)
    stage.settle()
    stage.hands.press("Return", "1", "1", "1", "Return")
    stage.see("the visit in the database", lambda: worker.count(Visit) == before + 1)
    stage.settle()


def _go_up(stage: Stage, station: Station) -> None:
    """Arrow up until the list does not move any more."""
    stage.settle()
    before: object = None
    while (now := station.current_row()) != before:
        before = now
        stage.hands.press("Up")
    stage.settle()


def _found(station: Station) -> str:
    """What the search box lists."""
    return " ".join(item.text for item in station.window.palette_box.items())


def _chosen(station: Station) -> tuple[str, ...]:
    """The names of the people chosen on the screen."""
    chosen = getattr(station.window.current_screen(), "chosen_people", tuple)
    ids: tuple[RecordId, ...] = tuple(chosen())
    return tuple(found.record.name for found in station.look(lambda reader: reader.get_many(Resident, ids)))


def _states(station: Station, kind: type[Record], state: str) -> int:
    """How many records of a kind are in a state."""
    return station.look(lambda reader: reader.count(kind, "state=?", (state,)))
