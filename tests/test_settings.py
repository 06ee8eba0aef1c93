"""Settings: typed, checked, kept whole, and never a reason not to start."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.problems import Problem
from gridworker.settings import Settings, declared, default_profile, resource_path

JSON_VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)


def write(profile: Path, text: str) -> Path:
    file = profile / Settings.FILE
    file.write_text(text, "utf-8")
    return file


def test_a_new_profile_has_the_defaults_and_no_file(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert (settings.language, settings.text_scale, settings.mask_by_default) == ("zh", 100, True)
    assert settings.reported == ()
    assert list(tmp_path.iterdir()) == []


def test_a_change_is_there_after_a_restart(tmp_path: Path) -> None:
    Settings(tmp_path).change(theme="dark", care_capacity_home=12)
    again = Settings(tmp_path)
    assert (again.theme, again.care_capacity_home, again.language) == ("dark", 12, "zh")


def test_the_profile_directory_is_made_when_something_is_saved(tmp_path: Path) -> None:
    Settings(tmp_path / "new" / "profile").change(language="en")
    assert Settings(tmp_path / "new" / "profile").language == "en"


def test_keys_of_a_newer_program_stay_in_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '{"from_the_future": {"a": [1]}, "theme": "dark"}')
    Settings(tmp_path).change(language="en")
    assert json.loads(file.read_text("utf-8")) == {
        "from_the_future": {"a": [1]},
        "language": "en",
        "theme": "dark",
    }


def test_a_change_of_a_second_window_is_not_undone(tmp_path: Path) -> None:
    first, second = Settings(tmp_path), Settings(tmp_path)
    second.change(theme="dark")
    first.change(language="en")
    assert Settings(tmp_path).theme == "dark"


def test_a_bad_value_becomes_its_default_and_is_reported(tmp_path: Path) -> None:
    write(tmp_path, '{"text_scale": 110, "theme": "dark", "mask_by_default": 1}')
    settings = Settings(tmp_path)
    assert (settings.text_scale, settings.mask_by_default, settings.theme) == (100, True, "dark")
    reported = [(problem.code, problem.values["setting"]) for problem in settings.reported]
    assert reported == [("setting_not_allowed", "mask_by_default"), ("setting_not_allowed", "text_scale")]


def test_yes_is_no_number_and_one_is_not_yes(tmp_path: Path) -> None:
    write(tmp_path, '{"auto_sync_minutes": true, "mask_by_default": 1, "text_scale": 100.0}')
    assert len(Settings(tmp_path).reported) == 3


def test_a_bad_value_is_gone_once_a_good_one_is_chosen(tmp_path: Path) -> None:
    write(tmp_path, '{"text_scale": 110}')
    settings = Settings(tmp_path)
    settings.change(text_scale=150)
    assert settings.text_scale == 150
    assert Settings(tmp_path).reported == ()


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '"x"', "\x00\x01"])
def test_a_broken_file_is_kept_aside_and_reported(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    settings = Settings(tmp_path)
    assert [problem.code for problem in settings.reported] == ["settings_broken"]
    settings.change(theme="light")
    assert (tmp_path / "settings.broken.json").read_text("utf-8") == text
    assert Settings(tmp_path).theme == "light"


def test_bytes_that_are_no_text_are_a_broken_file_too(tmp_path: Path) -> None:
    (tmp_path / Settings.FILE).write_bytes(b"\xff\xfe\x00")
    assert [problem.code for problem in Settings(tmp_path).reported] == ["settings_broken"]


def test_a_file_that_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / Settings.FILE).mkdir()
    settings = Settings(tmp_path)
    assert [problem.code for problem in settings.reported] == ["settings_unreadable"]
    with pytest.raises(Problem, match="settings_unreadable"):
        settings.change(theme="dark")
    assert (settings.theme, (tmp_path / Settings.FILE).is_dir()) == ("system", True)


def test_a_full_disk_leaves_the_old_file_and_the_old_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Settings(tmp_path).change(theme="dark")
    settings = Settings(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Problem, match="settings_not_saved"):
        settings.change(theme="light")
    assert (settings.theme, Settings(tmp_path).theme) == ("dark", "dark")
    assert [path.name for path in tmp_path.iterdir()] == [Settings.FILE]


def test_several_values_are_changed_together_or_not_at_all(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    with pytest.raises(Problem, match="setting_not_allowed"):
        settings.change(theme="dark", text_scale=101)
    assert settings.theme == "system"


def test_assigning_says_what_to_write_instead(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match=r"settings\.change\(theme"):
        Settings(tmp_path).theme = "dark"


def test_a_setting_that_nobody_declared_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match="no setting 'colour'"):
        Settings(tmp_path).change(colour="red")


@pytest.mark.parametrize(
    "address", ["", "https://centre.example", "http://10.0.0.3:8443/gw", "http://[::1]:8000"]
)
def test_an_address_of_a_centre_is_taken(tmp_path: Path, address: str) -> None:
    Settings(tmp_path).change(server_url=address)
    assert Settings(tmp_path).server_url == address


@pytest.mark.parametrize(
    "address", ["centre.example", "ftp://a", "https://", "https://u:p@a", "https://a?x=1", "https://[::1", 7]
)
def test_what_is_no_address_of_a_centre_is_refused(tmp_path: Path, address: str | int) -> None:
    with pytest.raises(Problem, match="setting_not_allowed"):
        Settings(tmp_path).change(server_url=address)


@given(name=st.sampled_from(sorted(declared())), value=JSON_VALUES)
def test_whatever_stands_in_the_file_the_program_sees_an_allowed_value(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: object
) -> None:
    profile = tmp_path_factory.mktemp("profile")
    write(profile, json.dumps({name: value}))
    settings = Settings(profile)
    assert declared()[name].allowed.accepts(settings.value_of(name))
    assert bool(settings.reported) == (
        settings.value_of(name) != value or type(settings.value_of(name)) is not type(value)
    )


def test_the_file_is_the_users_own(tmp_path: Path) -> None:
    Settings(tmp_path).change(theme="dark")
    assert os.name == "nt" or (tmp_path / Settings.FILE).stat().st_mode & 0o777 == 0o600


def test_the_default_profile_lies_in_the_users_data_directory() -> None:
    assert default_profile().is_absolute()
    assert default_profile().parts[-2:] == ("gridworker", "default")


def test_a_resource_is_found_beside_the_program() -> None:
    assert resource_path("texts/problems.toml").is_file()
