"""The quick visit's mind: finds people, keeps drafts, saves visits, takes them back."""

from collections.abc import Callable
from functools import partial

import msgspec
from PySide6.QtCore import QTimer

from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.quick_visit.context_card import family_words, promise_words
from gridworker.ui.quick_visit.draft import (
    FieldFault,
    QuickDraft,
    save_visit,
    take_back,
    visit_of,
    visits_among,
)
from gridworker.ui.quick_visit.keeper import DraftKeeper
from gridworker.ui.quick_visit.people import Candidate, Context, candidates, context_of
from gridworker.ui.quick_visit.sheet import QuickSheet
from gridworker.ui.visits.words import (
    age_words,
    china_time,
    day_of_month,
    listed,
    moment_of,
    place_words,
    problem_words,
)

PREVIEW_MS = 80
"""A candidate is shown at the right when no key came for so long: a fast typist never waits for it."""


class QuickVisitPresenter:
    """State and decisions of the quick visit; `leave` is called when its sheet should go."""

    def __init__(self, desk: Desk, view: QuickSheet, leave: Callable[[], object]) -> None:
        """Listens to the view; call `start`."""
        self._desk, self._view, self._leave = desk, view, leave
        self._ids: tuple[RecordId, ...] = ()
        self._others: tuple[RecordId, ...] = ()
        self._context: Context | None = None
        self._previewed: RecordId | None = None
        self._on_card: Context | None = None
        self._outcome_chosen = self._saving = self._restored = False
        self._keeper = DraftKeeper(desk, view, self.keep)
        self._preview_wait = QTimer(view, singleShot=True, interval=PREVIEW_MS)
        self._preview_wait.timeout.connect(self._read_preview)
        self._connect()

    @property
    def draft(self) -> QuickDraft:
        """Everything that is entered now."""
        return msgspec.structs.replace(self._view.form.values(), resident_ids=self._ids)

    def start(self, resident_ids: tuple[RecordId, ...]) -> None:
        """Begin with these people or with nobody; a kept draft about them comes back."""
        kept = self._keeper.find(resident_ids)
        if kept is None:
            self._begin(QuickDraft(resident_ids=resident_ids))
            return
        people = tuple(dict.fromkeys((*kept.draft.resident_ids, *resident_ids)))
        self._begin(msgspec.structs.replace(kept.draft, resident_ids=people))
        self._keeper.begin(kept.draft)
        self._outcome_chosen = self._restored = True
        moment = moment_of(kept.saved_ms, self._desk.now_ms)
        self._view.show_notice(_("已恢复 {moment} 没有存完的走访").format(moment=moment))

    def keep(self) -> None:
        """Put the draft on the disk, if there is anything new in it."""
        if not self._saving:
            self._keeper.keep(self.draft, self._not_kept)

    def leave(self) -> None:
        """Keep what is entered and go."""
        draft = self.draft
        self.keep()
        if draft.worth_keeping:
            who = self._view_words()
            self._desk.tell(
                "info", _("走访草稿已留下 {who}").format(who=who).strip(), _("继续填"), self._reopen
            )
        else:
            self._keeper.forget()
        self._leave()

    # ------------------------------------------------------------------------------------------- people

    def _type(self, typed: str) -> None:
        if not typed:
            self._view.candidates.close_list()
            self._preview(None)
            return
        self._view.show_fault("")
        self._view.show_candidates(self._desk.look(candidates, typed), self._desk.today)

    def _preview(self, candidate: Candidate | None) -> None:
        self._previewed = candidate.person.id if candidate else None
        if candidate is None:
            self._preview_wait.stop()
            self._show_context(self._context)
        else:
            self._preview_wait.start()

    def _read_preview(self) -> None:
        if self._previewed is not None:
            query = partial(context_of, resident_id=self._previewed, now_ms=self._desk.now_ms)
            self._desk.fetch("quick_visit_context", query, self._previewed_read)

    def _previewed_read(self, context: Context | None) -> None:
        if context is not None and context.person.id == self._previewed:
            self._show_context(context)

    def _take(self, chosen: tuple[Candidate, ...]) -> None:
        self._previewed = None
        ids = tuple(candidate.person.id for candidate in chosen)
        if self._restored:
            # Nothing was changed since the draft came back: it stays as it is, this is another visit.
            self._begin(QuickDraft(resident_ids=ids))
            return
        self._view.close_candidates()
        self._choose(ids)
        self._view.form.method.setFocus()
        self._edited()

    def _choose(self, ids: tuple[RecordId, ...]) -> None:
        """Make these the people of the visit; family and promises follow the first of them."""
        look = self._desk.look
        self._context = look(context_of, ids[0], now_ms=self._desk.now_ms) if ids else None
        family = {p.id for p in self._context.family} if self._context else set()
        self._ids = ids if self._context else ()
        self._others = tuple(id for id in self._ids if id not in family)
        self._show_people()
        self._show_family()
        self._show_context(self._context)
        self._show_next()
        self._view.place()

    def _tick_family(self, ticked: tuple[RecordId, ...]) -> None:
        self._ids = (*self._others, *ticked)
        self._show_people()
        self._edited()

    def _show_people(self) -> None:
        people = self._desk.look(lambda reader: reader.get_many(Resident, self._ids))
        first = self._context.person.record if self._context else None
        age = f"{age_words(first, self._desk.today)} · " if first and len(people) == 1 else ""
        detail = f"{age}{place_words(first)}" if first else ""
        self._view.form.show_people(listed(person.record.name for person in people), detail)

    def _show_family(self) -> None:
        context = self._context
        members = (
            list(zip((p.id for p in context.family), family_words(context), strict=True)) if context else []
        )
        self._view.form.show_family(members, self._ids)
        words = (
            listed(promise_words(p, self._desk.today) for p in context.promises if p.words) if context else ""
        )
        self._view.form.show_promises(words, kept=False)

    def _show_context(self, context: Context | None) -> None:
        if context is self._on_card and context is not None:
            return
        self._on_card = context
        self._view.show_context(context, self._desk.today, mask=self._desk.settings.mask_by_default)

    def _show_next(self) -> None:
        outcome = self._view.form.outcome.value()
        day = self._context.next_day(self._desk.today, outcome) if self._context else None
        words = (
            _("自动 {day}").format(day=day_of_month(day, self._desk.today))
            if day
            else _("周三、11.30、3天后")
        )
        self._view.form.show_next(words)

    # ------------------------------------------------------------------------------------------- fields

    def _choose_method(self, method: str) -> None:
        form = self._view.form
        if not self._outcome_chosen:
            form.outcome.set_value("phone_ok" if method == "phone" else "met")
        self._show_next()
        self._edited()

    def _choose_outcome(self, _outcome: str) -> None:
        self._outcome_chosen = True
        self._view.form.follow_outcome()
        self._show_next()
        self._edited()

    def _edited(self) -> None:
        self._restored = False
        if self._view.fault():
            self._view.show_fault("")
        self._keeper.wait()

    # --------------------------------------------------------------------------------------- the record

    def _save(self, going_on: bool) -> None:
        if self._saving:
            return
        draft = self.draft
        if self._view.form.who.query():
            self._view.show_fault(_("找人的字还没有选中：按回车选中一位，或者清空。"), "who")
            return
        try:
            visit = visit_of(draft, china_time(self._desk.now_ms), visit_type=self._visit_type())
        except FieldFault as fault:
            self._view.show_fault(fault.sentence, fault.field)
            return
        self._keeper.stop()
        record = partial(save_visit, visit=visit, slots=(self._keeper.slot, draft.slot))
        who = self._view_words()
        saved = partial(self._saved, draft=draft, who=who, going_on=going_on)
        if going_on:
            # The next name may be typed while this visit is still being written.
            self._begin(QuickDraft())
        else:
            self._saving = True
            self._view.set_saving(True)
        self._desk.write(record, then=saved, failed=partial(self._not_saved, draft))

    def _visit_type(self) -> str:
        return "care" if self._context and self._context.care else "routine"

    def _saved(self, touched: Touched, *, draft: QuickDraft, who: str, going_on: bool) -> None:
        self._keeper.became_visit(draft)
        undo = partial(self._withdraw, self._desk.look(visits_among, touched), draft, who)
        words = (
            _("已存本机：走访 {who}，隐患已记为事件") if draft.hazard.strip() else _("已存本机：走访 {who}")
        )
        self._desk.tell("ok", words.format(who=who), _("撤销"), undo)
        if not going_on:
            self._saving = False
            self._view.set_saving(False)
            self._begin(QuickDraft())
            self._leave()

    def _not_saved(self, draft: QuickDraft, problem: Problem) -> None:
        self._saving = False
        self._view.set_saving(False)
        sentence = _("没有保存，填的内容都在。{why}").format(why=problem_words(problem))
        if self._view.isVisible() and self.draft in (draft, QuickDraft()):
            self._refill(draft, sentence)
        else:
            self._keeper.remember(draft)
            self._desk.tell("error", sentence, _("重填"), partial(self._resume, draft.resident_ids))

    def _refill(self, draft: QuickDraft, sentence: str) -> None:
        """Show a visit again that could not be saved, with the reason."""
        if self.draft != draft:
            self._begin(draft)
            self._outcome_chosen = True
        self._view.show_fault(sentence)
        self._keeper.wait()

    def _not_kept(self, problem: Problem) -> None:
        self._view.show_fault(_("草稿没有存下，请先不要关闭。{why}").format(why=problem_words(problem)))

    def _withdraw(self, visit_ids: list[RecordId], draft: QuickDraft, who: str) -> None:
        self._desk.write(
            partial(take_back, visit_ids=visit_ids, draft=draft),
            then=lambda _touched: self._desk.tell(
                "info",
                _("已撤销：走访 {who}").format(who=who),
                _("重填"),
                partial(self._resume, draft.resident_ids),
            ),
        )

    # -------------------------------------------------------------------------------------------- states

    def _begin(self, draft: QuickDraft) -> None:
        """Show a draft as it is, without notice or fault."""
        self._keeper.begin()
        self._outcome_chosen = self._restored = False
        self._view.show_notice("")
        self._view.show_fault("")
        self._view.close_candidates()
        self._view.form.fill(draft)
        self._view.form.show_now(
            _("现在 {moment}").format(moment=moment_of(self._desk.now_ms, self._desk.now_ms))
        )
        self._choose(draft.resident_ids)
        if draft.kept:
            self._view.form.fill(draft)
        (self._view.form.method if self._ids else self._view.form.who).setFocus()

    def _discard(self) -> None:
        self._keeper.forget()
        self._begin(QuickDraft())

    def _start_afresh(self) -> None:
        self.keep()
        self._begin(QuickDraft())

    def _reopen(self) -> None:
        self._desk.asked.emit("visit", ())

    def _resume(self, resident_ids: tuple[RecordId, ...]) -> None:
        self._desk.asked.emit("visit", resident_ids)

    def _view_words(self) -> str:
        people = self._desk.look(lambda reader: reader.get_many(Resident, self._ids))
        return listed(person.record.name for person in people)

    def _connect(self) -> None:
        view = self._view
        view.typed.connect(self._type)
        view.taken.connect(self._take)
        view.previewed.connect(self._preview)
        view.save_asked.connect(self._save)
        view.left.connect(self.leave)
        view.discarded.connect(self._discard)
        view.fresh_asked.connect(self._start_afresh)
        view.form.edited.connect(self._edited)
        view.form.family_ticked.connect(self._tick_family)
        view.form.method_chosen.connect(self._choose_method)
        view.form.outcome_chosen.connect(self._choose_outcome)
