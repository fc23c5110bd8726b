"""A cell that runs into a part that is not written yet says so in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from nndl.checking.shared import unwritten

from ....assignments.notebooks import unwritten_package


class Shell:
    """What of IPython's shell is asked for."""

    user_ns: ClassVar[dict] = {}

    def showtraceback(self, error, tb_offset=None):
        self.shown = error[1]


@pytest.mark.parametrize("error", [NotImplementedError("later"), NameError("x"), AttributeError("x")])
def test_another_error_of_that_kind_is_shown_as_ever(error):
    shell = Shell()
    with pytest.raises(type(error)) as caught:
        raise error
    unwritten._Cells(shell).told(shell, caught.type, caught.value, caught.tb)
    assert shell.shown is caught.value
    assert not hasattr(caught.value, "_render_traceback_")


def said(folder, *sources):
    """Run cells one after the other, in a process of its own; return what each says."""
    script = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
from nndl.checking.shared.unwritten import explain_in_cells
explain_in_cells()
said = []
for source in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        shell.run_cell(source, store_history=True)
    said.append(out.getvalue())
print(json.dumps(said))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(sources)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(folder, os.environ.get("PYTHONPATH", "")),
    )
    return json.loads(done.stdout)


def test_a_cell_that_is_not_written_says_so_and_what_follows_names_it(tmp_path):
    search, error, none, inside, length, again, other = said(
        tmp_path,
        "best = None\n# YOUR CODE HERE\nraise NotImplementedError()\naccuracy = 1",
        "print(accuracy)",
        "best.params",
        "def use(net):\n    return net.params\nuse(best)",
        "len(best)",
        "accuracy = 0.5",
        "print(accuracy, [k for k in (1, 2)][0])",
    )
    assert search.strip() == "this cell is yours to write: your code comes in place of lines 2 and 3"
    assert error.strip() == "`accuracy` is not there yet: cell [1], which makes it, has stopped"
    assert none.strip() == "`best` is still None: cell [1], which fills it, has stopped"
    assert inside.strip() == length.strip() == none.strip()
    assert (again, other) == ("", "0.5 1\n")


def test_what_no_cell_was_to_make_is_shown_as_ever(tmp_path):
    told = said(
        tmp_path,
        "[k for k in (1, 2)]\nfilled = None\n1 / 0",
        "print(k)",  # a comprehension keeps its name to itself
        "print(misspelt)",
        "empty = None",
        "empty.shape",
        "filled = 3",
        "filled.shape",
        "len(empty)",
        "len(3",
        "raise NotImplementedError('later')",
    )
    assert all("Traceback" in told[place] for place in (1, 2, 4, 6, 7, 9))
    assert "has stopped" not in "".join(told)


def test_a_stub_is_named_in_one_line_and_nothing_half_drawn_stays(tmp_path):
    unwritten_package(tmp_path, "cnn")
    cells = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
from nndl.checking import cnn
for source in (
    "import matplotlib; matplotlib.use('Agg')",
    "import numpy as np, matplotlib.pyplot as plt",
    "from nndl import layers",
    "plt.figure(); layers.conv_forward_naive(np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), np.ones(1),"
    " {'stride': 1, 'pad': 0})",
    "print('figures:', plt.get_fignums())",
):
    shell.run_cell(source)
"""
    done = subprocess.run(
        [sys.executable, "-c", cells],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=environment(tmp_path, str(tmp_path)),
    )
    said = done.stdout
    assert "this cell needs a part of yours: `conv_forward_naive` in nndl/layers/convolution.py, line" in said
    assert "Traceback" not in said
    assert "figures: []" in said


def environment(folder: Path, path: str) -> dict[str, str]:
    """Return the variables of a process that finds packages on a path, and keeps nothing outside of a folder."""
    return {**os.environ, "PYTHONPATH": path, "IPYTHONDIR": str(folder / "ipython")}
