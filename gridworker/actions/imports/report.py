"""The report of an import: what the file held, what was done with it, and what was left out and why."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import msgspec

from gridworker.actions.imports.dictionaries import reasons, report_lines
from gridworker.actions.imports.plan import Plan

Translate = Callable[[str], str]


class DroppedColumn(msgspec.Struct, frozen=True):
    """A column that was never read, and the Chinese sentence that says why."""

    heading: str
    reason: str


class Report(msgspec.Struct, frozen=True):
    """Counts of one import; it holds no name, number or address of anybody.

    `rows` are rows of people, `residents` the people in them; households, buildings, rooms are the file's.
    `created` counts new records by kind. `state` says whether it was only planned, or saved.
    """

    file: str
    sheet: str
    state: Literal["planned", "saved"]
    rows: int
    residents: int
    households: int
    buildings: int
    rooms: int
    new: int
    changed: int
    same: int
    doubtful: dict[str, int]
    doubtful_rows: int
    repeated: int
    skipped: dict[str, int]
    dropped_columns: tuple[DroppedColumn, ...]
    ignored_columns: tuple[str, ...]
    skipped_sheets: tuple[str, ...] = ()
    unread: dict[str, int] = {}
    created: dict[str, int] = {}
    batch_id: str = ""

    def to_json(self) -> str:
        """The report as JSON with plain numbers and words."""
        return msgspec.json.encode(self).decode()


def report_of(plan: Plan) -> Report:
    """The report of a plan, before anything is written."""
    register, places = plan.register, plan.places
    verbs = Counter(plan.verb(index) for index in range(len(plan.drafts)))
    codes = [{doubt.code for doubt in plan.doubts(index)} for index in range(len(plan.drafts))]
    columns = register.layout.columns
    return Report(
        file=register.file,
        sheet=register.layout.sheet,
        state="planned",
        rows=register.people_rows,
        residents=len(plan.drafts),
        households=sum(len(home.households) for home in places.homes.values()),
        buildings=len(places.buildings),
        rooms=sum(1 for home in places.homes.values() if home.place),
        new=verbs["new"],
        changed=verbs["changed"],
        same=verbs["same"],
        doubtful=dict(Counter(code for row in codes for code in sorted(row)).most_common()),
        doubtful_rows=sum(1 for row in codes if row),
        repeated=register.people_rows - len(plan.drafts),
        skipped=dict(Counter(row.reason for row in register.skipped)),
        dropped_columns=tuple(DroppedColumn(c.heading, c.reason) for c in columns if c.verdict == "dropped"),
        ignored_columns=tuple(c.heading for c in columns if c.verdict == "ignored" and c.heading),
        skipped_sheets=register.layout.skipped_sheets,
        unread=register.unread,
    )


def reason_text(code: str, translate: Translate = str) -> str:
    """The sentence for a doubt or for a skipped row; an unknown code is shown as it is."""
    known = reasons().get(code)
    return translate(known) if known else code


def report_text(report: Report, translate: Translate = str) -> str:
    """The report for a terminal, line by line, in the language of `translate` (Chinese without one)."""
    return "\n".join(_lines(report, translate))


def _lines(report: Report, translate: Translate) -> Iterator[str]:
    lines = report_lines()

    def line(name: str, **values: object) -> str:
        return translate(lines[name]).format(**values)

    yield line("head", file=report.file, sheet=report.sheet)
    counts = msgspec.structs.asdict(report)
    yield line("counts", **counts)
    yield line("planned" if report.state == "planned" else "saved", **counts)
    if report.repeated:
        yield line("repeated", repeated=report.repeated)
    yield from _counted(line("doubtful", count=report.doubtful_rows), report.doubtful, translate)
    yield from _counted(line("skipped", count=sum(report.skipped.values())), report.skipped, translate)
    for dropped in report.dropped_columns:
        yield line("dropped", heading=dropped.heading, reason=translate(dropped.reason))
    if report.ignored_columns:
        yield line("ignored", headings=", ".join(report.ignored_columns))
    for column, count in report.unread.items():
        yield line("unread_" + column, count=count)
    if report.skipped_sheets:
        yield line("sheets", names=", ".join(report.skipped_sheets))
    if report.batch_id:
        yield line("batch", batch=report.batch_id)


def _counted(head: str, counts: Mapping[str, int], translate: Translate) -> Iterator[str]:
    if counts:
        yield head
        for code, count in counts.items():
            yield f"  {count:>6}  {reason_text(code, translate)}"
