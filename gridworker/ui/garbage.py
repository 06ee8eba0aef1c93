"""Python's cyclic garbage is collected on the main thread only, because Qt's objects may die nowhere else."""

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 1000
"""How often is looked whether enough has gathered; a look costs microseconds."""


class MainThreadGarbage(QObject):
    """Takes Python's collector off every other thread for as long as it is at work.

    Left to itself the collector runs on whichever thread allocates next. A window that is part of a cycle
    would then be torn down beside the main thread that paints it, which corrupts memory now and then.
    """

    _at_work = 0

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin; call on the main thread."""
        super().__init__(parent)
        MainThreadGarbage._at_work += 1
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect_due)
        self._timer.start(LOOK_MS)

    def collect_due(self) -> None:
        """Collect the oldest generation whose threshold is passed, as the collector itself would."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        passed = [generation for generation, (count, limit) in enumerate(counts) if count > limit]
        if passed:
            gc.collect(passed[-1])

    def stop(self) -> None:
        """End; the last one gives the collector back to every thread."""
        self._timer.stop()
        MainThreadGarbage._at_work -= 1
        if not MainThreadGarbage._at_work:
            gc.enable()
