"""What is special to the notebook of batch and layer normalization: its numbers, its experiments, its checks."""

from __future__ import annotations

import copy
import importlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

from autograder.judging import room
from autograder.sources import Sources
from nndl import layers
from nndl.checking import CheckFailed
from nndl.checking import batchnorm as visible

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

CHECKS = {
    "batchnorm_train": "training branch of `batchnorm_forward`",
    "running_statistics": "batchnorm_forward",
    "batchnorm_test": "test branch of `batchnorm_forward`",
    "batchnorm_backward": "batchnorm_backward",
    "batchnorm_backward_alt": "batchnorm_backward_alt",
    "layernorm_forward": "layernorm_forward",
    "layernorm_backward": "layernorm_backward",
    "norm_params": "__init__",
    "batchnorm_net": "_normalize",
    "layernorm_net": "_normalize",
    "net_gradients": "_normalize_backward",
}

# Small random pictures in place of the real ones, for tests of everything but what is learned.
FAKE_IMAGES = """
data = {f"X_{part}": np.random.randn(100, 3, 32, 32).astype(np.float32) for part in ("train", "val")}
data |= {f"y_{part}": np.random.randint(0, 10, 100) for part in ("train", "val")}
"""


def told(name):
    """Return the numbers of a worked table's rows, first cell -> numbers, as the notebook tells them."""
    rows = {}
    for line in cell(load("batchnorm"), name).source.splitlines():
        cells = [part.strip() for part in line.strip("|").split("|")]
        numbers = [re.fullmatch(r"\$(-?[\d.]+)\$", part) for part in cells[1:6]]
        if line.startswith("|") and all(numbers):
            rows[cells[0].strip("$")] = [float(number[1]) for number in numbers]
    return rows


def test_forward_numbers_that_are_told_by_hand():
    table = told("batch_normalization")
    x = np.array(table["x"])[:, None]
    np.testing.assert_allclose(x[:, 0] - x.mean(), table[r"x - \mu"])
    settings = {"mode": "train", "eps": 0.0}
    for row, gamma, beta in ((r"\hat x", 1.0, 0.0), ("y", 3.0, 10.0)):
        out, _ = layers.batchnorm_forward(x, np.array([gamma]), np.array([beta]), dict(settings))
        np.testing.assert_allclose(out[:, 0], table[row])
    assert (x.mean(), x.var()) == (5, 4)


def test_running_numbers_that_are_told_by_hand():
    x, bn_param = visible.EXAMPLE, {"mode": "train"}
    seen = []
    for _ in range(50):
        layers.batchnorm_forward(x, np.ones(1), np.zeros(1), bn_param)
        seen.append((bn_param["running_mean"][0], bn_param["running_var"][0]))
    np.testing.assert_allclose(seen[:2], [(0.5, 0.4), (0.95, 0.76)])
    assert round(seen[-1][0], 2) == 4.97


def test_backward_numbers_that_are_told_by_hand():
    table = told("backpropagation_step_by_step")
    np.testing.assert_allclose(np.add(table["c$, directly"], table["c$, through $v"]), table["c$, both"])
    for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt):
        _, cache = layers.batchnorm_forward(
            visible.EXAMPLE, np.array([3.0]), np.array([10.0]), {"mode": "train", "eps": 0.0}
        )
        dx, dgamma, dbeta = backward(np.array([[1.0, 0, 0, 0, 0]]).T, cache)
        np.testing.assert_allclose(dx[:, 0], table["x"], atol=1e-12)
        np.testing.assert_allclose([dgamma[0], dbeta[0]], [-1.5, 1])
    np.testing.assert_allclose(dx, visible.EXAMPLE_DX, atol=1e-12)
    assert abs(sum(table["x"])) < 1e-12
    # c, both, less its mean
    np.testing.assert_allclose(np.array(table["c$, both"]) - 0.3, table["x"], atol=1e-12)


def test_layernorm_numbers_that_are_told_by_hand():
    x, gamma, beta = visible.EXAMPLE.T, np.arange(1.0, 6), np.array([0.0, 1, 0, 0, 0])
    out, _ = layers.layernorm_forward(x, gamma, beta, {"eps": 0.0})
    np.testing.assert_allclose(out, [[-1.5, 0, 0, 2, 7.5]], atol=1e-12)


