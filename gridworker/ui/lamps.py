"""Lamps: the small signs of state; each has a shape of its own, so that colour is never the only sign."""

from typing import NamedTuple

from PySide6.QtGui import QPixmap

from gridworker.i18n import N_
from gridworker.ui.icons import pixmap


class Sign(NamedTuple):
    """The shape and colour of a lamp, and its word (Chinese, marked) for those who cannot see it."""

    icon: str
    token: str
    word: str


LAMPS = {
    "ok": Sign("lamp-ok", "ok", N_("正常")),
    "soon": Sign("lamp-half", "warn", N_("快到期")),
    "late": Sign("lamp-late", "danger", N_("超期")),
    "stop": Sign("lamp-stop", "danger", N_("需要处理")),
    "wait": Sign("lamp-wait", "accent", N_("等待")),
    "sent": Sign("lamp-sent", "ok", N_("已到中心")),
    "none": Sign("lamp-none", "text3", N_("无")),
}


def lamp_pixmap(lamp: str, size: int, *, ratio: float | None = None) -> QPixmap:
    """The picture of a lamp, `size` logical pixels square."""
    if lamp not in LAMPS:
        raise ValueError(f"no lamp {lamp!r}; there are {', '.join(LAMPS)}")
    return pixmap(LAMPS[lamp].icon, size, LAMPS[lamp].token, ratio=ratio)
