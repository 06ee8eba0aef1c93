"""The queue: gap-free, chained, sent in whole groups, and renumbered without touching what was meant."""

import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from gridworker.db.outbox import acknowledged, start_replica, waiting_after
from gridworker.db.transaction import Transaction
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.wire.envelope import Envelope, Group, decode_operation
from gridworker.wire.messages import Ack
from tests.db.laptop import PaperCentre, ack_of, assert_chained, enrolment, look, opened


def add(database: Database, *sizes: int) -> None:
    """One action for each size, with so many new records."""

    def action(tx: Transaction, size: int) -> None:
        tx.create_many([(tx.new_id(), Resident(name="王")) for _ in range(size)])

    for size in sizes:
        database.write(action, size)


def batch(database: Database, seq: int, limit: int, max_bytes: int = 1 << 20) -> list[Envelope]:
    """The next operations to send."""
    return look(database, lambda reader: waiting_after(reader.driver, seq, limit, max_bytes))


def group_of(envelope: Envelope) -> Group | None:
    """The group of an operation."""
    return decode_operation(envelope).group


@pytest.mark.parametrize(
    ("sizes", "limit", "sent"),
    [
        ((1, 1, 1), 2, 2),
        ((1, 3, 1), 2, 1),
        ((1, 3, 1), 4, 4),
        ((3, 1), 2, 3),
        ((50, 1), 10, 50),
        ((60,), 10, 10),
    ],
)
def test_a_group_is_never_cut(laptop: Database, sizes: tuple[int, ...], limit: int, sent: int) -> None:
    add(laptop, *sizes)
    assert len(batch(laptop, 0, limit)) == sent


def test_a_batch_is_as_large_as_bytes_allow_and_never_empty(laptop: Database) -> None:
    add(laptop, 1, 1, 1)
    one = len(msgspec.json.encode(batch(laptop, 0, 1)[0]))
    assert len(batch(laptop, 0, 10, 2 * one + 50)) == 2
    assert len(batch(laptop, 0, 10, 1)) == 1
    assert [envelope.link.seq for envelope in batch(laptop, 2, 10)] == [3]
    assert batch(laptop, 3, 10) == []


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(1, 7), max_size=8), limit=st.integers(1, 9))
def test_all_batches_together_are_the_queue(
    sizes: list[int], limit: int, empty_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(Path(shutil.copy(empty_file, tmp_path_factory.mktemp("queue")))) as database:
        database.write(store_enrolment, enrolment("grid_worker"), "url")
        add(database, *sizes)
        sent: list[Envelope] = []
        while more := batch(database, len(sent), limit):
            assert (place := group_of(more[0])) is None or place.index == 0
            sent += more
        assert len(sent) == sum(sizes)
        assert_chained(sent)


def test_a_new_life_of_the_file_renumbers_the_queue_and_keeps_what_was_meant(
    centre: PaperCentre, laptop: Database
) -> None:
    add(laptop, 1, 2, 1)
    centre.accept(count=1)
    before = centre.waiting()
    laptop.write(lambda tx: start_replica(tx.driver, "second-life"))
    after = centre.waiting()
    assert_chained(after)
    assert {envelope.link.replica for envelope in after} == {"second-life"}
    assert [bytes(envelope.body) for envelope in after] == [bytes(envelope.body) for envelope in before]
    assert [envelope.hash for envelope in after] == [envelope.hash for envelope in before]
    add(laptop, 1)
    assert_chained(centre.waiting())


def test_an_acknowledgement_is_about_this_queue_only_by_its_hash(
    centre: PaperCentre, laptop: Database
) -> None:
    add(laptop, 1, 1)
    first, second = centre.waiting()
    replica = first.link.replica

    def known(ack: Ack) -> bool:
        return look(laptop, lambda reader: acknowledged(reader.driver, ack, replica))

    assert known(Ack(0, ""))
    assert known(ack_of(second))
    assert not known(Ack(2, first.link.hash))
    assert not known(Ack(3, second.link.hash))
    centre.accept()
    assert known(ack_of(second))
    assert not known(ack_of(first))
    assert not known(Ack(2, first.link.hash))


def test_the_archive_keeps_every_operation_as_it_was_sent(centre: PaperCentre, laptop: Database) -> None:
    add(laptop, 3)
    sent = centre.waiting()
    centre.accept(code="noop")
    rows = look(laptop, lambda reader: reader.rows_of("SELECT env, code FROM archive ORDER BY n"))
    assert [msgspec.json.decode(env, type=Envelope).hash for env, _ in rows] == [one.hash for one in sent]
    assert {code for _, code in rows} == {"noop"}
    assert centre.waiting() == []


def test_an_operation_without_a_result_is_only_said_to_have_arrived(
    centre: PaperCentre, laptop: Database
) -> None:
    add(laptop, 1)
    centre.say(ack=ack_of(centre.waiting()[0]))
    assert look(laptop, lambda reader: reader.rows_of("SELECT code FROM archive")) == [("unknown",)]


def test_ids_of_records_have_nothing_to_do_with_the_order(laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="后"), id=RecordId("z")))
    laptop.write(lambda tx: tx.create(Resident(name="先"), id=RecordId("a")))
    assert [decode_operation(envelope).id for envelope in PaperCentre(laptop).waiting()] == ["z", "a"]
