"""The settings screen: every declared setting with its control, saved and in effect at once."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.settings import declared
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.controls import Card, Scrolled
from gridworker.ui.desk import Desk
from gridworker.ui.preferences.about_card import AboutCard
from gridworker.ui.preferences.identity_card import IdentityCard
from gridworker.ui.preferences.setting_rows import control_for
from gridworker.ui.screen import Screen
from gridworker.ui.theme import theme

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("界面"), ("language", "theme", "density", "text_scale")),
    (N_("隐私"), ("mask_by_default",)),
    (N_("每日计划"), ("care_capacity_home", "care_capacity_phone")),
    (N_("同步"), ("auto_sync_minutes",)),
)
LOOKS = frozenset({"language", "theme", "density", "text_scale"})
"""Settings after which the window is built anew."""
TWO_FROM = 860
"""From this width on (pixels at 100 %) there are two columns."""


class Preferences(Screen):
    """设置; what is not allowed or cannot be saved says so and changes nothing."""

    name: ClassVar[str] = "settings"
    title: ClassVar[str] = N_("设置")
    icon: ClassVar[str] = "settings"

    def __init__(self, desk: Desk) -> None:
        """Shows the settings as they are."""
        super().__init__()
        self.desk = desk
        self.controls: dict[str, QWidget] = {}
        self.identity, self.about = IdentityCard(desk), AboutCard()
        page = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, page)
        self._columns.setContentsMargins(0, 0, 6, 0)
        self._columns.setSpacing(12)
        self._columns.setAlignment(Qt.AlignmentFlag.AlignTop)
        left = [self._group(_(title), names) for title, names in GROUPS]
        for cards in (left, [self.identity, self.about]):
            column = QWidget()
            stack = column_of(column, spacing=12)
            for card in cards:
                stack.addWidget(card)
            stack.addStretch(1)
            self._columns.addWidget(column, 1)
        self._scrolled = Scrolled(page)
        self.body.addWidget(self._scrolled, 1)
        self.tools.set_about(_("改动立即生效，自动保存"))

    def opened(self) -> None:
        """Begin at the first control, or at the one that was changed before the window was built anew."""
        self.identity.show_identity()
        name, self.desk.changed_setting = self.desk.changed_setting or next(iter(self.controls)), ""
        self.controls[name].setFocus(Qt.FocusReason.OtherFocusReason)
        self._scrolled.ensureWidgetVisible(self.controls[name])

    def refresh(self, touched: Touched) -> None:
        """The user or his grids may be others."""
        if touched.everything:
            self.identity.show_identity()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two columns where there is room."""
        super().resizeEvent(event)
        roomy = self.width() >= theme().px(TWO_FROM)
        direction = QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom
        self._columns.setDirection(direction)

    def _group(self, title: str, names: tuple[str, ...]) -> Card:
        card = Card(title)
        for name in names:
            control = control_for(declared()[name], self.desk.settings.value_of(name), self._saver(name))
            if not control.accessibleName():
                control.setAccessibleName(_(declared()[name].text))
            self.controls[name] = control
            card.body.addWidget(control)
        return card

    def _saver(self, name: str) -> Callable[[Any], bool]:
        return partial(self._save, name)

    def _save(self, name: str, value: Any) -> bool:
        try:
            self.desk.settings.change(**{name: value})
        except Problem as problem:
            self.desk.tell_problem(problem)
            return False
        if name in LOOKS:
            self.desk.changed_setting = name
            self.desk.dressed.emit()
        else:
            self.desk.start_schedule()
            self.desk.background.announce(Touched(everything=True))
        return True