def small(notebook):
    """Return the notebook with few random images and short trainings."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    replace(nb, "train", ("EPOCHS = 10", "EPOCHS = 3"))
    replace(nb, "weight_scales", ("np.logspace(-4, 0, 20)", "np.logspace(-4, 0, 2)"))
    return nb


def test_runs_from_top_to_bottom(tmp_path):
    """All cells, with a few random images and short trainings; the slow tests below take real ones."""
    nb = run(small(load("batchnorm")), tmp_path)
    assert_every_check_passes(nb, CHECKS)
    assert "36 of 36 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert_pictures_have_texts(nb)
    assert "gradient of b1 0.0e+00" not in text_of(cell(nb, "bias_gradient").outputs).splitlines()[0]


@pytest.mark.slow
def test_untouched_notebook_names_every_task_in_a_few_lines(tmp_path):
    unwritten_package(tmp_path, "batchnorm")
    nb = small(released(load("batchnorm")))
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    assert_failures_name_the_task(nb, CHECKS)
    assert "0 of 11 checks pass, 0 of 36 points" in text_of(cell(nb, "progress_summary").outputs)
    assert "shows the net without normalization" in text_of(cell(nb, "explorer_depth").outputs)
    assert_pictures_have_texts(nb)


def noticed(bug, monkeypatch):
    """Return the visible checks that a named bug fails."""
    package = bug.edited.load().__name__
    monkeypatch.setattr(visible, "layers", importlib.import_module(f"{package}.layers"))
    monkeypatch.setattr(visible, "fc_net", importlib.import_module(f"{package}.fc_net"))
    found = set()
    for name in visible.progress.checks:
        try:
            with np.errstate(all="ignore"):
                getattr(visible, name)()
        except CheckFailed:
            found.add(name)
    visible.progress.reset()
    return found


SOME_BUGS = (
    "momentum_reversed",
    "mean_taken_as_constant",
    "layernorm_over_the_batch",
    "bn_param_thrown_away",
)


@pytest.mark.parametrize(
    "bug",
    [
        pytest.param(bug, id=bug.name, marks=() if bug.name in SOME_BUGS else pytest.mark.slow)
        for bug in room.bugs(Sources().milestone("batchnorm"))
    ],
)
def test_a_visible_check_notices_every_named_mistake(bug, monkeypatch, capsys):
    found = noticed(bug, monkeypatch)
    assert found & set(bug.concerns)


def experiments(folder, **env):
    """Run the whole notebook, and return what its experiments print."""
    nb = run(load("batchnorm"), folder, timeout=1800, **env)
    assert_every_check_passes(nb, CHECKS)
    names = ("deep_net", "weight_scales", "batch_sizes")
    return ["".join(o.text for o in cell(nb, name).outputs if o.get("name") == "stdout") for name in names]


def assert_the_lessons_hold(deep, scales, batches):
    """Require the order of the curves that the text and the questions speak of."""
    pattern = r"^(\w+) *: training accuracy ([\d.]+) after 3 epochs, ([\d.]+) at the end"
    runs = {name: (float(third), float(end)) for name, third, end in re.findall(pattern, deep, re.M)}
    assert runs["batchnorm"][0] > runs["none"][0] + 0.05
    assert runs["batchnorm"][1] > runs["none"][1]

    pattern = r"^(\w+) *: best training accuracy ([\d.]+) at the worst scale.*largest scale ([\d.e+]+)"
    ends = {name: (float(worst), float(loss)) for name, worst, loss in re.findall(pattern, scales, re.M)}
    assert ends["batchnorm"][0] > 0.20
    assert ends["none"][0] < 0.25
    assert ends["none"][1] > 10

    pattern = r"^(\w+) +(\d+) rows: best training accuracy ([\d.]+)"
    best = {(name, int(rows)): float(value) for name, rows, value in re.findall(pattern, batches, re.M)}
    assert len(best) == 7
    gaps = {kind: best[kind, 50] - best[kind, 5] for kind in ("batchnorm", "layernorm")}
    assert gaps["batchnorm"] > 0.2
    assert gaps["layernorm"] < gaps["batchnorm"] - 0.1
    assert best["batchnorm", 5] < best["none", 5]


@pytest.mark.slow
def test_the_lessons_hold_on_the_drawn_images(tmp_path):
    assert_the_lessons_hold(*experiments(tmp_path, NNDL_DATA="offline"))


@pytest.mark.slow
@pytest.mark.data
def test_the_lessons_hold_on_cifar10(tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    assert_the_lessons_hold(*experiments(tmp_path))
