"""The composition root of the desktop: the only place that constructs one thing out of another."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLibraryInfo,
    QLocale,
    QObject,
    Qt,
    QTimer,
    QTranslator,
)
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from gridworker.actions.cases import CaseDraft
from gridworker.actions.imports.process import ImportJob
from gridworker.actions.matters import count_due
from gridworker.actions.moves import Root
from gridworker.db.care import CHINA
from gridworker.db.database import Database
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.roles import ROLES
from gridworker.i18n import _, problem_text, use_language
from gridworker.profiles import WindowLock, open_profile, start_import
from gridworker.reports import write_report
from gridworker.settings import Settings
from gridworker.ui import (
    buildings,
    cases,
    disputes,
    first_run,
    import_wizard,
    moving,
    preferences,
    quick_visit,
    residents,
    review,
    search,
    sync_centre,
    today,
    visits,
)
from gridworker.ui.background import Background
from gridworker.ui.buildings.view import BuildingsScreen
from gridworker.ui.cases.view import CaseScreen
from gridworker.ui.desk import Desk, Notice
from gridworker.ui.disputes.view import DisputesScreen
from gridworker.ui.first_run.view import FirstRun
from gridworker.ui.import_wizard.view import ImportScreen
from gridworker.ui.messages import Step
from gridworker.ui.moving.view import MovesScreen
from gridworker.ui.preferences.view import Preferences
from gridworker.ui.residents.view import ResidentsScreen
from gridworker.ui.review.view import ReviewScreen
from gridworker.ui.screen import Screen
from gridworker.ui.sync_centre.view import SyncCentre
from gridworker.ui.theme import install_theme, missing_font_notice
from gridworker.ui.today.view import TodayScreen
from gridworker.ui.visits.view import VisitsScreen
from gridworker.ui.window import Window

FIRST_REST_MS, REST_MS = 250, 20
"""When the screens that nobody has wanted yet begin to be built, and the pause between two of them."""
CLOSING_MS = 2_000
"""How long a closed window waits for answers; what is being written is always waited for."""


class Place(NamedTuple):
    """One screen of the window and what builds it."""

    screen: type[Screen]
    build: Callable[[Desk], Screen]
    listed: bool = True


PLACES = (
    Place(TodayScreen, today.build),
    Place(ResidentsScreen, residents.build),
    Place(BuildingsScreen, buildings.build),
    Place(VisitsScreen, visits.build),
    Place(CaseScreen, cases.build),
    Place(ReviewScreen, review.build),
    Place(SyncCentre, sync_centre.build),
    Place(Preferences, preferences.build),
    Place(MovesScreen, moving.build, listed=False),
    Place(ImportScreen, import_wizard.build, listed=False),
    Place(FirstRun, first_run.build, listed=False),
    Place(DisputesScreen, disputes.build, listed=False),
)
"""In the order of the list at the left."""


def run_desktop(profile: Path) -> int:
    """Open the profile's window and work until it is closed; faults of the start are told in a box."""
    app = application()
    settings = Settings(profile)
    dress(app, settings)
    try:
        lock = WindowLock(profile)
        database = open_profile(profile)
    except Problem as problem:
        words = "\n".join(problem_text(problem.code, problem.values))
        QMessageBox(QMessageBox.Icon.Critical, _("网格通行"), words).exec()
        return 1
    desktop = Desktop(database, settings, profile)
    desktop.show()
    status = app.exec()
    desktop.close()
    lock.release()
    return status


def application() -> QApplication:
    """The one application object of this process."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("gridworker")
    app.setDesktopFileName("gridworker")
    return app


def dress(app: QApplication, settings: Settings) -> None:
    """Language, theme and Qt's own words as the settings say."""
    english = settings.language == "en"
    use_language("en" if english else "zh")
    locale = QLocale("en_GB" if english else "zh_CN")
    QLocale.setDefault(locale)
    translator = QTranslator(app)
    if translator.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(translator)
    install_theme(app, mode=settings.theme, density=settings.density, text_scale=settings.text_scale)


