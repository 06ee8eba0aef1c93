"""The settings screen: one control for each declared setting, made from its declaration, saved at once."""

from collections.abc import Callable
from typing import Any, ClassVar

from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QSpinBox, QWidget

from gridworker import __version__
from gridworker.domain.problems import Problem
from gridworker.domain.roles import ROLES
from gridworker.i18n import N_, _, problem_text
from gridworker.settings import Between, Flag, OneOf, Setting, Settings, declared
from gridworker.ui.controls import Button, Card, FieldRow, Label, Scrolled
from gridworker.ui.desk import Desk
from gridworker.ui.inputs import LineField
from gridworker.ui.screen import Screen

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("界面"), ("language", "theme", "density", "text_scale")),
    (N_("隐私"), ("mask_by_default",)),
    (N_("每日计划"), ("care_capacity_home", "care_capacity_phone")),
    (N_("同步"), ("auto_sync_minutes",)),
)
LOOKS = frozenset({"language", "theme", "density", "text_scale"})
CARD_WIDTH = 720


class Preferences(Screen):
    """Every setting with its words; what is not allowed says so and changes nothing."""

    name: ClassVar[str] = "settings"
    title: ClassVar[str] = N_("设置")
    icon: ClassVar[str] = "settings"

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.controls: dict[str, QWidget] = {}
        page = QWidget()
        column = QFormLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        for title, names in GROUPS:
            column.addRow(self._group(_(title), names))
        column.addRow(self._identity())
        column.addRow(self._about())
        self.body.addWidget(Scrolled(page), 1)

    def _group(self, title: str, names: tuple[str, ...]) -> Card:
        card = Card(title)
        card.setMaximumWidth(CARD_WIDTH)
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(8)
        for name in names:
            control = self._control(name, declared()[name])
            control.setAccessibleName(_(declared()[name].text))
            self.controls[name] = control
            form.addRow(Label(_(declared()[name].text), tone="second"), control)
        card.body.addLayout(form)
        return card

    def _control(self, name: str, setting: Setting[Any]) -> QWidget:
        value, save = self.desk.settings.value_of(name), self._saver(name)
        if isinstance(setting.allowed, OneOf):
            return _combo(setting.allowed, value, save)
        if isinstance(setting.allowed, Flag):
            box = QCheckBox(_("开启"))
            box.setChecked(bool(value))
            box.toggled.connect(save)
            return box
        if isinstance(setting.allowed, Between):
            spin = QSpinBox()
            spin.setRange(setting.allowed.lowest, setting.allowed.highest)
            spin.setValue(int(value))
            spin.valueChanged.connect(save)
            return spin
        raise TypeError(f"no control for the setting {name}: give its kind of values one here")

    def _saver(self, name: str) -> Callable[[Any], None]:
        def save(value: Any) -> None:
            try:
                self.desk.settings.change(**{name: value})
            except Problem as problem:
                self.desk.tell_problem(problem)
                return
            if name in LOOKS:
                self.desk.dressed.emit()
            else:
                self.desk.start_schedule()

        return save

    def _identity(self) -> Card:
        card = Card(_("本机"))
        card.setMaximumWidth(CARD_WIDTH)
        author = self.desk.author
        server = self.desk.look(lambda reader: reader.meta("server_url")) or ""
        for label, value in (
            (_("使用人"), author.user_name or _("未登记")),
            (
                _("网格"),
                "、".join(f"{g.title}({_(ROLES[g.role].label)})" for g in author.grants if g.role in ROLES),
            ),
            (_("中心地址"), server),
            (_("资料文件"), str(self.desk.database.path)),
        ):
            card.body.addWidget(FieldRow(label, value))
        self._address = LineField(_("更改中心地址"))
        self._address.edit.setPlaceholderText("https://")
        card.body.addWidget(self._address)
        card.body.addWidget(Button(_("保存地址"), self._save_address, kind="plain"))
        self._address.setVisible(author.enrolled)
        return card

    def _save_address(self) -> None:
        address = self._address.text().strip()
        if not Settings.server_url.allowed.accepts(address) or not address:
            sentence, _step = problem_text("setting_not_allowed", {"name": "server_url", "value": address})
            self._address.set_error(sentence)
            return
        self._address.set_error("")
        self.desk.change_server(address)

    def _about(self) -> Card:
        card = Card(_("关于"))
        card.setMaximumWidth(CARD_WIDTH)
        card.body.addWidget(FieldRow(_("程序"), f"{_('网格通行')} gridworker {__version__}"))
        card.body.addWidget(FieldRow(_("许可"), "Apache-2.0"))
        words = _("资料加密存放在本机,只送往登记的中心;照片、定位和证件号从不强制填写。")
        card.body.addWidget(Label(words, tone="second", wrap=True))
        return card


def _combo(allowed: OneOf, value: object, save: Callable[[Any], None]) -> QComboBox:
    combo = QComboBox()
    for choice, words in allowed.texts.items():
        combo.addItem(_(words), choice)
    combo.setCurrentIndex(combo.findData(value))
    combo.currentIndexChanged.connect(lambda _index: save(combo.currentData()))
    return combo
