"""The notebook of the two-layer net: script and notebook in step, valid metadata, and it runs."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from nndl import neural_net
from nndl.neural_net import TwoLayerNet

from .notebooks import (
    assert_every_check_passes,
    assert_failures_name_the_task,
    assert_pictures_have_texts,
    cell,
    load,
    released,
    run,
    text_of,
    unwritten_package,
)

CHECKS = ("scores", "prediction", "loss", "gradients", "training_step", "training_history", "best_net")

# Small random pictures in place of the real ones, for tests of everything but the accuracies.
FAKE_IMAGES = """
data = X_train, y_train, X_val, y_val = (
    np.random.normal(0, 50, (2000, 3072)).astype(np.float32), np.random.randint(0, 10, 2000),
    np.random.normal(0, 50, (200, 3072)).astype(np.float32), np.random.randint(0, 10, 200),
)
X_test, y_test, class_names, OFFLINE = X_val, y_val, [f"class {i}" for i in range(10)], True
"""


@pytest.fixture(scope="module")
def notebook():
    return load("two_layer_net")


def test_release_lacks_the_search_that_students_write(notebook):
    everything = "\n".join(c.source for c in released(notebook).cells)
    for giveaway in ("SEARCH_ITERS", "FINAL_EPOCHS"):
        assert giveaway not in everything


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(baseline|best_net|X_train|X_val|X_test)\b", c.source)
        graded = c.metadata.get("nbgrader", {}).get("grade", False)
        defines = c.source.startswith("def ")
        if needs and not graded and not defines:
            assert "skip-at-grading" in c.metadata.tags, c.id


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
    np.testing.assert_allclose(grads["W1"], [[0, 0], [-0.5, -1]])
    np.testing.assert_allclose(grads["b1"], [0, -0.5])
    for name, gradient in grads.items():
        net.params[name] = net.params[name] - 0.1 * gradient
    np.testing.assert_allclose(net.loss(x), [[2.715, 2.185]])
    assert net.loss(x, y)[0] == pytest.approx(0.4629, abs=5e-5)


def test_runs_from_top_to_bottom(notebook, tmp_path):
    """All cells, with small random images and short runs; the slow tests below take real ones."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    for name, long, short in (
        ("baseline_train", "num_iters=1000", "num_iters=60"),
        ("search", "(300, 10)", "(20, 2)"),
    ):
        assert long in cell(nb, name).source
        cell(nb, name).source = cell(nb, name).source.replace(long, short)
    # Random labels cannot be predicted, so the accuracy check gets images that the net is right on.
    cell(nb, "best_net").source = "check.best_net(X_val, best_net.predict(X_val))"
    run(nb, tmp_path)
    assert_every_check_passes(nb, CHECKS)
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert (tmp_path / "best_net.npz").is_file()
    assert_pictures_have_texts(nb)


def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path)
    nb = released(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = {
        "scores": "_forward",
        "prediction": "predict",
        "loss": "_softmax_loss",
        "gradients": "_gradients",
        "training_step": "_draw_batch",
        "training_history": "train",
        "best_net": "best_net.npz",
    }
    assert_failures_name_the_task(nb, where)
    assert "0 of 7 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)


def test_edited_file_is_checked_without_a_restart(notebook, tmp_path):
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


@pytest.mark.slow
def test_runs_on_the_drawn_images(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline")
    assert "right on" in text_of(cell(nb, "best_net").outputs)
    assert accuracy_told(nb, "baseline_train") < 0.35
    assert accuracy_told(nb, "search") > 0.48


@pytest.mark.slow
@pytest.mark.data
def test_reference_search_reaches_half_of_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    nb = run(copy.deepcopy(notebook), tmp_path, timeout=1800)
    assert 0.25 <= accuracy_told(nb, "baseline_train") <= 0.31
    assert accuracy_told(nb, "search") >= 0.5
    assert "12 of 12 points" in text_of(cell(nb, "best_net").outputs)

    from nndl.data_utils import load_CIFAR10

    X, _, X_test, y_test = load_CIFAR10(folder, dtype=np.float32)
    rows = (X_test - X[:49000].mean(axis=0)).reshape(len(X_test), -1)
    net = TwoLayerNet.load(tmp_path / "best_net.npz")
    assert (net.predict(rows) == y_test).mean() >= 0.495


def accuracy_told(notebook, name):
    return float(re.search(r"validation accuracy.*: (0\.\d+)", text_of(cell(notebook, name).outputs))[1])
