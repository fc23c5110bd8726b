"""The notebook of the fully connected nets: its worked examples, its messages, and that it runs."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import numpy as np
import pytest

from nndl.checking import CheckFailed
from nndl.checking import fc_net as visible
from nndl.fc_net import FullyConnectedNet
from nndl.layers import affine_backward, affine_forward, relu_forward, softmax_loss
from nndl.optim import adam, rmsprop, sgd_momentum

from .notebooks import (
    assert_every_check_passes,
    assert_failures_name_the_task,
    assert_pictures_have_texts,
    cell,
    load,
    released,
    replace,
    run,
    text_of,
    unwritten_package,
)

# Small random pictures in place of the real ones, for tests of everything but the accuracies.
FAKE_IMAGES = """
data = {}
for part, rows in (("train", 400), ("val", 60), ("test", 60)):
    data["X_" + part] = np.random.normal(0, 60, (rows, 3, 32, 32)).astype(np.float32)
    data["y_" + part] = np.random.randint(0, 10, rows)
class_names, OFFLINE = [f"class {i}" for i in range(10)], True


def first(count):
    return data | {name: data[name][:count] for name in ("X_train", "y_train")}
"""


@pytest.fixture(scope="module")
def notebook():
    return load("fc_net")


def test_release_lacks_the_settings_that_students_find(notebook):
    everything = "\n".join(c.source for c in released(notebook).cells)
    for giveaway in ("5e-2, 5e-3", "0.0018889", "HIDDEN, REG"):
        assert giveaway not in everything


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(data|first|best_net|by_rule)\b", c.source)
        if needs and not c.metadata.get("nbgrader", {}).get("grade", False) and c.id != "setup":
            assert "skip-at-grading" in c.metadata.tags, c.id


def test_affine_example():
    x, w = np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, -1.0]])
    out, cache = affine_forward(x, w, np.array([0.5, -0.5]))
    dx, dw, db = affine_backward(np.array([[1.0, -1.0]]), cache)
    np.testing.assert_allclose(out, [[7.5, -2.5]])
    np.testing.assert_allclose(dx, [[[1, -1], [2, 1]]])
    np.testing.assert_allclose(dw, [[1, -1], [2, -2], [3, -3], [4, -4]])
    np.testing.assert_allclose(db, [1, -1])


def test_loss_example():
    loss, dx = softmax_loss(np.array([[0.0, np.log(3)]]), np.array([1]))
    assert loss == pytest.approx(0.2877, abs=5e-5)
    np.testing.assert_allclose(dx, [[0.25, -0.25]])


def test_example_of_a_deep_net():
    params = {
        "W1": np.array([[1.0, 0.5], [-1.0, 0.5]]), "b1": np.array([0.0, -0.5]),
        "W2": np.array([[1.0, 1.0], [2.0, -1.0]]), "b2": np.array([2.0, 0.0]),
        "W3": np.array([[1.0, -1.0], [5.0, 5.0]]), "b3": np.array([0.0, -1.0]),
    }  # fmt: skip
    out, told = np.array([[1.0, 2.0]]), {1: ([-1, 1], [0, 1]), 2: ([4, -1], [4, 0])}
    for i, (affine, relu) in told.items():
        out, _ = affine_forward(out, params[f"W{i}"], params[f"b{i}"])
        np.testing.assert_allclose(out, [affine])
        out, _ = relu_forward(out)
        np.testing.assert_allclose(out, [relu])
    net = FullyConnectedNet([2, 2], 2, 2, dtype=np.float64)
    net.params = params
    np.testing.assert_allclose(net.loss(np.array([[1.0, 2.0]])), [[4, -5]])
    _, grads = net.loss(np.array([[1.0, 2.0]]), np.array([0]))
    assert not grads["W3"][1].any(), "the entries 5 play no part"


def test_examples_of_update_rules(notebook):
    text = cell(notebook, "better_ways_downhill").source
    for rule, gradients, settings, told in (
        (sgd_momentum, (1, 1, -2), {"momentum": 0.5}, {"velocity": (-0.1, -0.15, 0.125), "w": (0.9, 0.75, 0.875)}),
        (rmsprop, (4, 2, 0), {"decay_rate": 0.75, "epsilon": 1.0}, {"cache": (4, 4, 3), "w": (0.8667, 0.8, 0.8)}),
        (adam, (2, 2, -1), {"beta1": 0.5, "beta2": 0.75, "epsilon": 1.0},
         {"m": (1, 1.5, 0.25), "v": (1, 1.75, 1.5625), "w": (0.9333, 0.8667, 0.8559)}),
    ):  # fmt: skip
        w, config = np.array([1.0]), {"learning_rate": 0.1, **settings}
        for step, gradient in enumerate(gradients):
            w, config = rule(w, np.array([float(gradient)]), config)
            found = {**config, "w": w}
            for name, values in told.items():
                assert found[name][0] == pytest.approx(values[step], abs=5e-5)
                assert f"{values[step]:.4g}".replace("-", "−") in text
    assert pytest.approx(0.2857, abs=5e-5) == 0.25 / 0.875
    assert pytest.approx(2.7027, abs=5e-5) == 1.5625 / (1 - 0.75**3)


def test_runs_from_top_to_bottom(notebook, tmp_path):
    """All cells, with small random images and short runs; the slow tests below take real ones."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    replace(nb, "scale_sweep", ("np.logspace(-2.5, -0.5, 9)", "np.logspace(-2.5, -0.5, 2)"))
    replace(nb, "search", ("HIDDEN, REG = [300, 150]", "HIDDEN, REG = [20, 15]"))
    # Random labels cannot be predicted, so the accuracy check gets labels that the net is right on.
    cell(
        nb, "best_fc_net"
    ).source = 'check.best_fc_net(data["X_val"], best_net.loss(data["X_val"]).argmax(axis=1))'
    run(nb, tmp_path)
    assert_every_check_passes(nb, visible.progress.checks)
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert (tmp_path / "best_fc_net.npz").is_file()
    assert_pictures_have_texts(nb)
    assert "w = 0.8559" in text_of(cell(nb, "by_hand_rules").outputs)


