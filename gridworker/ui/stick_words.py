"""What came of a stick, as sentences for a window and a terminal alike."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gridworker.i18n import N_, _, problem_text

if TYPE_CHECKING:
    from gridworker.sync.arrivals import Arrived  # ciphers, of which a start needs none
    from gridworker.sync.bundles import Exported

REFUSED: Mapping[str, str] = {
    "gap": N_("中心缺少前面的记录，请再存一次数据包，会从缺的那条开始。"),
    "fork": N_("这份资料曾被复制或恢复过，编号已经重排，请再存一次数据包；不会重复。"),
    "epoch": N_("中心从备份恢复过，请再存一次数据包；以前送过的也会补送，不会重复。"),
    "pace": N_("中心当时正忙，请再存一次数据包。"),
}
"""What a refusal of the centre asks for; every other one is told by its code."""


def exported_words(exported: "Exported") -> str:
    """What is on the stick now, and that it still has to arrive."""
    size = max(1, round(exported.bytes / 1024))
    if not exported.operations:
        said = _("数据包已存到 {file}（{size} KB）：本机没有待送的记录，可以带回中心的更新。")
        return said.format(file=exported.file, size=size) + _photos_on_stick(exported)
    said = _("数据包已存到 {file}（{size} KB）：{count} 条待送记录。中心确认之前，它们仍在本机等待。")
    words = said.format(file=exported.file, size=size, count=exported.operations)
    if exported.left:
        words += _("还有 {count} 条装不下，请再存一次。").format(count=exported.left)
    return words + _photos_on_stick(exported)


def _photos_on_stick(exported: "Exported") -> str:
    words = _("另有 {count} 张照片。").format(count=exported.photos) if exported.photos else ""
    if exported.photos_left:
        words += _("还有 {count} 张照片没有装完，请再存一次，会接着装。").format(count=exported.photos_left)
    return words


def arrived_words(arrived: "Arrived") -> str:
    """What a bundle brought."""
    refused = [_(REFUSED[code]) if code in REFUSED else _refusal(code) for code in arrived.refused]
    photos = _photos_arrived(arrived)
    if not arrived.fresh and photos:
        said = _("{file}：记录本机都已经有了。")
    elif not arrived.fresh:
        said = _("{file}：里面的内容本机都已经有了。")
    elif "epoch" in arrived.refused:
        said = _("{file}：已读取。")
    else:
        said = _("{file}：中心已确认 {acknowledged} 条，收到更新 {rows} 条。")
    words = said.format(file=arrived.file, acknowledged=arrived.acknowledged, rows=arrived.rows)
    return "".join((words, *refused, *photos))


def _photos_arrived(arrived: "Arrived") -> list[str]:
    words: list[str] = []
    if arrived.photos_sent:
        words.append(_("中心已收到 {count} 张照片。").format(count=arrived.photos_sent))
    if arrived.photos_fetched:
        words.append(_("取回 {count} 张照片的原图。").format(count=arrived.photos_fetched))
    if arrived.photo_fault:
        words += [_("其余照片没有读完。"), *problem_text(arrived.photo_fault, {})]
    return words


def _refusal(code: str) -> str:
    return _("中心没有收下全部记录（{code}），请把括号里的代码告诉技术人员。").format(code=code)
