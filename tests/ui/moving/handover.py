"""Handing over by keys: who lives where, the window of one laptop, and what its form and list say."""

from gridworker.actions.moves import Root
from gridworker.db.moves import waiting_moves
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.ui.moving.mover import Mover
from gridworker.ui.moving.view import MovesScreen
from tests.ui.cases.keyboard import press
from tests.ui.cases.shell import Shell
from tests.ui.sync_centre.town import Seat
from tests.ui.visits.grid import NOON


class Handover:
    """The window of one laptop with the list of moves, and the form that hands over."""

    def __init__(self, seat: Seat, screen: MovesScreen) -> None:
        """Shown, with nothing asked for yet."""
        self.seat, self.screen = seat, screen
        self.shell = Shell(seat, screen)
        self.mover = Mover(seat.desk, self.shell.window)
        self.shell.window.activateWindow()

    def start(self, kind: str, id: RecordId) -> None:
        """Open the form for somebody, a home or a house."""
        self.mover.start(Root(kind, id))
        self.shell.settle()

    def press(self, keys: str) -> None:
        """Press keys and wait for what they do."""
        press(keys)
        self.shell.settle()

    def lines(self) -> list[str]:
        """The list of moves, read anew."""
        self.shell.show("moves")
        self.shell.look_again()
        model = self.screen.table.records
        return [
            " | ".join(model.data(model.index(row, column)) or "" for column in (0, 1, 2, 3))
            for row in range(model.rowCount())
        ]

    def waiting(self) -> list[tuple[str, str, str]]:
        """Kind, target and reason of the moves that wait here."""
        found = self.seat.desk.look(waiting_moves)
        return [(each.kind, each.target, each.why) for each in found]

    def names(self) -> list[str]:
        """Who is on this laptop."""
        return sorted(each.record.name for each in self.seat.desk.look(lambda r: list(r.all(Resident))))


def settle_people(seat: Seat, homes: int = 2) -> dict[str, RecordId]:
    """A house with homes of two, of whom one is cared for and visited; ids by short names."""
    found: dict[str, RecordId] = {}

    def add(name: str, record: Record) -> RecordId:
        found[name] = seat.add(record)[0]
        return found[name]

    estate = add("estate", Estate(name="幸福里小区"))
    house = add("house", Building(number="3", estate_id=estate))
    for n in range(homes):
        place = f"3-1-{n + 1}01"
        room = add(f"room{n}", Room(building_id=house, place=place))
        home = add(f"home{n}", Household(room_id=room, place=place))
        where = {"household_id": home, "room_id": room, "building_id": house, "place": place}
        names = ("王秀兰", "李建国") if n == 0 else (f"居民{n}甲", f"居民{n}乙")
        for m, name in enumerate(names):
            add(f"p{n}{m}", Resident(name=name, address=f"幸福里小区3栋1单元{n + 1}01", **where))  # type: ignore[arg-type]  # ids by name
        add(f"care{n}", CareProfile(resident_id=found[f"p{n}0"], groups=("elder80_alone",)))
        visit = Visit(resident_ids=(found[f"p{n}0"],), visited_ms=NOON, method="home", outcome="met")
        add(f"visit{n}", visit)
    return found
