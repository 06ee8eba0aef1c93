"""Which computer this is: a name that a copied folder does not bring along."""

import hashlib
import sys
from pathlib import Path

_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_SALT = b"gridworker machine\n"
"""The system's own id is not to be told to anybody."""


def machine_name() -> str:
    """A name made of the id that the system was given when it was set up; empty where it has none."""
    known = _system_id().strip()
    return hashlib.sha256(_SALT + known.encode()).hexdigest()[:32] if known else ""


def _system_id() -> str:
    if sys.platform == "win32":
        return _windows_id()
    for name in _FILES:
        try:
            return Path(name).read_text("ascii")
        except (OSError, ValueError):
            continue
    return ""


def _windows_id() -> str:
    if sys.platform != "win32":
        return ""
    import winreg  # noqa: PLC0415 - there is none elsewhere

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return ""
