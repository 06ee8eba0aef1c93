"""The screen of cases: what came back is on top, legal steps only, answers that survive, a true timeline."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gridworker.actions.cases import CaseDraft, report_case
from gridworker.db.drafts import read_draft
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId
from gridworker.ui.cases.presenter import WORDS_SLOT, Typed
from gridworker.ui.cases.view import CaseScreen
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import chord, focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, focus_jumps, nameless, visible, weak_contrasts
from tests.ui.visits.grid import DAY_MS, NOON, Office

REMARK = "请写明是哪一户"


def returned(office: Office, title: str = "装修噪声", days_ago: int = 3) -> RecordId:
    """A case that a leader sent back."""
    found_ms = NOON - days_ago * DAY_MS
    (id,) = office.add(
        Case(
            title=title,
            category="C0401",
            found_ms=found_ms,
            text="中午打钻",
            state="sent_back",
            remark=REMARK,
            reviewer_name="王芳",
            reviewed_ms=found_ms + DAY_MS,
            worker_name="张晓",
            temp_no="L1-1",
        )
    )
    return id


def reported(office: Office, title: str) -> RecordId:
    """A case of today."""
    draft = CaseDraft(title=title, category="C0102")
    (id,) = office.database.write(report_case, draft, day="20261123").ids
    return id


def case_of(office: Office, id: RecordId) -> Case:
    """The case as it is now."""
    found = office.desk.look(lambda reader: reader.get(Case, id))
    assert found is not None
    return found.record


def titles(screen: CaseScreen) -> list[str]:
    """The list from top to bottom."""
    return [screen.model.data(screen.model.index(row, 1)) for row in range(screen.model.rowCount())]


def buttons(screen: CaseScreen) -> list[str]:
    """The steps that the card offers."""
    every = visible(screen.card, QPushButton)
    return [button.text() for button in every if button is not screen.card.photos.add]


def test_an_empty_list_teaches(screen: CaseScreen) -> None:
    assert screen.model.rowCount() == 0
    assert "F3" in screen.table._empty
    assert buttons(screen) == []


def test_what_came_back_is_on_top_with_the_remark_and_a_place_to_answer(shell: Shell, office: Office) -> None:
    returned(office)
    reported(office, "路灯不亮")
    screen = shell.show("cases")
    assert isinstance(screen, CaseScreen)
    assert titles(screen) == ["装修噪声", "路灯不亮"]
    assert screen.card.answer.isVisible()
    press("↵302住户，每天12点到14点")
    chord("↵")
    shell.settle()
    (case,) = [each for each in office.desk.look(lambda r: list(r.all(Case))) if each.record.remark]
    assert case.record.state == "reported"
    assert case.record.text == "中午打钻\n302住户，每天12点到14点"
    assert shell.said() == "已存本机：补充后上报 装修噪声"


def test_an_empty_answer_is_asked_for(shell: Shell, office: Office, screen: CaseScreen) -> None:
    id = returned(office)
    screen.record_asked.emit(id)
    shell.settle()
    assert focus_name() == "补充说明"
    chord("↵")
    shell.settle()
    assert screen.card.answer.wrong().startswith("“补充后上报”要写一句")
    assert case_of(office, id).state == "sent_back"


def test_an_answer_is_kept_while_one_looks_elsewhere_and_after_a_crash(
    shell: Shell, office: Office, screen: CaseScreen
) -> None:
    id = returned(office)
    reported(office, "路灯不亮")
    screen.record_asked.emit(id)
    shell.settle()
    press("写了一半")
    screen.presenter._keep_words()  # type: ignore[attr-defined]  # as the timer does a second later
    press("⎋↓")
    assert not screen.card.answer.isVisible()
    press("↑")
    shell.settle()
    assert screen.card.typed() == "写了一半"
    kept = office.desk.look(read_draft, WORDS_SLOT + id, Typed)
    assert kept == Typed("写了一半")


def test_a_refresh_leaves_the_cursor_where_one_writes(
    shell: Shell, office: Office, screen: CaseScreen
) -> None:
    screen.record_asked.emit(returned(office))
    shell.settle()
    press("甲丙←乙")
    reported(office, "别的事")
    office.add(Case(title="新来的", category="C01", found_ms=NOON))
    shell.look_again()
    press("·")
    assert screen.card.typed() == "甲乙·丙"
    assert focus_name() == "补充说明"


def test_only_legal_steps_are_offered_and_a_result_is_demanded(
    shell: Shell, office: Office, screen: CaseScreen
) -> None:
    id = reported(office, "路灯不亮")
    screen.record_asked.emit(id)
    shell.settle()
    assert buttons(screen) == ["自办自结", "作废"]
    solve = next(b for b in visible(screen.card, QPushButton) if b.text() == "自办自结")
    solve.click()
    assert screen.card.words.edit.accessibleDescription().startswith("“自办自结”要写一句")
    press("已换灯泡")
    solve.click()
    shell.settle()
    assert (case_of(office, id).state, case_of(office, id).result) == ("self_solved", "已换灯泡")
    assert buttons(screen) == []


def test_a_step_that_fails_keeps_its_words(shell: Shell, office: Office, screen: CaseScreen) -> None:
    id = reported(office, "路灯不亮")
    screen.record_asked.emit(id)
    shell.settle()
    press("字" * 801)
    next(b for b in visible(screen.card, QPushButton) if b.text() == "自办自结").click()
    shell.settle()
    assert case_of(office, id).state == "reported"
    assert screen.card.words.edit.accessibleDescription().startswith("内容有 801 个字")
    assert len(screen.card.typed()) == 801


def test_the_timeline_tells_what_is_known_and_what_comes_next(
    shell: Shell, office: Office, screen: CaseScreen
) -> None:
    screen.record_asked.emit(returned(office))
    shell.settle()
    assert screen.card.timeline.lines() == ["张晓 上报", f"王芳 退回补充：{REMARK}", "等网格员补充"]


def test_filters_count_and_the_badge_says_how_much_came_back(
    shell: Shell, office: Office, screen: CaseScreen
) -> None:
    returned(office)
    returned(office, "漏水")
    reported(office, "路灯不亮")
    office.add(Case(title="旧事", category="C01", found_ms=NOON, state="closed"))
    badges: list[int] = []
    screen.badge_changed.connect(badges.append)
    shell.look_again()
    assert badges[-1] == 2
    screen.filters.setFocus()
    chips = [chip.text() for chip in screen.filters._chips.values()]
    assert chips == ["办理中 3", "退回补充 2", "已办结 1", "全部 4"]
    screen.filters._chips["done"].click()
    shell.settle()
    assert titles(screen) == ["旧事"]


def test_who_told_is_masked_until_the_eye_is_pressed(
    shell: Shell, office: Office, screen: CaseScreen
) -> None:
    (id,) = office.add(
        Case(
            title="漏水",
            category="C0901",
            found_ms=NOON,
            reporter_name="钱文文",
            reporter_phone="13800138000",
        )
    )
    screen.record_asked.emit(id)
    shell.settle()
    assert screen.card._reporter.accessibleName() == "诉求人 钱*文 138****8000"
    screen.card._reporter.reveal_asked.emit()
    assert screen.card._reporter.accessibleName() == "诉求人 钱文文 13800138000"


def test_ctrl_n_asks_for_the_form(shell: Shell, office: Office, screen: CaseScreen) -> None:
    chord(Qt.Key.Key_N)
    assert office.asked == [("case", None)]


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(shell: Shell, office: Office, mode: str, scale: int) -> None:
    theme().configure(mode=mode, text_scale=scale)
    returned(office)
    reported(office, "路灯不亮")
    screen = shell.show("cases")
    assert isinstance(screen, CaseScreen)
    shell.settle()  # a card that has to scroll gets its scroll bar in the next turn
    for _ in range(2):
        assert clipped_texts(screen) == []
        assert nameless(screen) == []
        assert weak_contrasts(screen) == []
        assert focus_jumps(screen) == []
        press("↵")
