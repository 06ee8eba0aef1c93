"""The demo: three grids and three people, however often it is seeded."""

import msgspec

from gridworker.domain.areas import Area
from gridworker.domain.records import grid_scope
from gridworker.server.demo import DEMO_PASSWORD, GRID_2, GRID_3, seed_demo
from gridworker.wire.messages import EnrolReply, EnrolRequest, PullRequest, RegisterRequest
from tests.server.laptop import Centre


def enrol(centre: Centre, login: str) -> EnrolReply:
    """A demo user's laptop."""
    request = EnrolRequest(user=login, password=DEMO_PASSWORD, device_name="d", app="0.1.0")
    reply: EnrolReply = centre.server.call("/v1/enrol", "", request)
    return reply


def test_seeding_twice_is_seeding_once(centre: Centre) -> None:
    seed_demo(centre.server, password=DEMO_PASSWORD)
    before = centre.rows("SELECT count(*), max(rev_seq) FROM entity")
    seed_demo(centre.server, password=DEMO_PASSWORD)
    assert centre.rows("SELECT count(*), max(rev_seq) FROM entity") == before
    assert before[0][0] == 5


def test_the_worker_has_one_grid_and_the_leader_two(centre: Centre) -> None:
    seed_demo(centre.server, password=DEMO_PASSWORD)
    worker, leader = enrol(centre, "zhangxiao"), enrol(centre, "wangfang")
    assert [(one.scope, one.role, one.title) for one in worker.grants] == [
        (grid_scope(GRID_3), "grid_worker", "幸福里社区第三网格")
    ]
    assert [one.scope for one in leader.grants] == [grid_scope(GRID_2), grid_scope(GRID_3)]


def test_everybody_receives_the_tree_of_areas(centre: Centre) -> None:
    seed_demo(centre.server, password=DEMO_PASSWORD)
    me = enrol(centre, "limin")
    centre.server.call("/v1/replica", me.token, RegisterRequest(epoch=me.epoch, replica="r"))
    page = centre.server.call("/v1/pull", me.token, PullRequest(epoch=me.epoch, replica="r", cursors={}))
    areas = [msgspec.json.decode(bytes(entry.body), type=Area) for entry in page.entries]
    assert {area.level for area in areas} == {"street", "community", "grid"}
    assert all(area.code.startswith("999") for area in areas)
