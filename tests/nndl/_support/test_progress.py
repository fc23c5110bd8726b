"""A bar that counts, lines above it, and silence where nothing is wanted."""

import pytest

from nndl._support.progress import ProgressBar


def run(**settings):
    with ProgressBar(4, **settings) as bar:
        for step in range(2):
            bar.step()
            bar.say(f"line {step}")


def test_lines_go_to_standard_output_and_the_bar_to_standard_error(capsys):
    run(start=1)
    out, err = capsys.readouterr()
    assert out.split("\n") == ["line 0", "line 1", ""]
    assert "1/4" in err


def test_an_invisible_bar_shows_nothing(capsys):
    run(visible=False)
    assert capsys.readouterr() == ("", "")


def test_an_error_passes_and_the_bar_is_closed(capsys):
    bar = ProgressBar(2)
    with pytest.raises(KeyError, match="from the loop"), bar:
        raise KeyError("from the loop")
    capsys.readouterr()
    bar.step()
    bar.say("closed")
    assert capsys.readouterr() == ("", "")
