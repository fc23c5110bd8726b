"""A cell that runs into a part that is not written yet says so in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nndl.checking.shared import unwritten

from ....assignments.notebooks import unwritten_package


def test_another_error_of_that_kind_is_shown_as_ever():
    class Shell:
        def showtraceback(self, error, tb_offset=None):
            self.shown = error[1]

    shell = Shell()
    with pytest.raises(NotImplementedError) as caught:
        raise NotImplementedError("later")
    unwritten._told(shell, caught.type, caught.value, caught.tb)
    assert shell.shown is caught.value
    assert not hasattr(caught.value, "_render_traceback_")


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
        env=environment(tmp_path),
    )
    said = done.stdout
    assert "this cell needs a part of yours: `conv_forward_naive` in nndl/layers/convolution.py, line" in said
    assert "Traceback" not in said
    assert "figures: []" in said


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a process that finds the package of this folder, and keeps nothing elsewhere."""
    return {**os.environ, "PYTHONPATH": str(folder), "IPYTHONDIR": str(folder / "ipython")}
