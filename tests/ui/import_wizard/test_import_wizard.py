"""Importing a register by keys: preview, lists, columns, saving with progress, taking back, faults."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import openpyxl
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from benchmarks.registers import write_register
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.ui.import_wizard.preview_page import WAITING
from gridworker.ui.import_wizard.view import ImportScreen
from gridworker.ui.theme import theme
from tests.actions.import_files import REAL, SONG, YIN, ZHAO, workbook
from tests.ui.cases.keyboard import chord, focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.import_wizard.conftest import WAIT_MS
from tests.ui.probes import clipped_texts, focus_jumps, nameless, weak_contrasts
from tests.ui.visits.grid import Office

Choose = Callable[[Path], None]


def wait_ready(qtbot: QtBot, shell: Shell, screen: ImportScreen) -> None:
    """Until the preview is there with the rows of its list."""
    qtbot.waitUntil(lambda: screen.ready, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not screen.preview.waits() and "…" not in shown(screen), timeout=WAIT_MS)
    shell.settle()


def wait_idle(qtbot: QtBot, shell: Shell, screen: ImportScreen) -> None:
    """Until nothing goes on."""
    qtbot.waitUntil(lambda: not screen.busy, timeout=WAIT_MS)
    shell.settle()


def shown(screen: ImportScreen) -> list[str | None]:
    """The names of the first rows of the list."""
    model = screen.preview._model
    rows = (model.record(row) for row in range(min(5, model.rowCount())))
    return [row.name if row else None for row in rows]


def opened(qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose, file: Path) -> None:
    """Choose a file by keys and wait for its preview."""
    choose(file)
    chord(Qt.Key.Key_O)
    wait_ready(qtbot, shell, screen)


def saved(qtbot: QtBot, shell: Shell, screen: ImportScreen) -> None:
    """Press the key that saves, and wait."""
    chord("↵")
    wait_idle(qtbot, shell, screen)


def people(office: Office) -> list[str]:
    """Everybody in the database."""
    return sorted(stored.record.name for stored in office.desk.look(lambda r: list(r.all(Resident))))


def test_the_real_register_goes_through_by_keys(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, office: Office, choose: Choose
) -> None:
    assert focus_name() == "选择文件 Ctrl+O"
    opened(qtbot, shell, screen, choose, REAL)
    assert screen.preview.dropped.words().startswith("没有读取：民族、政治面貌。民族不是网格服务需要的信息")
    assert screen.preview.outcome() == (
        "读到 647 行：644 人，254 户，8 栋楼 导入会新增 644 人，更新 0 人，0 人不变。现在什么也没有写入。"
    )
    assert screen.preview.table.hasFocus()
    assert screen.preview.detail().startswith("第 21 行 吴辉祥\n身份证号被表格软件存成了数字")
    assert office.count(Resident) == 0
    saved(qtbot, shell, screen)
    assert office.count(Resident) == 644
    assert shell.said() == "已存本机：导入新增 644 人，更新 0 人"
    assert screen.end.title.text() == "已存本机：居民信息台账-a.xlsx"
    assert ("新增", "644 人") in screen.end.facts.facts()
    assert ("17", "身份证号的校验位不对，可能有一位写错了。") in screen.end.doubts.facts()
    assert ("1", "合计行") in screen.end.skipped.facts()
    assert focus_name() == "查看居民"
    press("␣")
    assert office.asked[-1] == ("screen", "residents")
    chord(Qt.Key.Key_Z)
    wait_idle(qtbot, shell, screen)
    assert office.count(Resident) == 0
    assert shell.said() == "已撤销这次导入"


def test_lists_are_walked_with_arrows_and_rows_come_as_one_scrolls(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose
) -> None:
    opened(qtbot, shell, screen, choose, REAL)
    screen.preview.lists._chips["doubtful"].setFocus()
    press("→␣")
    wait_ready(qtbot, shell, screen)
    model = screen.preview._model
    assert model.rowCount() == 644
    assert model.record(600) is WAITING
    qtbot.waitUntil(lambda: model.record(600) is not WAITING, timeout=WAIT_MS)
    screen.preview.lists._chips["skipped"].click()
    wait_ready(qtbot, shell, screen)
    assert model.rowCount() == 8
    row = model.record(7)
    assert row is not None
    assert (row.verb, row.remark) == ("skipped", "填表人、审核人等签名行")


def test_no_row_is_ever_blank_while_rows_are_on_their_way(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose
) -> None:
    model, table = screen.preview._model, screen.preview.table
    seen: list[tuple[int, object, bool]] = []
    model.modelReset.connect(lambda: seen.append((model.rowCount(), model.record(0), table._loading)))
    opened(qtbot, shell, screen, choose, REAL)
    screen.preview.lists._chips["new"].click()
    assert (model.rowCount(), table._loading) == (0, True)
    wait_ready(qtbot, shell, screen)
    screen.preview.lists._chips["same"].click()
    assert (model.rowCount(), table._loading) == (0, False)
    assert [rows for rows, first, _loading in seen if rows and (first is None or first is WAITING)] == []
    assert 644 in [rows for rows, _first, _loading in seen]


def test_what_a_file_changes_is_shown_field_by_field(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, office: Office, choose: Choose, tmp_path: Path
) -> None:
    opened(qtbot, shell, screen, choose, workbook(tmp_path / "a.xlsx", [SONG, ZHAO]))
    saved(qtbot, shell, screen)
    other = (*SONG[:4], "13912345678", *SONG[5:8], "腿脚不便")
    opened(qtbot, shell, screen, choose, workbook(tmp_path / "b.xlsx", [other, ZHAO, YIN]))
    assert "新增 1 人，更新 1 人，1 人不变" in screen.preview.outcome()
    screen.preview.lists._chips["changed"].click()
    wait_ready(qtbot, shell, screen)
    assert "备注：（空） → 腿脚不便" in screen.preview.detail()
    saved(qtbot, shell, screen)
    assert people(office) == ["宋敏", "尹学强", "赵辉华"]


def test_a_column_gets_another_meaning_and_the_file_is_read_again(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, office: Office, choose: Choose, tmp_path: Path
) -> None:
    rows = [("宋敏", "1栋1单元101", "喜欢下棋"), ("赵辉华", "1栋1单元102", "")]
    file = workbook(tmp_path / "a.xlsx", rows, ("姓名", "住址", "爱好"))
    opened(qtbot, shell, screen, choose, file)
    screen.preview.lists._chips["columns"].click()
    box = screen.preview.columns.boxes[2]
    assert box.currentText() == "不采用"
    pick(box, "note")
    wait_ready(qtbot, shell, screen)
    assert screen.preview.lists.active() == ("columns",)
    assert screen.preview.columns.boxes[2].currentText() == "备注"
    saved(qtbot, shell, screen)
    notes = [stored.record.note for stored in office.desk.look(lambda r: list(r.all(Resident)))]
    assert "喜欢下棋" in notes


def test_columns_that_leave_nobody_go_back_to_what_they_were(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose, tmp_path: Path
) -> None:
    opened(qtbot, shell, screen, choose, workbook(tmp_path / "a.xlsx", [SONG]))
    screen.preview.lists._chips["columns"].click()
    pick(screen.preview.columns.boxes[0], None)
    wait_ready(qtbot, shell, screen)
    assert shell.said() == "这样选读不出居民，列的含义已恢复原样。"
    assert "读到 1 行" in screen.preview.outcome()


def pick(box: QComboBox, meaning: str | None) -> None:
    """Choose a meaning as a person does."""
    box.setFocus()
    press("↓")
    view, at = box.view(), box.findData(meaning)
    step = Qt.Key.Key_Down if at > box.currentIndex() else Qt.Key.Key_Up
    for _ in range(abs(at - box.currentIndex())):
        QTest.keyClick(view, step)
    QTest.keyClick(view, Qt.Key.Key_Return)


def fault_file(name: str, folder: Path) -> Path:
    """A file of each kind that cannot be imported."""
    file = folder / f"{name}.xlsx"
    if name == "file_not_workbook":
        file.write_text("not a workbook at all")
    elif name == "file_empty":
        openpyxl.Workbook().save(file)
    elif name == "file_no_header":
        workbook(file, [("a", "b"), ("c", "d")], ("x", "y"))
    return file


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file_missing", "找不到文件"),
        ("file_not_workbook", "不是 Excel 表格"),
        ("file_empty", "里没有内容"),
        ("file_no_header", "没有找到表头"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose, tmp_path: Path, *, name: str, words: str
) -> None:
    choose(fault_file(name, tmp_path))
    chord(Qt.Key.Key_O)
    wait_idle(qtbot, shell, screen)
    said = screen.start.fault.words()
    assert words in said
    assert "请" in said
    assert not screen.ready
    opened(qtbot, shell, screen, choose, workbook(tmp_path / "good.xlsx", [SONG]))
    assert screen.ready


def test_esc_stops_reading_and_nothing_is_written(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, office: Office, choose: Choose, tmp_path: Path
) -> None:
    file = tmp_path / "big.xlsx"
    write_register(file, 3_000)
    choose(file)
    chord(Qt.Key.Key_O)
    assert screen.reading.isVisible()
    qtbot.waitUntil(lambda: "读取" in screen.reading._text.full_text(), timeout=WAIT_MS)
    press("⎋")
    wait_idle(qtbot, shell, screen)
    assert shell.said() == "已取消，什么也没有写入"
    assert office.count(Resident) == 0
    assert focus_name() == "选择文件 Ctrl+O"


def test_esc_leaves_a_preview_without_writing(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, office: Office, choose: Choose, tmp_path: Path
) -> None:
    opened(qtbot, shell, screen, choose, workbook(tmp_path / "a.xlsx", [SONG]))
    press("⎋")
    wait_idle(qtbot, shell, screen)
    assert not screen.ready
    chord("↵")
    shell.settle()
    assert office.count(Resident) == 0


def test_a_past_import_is_taken_back_after_a_second_press_and_what_changed_since_stays(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, office: Office, choose: Choose, tmp_path: Path
) -> None:
    opened(qtbot, shell, screen, choose, workbook(tmp_path / "a.xlsx", [SONG, ZHAO, YIN]))
    saved(qtbot, shell, screen)
    song = next(s for s in office.desk.look(lambda r: list(r.all(Resident))) if s.record.name == "宋敏")
    rename(office, song.id)
    press("⎋")
    shell.settle()
    history = screen.start.table
    assert screen.start.history.isVisible()
    assert history.records.data(history.records.index(0, 1)) == "a.xlsx"
    assert history.records.data(history.records.index(0, 2)) == "新增 3 人，更新 0 人"
    screen.start._undo.setFocus()
    press("␣")
    assert screen.start._undo.text() == "再按一次，撤销“a.xlsx”"
    assert screen.start.rehearsal.words() == ""
    press("␣")  # before it is told what this does the second press does not count
    shell.settle()
    said = screen.start.rehearsal.words()
    assert said.startswith("将删除 居民 2 名")
    assert said.endswith("。撤销后不能恢复，可以重新导入原文件。")
    assert "导入后又用过的" in said
    assert office.count(Resident) == 3
    press("␣")
    wait_idle(qtbot, shell, screen)
    assert people(office) == ["宋敏"]
    assert shell.said() == "已撤销这次导入；导入后又改过的 1 人保留不动"
    assert history.records.data(history.records.index(0, 3)) == "已撤销"
    assert not screen.start._undo.isEnabled()


def rename(office: Office, id: RecordId) -> None:
    """Somebody works with a person."""
    office.database.write(lambda tx: tx.change(Resident, id, note="已走访"))


def test_a_dropped_file_is_read(qtbot: QtBot, shell: Shell, screen: ImportScreen, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(workbook(tmp_path / "a.xlsx", [SONG])))])
    drop = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    screen.dropEvent(drop)
    wait_ready(qtbot, shell, screen)
    assert "读到 1 行" in screen.preview.outcome()


def test_the_window_stays_free_while_a_large_file_is_imported(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose, tmp_path: Path
) -> None:
    file = tmp_path / "big.xlsx"
    write_register(file, 3_000)
    late = Heart()
    opened(qtbot, shell, screen, choose, file)
    saved(qtbot, shell, screen)
    screen.end.undo.click()
    wait_idle(qtbot, shell, screen)
    beats = late.stop()
    print(f"{len(beats)} beats, median {beats[len(beats) // 2]:.1f} ms, longest {beats[-1]:.1f} ms")
    assert beats[int(len(beats) * 0.95)] < 50


class Heart:
    """Beats every 5 ms while the window is free, and notes how long each beat took."""

    def __init__(self) -> None:
        """It beats from now on."""
        self._beats = [perf_counter()]
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self._beats.append(perf_counter()))
        self._timer.start()

    def stop(self) -> list[float]:
        """The gaps between beats in ms, the longest last."""
        self._timer.stop()
        pairs = zip(self._beats, self._beats[1:], strict=False)
        return sorted((later - sooner) * 1000 for sooner, later in pairs)


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(
    qtbot: QtBot, shell: Shell, screen: ImportScreen, choose: Choose, *, mode: str, scale: int
) -> None:
    theme().configure(mode=mode, text_scale=scale)
    check(screen)
    opened(qtbot, shell, screen, choose, REAL)
    check(screen)
    screen.preview.lists._chips["columns"].click()
    check(screen)
    saved(qtbot, shell, screen)
    check(screen)


def check(screen: ImportScreen) -> None:
    """Everything that is shown can be read and reached."""
    QApplication.processEvents()
    assert clipped_texts(screen) == []
    assert nameless(screen) == []
    assert weak_contrasts(screen) == []
    assert focus_jumps(screen) == []
