"""How the leader's rows read: whom, what, which signs to look at first, how long it has waited."""

from collections import Counter
from collections.abc import Iterable

from PySide6.QtGui import QFontMetrics

from gridworker.domain.cases import Case
from gridworker.domain.choices import CHOICES
from gridworker.domain.records import Stored
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.cases.words import category_name
from gridworker.ui.delegate import PADDING, pill_width
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import choice_tag, choice_words, condition_words, listed, moment_of

HOUR_MS = 3_600_000
Waits = Stored[Visit] | Stored[Case]


def title_of(stored: Waits) -> str:
    """Whom a visit was to, or what a case is called."""
    record = stored.record
    return record.title if isinstance(record, Case) else record.who


def time_of(stored: Waits) -> int:
    """When it was visited or found (ms UTC)."""
    record = stored.record
    return record.found_ms if isinstance(record, Case) else record.visited_ms


def gist_of(stored: Waits) -> str:
    """What came of it, or which category it is."""
    record = stored.record
    if isinstance(record, Case):
        return category_name(record.category)
    words = (choice_words("visit_outcome", record.outcome), choice_words("visit_method", record.method))
    return " · ".join(words)


def note_of(stored: Waits) -> str:
    """What was written in the worker's own words."""
    record = stored.record
    if isinstance(record, Case):
        return record.result or record.text
    return " ".join(filter(None, (record.note, record.promise)))


def signs_of(stored: Waits) -> tuple[tuple[str, str], ...]:
    """What makes a leader look twice, as tags."""
    record = stored.record
    if isinstance(record, Case):
        return () if record.urgency == "normal" else (choice_tag("urgency", record.urgency),)
    worrying = bool(condition_words(record)) and record.condition != "normal"
    tags = [choice_tag("condition", record.condition)] if worrying else []
    return tuple(tags + ([(_("隐患"), "red")] if record.hazard else []))


def signs_wide() -> int:
    """Room for the longest sign in the language in use, in pixels at 100 %."""
    metrics = QFontMetrics(theme().font("caption"))
    words = [_(each.label) for table in ("condition", "urgency") for each in CHOICES[table]]
    widest = max(pill_width(word, metrics) for word in words) * 100 / theme().text_scale
    return max(70, round(widest) + 2 * PADDING + 1)


def waited_words(since_ms: int, now_ms: int) -> str:
    """不到1小时, 5小时, 6天."""
    hours = max(0, now_ms - since_ms) // HOUR_MS
    if hours < 1:
        return _("不到1小时")
    return _("{count}小时").format(count=hours) if hours < 48 else _("{count}天").format(count=hours // 24)


def summary_of(chosen: Iterable[Waits], now_ms: int) -> list[tuple[str, str]]:
    """What several chosen rows come to: by worker, by outcome or category, and what stands out."""
    every = list(chosen)
    signs = Counter(word for stored in every for word, _colour in signs_of(stored))
    oldest_ms = min(map(time_of, every), default=now_ms)
    return [
        (_("要细看"), _counted(signs) or _("没有")),
        (_("结果"), _counted(Counter(map(_outcome_of, every)))),
        (_("网格员"), _counted(Counter(stored.record.worker_name for stored in every))),
        (_("最早"), moment_of(oldest_ms, now_ms)),
    ]


def _outcome_of(stored: Waits) -> str:
    record = stored.record
    if isinstance(record, Case):
        return category_name(record.category)
    return choice_words("visit_outcome", record.outcome)


def _counted(counts: Counter[str]) -> str:
    return listed(f"{word} {count}" for word, count in counts.most_common(8))
