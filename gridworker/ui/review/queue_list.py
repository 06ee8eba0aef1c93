"""The queues at the left: how much waits in each, and how long the oldest has waited."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal

from gridworker.i18n import _
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.review.decisions import QUEUES, WAITING
from gridworker.ui.review.queues import Queue
from gridworker.ui.review.words import waited_words
from gridworker.ui.table import RecordTable


class QueueList(RecordTable):
    """Up and down choose a queue."""

    queue_chosen = Signal(str)

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Every queue, not counted yet."""
        self._queues = {name: Queue(name, 0, None) for name in QUEUES}
        self._now_ms = now_ms
        columns = (
            TableColumn[Queue]("", lambda q: _(QUEUES[q.name].title), 96, stretch=True, second=self._age),
            TableColumn[Queue]("", lambda q: f"{q.count:,}" if q.count else "", 44, align="right", bold=True),
        )
        model: PagedModel[Queue] = PagedModel(columns, self._page, id_of=lambda queue: queue.name)
        super().__init__(model, name=_("队列"), lines=2)
        self.horizontalHeader().hide()
        self.setSelectionMode(RecordTable.SelectionMode.SingleSelection)
        model.set_keys(list(QUEUES))
        self.select_key(next(iter(QUEUES)))
        self.current_changed.connect(self._choose)

    def show_queues(self, queues: Sequence[Queue]) -> None:
        """Count anew."""
        self._queues = {queue.name: queue for queue in queues}
        self.records.refresh()

    def _page(self, keys: Sequence[str]) -> list[Queue | None]:
        return [self._queues.get(key) for key in keys]

    def _age(self, queue: Queue) -> str:
        if queue.name not in WAITING or not queue.count or queue.oldest_ms is None:
            return ""
        return _("最早的等了{time}").format(time=waited_words(queue.oldest_ms, self._now_ms()))

    def _choose(self, key: object) -> None:
        if isinstance(key, str):
            self.queue_chosen.emit(key)
