"""Accounts: who may enrol, what a token opens, and what grants say."""

from typing import Any

import pytest

from gridworker.server.accounts import disable_user, find_user, grant, grants_of, revoke_device, set_password
from gridworker.server.passwords import fits_password, seal_password
from gridworker.server.refusals import Refused
from gridworker.server.throttle import MOST_FAILURES, WITHIN_MS, Throttle
from gridworker.wire.messages import EnrolRequest, HelloRequest, RegisterRequest
from tests.server.laptop import GRID_A, GRID_B, PASSWORD, Centre, Laptop


def hello(laptop: Laptop, **more: Any) -> Any:
    """The first words of an exchange."""
    values: dict[str, Any] = {"epoch": laptop.me.epoch, "replica": laptop.replica, "schema": 1, "app": "0"}
    return laptop.call("/v1/hello", HelloRequest(**(values | more)))


def test_a_greeting_says_who_where_and_what(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    reply = hello(laptop)
    assert (reply.user_name, reply.server_name, reply.registered) == ("zhang的姓名", "网格中心", True)
    assert [(one.scope, one.role) for one in reply.grants] == [(GRID_A, "grid_worker")]
    assert hello(laptop, replica="other").registered is False


def test_another_epoch_or_protocol_is_told(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    with pytest.raises(Refused, match="epoch"):
        hello(laptop, epoch="older")
    with pytest.raises(Refused, match="upgrade"):
        hello(laptop, protocol=2)
    with pytest.raises(Refused, match="upgrade"):
        centre.server.call(
            "/v1/enrol",
            "",
            EnrolRequest(user="zhang", password=PASSWORD, device_name="d", app="a", protocol=2),
        )


def test_registering_twice_is_registering_once_and_others_cannot_take_the_name(centre: Centre) -> None:
    laptop, other = centre.laptop("zhang"), centre.laptop("li")
    laptop.do("create", "r1", values={"name": "安宁"})
    request = RegisterRequest(epoch=laptop.me.epoch, replica=laptop.replica)
    assert laptop.call("/v1/replica", request).last_seq == 1
    with pytest.raises(Refused, match="fork"):
        other.call("/v1/replica", request)
    with pytest.raises(Refused, match="bad_request"):
        laptop.call("/v1/replica", RegisterRequest(epoch=laptop.me.epoch, replica="a\0b"))


def test_a_revoked_device_and_a_disabled_user_are_out(centre: Centre) -> None:
    laptop, other = centre.laptop("zhang"), centre.laptop("li")
    centre.server.store.write(lambda tx: revoke_device(tx, laptop.me.device_id, centre.clock))
    centre.server.store.write(lambda tx: disable_user(tx, "li", centre.clock))
    for one in (laptop, other):
        with pytest.raises(Refused, match="token"):
            hello(one)
    Laptop(centre, "zhang")
    with pytest.raises(Refused, match="login"):
        Laptop(centre, "li")


def test_a_new_password_replaces_the_old_one_and_devices_stay(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    centre.server.store.write(lambda tx: set_password(tx, "zhang", "另一个", centre.server.door))
    hello(laptop)
    with pytest.raises(Refused, match="login"):
        Laptop(centre, "zhang")


def test_a_grant_has_a_known_role_and_an_end(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    with pytest.raises(ValueError, match="grid_worker"):
        centre.grant("zhang", GRID_B, "boss")
    centre.grant("zhang", GRID_A, "grid_leader")
    assert [one.role for one in hello(laptop).grants] == ["grid_leader"]
    now_ms = centre.clock()
    centre.execute("UPDATE grant_ SET to_ms = :now", now=now_ms + 5000)
    read = centre.server.store.read
    assert read(lambda tx: len(grants_of(tx, laptop.me.user_id, now_ms + 4999))) == 1
    assert read(lambda tx: len(grants_of(tx, laptop.me.user_id, now_ms + 5000))) == 0


def test_neither_token_nor_password_stands_in_the_database(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    [(sealed,)] = centre.rows("SELECT password FROM user_")
    [(token_hash,)] = centre.rows("SELECT token_hash FROM device")
    assert PASSWORD not in sealed
    assert laptop.me.token not in token_hash


def test_a_password_opens_only_what_it_sealed() -> None:
    sealed = seal_password("口令", randomness=bytes, cost=16)
    assert fits_password(sealed, "口令")
    assert not fits_password(sealed, "口令 ")
    assert seal_password("口令", randomness=lambda n: b"1" * n, cost=16) != sealed


def test_a_user_is_granted_nothing_by_others(centre: Centre) -> None:
    centre.add_user("zhang", "grid_worker", GRID_A)
    centre.add_user("li", "grid_worker", GRID_B)
    user_id = centre.server.store.read(lambda tx: find_user(tx, "li"))
    assert user_id is not None
    centre.server.store.write(lambda tx: grant(tx, user_id, GRID_A, role="grid_leader", clock=centre.clock))
    assert [(one.scope, one.role) for one in Laptop(centre, "zhang").me.grants] == [(GRID_A, "grid_worker")]


def test_text_that_no_database_could_store_is_a_bad_request(centre: Centre) -> None:
    with pytest.raises(Refused, match="bad_request"):
        centre.server.call("/v1/enrol", "", EnrolRequest(user="a\0", password="", device_name="d", app="a"))


def test_who_guesses_too_often_has_to_wait_and_is_forgiven_later(centre: Centre) -> None:
    centre.add_user("zhang", "grid_worker")
    wrong = EnrolRequest(user="zhang", password="x", device_name="d", app="a")
    for _ in range(MOST_FAILURES):
        with pytest.raises(Refused, match="login"):
            centre.server.call("/v1/enrol", "", wrong)
    with pytest.raises(Refused, match="pace"):
        Laptop(centre, "zhang")
    centre.clock.now_ms += WITHIN_MS  # type: ignore[attr-defined]  # the tests' clock
    Laptop(centre, "zhang")


def test_one_slip_among_right_passwords_is_forgotten() -> None:
    throttle = Throttle()
    for now_ms in range(MOST_FAILURES - 1):
        throttle.note_failure("zhang", now_ms)
    throttle.forgive("zhang")
    throttle.note_failure("zhang", 100)
    assert not throttle.closed_ms("zhang", 101)
    assert not throttle.closed_ms("li", 101)
