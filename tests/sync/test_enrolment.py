"""Enrolling over the line: the first time, again, with the wrong words, and after the token was revoked."""

import msgspec
import pytest

from gridworker.db.database import Database
from gridworker.db.enrolment import TOKEN
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.i18n import problem_text
from gridworker.server import accounts
from gridworker.sync.enrol import enrol
from gridworker.wire.messages import EnrolReply, EnrolRequest
from tests.db.laptop import look, operations
from tests.sync.laptop import PASSWORD, Centre, Laptop, Line, add, counts, names, visit, visits

REQUEST = EnrolRequest(user="zhang", password=PASSWORD, device_name="笔记本", app="test")


def revoke_devices(centre: Centre) -> None:
    """Make every token worthless."""
    centre.execute("UPDATE device SET revoked_ms = 1")


@pytest.fixture
def alone(centre: Centre) -> Database:
    """A database of nobody; it is closed with the centre."""
    laptop = Laptop.__new__(Laptop)
    laptop.database = centre.open(centre.folder / "alone.db")
    centre.laptops.append(laptop)
    return laptop.database


def test_what_was_recorded_before_there_was_a_centre_reaches_it(
    centre: Centre, alone: Database, wang: Laptop
) -> None:
    alone.write(lambda tx: tx.create(Resident(name="早先")))
    enrol(alone, Line(centre), REQUEST, server_url="line")
    laptop = centre.laptops[0]
    laptop.line = Line(centre)
    laptop.line.token = laptop.meta(TOKEN)
    laptop.sync()
    wang.sync()
    assert names(wang) == ["早先"]
    assert counts(laptop) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (msgspec.structs.replace(REQUEST, password="falsch"), "login_refused"),
        (msgspec.structs.replace(REQUEST, user="niemand"), "login_refused"),
        (msgspec.structs.replace(REQUEST, protocol=99), "upgrade_needed"),
        (msgspec.structs.replace(REQUEST, device_name="a\0b"), "server_refused"),
    ],
)
def test_a_refused_enrolment_is_named_and_changes_nothing(
    centre: Centre, alone: Database, request_: EnrolRequest, code: str
) -> None:
    before = look(alone, lambda reader: reader.rows_of("SELECT * FROM meta"))
    with pytest.raises(Problem, match=code) as raised:
        enrol(alone, Line(centre), request_, server_url="line")
    assert all(problem_text(code, raised.value.values))
    assert look(alone, lambda reader: reader.rows_of("SELECT * FROM meta")) == before


def test_who_guesses_too_often_is_told_to_come_later(centre: Centre, alone: Database) -> None:
    wrong = msgspec.structs.replace(REQUEST, password="falsch")
    assert refusal(centre, alone, wrong) == ("login_refused", "login")
    for _ in range(10):
        refusal(centre, alone, wrong)
    assert refusal(centre, alone, wrong) == ("server_busy", "pace")


def refusal(centre: Centre, database: Database, request: EnrolRequest) -> tuple[str, object]:
    """Why an enrolment was refused."""
    with pytest.raises(Problem) as raised:
        enrol(database, Line(centre), request, server_url="line")
    return raised.value.code, raised.value.values["why"]


