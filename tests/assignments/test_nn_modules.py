"""The notebook of the neural network modules: script and notebook in step, valid metadata, and it runs."""

from __future__ import annotations

import copy
import itertools
import os
import re
from pathlib import Path

import numpy as np
import pytest

from nndl.checking import CheckFailed
from nndl.checking import nn_modules as visible
from nndl.explore.nn_modules import describe, draw, example_net, explore, record
from nndl.modules import TwoLayerNet

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

# Small random pictures in place of the real ones, for tests of everything but the accuracies.
FAKE_IMAGES = """
x_train, x_val = (np.random.normal(0, 0.2, (n, 3072)).astype(np.float32) for n in (2000, 200))
y_train, y_val = (np.random.randint(0, 10, n) for n in (2000, 200))
t_train, t_val = (np.eye(10)[y] for y in (y_train, y_val))
x_test, t_test, class_names = x_val, t_val, [f"class {i}" for i in range(10)]
"""


@pytest.fixture(scope="module")
def notebook():
    return load("nn_modules")


def test_release_lacks_the_training_that_students_write(notebook):
    everything = "\n".join(c.source for c in released(notebook).cells)
    for giveaway in ("val_acc.append", "net.update_params("):
        assert giveaway not in everything


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(x_train|x_val|x_test|train_acc)\b", c.source)
        graded = c.metadata.get("nbgrader", {}).get("grade", False)
        defines = c.source.startswith("def ")
        if needs and not graded and not defines:
            assert "skip-at-grading" in c.metadata.tags, c.id


def test_numbers_that_are_told_by_hand():
    """The worked example of the text, layer by layer, as the explorer steps through it."""
    x, target = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])
    steps = record(example_net(), x, target)
    told = {
        ("Affine1", "forward"): [[-1, 1]],
        ("ReLU", "forward"): [[0, 1]],
        ("Affine2", "forward"): [[2, 2]],
        ("output layer", "forward"): 0.6931,
        ("output layer", "backward"): [[-0.5, 0.5]],
        ("Affine2", "backward"): [[-1, -0.5]],
        ("ReLU", "backward"): [[0, -0.5]],
        ("Affine1", "backward"): [[-0.25, -0.25]],
    }
    assert [(step.layer, step.direction) for step in steps] == list(told)
    for step in steps:
        np.testing.assert_allclose(step.left, told[step.layer, step.direction], atol=5e-5)
    stored = {step.layer: step.parameters for step in steps if step.parameters}
    np.testing.assert_allclose(stored["Affine1"]["dW"], [[0, -0.5], [0, -1]], atol=1e-12)
    np.testing.assert_allclose(stored["Affine1"]["db"], [0, -0.5], atol=1e-12)
    np.testing.assert_allclose(stored["Affine2"]["dW"], [[0, 0], [-0.5, 0.5]], atol=1e-12)
    np.testing.assert_allclose(stored["Affine2"]["db"], [-0.5, 0.5], atol=1e-12)


def test_explorer_draws_every_step_and_leaves_the_net_alone():
    net = example_net()
    x, target = np.array([[3.0, -2.0]]), np.array([[1.0, 0.0]])
    before = net.loss(x, target)
    steps = record(net, x, target)
    assert net.loss(x, target) == before
    assert all(not {"forward", "backward"} & set(vars(layer)) for layer in net.layers.values())
    drawn = [
        [text.get_text() for text in draw(steps, taken).axes[0].texts] for taken in range(len(steps) + 1)
    ]
    for earlier, later in itertools.pairwise(drawn):
        assert len(later) > len(earlier)
    assert "Before the first step" in describe(steps, 0)
    assert "Step 8 of 8: Affine1, backward" in describe(steps, 8)
    assert explore() is not None


def test_explorer_waits_for_an_unwritten_net(capsys):
    class Unwritten(TwoLayerNet):
        def gradient(self, x, t):
            raise NotImplementedError("write gradient")

    assert explore(Unwritten) is None
    assert "write gradient" in capsys.readouterr().out


@pytest.mark.slow
def test_runs_from_top_to_bottom(notebook, tmp_path):
    """All cells, with small random images and a short run; the slow tests below take real ones."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    assert "128, 2000" in cell(nb, "training").source
    cell(nb, "training").source = cell(nb, "training").source.replace("128, 2000", "16, 200")
    # Random labels cannot be predicted, so the accuracy check gets images that the net is right on.
    cell(nb, "trained_net").source = "check.trained_net(x_val, np.eye(10)[net.predict(x_val).argmax(axis=1)])"
    run(nb, tmp_path)
    assert_every_check_passes(nb, visible.progress.checks)
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert (tmp_path / "trained_net.npz").is_file()
    assert_pictures_have_texts(nb)


def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path, "nn_modules")
    nb = released(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = {
        "relu": "ReLU",
        "sigmoid": "Sigmoid",
        "affine": "Affine",
        "output_layer": "OutputLayer",
        "initial_params": "__init__",
        "scores": "predict",
        "loss": "loss",
        "accuracy": "accuracy",
        "gradients": "gradient",
        "numerical_gradient": "numerical_gradient",
        "update_params": "update_params",
        "trained_net": "trained_net.npz",
    }
    assert_failures_name_the_task(nb, where)
    assert "0 of 12 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)


@pytest.mark.parametrize("kind", ["missing", "keys", "features", "axes"])
def test_a_file_that_is_no_net_is_told(kind, tmp_path):
    path, arrays = tmp_path / "trained_net.npz", dict(TwoLayerNet(6, 4, 3).params)
    told = {
        "missing": "there is no file",
        "keys": "must have the keys",
        "features": "has shape",
        "axes": "has 1 axes",
    }
    if kind == "keys":
        del arrays["b2"]
    arrays["W1"] = {"features": np.ones((5, 4)), "axes": np.ones(4)}.get(kind, arrays["W1"])
    if kind != "missing":
        np.savez(path, **arrays)
    with pytest.raises(CheckFailed) as caught:
        visible.trained_net(np.ones((2, 6)), np.eye(3)[:2], path)
    assert told[kind] in " ".join(str(caught.value).split())
    visible.progress.reset()


@pytest.mark.slow
def test_runs_on_the_drawn_images(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline")
    assert "6 of 6 points" in text_of(cell(nb, "trained_net").outputs)


@pytest.mark.slow
@pytest.mark.data
def test_the_settings_of_the_text_reach_full_points_on_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    nb = run(copy.deepcopy(notebook), tmp_path, timeout=1800)
    assert "6 of 6 points" in text_of(cell(nb, "trained_net").outputs)