@pytest.mark.slow
def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path, "fc_net")
    nb = released(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = {name: name for name in visible.progress.checks}
    where |= dict.fromkeys(("two_layer_start", "deep_start"), "__init__")
    where |= {"float32_layers": "nndl/layers", "best_fc_net": "best_fc_net.npz"}
    where |= dict.fromkeys(("two_layer_loss", "two_layer_gradients"), "`TwoLayerNet`")
    where |= dict.fromkeys(("deep_loss", "deep_gradients"), "`FullyConnectedNet`")
    assert_failures_name_the_task(nb, where)
    assert "0 of 16 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)


@pytest.mark.parametrize("kind", ["missing", "keys", "features", "text"])
def test_a_file_that_is_no_net_is_told(kind, tmp_path):
    path, arrays = tmp_path / "best_fc_net.npz", dict(FullyConnectedNet([4], 6, 10).params)
    told = {
        "missing": "there is no file",
        "keys": "b2 missing",
        "features": "has shape",
        "text": "floating-point",
    }
    if kind == "keys":
        del arrays["b2"]
    if kind == "features":
        arrays["W1"] = np.ones((5, 4))
    if kind == "text":
        arrays["b2"] = np.array(["a"] * 10)
    if kind != "missing":
        np.savez(path, **arrays)
    with pytest.raises(CheckFailed) as caught:
        visible.best_fc_net(np.ones((2, 6), dtype=np.float32), np.array([0, 1]), path)
    assert told[kind] in " ".join(str(caught.value).split())
    visible.progress.reset()


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_a_stored_net_is_rebuilt_as_it_was(normalization, tmp_path):
    net = FullyConnectedNet([8, 7], 6, 10, normalization=normalization, weight_scale=1.0)
    X = np.random.RandomState(0).normal(size=(30, 6)).astype(np.float32)
    net.loss(X, np.arange(30) % 10)
    arrays = dict(net.params)
    for i, bn_param in enumerate(net.bn_params, 1):
        arrays |= {
            f"{name}{i}": bn_param[name] for name in ("running_mean", "running_var") if name in bn_param
        }
    path = tmp_path / "best_fc_net.npz"
    np.savez(path, **arrays)
    visible.best_fc_net(X, net.loss(X).argmax(axis=1), path)
    assert visible.progress.outcomes["best_fc_net"].credit == 1
    visible.progress.reset()


def assert_lessons_hold(nb):
    """What the text says of the experiments, on whatever images they ran."""
    for name in ("three_layers", "five_layers"):
        assert "learned by heart" in text_of(cell(nb, name).outputs), name
    final = dict(
        re.findall(r"(\w+) +final training accuracy ([\d.]+)", text_of(cell(nb, "compare_rules").outputs))
    )
    assert min(float(final["sgd_momentum"]), float(final["adam"])) > float(final["sgd"])
    (told,) = (
        o.metadata["image/png"]["alt"]
        for o in cell(nb, "scale_sweep").outputs
        if "metadata" in o and o.metadata
    )
    three, five = (
        [float(v) for v in re.findall(r"\d\.\d\d", part)] for part in told.split(". ", 1)[1].split("; ")
    )
    assert sum(v > 0.9 for v in three) > sum(v > 0.9 for v in five) > 0
    assert float(re.search(r"net: ([\d.]+)", text_of(cell(nb, "two_layer_training").outputs))[1]) >= 0.4
    assert "5 of 5 points" in text_of(cell(nb, "best_fc_net").outputs)


@pytest.mark.slow
def test_lessons_hold_on_the_drawn_images(notebook, tmp_path):
    assert_lessons_hold(run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline"))


@pytest.mark.slow
@pytest.mark.data
def test_lessons_hold_on_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    assert_lessons_hold(run(copy.deepcopy(notebook), tmp_path, timeout=3600))
