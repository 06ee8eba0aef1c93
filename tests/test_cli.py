"""The command line passes every word for the server on, and says what is missing."""

import pytest

from gridworker.cli import main


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--help",), "中心服务器"),
        (("server", "--help"), "backup-key"),
        (("server", "move", "--help"), "gridworker server move"),
        (("bundle", "export", "--help"), "gridworker bundle export"),
    ],
)
def test_every_command_explains_itself(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("words", [("server",), ("server", "dance"), ("import",)])
def test_a_command_that_is_not_whole_is_refused_with_the_way_to_write_it(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: gridworker" in capsys.readouterr().err
