"""The frame of the benchmarks: one line of JSON a figure, with a verdict from its floor and budget."""

import io
import json

import pytest

from benchmarks import Report, percentile, run, samples, seconds


def line(floor: float | None = None, budget: float | None = None) -> dict[str, object]:
    out = io.StringIO()
    Report("fill", out).add("rows", 3.0, "s", floor=floor, budget=budget)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


def test_a_figure_is_one_line_with_these_names() -> None:
    assert list(line()) == ["name", "value", "unit", "floor", "ratio", "budget", "ok", "note"]
    assert line()["name"] == "fill.rows"


@pytest.mark.parametrize(
    ("given", "ratio", "ok"),
    [
        ({"floor": 2.0, "budget": 1.5}, 1.5, True),
        ({"floor": 2.0, "budget": 1.4}, 1.5, False),
        ({"budget": 3.0}, None, True),
        ({"budget": 2.9}, None, False),
        ({"floor": 2.0}, 1.5, None),
        ({}, None, None),
    ],
)
def test_the_budget_limits_the_ratio_or_without_a_floor_the_figure(
    given: dict[str, float], ratio: float | None, ok: bool | None
) -> None:
    assert (line(**given)["ratio"], line(**given)["ok"]) == (ratio, ok)


def test_times_are_measured_and_ranked() -> None:
    assert len(samples(lambda: None, 4)) == 4
    assert seconds(lambda: sum(range(1000))) > 0
    assert [percentile([4, 1, 3, 2], p) for p in (1, 50, 75, 99, 100)] == [1, 2, 3, 4, 4]


def test_all_of_the_exchange_is_measured_together() -> None:
    assert run.with_company(["sync", "page"]) == ["sync", "monday_sqlite", "monday_postgresql", "page"]
    assert run.with_company(["monday_sqlite", "sync"])[:2] == ["monday_sqlite", "sync"]
    assert set(run.with_company(["sync"])) <= set(run.names())


def test_a_benchmark_that_nobody_wrote_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run.main(["no-such-thing"])
    assert stopped.value.code == 2
    assert "no such benchmark: no-such-thing" in capsys.readouterr().err
