"""Every setting as one typed line, kept as a JSON file in the profile directory, and where files belong."""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, overload
from urllib.parse import urlsplit

import platformdirs

from gridworker.domain.problems import Problem

Language = Literal["zh", "en"]
Theme = Literal["system", "light", "dark"]
Density = Literal["compact", "normal", "comfortable"]
T = TypeVar("T", bound=str | int | bool)


class Allowed(Protocol):
    """Which values a setting may take; the settings screen draws the right control from it."""

    def accepts(self, value: object) -> bool:
        """Whether the value is of the right type and within the bounds."""


@dataclass(frozen=True)
class OneOf:
    """One of a few values, each with the words people see."""

    texts: Mapping[str | int, str]

    def accepts(self, value: object) -> bool:
        """Whether it is one of them; True is not the number 1."""
        return any(value == choice and type(value) is type(choice) for choice in self.texts)


@dataclass(frozen=True)
class Between:
    """A whole number from `lowest` to `highest`, both included."""

    lowest: int
    highest: int

    def accepts(self, value: object) -> bool:
        """Whether it is a number (not a truth value) within the bounds."""
        return type(value) is int and self.lowest <= value <= self.highest


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    def accepts(self, value: object) -> bool:
        """Whether it is a truth value."""
        return type(value) is bool


@dataclass(frozen=True)
class Address:
    """The http or https address of a server without user, query or fragment, or nothing."""

    def accepts(self, value: object) -> bool:
        """Whether it is empty or such an address."""
        if not isinstance(value, str):
            return False
        try:
            parts = urlsplit(value)
            plain = not (parts.query or parts.fragment or parts.username or parts.password)
            return not value or (parts.scheme in ("http", "https") and bool(parts.hostname) and plain)
        except ValueError:
            return False


class Setting(Generic[T]):
    """One setting: its default, the values it may take, and the Chinese words beside its control."""

    name: str

    def __init__(self, default: T, allowed: Allowed, text: str) -> None:
        """Declare it as an attribute of `Settings`; the attribute's name is the key in the file."""
        if not allowed.accepts(default):
            raise ValueError(f"{default!r} is not an allowed value of the setting {text}")
        self.default, self.allowed, self.text = default, allowed, text

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, settings: None, owner: type["Settings"]) -> Self: ...
    @overload
    def __get__(self, settings: "Settings", owner: type["Settings"]) -> T: ...
    def __get__(self, settings: "Settings | None", owner: type["Settings"]) -> Self | T:
        if settings is None:
            return self
        value: T = settings.value_of(self.name)
        return value

    def __set__(self, settings: "Settings", value: T) -> None:
        raise AttributeError(f"write settings.change({self.name}=…): it checks the value and saves it")


class Settings:
    """The settings of one profile; a file that is missing, broken or partly wrong never stops the program."""

    FILE = "settings.json"

    language = Setting[Language]("zh", OneOf({"zh": "中文", "en": "English"}), "界面语言")
    theme = Setting[Theme]("system", OneOf({"system": "跟随系统", "light": "浅色", "dark": "深色"}), "外观")
    density = Setting[Density](
        "normal", OneOf({"compact": "紧凑", "normal": "适中", "comfortable": "宽松"}), "行距"
    )
    text_scale = Setting[int](100, OneOf({100: "100%", 125: "125%", 150: "150%", 200: "200%"}), "文字大小")
    server_url = Setting[str]("", Address(), "中心服务器地址")
    auto_sync_minutes = Setting[int](15, Between(0, 24 * 60), "自动同步间隔（分钟，0为不自动同步）")
    mask_by_default = Setting[bool](True, Flag(), "默认隐藏姓名、电话和证件号")
    care_capacity_home = Setting[int](8, Between(0, 60), "每天计划上门走访户数")
    care_capacity_phone = Setting[int](15, Between(0, 200), "每天计划电话走访人数")

    def __init__(self, profile: Path) -> None:
        """Read the settings of a profile; `reported` holds one Problem for each thing that was not usable."""
        self._path = profile / self.FILE
        self._stored: dict[str, Any] = {}
        self.reported: tuple[Problem, ...] = ()
        try:
            self._stored = self._read()
        except Problem as problem:
            self.reported = (problem,)
        self._refused = {n for n in declared() if n in self._stored and not _usable(n, self._stored[n])}
        for name in sorted(self._refused):
            self.reported += (_not_allowed(name, self._stored[name]),)

    def change(self, **values: str | int | bool) -> None:
        """Check all values, then save them at once; what cannot be saved whole changes nothing (Problem).

        The file is read again first: keys of a newer program and changes of a second window stay in it.
        """
        for name, value in values.items():
            if name not in declared():
                raise AttributeError(f"there is no setting {name!r}; add one line to gridworker/settings.py")
            if not _usable(name, value):
                raise _not_allowed(name, value)
        stored = {**self._read(), **values}
        text = json.dumps(stored, ensure_ascii=False, indent=2, sort_keys=True)
        try:
            _write_at_once(self._path, text + "\n")
        except OSError as error:
            raise Problem("settings_not_saved", path=str(self._path), why=error.strerror or "") from error
        self._stored.update(values)
        self._refused -= values.keys()

    def value_of(self, name: str) -> Any:
        """The value of a setting by name: what the file says if that is allowed, else its default."""
        if name in self._stored and name not in self._refused:
            return self._stored[name]
        return declared()[name].default

    def _read(self) -> dict[str, Any]:
        """What the file holds; a file that is no settings file is kept under another name (Problem)."""
        try:
            stored = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Problem("settings_unreadable", path=str(self._path), why=error.strerror or "") from error
        except ValueError:
            stored = None
        if isinstance(stored, dict):
            return stored
        kept = self._path.with_suffix(".broken.json")
        self._path.replace(kept)
        raise Problem("settings_broken", kept=str(kept))


def declared() -> Mapping[str, Setting[Any]]:
    """Every setting by name, in the order of the settings screen."""
    return {name: item for name, item in vars(Settings).items() if isinstance(item, Setting)}


def _not_allowed(name: str, value: object) -> Problem:
    return Problem("setting_not_allowed", setting=name, text=declared()[name].text, value=value)


def _usable(name: str, value: object) -> bool:
    return declared()[name].allowed.accepts(value)


def texts() -> Iterable[str]:
    """Every Chinese text of the settings and of their choices."""
    for setting in declared().values():
        yield setting.text
        if isinstance(setting.allowed, OneOf):
            yield from setting.allowed.texts.values()


def default_profile() -> Path:
    """The profile directory of this user on this computer, unless --profile names another."""
    return platformdirs.user_data_path("gridworker", appauthor=False) / "default"


def resource_path(name: str) -> Path:
    """A file that travels with the program, named by its path under gridworker/resources."""
    return Path(__file__).parent / "resources" / name


def _write_at_once(path: Path, text: str) -> None:
    """Put the whole new file in the place of the old one, or leave the old one (owner-only, durable)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=path.name, suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable where directories can be synced (not on Windows)."""
    if os.name == "posix":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
