"""Photos by keys and by dropping files: on the card of a case and of a visit, and in the report of a case."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gridworker.actions.cases import CaseDraft
from gridworker.actions.photos import photos_of, take_in
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import sweep_blobs
from gridworker.domain.attachments import Attachment
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit
from gridworker.ui import cases, visits
from gridworker.ui.cases import CaseReport
from gridworker.ui.cases.view import CaseScreen
from gridworker.ui.controls import Label
from gridworker.ui.photos.strip import PhotoStrip
from gridworker.ui.photos.viewer import PhotoViewer
from gridworker.ui.theme import theme
from gridworker.ui.visits.view import VisitsScreen
from tests.actions.photo_files import photographed
from tests.ui.cases.keyboard import chord, focus, focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, nameless, weak_contrasts
from tests.ui.visits.grid import NOON, Office, People, office_in


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the screens of cases and visits."""
    with Shell.over(qtbot, office, cases.build(office.desk), visits.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def report(shell: Shell) -> CaseReport:
    """The sheet over the window."""
    return CaseReport(shell.office.desk, shell.window)


@pytest.fixture
def pick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[Path]]:
    """Call it with names: the next dialogue of files answers with photos of these names."""

    def choose(*names: str, size: tuple[int, int] = (640, 480)) -> list[Path]:
        files = [photographed(tmp_path / name, size, seed=n) for n, name in enumerate(names, 1)]
        answer = ([str(file) for file in files], "")
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: answer)
        return files

    return choose


def a_case(office: Office, title: str = "路灯不亮") -> RecordId:
    """A case of one's own."""
    return office.add(Case(title=title, category="C0102", found_ms=NOON, worker_id="local"))[0]


def stored(office: Office, owner: RecordId) -> list[Stored[Attachment]]:
    """The photos of a record."""
    return list(office.desk.look(photos_of, owner))