class Desktop(QObject):
    """One window on one profile, with everything in it."""

    def __init__(self, database: Database, settings: Settings, profile: Path) -> None:
        super().__init__()
        self.database = database
        self.settings = settings
        self.profile = profile
        self.background = Background(self._report_bug)
        self.desk = Desk(database, settings, self.background, start_import=self._start_import)
        self._answer_wanted = False
        self.window = self._build_window()
        self._wire()
        self.desk.start_schedule()

    def show(self) -> None:
        """Show the window; the screens that nobody has wanted yet are built when it rests."""
        self.window.show()
        QTimer.singleShot(FIRST_REST_MS, self.window, partial(self._build_rest, self.window))

    def close(self) -> None:
        """Close the window, so that what is being typed is kept; finish writing, close the database."""
        self.window.close()
        self.desk.close()
        with contextlib.suppress(TimeoutError):
            self.background.drain(CLOSING_MS)
        self._unwire()
        _silence(self.window)
        self.background.shutdown()
        self.database.close()

    def show_again(self) -> None:
        """Dress anew and build the window again, as after a change of language; in the next turn.

        Not at once: it is a widget of the window that goes who asks for it.
        """
        self._unwire()
        QTimer.singleShot(0, self._show_new)

    def _show_new(self) -> None:
        old, place = self.window, self.window.current_screen()
        name = place.name if place is not None and place.name != "first_run" else None
        farewell = _Farewell(old, self.background)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            dress(app, self.settings)
        self.window = self._build_window()
        self._wire()
        if name is not None:
            self.window.show_screen(name)
        self.window.setGeometry(old.geometry())
        self.show()
        farewell.end()

    def _build_window(self) -> Window:
        window = Window(now=self._local_now)
        for place in self._places():
            window.add_place(place.screen, partial(place.build, self.desk), listed=place.listed)
        self._quick_visit: quick_visit.QuickVisit | None = None
        self._case_report: cases.CaseReport | None = None
        self._mover: moving.Mover | None = None
        window.palette_box.set_provider(search.provider(self.desk))
        window.asked.connect(self._asked_by_window)
        self._describe(window)
        window.screen_shown.connect(partial(_bring_keyboard, window))
        window.show_screen(self._first_screen())
        self._tell_start_notices(window)
        return window

    @property
    def quick_visit(self) -> quick_visit.QuickVisit:
        """The form of a visit, built when it is first wanted."""
        if self._quick_visit is None:
            self._quick_visit = quick_visit.QuickVisit(self.desk, self.window)
        return self._quick_visit

    @property
    def case_report(self) -> cases.CaseReport:
        """The form of a case, built when it is first wanted."""
        if self._case_report is None:
            self._case_report = cases.CaseReport(self.desk, self.window)
        return self._case_report

    @property
    def mover(self) -> moving.Mover:
        """The form that hands over to another grid, built when it is first wanted."""
        if self._mover is None:
            self._mover = moving.Mover(self.desk, self.window)
        return self._mover

    def _places(self) -> tuple[Place, ...]:
        reviews = any(ROLES[grant.role].reviews for grant in self.desk.author.grants if grant.role in ROLES)
        return tuple(place for place in PLACES if reviews or place.screen is not ReviewScreen)

    def _build_rest(self, window: Window) -> None:
        """Build the next screen, in a turn of its own, until all are there; what is being read goes first."""
        if window is self.window and window.isVisible() and (self.background.waiting or window.build_next()):
            QTimer.singleShot(REST_MS, window, partial(self._build_rest, window))

    def _first_screen(self) -> str:
        if not self.desk.author.enrolled:
            return "first_run"
        return "review" if ROLES[self.desk.author.role].reviews else "today"

    def _wire(self) -> None:
        self.desk.touched.connect(self._refresh)
        self.desk.noticed.connect(self._tell)
        self.desk.asked.connect(self._open)
        self.desk.sync_moved.connect(_nothing)
        self.desk.sync_ended.connect(self._end_exchange)
        self.desk.dressed.connect(self.show_again)
        self.desk.scheduled.connect(_nothing)

    def _unwire(self) -> None:
        """Nobody listens any more: neither we nor the screens of a window that goes."""
        desk = self.desk
        for signal in (desk.touched, desk.noticed, desk.asked, desk.sync_moved, desk.sync_ended):
            signal.disconnect()
        desk.dressed.disconnect()
        desk.scheduled.disconnect()

    def _synchronise(self) -> None:
        """By hand: somebody waits for an answer."""
        if not self.desk.author.enrolled:
            self.window.say_problem(Problem("not_enrolled"))
        self._answer_wanted = self.desk.author.enrolled
        self.desk.synchronise()

    def _end_exchange(self, problem: Problem | None) -> None:
        self._describe(self.window)
        if self._answer_wanted and problem is None:
            self.window.say("ok", _("已与中心一致，没有待送的记录"))
        self._answer_wanted = False

    def _refresh(self, touched: Touched) -> None:
        self.window.refresh(touched)
        self._describe(self.window)

    def _describe(self, window: Window) -> None:
        """The place, the user and the four facts of the status line."""
        author, standing = self.desk.author, self.desk.standing()
        titles = dict.fromkeys((author.scope_title, *(grant.title for grant in author.grants)))
        window.set_place(*filter(None, titles))
        role = ROLES.get(author.role)
        window.set_user(author.user_name or _("未登记"), _(role.label) if role else "")
        window.status.set_saved(_local(standing.last_saved_ms))
        window.status.set_waiting(standing.waiting, standing.photos)
        window.status.set_matters(self.desk.look(count_due, self.desk.today))
        window.status.set_agreed(_local(standing.consistent_ms))
        window.status.set_as_of(_local(standing.consistent_ms))

    def _tell(self, notice: Notice) -> None:
        if notice.kind == "ok":
            self.window.say_done(notice.text, undo=notice.action)
        else:
            step = Step(notice.action_text, notice.action) if notice.action else None
            self.window.say(notice.kind, notice.text, step)

    def _tell_start_notices(self, window: Window) -> None:
        missing = missing_font_notice()
        if missing:
            window.say("warn", missing)
        for problem in self.settings.reported:
            window.say_problem(problem)

    def _asked_by_window(self, name: str) -> None:
        if name == "quick_visit":
            self.quick_visit.start(self._chosen_people())
        elif name == "report_case":
            self.case_report.start(CaseDraft())
        elif name == "sync_now":
            self._synchronise()

    def _chosen_people(self) -> tuple[RecordId, ...]:
        """The people chosen on the screen that is shown, where it has some."""
        chosen = getattr(self.window.current_screen(), "chosen_people", None)
        return tuple(chosen()) if callable(chosen) else ()

    def _open(self, name: str, what: object) -> None:
        if name == "visit":
            self.quick_visit.start(what if isinstance(what, tuple) else ())
        elif name == "case":
            self.case_report.start(what if isinstance(what, CaseDraft) else CaseDraft())
        elif name == "move" and isinstance(what, Root):
            self.mover.start(what)
        elif name == "screen":
            self.window.show_screen(str(what))
        else:
            self._open_on_screen(name, what)

    def _open_on_screen(self, name: str, what: object) -> None:
        places = {
            "resident": "residents",
            "building": "buildings",
            "import": "import",
            "visit_record": "visits",
            "case_record": "cases",
            "matter": "disputes",
        }
        screen = self.window.screen_named(places[name])
        self.window.show_screen(screen.name)
        show = getattr(screen, "show_record", None)
        if callable(show) and what is not None:
            show(what)

    def _local_now(self) -> datetime:
        return datetime.fromtimestamp(self.desk.now_ms / 1000, CHINA).replace(tzinfo=None)

    def _start_import(self, file: Path) -> ImportJob:
        return start_import(self.profile, file, self.desk.today)

    def _report_bug(self, error: BaseException) -> Problem:
        return write_report(self.profile / "reports", error, now_ms=self.database.ports.now_ms())


