"""The key of a profile: made once, readable by its user only, never replaced where data depends on it."""

import os
from pathlib import Path

import pytest

from gridworker.db.keys import DATABASE_FILE, key_for
from gridworker.domain.problems import Problem


def test_the_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    key = key_for(tmp_path / "profile")
    assert len(key) == 32
    assert key_for(tmp_path / "profile", random_bytes=lambda n: bytes(n)) == key
    assert [path.name for path in (tmp_path / "profile").iterdir()] == ["key"]


def test_only_the_user_can_read_the_key(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        key_for(tmp_path / "profile")
    finally:
        os.umask(old)
    assert (tmp_path / "profile" / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "profile").stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    key_for(tmp_path)
    (tmp_path / "key").chmod(0o644)
    key_for(tmp_path)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_database_without_its_key_gets_no_new_one(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"x")
    with pytest.raises(Problem, match="key_missing") as raised:
        key_for(tmp_path)
    assert raised.value.values == {"folder": str(tmp_path)}
    assert [path.name for path in tmp_path.iterdir()] == [DATABASE_FILE]


@pytest.mark.parametrize("content", [b"", b"zz", b"00" * 31, "钥匙".encode()])
def test_a_damaged_key_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(Problem, match="key_unreadable"):
        key_for(tmp_path)
    assert (tmp_path / "key").read_bytes() == content


def test_what_a_kill_left_of_a_key_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / f"key.{os.getpid()}").write_text("00")
    assert len(key_for(tmp_path)) == 32


def test_two_windows_at_once_end_up_with_one_key(tmp_path: Path) -> None:
    def slow_random(count: int) -> bytes:
        (tmp_path / "key").write_text("11" * count)
        return bytes(count)

    assert key_for(tmp_path, random_bytes=slow_random) == b"\x11" * 32


def test_a_disk_without_second_names_keeps_the_key_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: object) -> None:
        raise OSError(1, "not supported")

    monkeypatch.setattr(os, "link", refuse)
    key = key_for(tmp_path)
    assert key_for(tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("")
    with pytest.raises(Problem, match="folder_not_writable"):
        key_for(tmp_path / "profile")