def drop(strip: PhotoStrip, *files: Path) -> None:
    """Let files fall onto a strip."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    strip.dropEvent(event)


def card_of(shell: Shell) -> PhotoStrip:
    """The strip on the card of the case that is shown."""
    screen = shell.show("cases")
    assert isinstance(screen, CaseScreen)
    return screen.card.photos


def viewer_of(shell: Shell) -> PhotoViewer:
    """The sheet with the original."""
    every = cast(list[PhotoViewer], shell.window.findChildren(PhotoViewer))
    (found,) = [each for each in every if not each.isHidden()]
    return found


def test_photos_are_added_seen_and_taken_away_by_keys(
    shell: Shell, office: Office, pick: Callable[..., list[Path]]
) -> None:
    case = a_case(office)
    strip = card_of(shell)
    pick("门前.jpg", "灯头.jpg")
    strip.add.setFocus()
    press("␣")
    shell.settle()
    assert [each.record.name for each in stored(office, case)] == ["门前", "灯头"]
    assert shell.said() == "已存本机：照片 灯头"
    assert focus_name() == "添加照片"
    press("⇥")
    assert focus_name() == "照片1 门前"
    press("→")
    assert focus_name() == "照片2 灯头"
    press("↵")
    shell.settle()
    assert viewer_of(shell).accessibleName().startswith("照片 灯头")
    press("←")
    shell.settle()
    assert viewer_of(shell).accessibleName().startswith("照片 门前")
    press("⎋")
    assert focus_name() == "照片2 灯头"
    _delete()
    shell.settle()
    assert [each.record.name for each in stored(office, case)] == ["门前"]
    assert focus_name() == "照片1 门前"
    assert shell.said() == "已去掉照片 灯头"
    chord(Qt.Key.Key_Z)
    shell.settle()
    assert sorted(each.record.name for each in stored(office, case)) == ["灯头", "门前"]


def _delete() -> None:
    QTest.keyClick(focus(), Qt.Key.Key_Delete)
    QApplication.processEvents()


def test_files_are_dropped_and_what_is_no_photo_is_named(
    shell: Shell, office: Office, tmp_path: Path
) -> None:
    case = a_case(office)
    strip = card_of(shell)
    good = photographed(tmp_path / "好.jpg", (320, 240))
    (tmp_path / "坏.jpg").write_bytes(b"no picture")
    drop(strip, tmp_path / "坏.jpg", good)
    shell.settle()
    assert [each.record.name for each in stored(office, case)] == ["好"]
    assert strip.wrong().startswith("“坏.jpg”不是能识别的照片。")
    drop(strip, good)
    shell.settle()
    assert (len(stored(office, case)), strip.wrong()) == (1, "这张照片已经在这里了：好")


def test_an_empty_strip_says_that_no_photo_is_needed(shell: Shell, office: Office) -> None:
    a_case(office)
    strip = card_of(shell)
    labels = cast(list[Label], strip.findChildren(Label))
    words = [label.text() for label in labels if not label.isHidden()]
    assert words == ["照片", "没有照片也可以；有就拖到这里。"]
    assert strip.tiles() == []


def test_another_case_shows_other_photos(shell: Shell, office: Office, tmp_path: Path) -> None:
    first, second = a_case(office, "一"), a_case(office, "二")
    take_in(office.database, (Case, first), photographed(tmp_path / "a.jpg", (320, 240)))
    screen = shell.show("cases")
    assert isinstance(screen, CaseScreen)
    for case, count in ((first, 1), (second, 0), (first, 1)):
        screen.show_record(case)
        shell.settle()
        assert len(screen.card.photos.tiles()) == count


def test_others_photos_are_not_taken_away(shell: Shell, office: Office, tmp_path: Path) -> None:
    (case,) = office.add(Case(title="别人的", category="C0102", found_ms=NOON, worker_id="somebody"))
    take_in(office.database, (Case, case), photographed(tmp_path / "a.jpg", (320, 240)))
    office.database.write(lambda tx: tx.driver.execute("UPDATE attachment SET rev='e1.1'"))
    strip = card_of(shell)
    strip.tiles()[0].setFocus()
    _delete()
    shell.settle()
    assert len(stored(office, case)) == 1


def test_a_missing_original_shows_its_thumbnail_and_says_why(
    shell: Shell, office: Office, tmp_path: Path
) -> None:
    case = a_case(office)
    take_in(office.database, (Case, case), photographed(tmp_path / "a.jpg", (320, 240)))
    strip = card_of(shell)
    for file in BlobFiles(office.database.path).folder.iterdir():
        file.unlink()
    strip.tiles()[0].setFocus()
    press("↵")
    shell.settle()
    assert viewer_of(shell).note() == "这是缩略图。原图已经不在这台电脑上。"
    press("⎋")


def test_a_visit_has_photos_too(shell: Shell, office: Office, tmp_path: Path) -> None:
    visit = People(office).visit(People(office).wang, days_ago=0)
    screen = shell.show("visits")
    assert isinstance(screen, VisitsScreen)
    screen.show_record(visit)
    shell.settle()
    drop(screen.card.photos, photographed(tmp_path / "a.jpg", (320, 240)))
    shell.settle()
    assert [each.record.owner_id for each in stored(office, visit)] == [visit]
    assert len(screen.card.photos.tiles()) == 1
    assert office.desk.look(lambda reader: reader.get(Visit, visit)) is not None


# ------------------------------------------------------------------------------------------- in the report


def test_a_report_is_saved_with_its_photos(
    shell: Shell, report: CaseReport, office: Office, pick: Callable[..., list[Path]]
) -> None:
    report.start(CaseDraft())
    press("路灯不亮↵路灯↵")
    pick("一.jpg", "二.jpg")
    report.form.photos.add.setFocus()
    press("␣")
    chord("↵")
    assert report.isVisible(), "it waits for the photos"
    shell.settle()
    assert not report.isVisible()
    (case,) = office.desk.look(lambda reader: list(reader.all(Case)))
    assert [each.record.name for each in stored(office, case.id)] == ["一", "二"]
    report.start(CaseDraft())
    assert report.form.photos.tiles() == []
    report.leave()


def test_undo_of_a_report_brings_words_and_photos_back_to_the_sheet(
    shell: Shell, report: CaseReport, office: Office, tmp_path: Path
) -> None:
    report.start(CaseDraft())
    press("路灯不亮↵路灯↵")
    drop(report.form.photos, photographed(tmp_path / "a.jpg", (320, 240)))
    shell.settle()
    chord("↵")
    shell.settle()
    shell.show("cases")
    chord(Qt.Key.Key_Z)
    shell.settle()
    assert (office.count(Case), office.count(Attachment)) == (0, 0)
    sweep_blobs(office.database)
    report.start(CaseDraft())
    assert len(report.form.photos.tiles()) == 1
    chord("↵")
    shell.settle()
    assert (office.count(Case), office.count(Attachment)) == (1, 1)


def test_each_draft_keeps_its_own_photos_until_it_is_thrown_away(
    shell: Shell, report: CaseReport, tmp_path: Path
) -> None:
    report.start(CaseDraft())
    drop(report.form.photos, photographed(tmp_path / "a.jpg", (320, 240)))
    shell.settle()
    report.leave()
    report.start(CaseDraft(resident_id=RecordId("r1")))
    assert report.form.photos.tiles() == []
    report.leave()
    report.start(CaseDraft())
    assert len(report.form.photos.tiles()) == 1
    report.discard()
    assert report.form.photos.tiles() == []
    shell.settle()


def test_a_photo_that_cannot_be_read_stops_the_saving_until_somebody_has_seen_it(
    shell: Shell, report: CaseReport, office: Office, tmp_path: Path
) -> None:
    report.start(CaseDraft())
    press("路灯不亮↵路灯↵")
    (tmp_path / "坏.jpg").write_bytes(b"no picture")
    drop(report.form.photos, tmp_path / "坏.jpg")
    chord("↵")
    shell.settle()
    assert (report.isVisible(), office.count(Case)) == (True, 0)
    assert report.form.photos.wrong().startswith("“坏.jpg”")
    chord("↵")
    shell.settle()
    assert (report.isVisible(), office.count(Case)) == (False, 1)


# ----------------------------------------------------------------------------------------- how it looks


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 200)])
def test_the_strip_can_be_read_in_every_look(
    shell: Shell, report: CaseReport, office: Office, tmp_path: Path, mode: str, scale: int
) -> None:
    theme().configure(mode=mode, text_scale=scale)
    case = a_case(office)
    for n in range(4):
        take_in(office.database, (Case, case), photographed(tmp_path / f"{n}.jpg", (320, 240), seed=n))
    strip = card_of(shell)
    assert len(strip.tiles()) == 4
    assert (clipped_texts(strip), nameless(strip), weak_contrasts(strip)) == ([], [], [])
    report.start(CaseDraft())
    drop(report.form.photos, photographed(tmp_path / "a.jpg", (320, 240)))
    shell.settle()
    QApplication.processEvents()
    assert (clipped_texts(report), nameless(report), weak_contrasts(report)) == ([], [], [])
    report.discard()
    shell.settle()
