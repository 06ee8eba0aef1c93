"""Reporting a case by keys: a few words make one, drafts survive, and nothing typed is lost."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gridworker.actions.cases import CASE_DRAFT, CaseDraft
from gridworker.db.drafts import read_draft
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.ui.cases import CaseReport
from gridworker.ui.cases.categories import find, guess, offered
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import chord, focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, nameless, weak_contrasts
from tests.ui.visits.grid import NOON, Office, People, office_in


def stored(office: Office) -> list[Stored[Case]]:
    """Every case."""
    return office.desk.look(lambda reader: list(reader.all(Case)))


def test_title_words_of_the_category_and_place_make_a_case(
    shell: Shell, report: CaseReport, office: Office
) -> None:
    report.start(CaseDraft())
    start = time.perf_counter()
    press("楼道里停电动车↵电动车↵3#2-501↵")
    chord("↵")
    spent = (time.perf_counter() - start) * 1000
    shell.settle()
    assert not report.isVisible()
    (case,) = stored(office)
    assert case.record.title == "楼道里停电动车"
    assert (case.record.category, case.record.edition) == ("C0503", "社区-2026-11")
    assert (case.record.place, case.record.address) == ("3-2-501", "3栋2单元501")
    assert (case.record.state, case.record.urgency, case.record.source) == ("reported", "normal", "patrol")
    assert shell.said() == "已存本机：报事件 楼道里停电动车"
    print(f"{spent:.0f} ms for all keys")


def test_the_category_is_proposed_from_the_title_and_confirmed_by_enter(
    shell: Shell, report: CaseReport, office: Office
) -> None:
    report.start(CaseDraft())
    press("2栋门前路灯不亮↵↵")
    assert focus_name() == "地点"
    chord("↵")
    shell.settle()
    assert stored(office)[0].record.category == "C0102"


def test_enter_takes_no_category_that_nobody_chose(shell: Shell, report: CaseReport, office: Office) -> None:
    report.start(CaseDraft())
    press("有件事↵↵")
    chord("↵")
    shell.settle()
    assert stored(office) == []
    assert report.isVisible()
    assert focus_name() == "类别"
    assert report.form.title.text() == "有件事"
    press("漏水↵")
    chord("↵")
    shell.settle()
    assert [case.record.category for case in stored(office)] == ["C0901"]


def test_a_missing_title_is_said_at_its_field_and_nothing_is_lost(shell: Shell, report: CaseReport) -> None:
    report.start(CaseDraft())
    press("⇥漏水↵3-2-501")
    chord("↵")
    shell.settle()
    assert focus_name() == "标题"
    assert report.form.title.edit.accessibleDescription().startswith("还没有填写事件标题。")
    assert report.form.category.code() == "C0901"
    assert report.form.address.text() == "3-2-501"
    report.discard()
    shell.settle()


@pytest.mark.parametrize(
    ("typed", "first"),
    [("电动车", "C0503"), ("漏水", "C0901"), ("ddc", "C0503"), ("loushui", "C0901"), ("煤气味", "C0504")],
)
def test_a_category_is_found_by_what_people_call_it(typed: str, first: str) -> None:
    assert find(typed)[0] == first


def test_titles_propose_the_category_that_they_speak_of() -> None:
    assert guess("3栋1单元楼道停放电动车充电")[0] == "C0503"
    assert guess("消防通道被私家车堵住")[0] == "C0501"
    assert guess("张") == []


def test_with_nothing_typed_the_usual_categories_come_first() -> None:
    assert offered("", "", ["C0901", "none"])[:2] == ["C0901", "C0101"]


def test_no_such_category_says_so(report: CaseReport) -> None:
    report.start(CaseDraft())
    press("⇥天外飞仙")
    assert report.form.category.entry.accessibleDescription().startswith("没有这一类。")
    assert not report.form.category.list.isVisible()
    report.discard()


def test_what_was_left_unfinished_comes_back_after_a_crash(
    shell: Shell, report: CaseReport, office: Office, tmp_path: Path
) -> None:
    report.start(CaseDraft())
    press("路灯不亮↵路灯↵2栋门前")
    report.keep_draft()  # as the timer does a second later
    shell.settle()
    with office_in(tmp_path) as again:
        kept = again.desk.look(read_draft, CASE_DRAFT, CaseDraft)
    assert kept is not None
    assert (kept.title, kept.address) == ("路灯不亮", "2栋门前")
    press("⎋")
    shell.settle()
    assert shell.said() == "事件草稿已留下"
    report.start(CaseDraft())
    assert report.notice() == "已恢复上次没有报完的内容"
    assert report.form.values().title == "路灯不亮"
    assert report.form.values().category == "C0102"
    report.discard()
    shell.settle()
    assert office.desk.look(read_draft, CASE_DRAFT, CaseDraft) is None


def test_a_report_about_a_person_keeps_its_own_draft(
    shell: Shell, report: CaseReport, office: Office
) -> None:
    report.start(CaseDraft())
    press("路灯不亮⎋")
    shell.settle()
    about = CaseDraft(resident_id=RecordId("r1"), address="3栋2单元501")
    report.start(about)
    assert report.notice() == ""
    press("燃气软管老化⎋")
    shell.settle()
    report.start(CaseDraft())
    assert report.form.title.text() == "路灯不亮"
    press("⎋")
    shell.settle()
    report.start(about)
    assert report.form.title.text() == "燃气软管老化"
    report.discard()
    shell.settle()


def test_undo_takes_the_case_back_and_keeps_what_was_written(
    shell: Shell, report: CaseReport, office: Office
) -> None:
    report.start(CaseDraft())
    press("路灯不亮↵路灯↵")
    chord("↵")
    shell.settle()
    assert len(stored(office)) == 1
    shell.show("cases")
    chord(Qt.Key.Key_Z)
    shell.settle()
    assert stored(office) == []
    report.start(CaseDraft())
    assert report.form.title.text() == "路灯不亮"
    report.discard()
    shell.settle()


def test_what_was_solved_at_once_is_recorded_as_solved(
    shell: Shell, report: CaseReport, office: Office
) -> None:
    report.start(CaseDraft())
    press("飞线充电↵飞线↵")
    report.form.solved.edit.setFocus()
    press("当场劝离，插线板已收")
    chord("↵")
    shell.settle()
    (case,) = stored(office)
    assert (case.record.state, case.record.result) == ("self_solved", "当场劝离，插线板已收")
    assert shell.said() == "已存本机：飞线充电，自办自结"


def test_a_full_disk_loses_nothing_that_was_typed(shell: Shell, report: CaseReport, office: Office) -> None:
    report.start(CaseDraft())
    press("路灯不亮↵路灯↵2栋门前")
    report.form.text.setPlainText("从东数第二盏" * 130)
    office.add(Case(title="占一页", category="C01", found_ms=NOON, text="满" * 790))
    office.fill_disk()
    chord("↵")
    shell.settle()
    assert report.isVisible()
    assert report.fault().startswith("磁盘空间不足")
    assert report.form.values().text.startswith("从东数第二盏")
    office.fill_disk(full=False)
    chord("↵")
    shell.settle()
    assert [case.record.title for case in stored(office)] == ["占一页", "路灯不亮"]


def test_digits_choose_and_go_on_to_the_next_row(report: CaseReport) -> None:
    report.start(CaseDraft())
    report.form.urgency.setFocus()
    press("342")
    values = report.form.values()
    assert (values.urgency, values.source, values.scale) == ("urgent", "call", "households")
    assert focus_name() == "诉求人"
    report.discard()


def test_tab_stays_inside_the_sheet(report: CaseReport) -> None:
    report.start(CaseDraft())
    seen = []
    for _ in range(11):
        seen.append(focus_name())
        press("⇥")
    assert seen == ["标题", "类别", "地点", "情况说明", "紧急", "来源", "范围", "诉求人", "诉求人电话",
                    "已当场解决？写明结果，就自办自结", "添加照片"]  # fmt: skip
    assert focus_name() == "标题"


def test_known_people_give_the_case_their_grid(
    shell: Shell, report: CaseReport, office: Office, people: People
) -> None:
    report.start(CaseDraft(resident_id=people.wang, address="3栋2单元501"))
    press("燃气软管老化↵燃气↵")
    chord("↵")
    shell.settle()
    assert stored(office)[0].record.resident_id == people.wang


@pytest.fixture
def people(office: Office) -> People:
    """Who lives in the grid."""
    return People(office)


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 200)])
def test_the_sheet_can_be_read(report: CaseReport, mode: str, scale: int) -> None:
    theme().configure(mode=mode, text_scale=scale)
    report.start(CaseDraft())
    QApplication.processEvents()
    assert clipped_texts(report) == []
    assert nameless(report) == []
    assert weak_contrasts(report) == []