class _Farewell(QObject):
    """A window that goes: it hears nothing more, and is kept until nothing may still bring it an answer.

    What it holds goes at once where nothing is under way: to dress it once more would take seconds.
    """

    def __init__(self, window: Window, background: Background) -> None:
        super().__init__(window)
        self._window, self._background = window, background
        window.installEventFilter(self)
        _silence(window)
        if not background.waiting:
            central = window.takeCentralWidget()
            central.deleteLater()
            QCoreApplication.sendPostedEvents(central, QEvent.Type.DeferredDelete.value)

    def end(self) -> None:
        """Hide it now, and delete it when nothing is under way."""
        self._window.hide()
        self._background.idle.connect(self._look)
        self._look()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - a virtual method of Qt
        """Painting and its end are all that it still lives to see."""
        return event.type() not in (QEvent.Type.Paint, QEvent.Type.DeferredDelete, QEvent.Type.Hide)

    def _look(self) -> None:
        if not self._background.waiting:
            self._window.deleteLater()


def _silence(window: Window) -> None:
    """Nothing in a closed window sets anything going any more, neither its timers nor its end."""
    for part in cast(list[QObject], window.findChildren(QObject)):
        part.blockSignals(True)


def _bring_keyboard(window: Window, name: str) -> None:
    """Put the focus into the screen that is shown, unless it did so itself: its own keys work only there."""
    screen = window.screen_named(name)
    if not screen.isAncestorOf(window.focusWidget() or window):
        first = next(_tab_stops(screen), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)


def _tab_stops(screen: Screen) -> Iterator[QWidget]:
    widget = screen.nextInFocusChain()
    while widget is not None and widget is not screen:
        tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if tabbed and screen.isAncestorOf(widget) and widget.isEnabled() and widget.isVisibleTo(screen):
            yield widget
        widget = widget.nextInFocusChain()


def _nothing(*_told: object) -> None:
    """So that every signal of the desk has a listener to let go of."""


def _local(at_ms: int | None) -> datetime | None:
    return datetime.fromtimestamp(at_ms / 1000, CHINA).replace(tzinfo=None) if at_ms is not None else None
