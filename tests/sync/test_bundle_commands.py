"""Sticks on the command line: the whole way, with reports for people and for programs."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gridworker.actions.photos import attach_photos
from gridworker.cli import main
from gridworker.db.blob_files import BlobFiles
from gridworker.domain.residents import Resident
from gridworker.profiles import open_profile
from gridworker.server import accounts
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Exchange
from gridworker.wire.messages import EnrolRequest
from tests.sync.laptop import PASSWORD, Centre, Line
from tests.sync.photos import photo_of


@pytest.fixture
def profile(centre: Centre, tmp_path: Path) -> Path:
    """The profile of a worker who has met the centre once, and has recorded somebody since."""
    folder = tmp_path / "profile"
    line = Line(centre)
    with closing(open_profile(folder)) as database:
        request = EnrolRequest(user="zhang", password=PASSWORD, device_name="n", app="test")
        enrol(database, line, request, server_url="line")
        with database.read() as reader:
            line.token = reader.meta("token") or ""
        Exchange(database, line, app="test").run()
        database.write(lambda tx: tx.create(Resident(name="王秀兰")))
    return folder


def office(centre: Centre, *arguments: object) -> int:
    """The office's command."""
    database = f"sqlite:///{centre.folder / 'centre.db'}"
    return main(["server", "bundle", "import", "--database", database, *map(str, arguments)])


def laptop(action: str, profile: Path, *arguments: object) -> int:
    """The laptop's command."""
    return main(["bundle", action, "--profile", str(profile), *map(str, arguments)])


def test_the_way_up_and_down_in_words(
    centre: Centre, profile: Path, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert laptop("export", profile, "--to", stick) == 0
    assert "1 条待送记录" in capsys.readouterr().out
    assert office(centre, stick) == 0
    assert "张晓，第 1–1 条。已收下 1。回执：" in capsys.readouterr().out
    assert laptop("import", profile, stick) == 0
    assert "中心已确认 1 条" in capsys.readouterr().out
    assert laptop("import", profile, stick) == 0
    assert "都已经有了" in capsys.readouterr().out


def test_the_way_up_and_down_as_json(
    centre: Centre, profile: Path, stick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def report() -> Any:
        return json.loads(capsys.readouterr().out)

    file, receipts = stick / "mine.gwup", tmp_path / "receipts"
    receipts.mkdir()
    assert laptop("export", profile, "--to", file, "--json") == 0
    written = report()
    assert (written["operations"], written["left"], written["file"]) == (1, 0, str(file))
    assert office(centre, file, "--receipts", receipts, "--json") == 0
    (outcome,) = report()
    assert (outcome["code"], outcome["results"], outcome["last_seq"]) == ("taken", {"applied": 1}, 1)
    assert Path(outcome["answer"]).parent == receipts
    assert laptop("import", profile, outcome["answer"], "--json") == 0
    (arrived,) = report()
    assert (arrived["fresh"], arrived["acknowledged"], arrived["rows"]) == (True, 1, 1)


def test_what_is_wrong_is_said_and_is_the_exit_status(
    centre: Centre, profile: Path, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert office(centre, stick) == 2
    assert "没有找到数据包" in capsys.readouterr().out
    (stick / "a.gwup").write_bytes(b"rubbish")
    assert office(centre, stick) == 2
    assert "数据包损坏" in capsys.readouterr().out
    assert laptop("import", profile, stick) == 2
    assert "没有给这台电脑的数据包" in capsys.readouterr().err
    assert laptop("export", profile, "--to", stick / "gone" / "a.gwup") == 2
    assert "写不进U盘" in capsys.readouterr().err


def test_a_lost_stick_is_told_at_both_ends(
    centre: Centre, profile: Path, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert laptop("export", profile, "--to", stick / "lost.gwup") == 0
    (stick / "lost.gwup").unlink()
    with closing(open_profile(profile)) as database:
        database.write(lambda tx: tx.create(Resident(name="李大爷")))
    assert laptop("export", profile, "--only-new", "--to", stick) == 0
    assert office(centre, stick) == 2
    assert "没有全部收下（gap）" in capsys.readouterr().out
    assert laptop("import", profile, stick) == 0
    assert "中心缺少前面的记录" in capsys.readouterr().out


def test_who_is_shut_out_is_told_at_the_office(
    centre: Centre, profile: Path, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop("export", profile, "--to", stick)
    centre.store.write(lambda tx: accounts.disable_user(tx, "zhang", centre.clock))
    assert office(centre, stick) == 0
    assert "暂存 1。这台电脑或账号已停用" in capsys.readouterr().out


def test_photos_are_counted_at_both_ends(
    centre: Centre, profile: Path, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = photo_of(1.5)
    with closing(open_profile(profile)) as database:
        person = database.write(lambda tx: tx.create(Resident(name="李大爷")))
        database.write(attach_photos, BlobFiles(database.path), (Resident, person), [photo])
    assert laptop("export", profile, "--to", stick) == 0
    assert "3 条待送记录。中心确认之前，它们仍在本机等待。另有 1 张照片。" in capsys.readouterr().out
    assert office(centre, stick) == 0
    assert "照片：已收下 1。" in capsys.readouterr().out
    with closing(open_profile(profile)) as database:
        database.write(lambda tx: tx.create(Resident(name="后来")))
    assert laptop("import", profile, stick) == 0
    assert "中心已收到 1 张照片。" in capsys.readouterr().out
    assert laptop("import", profile, stick, "--json") == 0
    (arrived,) = json.loads(capsys.readouterr().out)
    assert (arrived["photos_sent"], arrived["photos_fetched"], arrived["photo_fault"]) == (0, 0, "")