def test_a_revoked_token_is_named_and_work_goes_on(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    zhang.centre.store.write(lambda tx: accounts.revoke_device(tx, device_of(zhang), centre.clock))
    visit(zhang, person, "吊销之后")
    with pytest.raises(Problem, match="token_refused") as raised:
        zhang.sync()
    sentence, step = problem_text(raised.value.code, raised.value.values)
    assert "登记" in sentence
    assert "重新登记" in step
    visit(zhang, person, "还在工作")
    assert counts(zhang) == (2, 1, 0, 0)
    zhang.enrol()
    zhang.sync()
    wang.sync()
    assert sorted(each.note for each in visits(wang).values()) == ["吊销之后", "还在工作"]
    assert counts(zhang) == (0, 3, 0, 0)


def device_of(laptop: Laptop) -> str:
    """The device's id at the centre."""
    return look(laptop.database, lambda reader: reader.author).device_id


def test_a_user_who_was_shut_out_keeps_what_he_recorded(centre: Centre, zhang: Laptop) -> None:
    zhang.sync()
    add(zhang)
    centre.store.write(lambda tx: accounts.disable_user(tx, "zhang", centre.clock))
    with pytest.raises(Problem, match="token_refused"):
        zhang.sync()
    with pytest.raises(Problem, match="login_refused"):
        zhang.enrol()
    assert (names(zhang), counts(zhang)[0]) == (["王秀兰"], 1)


@pytest.mark.parametrize("moment", ["nothing waits", "waiting", "acknowledgement lost"])
def test_enrolling_again_sends_everything_once(
    centre: Centre, zhang: Laptop, wang: Laptop, moment: str
) -> None:
    add(zhang, "先")
    zhang.sync()
    if moment != "nothing waits":
        add(zhang, "待送")
    if moment == "acknowledgement lost":
        zhang.line.lose_reply = lambda request: hasattr(request, "known_ack")
        with pytest.raises(Problem):
            zhang.sync()
        zhang.line.heal()
    device = device_of(zhang)
    zhang.enrol()
    assert device_of(zhang) != device
    zhang.sync()
    zhang.sync()
    wang.sync()
    expected = ["先"] if moment == "nothing waits" else sorted(["先", "待送"])
    assert names(wang) == names(zhang) == expected
    assert counts(zhang) == (0, len(expected), 0, 0)
    assert centre.rows("SELECT count(*) FROM op_log") == [(len(expected),)]


def test_enrolling_again_in_the_middle_of_a_first_fill_goes_on_with_it(centre: Centre, wang: Laptop) -> None:
    add(wang, scope="g:3")
    wang.sync()
    fresh = centre.laptop("wang")
    fresh.sync_until(2)
    revoke_devices(centre)
    fresh.enrol()
    fresh.sync()
    assert names(fresh) == ["王秀兰"]


def test_another_user_of_the_same_laptop_is_refused(centre: Centre, zhang: Laptop) -> None:
    add(zhang)
    before = operations(zhang.database), zhang.meta(TOKEN)
    zhang.user = "li"
    with pytest.raises(Problem, match="other_user") as raised:
        zhang.enrol()
    assert raised.value.values == {"user": "李敏"}
    assert (operations(zhang.database), zhang.meta(TOKEN)) == before


def test_a_second_centre_is_refused(centre: Centre, zhang: Laptop) -> None:
    add(zhang)
    before = operations(zhang.database), zhang.meta(TOKEN)
    centre.execute("UPDATE sync_head SET epoch = 'another-life', server_id = 'another'")
    with pytest.raises(Problem, match="other_server"):
        zhang.enrol()
    assert (operations(zhang.database), zhang.meta(TOKEN)) == before


def test_a_reply_to_an_enrolment_that_was_lost_may_be_asked_for_again(
    centre: Centre, alone: Database
) -> None:
    line = Line(centre)
    line.lose_reply = lambda _request: True
    with pytest.raises(Problem, match="server_slow"):
        enrol(alone, line, REQUEST, server_url="line")
    assert not look(alone, lambda reader: reader.author).enrolled
    line.heal()
    enrol(alone, line, REQUEST, server_url="line")
    assert look(alone, lambda reader: reader.author).enrolled


def test_an_unenrolled_laptop_is_told_what_to_do(centre: Centre, alone: Database) -> None:
    laptop = centre.laptops[0]
    laptop.line = Line(centre)
    with pytest.raises(Problem, match="not_enrolled"):
        laptop.sync()
    assert laptop.line.calls == []


def test_the_reply_names_the_device_and_the_grids(centre: Centre) -> None:
    reply = Line(centre).call(REQUEST, EnrolReply)
    assert [(grant.scope, grant.role, grant.title) for grant in reply.grants] == [
        ("g:3", "grid_worker", "第三网格")
    ]
