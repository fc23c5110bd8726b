"""Texts that are kept from run to run: made once, made anew where nobody can be sure of them."""

from __future__ import annotations

import pytest

from autograder.made_before import made_before


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Give a function that asks for a text, and returns it and how often it was made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    times = []

    def ask(made_of="this", text="some\ntext"):
        def make():
            times.append(made_of)
            return text

        return made_before("words", made_of, make), len(times)

    return ask


def kept(tmp_path):
    return list((tmp_path / "nndl-autograder" / "words").iterdir())


def test_a_text_is_made_once_for_what_it_is_made_of(made):
    assert made() == made() == ("some\ntext", 1)
    assert made("that", "other") == ("other", 2)


@pytest.mark.parametrize("left", ["", "some\ntext", "0" * 64 + "\nsome\ntext"])
def test_what_a_power_cut_has_left_is_made_anew(made, tmp_path, left):
    made()
    (path,) = kept(tmp_path)
    path.write_text(left)
    assert made() == ("some\ntext", 2)
    assert made() == ("some\ntext", 2)


def test_nothing_is_kept_where_others_can_write(made, tmp_path):
    made()
    (tmp_path / "nndl-autograder" / "words").chmod(0o777)
    assert made() == ("some\ntext", 2)
