"""A visible check says at home what is not there when code is graded, once, and again after an edit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nndl.checking import Progress
from nndl.checking.shared import progress as running
from nndl.checking.shared.at_grading import AtGrading

ASSIGNMENT = {
    "package": "net",
    "python": "3.11",
    "libraries": ["numpy"],
    "quiet_imports": ["matplotlib"],
    "files": [{"name": "small.ipynb"}, {"name": "net/net.py"}, {"name": "net/missing.py"}],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "assignment.json").write_text(json.dumps(ASSIGNMENT))
    (tmp_path / "net" / "net.py").write_text("import numpy as np\n")
    return tmp_path


def edit(root: Path, text: str) -> None:
    path = root / "net" / "net.py"
    path.write_text(text)
    os.utime(path, ns=(path.stat().st_mtime_ns + 1,) * 2)


def test_each_import_is_told_once(root):
    notes = AtGrading(root)
    assert notes.news() == []
    edit(root, "import matplotlib.pyplot as plt\nimport pandas\n")
    quiet, missing = notes.news()
    assert quiet.startswith(
        "net/net.py, line 1 imports matplotlib, which is not there when your code is graded."
    )
    assert (
        missing == "net/net.py, line 2 imports pandas, which is not there when your code is graded: remove it"
    )
    assert notes.news() == []
    edit(root, "import matplotlib.pyplot as plt\n")
    assert notes.news() == []


def test_what_the_course_itself_imports_is_not_told(root):
    files = [{"name": "net/net.py", "imports": ["matplotlib", "numpy"]}]
    (root / "assignment.json").write_text(json.dumps({**ASSIGNMENT, "files": files}))
    edit(root, "import matplotlib.pyplot as plt\n")
    assert AtGrading(root).news() == []


@pytest.mark.parametrize("text", ["def f(:\n", "x = 1\0\n"])
def test_a_file_that_does_not_load_is_left_to_whoever_loads_it(root, text):
    edit(root, text)
    assert AtGrading(root).news() == []


@pytest.mark.parametrize("text", [None, "{", "[]", "{}"])
def test_without_a_description_nothing_is_said(root, text):
    edit(root, "import pandas\n")
    if text is None:
        (root / "assignment.json").unlink()
    else:
        (root / "assignment.json").write_text(text)
    assert AtGrading(root).news() == []


def test_a_check_prints_it(root, capsys, monkeypatch):
    edit(root, "from pandas import DataFrame\n")
    monkeypatch.setattr(running, "_at_grading", AtGrading(root))
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def something():
        """Do something."""
        yield None

    something()
    something()
    said = capsys.readouterr().out
    assert said.count("! net/net.py, line 1 imports pandas, which is not there when your code is graded") == 1
    assert said.count("✓ something passes") == 2
