"""The buildings screen by keys: move, jump, open, record, recolour, and go to another building."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from gridworker.actions.cases import CaseDraft
from gridworker.actions.residents import ResidentDraft
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.domain.buildings import Building, Room
from gridworker.ui.buildings.measures import SIZES, measure
from gridworker.ui.buildings.view import BuildingsScreen
from tests.ui.residents.village import CTRL, Hands, Village
from tests.ui.visits.grid import Office

Opened = Callable[[], BuildingsScreen]
Key = Qt.Key


def here(screen: BuildingsScreen) -> str:
    """The sentence about the door under the cursor."""
    return screen.matrix.accessibleDescription()


def test_the_first_building_is_shown_with_the_cursor_on_top_of_the_first_stairs(
    village: Village, opened: Opened
) -> None:
    screen = opened()
    assert screen.matrix.hasFocus()
    assert here(screen) == "1单元201，没有登记居民，无定期要求"
    assert screen.tools._about.full_text() == "幸福里 3栋 · 5间 5人"


def test_arrows_move_and_screen_readers_hear_the_door(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.press(Key.Key_Right)
    assert here(screen).startswith("2单元501，王秀兰")
    hands.press(Key.Key_Left, Key.Key_Down)
    interface = QAccessible.queryAccessibleInterface(screen.matrix)
    assert interface.text(QAccessible.Text.Description) == here(screen)


def test_digits_jump_to_a_room(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.type("2-501")
    assert here(screen) == "2单元501，王秀兰等2人，超期，超期 322 天"
    assert screen.matrix.typed() == "2-501"
    hands.press(Key.Key_Escape)
    assert screen.matrix.typed() == ""


def test_enter_shows_who_lives_there_and_enter_again_opens_the_person(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("2-501")
    hands.press(Key.Key_Return)
    assert screen.card.members.table.hasFocus()
    hands.press(Key.Key_Return)
    assert office.asked == [("resident", village.wang)]
    assert screen.back()
    assert screen.matrix.hasFocus()


def test_f2_is_about_the_household_and_f3_about_the_room(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("2-501")
    assert screen.chosen_people() == (village.wang,)
    hands.press(Key.Key_F2, Key.Key_F3)
    assert office.asked[0] == ("visit", (village.wang,))
    name, draft = office.asked[1]
    assert name == "case"
    assert isinstance(draft, CaseDraft)
    assert (draft.room_id, draft.address, draft.place) == (
        village.rooms["3-2-501"], "幸福里3栋2单元501", "3-2-501",
    )  # fmt: skip


def test_people_marked_in_the_card_are_visited_instead(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("2-501")
    hands.press(Key.Key_Return, Key.Key_Down, Key.Key_F2)
    assert office.asked == [("visit", (village.li,))]
    assert screen.card.members.table.hasFocus()


def test_a_room_without_people_offers_to_add_somebody(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    said: list[str] = []
    screen.said.connect(lambda message: said.append(message.text))
    hands.press(Key.Key_F2)
    assert said == ["这间房没有登记居民。按 Ctrl+N 先新增。"]
    hands.press((Key.Key_N, CTRL))
    assert office.asked == [("resident", ResidentDraft(address="幸福里3栋1单元201"))]


def test_the_legend_counts_the_doors_of_each_shade(village: Village, opened: Opened, hands: Hands) -> None:
    village.case("水管渗漏", room_id=village.rooms["3-2-302"])
    screen = opened()
    assert screen.legend.words()[0] == "超期 1"
    hands.press(Key.Key_F6, Key.Key_F6)
    assert screen.layers.active() == ("use",)
    assert screen.legend.words()[:3] == ["自住 4", "租赁 0", "空置 1"]
    hands.press(Key.Key_F6)
    assert screen.legend.words() == ["多件未结 0", "1件未结 1", "没有未结事件 4"]
    hands.press(Key.Key_F6, Key.Key_F6)
    assert screen.layers.active() == ("due",)


def test_a_saved_visit_recolours_the_door_and_the_cursor_stays(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("2-501")
    office.desk.write(lambda tx: record_visit(tx, VisitDraft(resident_ids=(village.wang,))))
    hands.settle()
    assert here(screen) == "2单元501，王秀兰等2人，7天内到期"
    assert "超期 0" in screen.legend.words()


def test_page_keys_with_ctrl_go_to_the_next_building(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.press((Key.Key_PageDown, CTRL))
    assert here(screen).startswith("2单元501，孙福")
    assert screen.tools._about.full_text() == "阳光花园 3栋 · 1间 1人"
    hands.press((Key.Key_PageUp, CTRL))
    assert screen.tools._about.full_text().startswith("幸福里")


def test_a_room_or_a_building_can_be_asked_for_from_elsewhere(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    screen.show_record(village.twin_room)
    hands.settle()
    assert here(screen).startswith("2单元501，孙福")
    screen.show_record(village.block)
    hands.settle()
    assert screen.tools._about.full_text().startswith("幸福里")


def test_a_room_that_is_gone_is_said_to_be_gone(village: Village, opened: Opened) -> None:
    screen = opened()
    said: list[str] = []
    screen.said.connect(lambda message: said.append(message.text))
    screen.show_record("nowhere")
    assert said == ["这间房的记录已经不在本机。"]


def test_without_buildings_the_screen_teaches_how_to_get_them(
    office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    assert screen.pages.currentIndex() == 1
    screen.import_asked.emit()
    assert office.asked == [("import", None)]


def test_the_menu_of_a_door_offers_what_the_keys_do(village: Village, opened: Opened) -> None:
    screen = opened()
    menu = screen._menu()
    assert [action.text().split("\t")[0] for action in menu.actions()] == [
        "给这户记走访", "为这间房报事件", "在这间房新增居民",
        "把这户移交到其他网格…", "把整栋楼移交到其他网格…",
    ]  # fmt: skip
    menu.deleteLater()


def test_the_mouse_finds_the_same_doors(village: Village, opened: Opened, hands: Hands, qtbot: QtBot) -> None:
    screen = opened()
    spot = screen.matrix.plan.spot_of(village.rooms["3-2-302"])
    assert spot is not None
    centre = screen.matrix.rect_of(spot).center()
    qtbot.mouseClick(screen.matrix.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert here(screen).startswith("2单元302，赵桂英")
    qtbot.mouseDClick(screen.matrix.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    hands.settle()
    assert screen.card.members.table.hasFocus()


@pytest.fixture
def wide(office: Office, village: Village) -> Building:
    """Six units of four rooms on six floors: too wide to be seen at once with words."""
    building = Building(number="8", estate_id=None, units=6, floors=6)
    id = village.add(building)
    office.database.write(
        lambda tx: tx.create_many(
            [
                (
                    tx.new_id(),
                    Room(building_id=id, place=f"8-{u}-{f}0{r}", unit=str(u), floor=f, number=f"{f}0{r}"),
                )
                for u in range(1, 7)
                for f in range(1, 7)
                for r in range(1, 5)
            ]
        )
    )
    return building


def test_a_wide_building_shows_one_unit_a_tab_and_arrows_go_on_in_the_next(
    wide: Building, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    screen.list.step(None, 0)
    hands.settle()
    assert [screen.units.tabText(at) for at in range(screen.units.count())][:3] == ["全部", "1单元", "2单元"]
    hands.type("604")
    assert here(screen).startswith("1单元604")
    hands.press(Key.Key_Right)
    assert screen.units.tabText(screen.units.currentIndex()) == "2单元"
    screen.units.setCurrentIndex(0)
    assert len(screen.matrix.plan.doors) == 144


def test_sixty_storeys_of_eight_rooms_fit_into_one_view() -> None:
    size = measure(8, 60, width=640, height=520)
    assert size.high * 60 <= 520
    assert size.wide * 8 <= 640
    assert size.lines == 0


@pytest.mark.parametrize(("columns", "rows", "lines"), [(6, 6, 2), (4, 18, 1), (6, 40, 0), (6, 25, 1)])
def test_cells_are_as_large_as_everything_still_fits(columns: int, rows: int, lines: int) -> None:
    assert measure(columns, rows, width=640, height=520).lines == lines


def test_a_wanted_size_is_kept_whatever_fits() -> None:
    for size in SIZES:
        assert measure(8, 60, width=640, height=520, wanted=size.name).lines == size.lines
