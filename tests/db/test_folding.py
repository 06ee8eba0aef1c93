"""The invariant of every record: what people see is what the centre said with all that waits on top."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gridworker.db.checkpoint import install_checkpoint
from gridworker.db.enrolment import store_enrolment
from gridworker.db.fold import fold
from gridworker.db.outbox import start_replica
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.wire.envelope import Operation, decode_operation
from gridworker.wire.messages import Entry, Result
from tests.db.laptop import (
    PaperCentre,
    ack_of,
    assert_chained,
    assert_consistent,
    enrolment,
    gone,
    look,
    open_database,
    put,
)

Document = dict[str, Any]
TEXTS = st.sampled_from(["", "一", "二", "三"])
FIELDS = st.dictionaries(st.sampled_from(["text", "address", "result"]), TEXTS, min_size=1)
FEW = 3
"""So few records that work of both sides meets on them."""
STATES = st.sampled_from(["self_solved", "cancelled", "reported"])


class Laptop(RuleBasedStateMachine):
    """A worker's laptop and a centre that answers as it likes: `truth` is its own, `said` what it told."""

    cases = Bundle("cases")

    def __init__(self, empty_file: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = open_database(Path(shutil.copy(empty_file, self.folder)))
        self.database.write(store_enrolment, enrolment("grid_worker"), "url")
        self.centre = PaperCentre(self.database)
        self.truth: dict[str, Document] = {}
        self.said: dict[str, Document] = {}
        self.mine: dict[str, list[Operation]] = {}
        self.news: list[Entry] = []
        self.rev = 0
        self.replicas = 0
        self.made = 0

    def teardown(self) -> None:
        """Remove everything again."""
        self.database.close()
        shutil.rmtree(self.folder)

    # ----------------------------------------------------------------------------------- what the worker does

    @precondition(lambda self: self.made < FEW)
    @rule(target=cases, title=TEXTS, text=TEXTS)
    def create(self, title: str, text: str) -> RecordId:
        """A new case."""
        self.made += 1
        case = Case(title=title, category="C", found_ms=1, text=text)
        return self.database.write(lambda tx: tx.create(case))

    @rule(id=cases, fields=FIELDS)
    def change(self, id: RecordId, fields: dict[str, str]) -> None:
        """Another text here or there."""
        self._try(lambda tx: tx.change(Case, id, **fields))

    @rule(id=cases, target_state=STATES, result=TEXTS)
    def move(self, id: RecordId, target_state: str, result: str) -> None:
        """A step of the state machine, if it is legal."""
        self._try(lambda tx: tx.move(Case, id, target_state, result=result))

    @rule(id=cases)
    def delete(self, id: RecordId) -> None:
        """Withdraw it."""
        self._try(lambda tx: tx.delete(Case, id, why="误报"))

    @rule()
    def begin_new_life(self) -> None:
        """The file was restored or copied: the queue is renumbered."""
        self.replicas += 1
        self.database.write(lambda tx: start_replica(tx.driver, f"life-{self.replicas}"))
        self.database.write(lambda tx: tx.driver.execute("DELETE FROM meta WHERE k='acked'"))

    def _try(self, action: Any) -> None:
        """Do it if it may be done; a Problem of another kind is a failure."""
        try:
            self.database.write(action)
        except Problem as problem:
            if problem.code not in ("record_gone", "illegal_step", "field_required"):
                raise

    # ----------------------------------------------------------------------------------- what the centre does

    @rule(id=cases, fields=FIELDS)
    def somebody_changes(self, id: RecordId, fields: dict[str, str]) -> None:
        """Another worker's change arrives at the centre."""
        if id in self.truth:
            self._set(id, {**self.truth[id], **fields, "unknown": [self.rev]})

    @precondition(lambda self: self.made < FEW)
    @rule(target=cases, title=TEXTS)
    def somebody_creates(self, title: str) -> RecordId:
        """Another worker's case arrives at the centre."""
        self.made += 1
        id = RecordId(f"foreign-{self.rev}")
        self._set(id, {"title": title, "category": "C", "found_ms": 1})
        return id

    @rule(id=cases)
    def somebody_deletes(self, id: RecordId) -> None:
        """A leader's deletion, or a move to another grid."""
        self._drop(id)

    @rule(
        share=st.floats(0, 1),
        choices=st.lists(st.sampled_from(["applied", "held"]), min_size=1),
        split=st.booleans(),
    )
    def exchange(self, share: float, choices: list[str], split: bool) -> None:
        """Some of the queue is decided, and everything new comes down, in one page or two."""
        waiting = self.centre.waiting()
        decided = waiting[: round(share * len(waiting))]
        results = []
        for n, envelope in enumerate(decided):
            code = self._decide(decode_operation(envelope), choices[n % len(choices)])
            results.append(Result(seq=envelope.link.seq, op_id=decode_operation(envelope).op_id, code=code))
        if split:
            half = len(self.news) // 2
            self.centre.stage(self.centre.page(*self.news[:half], done=False))
            del self.news[:half]
        ack = ack_of(decided[-1]) if decided else None
        self.centre.stage(self.centre.page(*self.news, ack=ack, results=results))
        self.database.write(install_checkpoint)
        self.news.clear()
        self.said = {id: dict(body) for id, body in self.truth.items()}

    def _decide(self, operation: Operation, wish: str) -> str:
        self.mine.setdefault(operation.id, []).append(operation)
        known = self.truth.get(operation.id)
        is_new = operation.verb == "create"
        if wish == "held" or is_new == (known is not None) or (is_new and len(self.mine[operation.id]) > 1):
            return "held"
        after = fold(known, [operation])
        if after is None:
            self._drop(operation.id)
        else:
            self._set(operation.id, after)
        return "applied"

    def _set(self, id: str, body: Document) -> None:
        self.rev += 1
        self.truth[id] = body
        self.news.append(put("case", id, body, rev=self.rev))

    def _drop(self, id: str) -> None:
        if self.truth.pop(id, None) is not None:
            self.rev += 1
            self.news.append(gone("case", id, rev=self.rev))

    # --------------------------------------------------------------------------------------------- invariants

    @invariant()
    def everybody_sees_what_was_said_with_his_own_work_on_top(self) -> None:
        """Of every record, also of those nobody should see."""
        waiting: dict[str, list[Operation]] = {}
        for envelope in self.centre.waiting():
            operation = decode_operation(envelope)
            waiting.setdefault(operation.id, []).append(operation)
        with self.database.read() as reader:
            shown = {each.id: reader.document(Case, each.id) for each in reader.all(Case)}
        for id in {*self.said, *waiting, *self.mine, *shown}:
            document = shown.get(RecordId(id))
            assert (document[0] if document else None) == self._expected(id, waiting.get(id, []))

    def _expected(self, id: str, waiting: list[Operation]) -> Document | None:
        if id in self.said:
            return fold(self.said[id], waiting)
        history = self.mine.get(id, [])
        held = bool(history) and history[0].verb == "create" and id not in self.ever_said
        return fold(None, [*history, *waiting] if held else waiting)

    @property
    def ever_said(self) -> set[str]:
        """Records that the centre has had at some time."""
        rows = look(self.database, lambda reader: reader.rows_of("SELECT op_id FROM inbox"))
        held = {op for (op,) in rows}
        return {id for id, history in self.mine.items() if history[0].op_id not in held}

    @invariant()
    def the_file_is_whole(self) -> None:
        """Base, body and queue fit, and nothing is damaged."""
        assert_consistent(self.database)
        envelopes = self.centre.waiting()
        if envelopes and envelopes[0].link.seq == 1:
            assert_chained(envelopes)


def test_what_people_see_is_always_what_was_said_with_what_waits_on_top(empty_file: Path) -> None:
    class LaptopHere(Laptop):
        def __init__(self) -> None:
            super().__init__(empty_file)

    run_state_machine_as_test(LaptopHere, settings=settings(max_examples=25, stateful_step_count=25))


operations = st.builds(
    Operation,
    op_id=st.just("o"),
    actor=st.just("u"),
    device=st.just("d"),
    wall_ms=st.just(0),
    kind=st.just("case"),
    id=st.just("c"),
    scope=st.just("g"),
    verb=st.sampled_from(["create", "append", "patch", "transition", "delete", "undelete"]),
    values=st.dictionaries(st.sampled_from("ab"), TEXTS),
    set=st.dictionaries(st.sampled_from("ab"), st.tuples(TEXTS, TEXTS)),
    target=st.one_of(st.none(), TEXTS),
)
bases = st.one_of(st.none(), st.dictionaries(st.sampled_from("abz"), TEXTS))


@given(base=bases, first=st.lists(operations), second=st.lists(operations))
def test_folding_goes_step_by_step(
    base: Document | None, first: list[Operation], second: list[Operation]
) -> None:
    assert fold(fold(base, first), second) == fold(base, [*first, *second])


@given(base=bases, steps=st.lists(operations))
def test_folding_leaves_the_base_as_it_is(base: Document | None, steps: list[Operation]) -> None:
    before = msgspec.json.encode(base)
    fold(base, steps)
    assert msgspec.json.encode(base) == before
