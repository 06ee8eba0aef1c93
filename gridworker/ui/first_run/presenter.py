"""The mind of the first start: enrols, fills, and hands over to a window with everything in it."""

from gridworker.db.enrolment import SERVER_URL
from gridworker.domain.problems import Problem
from gridworker.i18n import _
from gridworker.settings import Settings
from gridworker.sync.exchange import Progress
from gridworker.ui.desk import Desk
from gridworker.ui.first_run.view import FirstRun, Login
from gridworker.ui.visits.words import problem_words


class FirstRunPresenter:
    """State is how far it is: asking, filling, or ready to be asked."""

    def __init__(self, desk: Desk, view: FirstRun) -> None:
        """Listens to the view and to the exchange."""
        self._desk, self._view = desk, view
        self._filling = False
        view.enrol_asked.connect(self._enrol)
        view.fill_asked.connect(self._fill)
        view.later_asked.connect(lambda: desk.asked.emit("import", None))
        view.stop_asked.connect(desk.stop_synchronising)
        view.shown.connect(self._fill_in)
        desk.sync_moved.connect(self._moved)
        desk.sync_ended.connect(self._filled)

    def _fill_in(self) -> None:
        """Write down what is known; an enrolled laptop says whose it is."""
        author, view = self._desk.author, self._view
        url = self._desk.look(lambda reader: reader.meta(SERVER_URL)) or self._desk.settings.server_url
        for field, value in ((view.address, url), (view.user, author.user)):
            if not field.text():
                field.edit.setText(value)
        words = _("这台电脑登记给 {name}。登记失效时，用原来的账号再登记一次，资料都在。")
        view.notice.say(words.format(name=author.user_name) if author.enrolled else "")

    def _enrol(self, login: Login) -> None:
        if not Settings.server_url.allowed.accepts(login.url):
            self._refused(Problem("server_url_bad", url=login.url))
            return
        self._view.show_progress(_("正在与中心联系"))
        self._desk.enrol(login.url, login.user, login.password, then=self._fill, failed=self._refused)

    def _fill(self) -> None:
        self._view.password.edit.clear()
        self._filling = True
        self._view.show_progress(_("已登记，正在装入网格资料"))
        self._desk.synchronise()

    def _refused(self, problem: Problem) -> None:
        self._view.show_fault(problem_words(problem), go_on=False)
        at_fault = self._view.password if problem.code == "login_refused" else self._view.address
        at_fault.edit.setFocus()
        at_fault.edit.selectAll()

    def _moved(self, progress: Progress) -> None:
        if self._filling:
            words = _("正在装入网格资料：已收 {count} 条")
            self._view.show_progress(words.format(count=f"{progress.pulled:,}"))

    def _filled(self, problem: Problem | None) -> None:
        if not self._filling:
            return
        self._filling = False
        if problem is None:
            self._view.show_ready(go_on=False)
            self._desk.dressed.emit()
        else:
            self._view.show_fault(problem_words(problem), go_on=True)
