"""What is special to the notebook of the two-layer net: its worked example, and edits without a restart."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
import numpy as np
import pytest

from nndl import neural_net
from nndl.neural_net import TwoLayerNet

from .notebooks import cell, load, run, text_of, unwritten_package


def test_numbers_that_are_told_by_hand():
    """The worked example of the text, from the forward pass to the loss after one step."""
    net = TwoLayerNet(2, 2, 2)
    net.params = {
        "W1": np.array([[1.0, -1.0], [0.5, 0.5]]),
        "b1": np.array([0.0, -0.5]),
        "W2": np.array([[1.0, 2.0], [-1.0, 1.0]]),
        "b2": np.array([0.0, 1.0]),
    }
    x, y = np.array([[1.0, 2.0]]), np.array([0])
    np.testing.assert_allclose(net.loss(x), [[2, 2]])
    loss, grads = net.loss(x, y)
    assert loss == pytest.approx(0.6931, abs=5e-5)
    assert net.loss(x, y, reg=0.1)[0] == pytest.approx(1.1681, abs=5e-5)
    np.testing.assert_allclose(grads["W2"], [[0, -0.5], [0, 0.5]])
    np.testing.assert_allclose(grads["b2"], [-0.5, 0.5])
    np.testing.assert_allclose(grads["W1"], [[0.0, 0], [-0.5, -1]])
    np.testing.assert_allclose(grads["b1"], [0, -0.5])
    for name, gradient in grads.items():
        net.params[name] = net.params[name] - 0.1 * gradient
    np.testing.assert_allclose(net.loss(x), [[2.715, 2.185]])
    assert net.loss(x, y)[0] == pytest.approx(0.4629, abs=5e-5)


def test_edited_file_is_checked_without_a_restart(tmp_path):
    notebook = load("two_layer_net")
    edited = unwritten_package(tmp_path) / "neural_net.py"
    solved = Path(neural_net.__file__).read_text(encoding="utf-8")
    (tmp_path / "solved.txt").write_text(solved, encoding="utf-8")
    save = f"import shutil; shutil.copyfile('solved.txt', {str(edited)!r})"
    sources = ["check.scores()", save, "check.scores()"]
    cells = [copy.deepcopy(cell(notebook, "setup")), *map(nbformat.v4.new_code_cell, sources)]
    nb = nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    assert nb.cells[1].outputs[0].ename == "CheckFailed"
    assert text_of(nb.cells[3].outputs).startswith("✓ scores passes")
