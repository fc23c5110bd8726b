"""The notebook of the convolutional nets: its worked examples, its messages, and that it runs."""

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
from nndl.checking import cnn as visible
from nndl.cnn import ThreeLayerConvNet

from .notebooks import (
    ASSIGNMENTS,
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
for part, rows in (("train", 300), ("val", 50), ("test", 50)):
    data["X_" + part] = np.random.normal(0, 60, (rows, 3, 32, 32)).astype(np.float32)
    data["y_" + part] = np.random.randint(0, 10, rows)
raw_images, raw_labels = np.random.randint(0, 256, (60, 3, 32, 32)), np.arange(60) % 10
class_names = [f"class {i}" for i in range(10)]
"""


@pytest.fixture(scope="module")
def notebook():
    return load("cnn")


def image(*rows):
    return np.array(rows, dtype=np.float64)[None, None]


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(data|few|by_heart|solver|net|part)\b", c.source)
        if needs and not c.metadata.get("nbgrader", {}).get("grade", False) and c.id != "setup":
            assert "skip-at-grading" in c.metadata.tags, c.id


def test_convolution_example():
    x, w, b = image((1, 2, 0), (0, 1, 3), (2, 1, 0)), image((1, 2), (0, -1)), np.array([1.0])
    out, cache = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 0})
    np.testing.assert_array_equal(out, image((5, 0), (2, 8)))
    dx, dw, db = layers.conv_backward_naive(image((1, 0), (2, -1)), cache)
    np.testing.assert_array_equal(db, [2])
    np.testing.assert_array_equal(dw, image((0, 1), (3, 3)))
    np.testing.assert_array_equal(dx, image((1, 2, 0), (2, 2, -2), (0, -2, 1)))
    padded, _ = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 1})
    assert padded.shape == (1, 1, 4, 4)
    assert padded[0, 0, 0, 0] == 0


def test_pooling_example():
    x = image((1, 2, 0, 5), (3, 4, 4, 1), (-1, -1, 3, 0), (-4, -2, 3, 3))
    out, cache = layers.max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    np.testing.assert_array_equal(out, image((4, 5), (-1, 3)))
    dx = layers.max_pool_backward_naive(image((1, 2), (3, 4)), cache)
    np.testing.assert_array_equal(dx, image((0, 0, 0, 2), (0, 1, 0, 0), (3, 0, 4, 0), (0, 0, 0, 0)))


def test_normalization_examples():
    x = np.array([[[[1.0, 3]]], [[[5, 7]]]])
    bn_param = {"mode": "train", "eps": 0.0}
    out, _ = layers.spatial_batchnorm_forward(x, np.ones(1), np.zeros(1), bn_param)
    np.testing.assert_allclose(out.ravel(), [-1.342, -0.447, 0.447, 1.342], atol=5e-4)
    x = np.array([1.0, 3, 10, 14]).reshape(1, 4, 1, 1)
    one = np.ones((1, 4, 1, 1))
    out, _ = layers.spatial_groupnorm_forward(x, one, 0 * one, 2, {"eps": 0.0})
    np.testing.assert_allclose(out.ravel(), [-1, 1, -1, 1])


def test_numbers_of_the_text():
    net = ThreeLayerConvNet()
    assert net.params["W2"].shape[0] == 8192
    assert net.params["W1"].size + net.params["b1"].size == 4736
    assert ThreeLayerConvNet((3, 8, 7), 1, 3, 2, 2).params["W2"].shape[0] == 4 * 3


def test_links_lead_somewhere(notebook):
    for c in notebook.cells:
        for target in (
            re.findall(r"(?<!!)\[[^\]]+\]\(([^)#]+)\)", c.source) if c.cell_type == "markdown" else ()
        ):
            assert (ASSIGNMENTS / "cnn" / target).is_file(), target


def test_runs_from_top_to_bottom(notebook, tmp_path):
    """All cells, with small random images and short runs; the slow tests below take real ones."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    replace(nb, "by_heart", ("20 if OFFLINE else 15", "2"))
    replace(nb, "one_epoch", ("(500, 49_000, 1e-3)", "(20, 300, 1e-2)"), ("goal=0.4", "goal=0.4, every=2"))
    # Random labels cannot be predicted, so the accuracy check gets labels that the net is right on.
    cell(
        nb, "trained_convnet"
    ).source = 'check.trained_convnet(data["X_val"], net.loss(data["X_val"]).argmax(axis=1))'
    run(nb, tmp_path)
    assert_every_check_passes(nb, visible.progress.checks)
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert (tmp_path / "best_convnet.npz").is_file()
    assert_pictures_have_texts(nb)
    told = [
        float(n) for n in re.findall(r"relative difference ([\d.e+-]+)", text_of(cell(nb, "race").outputs))
    ]
    assert len(told) == 4
    assert max(told) < 1e-8


@pytest.mark.slow
def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path, "cnn")
    nb = released(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = {name: name for name in visible.progress.checks}
    where |= {"conv_forward": "conv_forward_naive", "conv_backward": "conv_backward_naive"}
    where |= {"max_pool_forward": "max_pool_forward_naive", "max_pool_backward": "max_pool_backward_naive"}
    where |= {"initial_params": "__init__", "trained_convnet": "best_convnet.npz"}
    where |= dict.fromkeys(("convnet_scores", "convnet_loss", "convnet_gradients"), "`ThreeLayerConvNet`")
    assert_failures_name_the_task(nb, where)
    assert "0 of 13 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)
    (drawn,) = (o for o in cell(nb, "explorer_convolution").outputs if "image/png" in o.get("metadata", {}))
    assert "Step 18 of 49" in drawn.metadata["image/png"]["alt"]


@pytest.mark.parametrize("kind", ["missing", "keys", "channels", "filters", "axes", "units"])
def test_a_file_that_is_no_net_is_told(kind, tmp_path):
    path, arrays = tmp_path / "best_convnet.npz", dict(ThreeLayerConvNet((3, 4, 4), 2, 3, 5).params)
    told = {"missing": "there is no file", "keys": "must have the keys"}
    spoilt = {
        "channels": {"W1": np.ones((2, 1, 3, 3))},
        "filters": {"W1": np.ones((65, 3, 3, 3))},
        "axes": {"W1": np.ones((2, 3))},
        "units": {"b2": np.ones(1001)},
    }
    arrays |= spoilt.get(kind, {})
    if kind == "keys":
        del arrays["b2"]
    if kind != "missing":
        np.savez(path, **arrays)
    with pytest.raises(CheckFailed) as caught:
        visible.trained_convnet(np.ones((2, 3, 4, 4), dtype=np.float32), np.array([0, 1]), path)
    assert told.get(kind, "are accepted") in " ".join(str(caught.value).split())
    visible.progress.reset()


@pytest.mark.slow
@pytest.mark.parametrize("bug", room.bugs(Sources().milestone("cnn")), ids=lambda bug: bug.name)
def test_a_known_mistake_does_not_pass_the_visible_checks(bug, capsys):
    alias = bug.edited.load().__name__
    checks = importlib.import_module(f"{alias}.checking.cnn")
    refusal = importlib.import_module(f"{alias}.checking").CheckFailed
    failed = []
    for name in bug.concerns:
        try:
            getattr(checks, name)()
        except refusal:
            failed.append(name)
    assert failed


def assert_lessons_hold(nb):
    """What the text says of the experiments, on whatever images they ran."""
    last, kept = re.findall(r"training accuracy .*: +([\d.]+)", text_of(cell(nb, "after_by_heart").outputs))
    assert float(last) >= 0.9
    assert float(kept) <= float(last)
    assert "3 of 3 points" in text_of(cell(nb, "trained_convnet").outputs)


@pytest.mark.slow
def test_runs_on_the_drawn_images(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline")
    assert_lessons_hold(nb)


@pytest.mark.slow
@pytest.mark.data
def test_the_settings_of_the_text_hold_on_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    nb = run(copy.deepcopy(notebook), tmp_path, timeout=1800)
    assert_lessons_hold(nb)
