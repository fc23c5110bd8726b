"""Stripped notebooks are kept, for exactly what they were made of, where nobody else can write."""

from __future__ import annotations

import hashlib
import os

import pytest

from autograder.release import notebook
from autograder.release.notebook import stripped


@pytest.fixture
def made(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls = []

    def strip(text, path, extra_credit):
        calls.append((text, path, tuple(extra_credit)))
        return f"{text} of {path} without {sorted(extra_credit)}"

    monkeypatch.setattr(notebook, "strip_notebook", strip)
    return calls


def test_a_notebook_is_stripped_once_and_again_when_anything_differs(made):
    assert stripped("text", "a.ipynb") == stripped("text", "a.ipynb") == "text of a.ipynb without []"
    assert len(made) == 1
    for other in (("texts", "a.ipynb"), ("text", "b.ipynb"), ("text", "a.ipynb", {"q"})):
        assert stripped(*other).startswith(f"{other[0]} of {other[1]}")
    assert len(made) == 4


def test_what_others_could_have_written_is_not_read(made, tmp_path):
    stripped("text", "a.ipynb")
    folder = tmp_path / "nndl-autograder" / "notebooks"
    assert folder.stat().st_mode & 0o077 == 0
    (kept,) = folder.iterdir()
    kept.write_text(f"{hashlib.sha256(b'a solution').hexdigest()}\na solution")
    assert stripped("text", "a.ipynb") == "a solution"  # by this user
    folder.chmod(0o777)
    assert stripped("text", "a.ipynb") == "text of a.ipynb without []"
    assert len(made) == 2


def test_without_a_place_nothing_is_kept(made, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        stripped("text", "a.ipynb")
    assert len(made) == 2


def test_what_nobody_asks_for_goes(made, tmp_path):
    stripped("text", "a.ipynb")
    folder = tmp_path / "nndl-autograder" / "notebooks"
    (old,) = folder.iterdir()
    os.utime(old, (0, 0))
    stripped("other", "a.ipynb")
    assert not old.exists()
    assert len(list(folder.iterdir())) == 1
