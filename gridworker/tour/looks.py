"""Pictures of the main screens in the other looks: dark, and in English."""

from typing import Any

from gridworker.tour.stage import Stage

LOOKS: dict[str, dict[str, Any]] = {
    "dark": {"theme": "dark"},
    "english": {"language": "en"},
}
"""Names for the pictures, and the settings that differ from those of the tour."""
PLAIN: dict[str, Any] = {"theme": "light", "language": "zh", "text_scale": 100}
SCREENS = {
    "worker": ("today", "residents", "buildings", "visits", "cases", "sync", "settings"),
    "leader": ("review",),
}
"""What is pictured, on whose desktop."""


def take_pictures(stage: Stage) -> None:
    """Every main screen in every look, then back to the plain one."""
    for role, names in SCREENS.items():
        station = stage.stay_with(role)
        for look, settings in LOOKS.items():
            stage.dress(station, **{**PLAIN, **settings})
            for name in names:
                station.window.show_screen(name)
                stage.settle()
                stage.take_picture(f"{look}-{name}")
        stage.dress(station, **PLAIN)
