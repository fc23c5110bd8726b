"""What is special to the notebook of dropout: its numbers by hand, its runs, and the lesson of its curves."""

from __future__ import annotations

import copy
import os
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from nndl.checking import CheckFailed
from nndl.checking import dropout as visible
from nndl.layers import dropout_backward, dropout_forward

from .notebooks import (
    assert_every_check_passes,
    assert_failures_name_the_task,
    assert_pictures_have_texts,
    cell,
    load,
    replace,
    run,
    text_of,
    unwritten_package,
)

CHECKS = ("forward_train", "forward_test", "seeds", "backward", "net_scores", "net_loss", "net_gradients")

# Small random pictures in place of the real ones, for tests of everything but the accuracies.
FAKE_IMAGES = """
data = {f"X_{part}": np.random.randn(n, 3, 32, 32).astype(np.float32) for part, n in (("train", 60), ("val", 40))}
data |= {f"y_{part}": np.random.randint(0, 10, n) for part, n in (("train", 60), ("val", 40))}
"""


@pytest.fixture(scope="module")
def notebook():
    return load("dropout")


def small(notebook):
    """Return a copy that trains for a moment on made-up images."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    replace(
        nb, "training", ("EPOCHS = 25", "EPOCHS = 2"), ("[500]", "[20]"), ("batch_size=100", "batch_size=20")
    )
    return nb


def test_numbers_that_are_told_by_hand(notebook):
    text = cell(notebook, "part_1_silence_some_and_make_up_for_it").source
    np.random.seed(1)
    draws = np.random.rand(4)
    told = [float(x) for x in re.search(r"\| draw \$u\$ \|(.*)\|", text)[1].replace("$", "").split("|")]
    np.testing.assert_allclose(told, draws, atol=5e-4)
    x = np.array([[4.0, 2.0, 6.0, 1.0]])
    out, cache = dropout_forward(x, {"mode": "train", "p": 0.5, "seed": 1})
    np.testing.assert_array_equal(cache[1], [[2, 0, 2, 2]])
    np.testing.assert_array_equal(out, [[8, 0, 12, 2]])
    assert (x.sum(), out.sum()) == (13, 22)
    dout = np.array([[1.0, 1.0, -1.0, 3.0]])
    np.testing.assert_array_equal(dropout_backward(dout, cache), [[2, 0, -2, 6]])
    outputs = np.array(list(product((8, 0), (12, 0))))
    np.testing.assert_array_equal(outputs.mean(axis=0), [4, 6])


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        if c.cell_type == "code" and re.search(r"\b(data|solvers)\b", c.source) and c.id != "setup":
            assert "skip-at-grading" in c.metadata.tags, c.id


@pytest.mark.slow
def test_runs_from_top_to_bottom(notebook, tmp_path):
    nb = run(small(notebook), tmp_path)
    assert_every_check_passes(nb, CHECKS)
    assert "34 of 34 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert_pictures_have_texts(nb)
    printed = text_of(cell(nb, "by_hand_forward").outputs) + text_of(cell(nb, "by_hand_backward").outputs)
    assert "[[ 8.  0. 12.  2.]]" in printed
    assert "[[ 2.  0. -2.  6.]]" in printed
    means = text_of(cell(nb, "means").outputs).splitlines()[1:]
    for line, dropped in zip(means, (0.75, 0.6, 0.3), strict=True):
        _, mean, in_training, at_test, zeros, none = map(float, line.split())
        assert mean == at_test == pytest.approx(10, abs=1e-3)
        assert in_training == pytest.approx(10, abs=0.1)
        assert zeros == pytest.approx(dropped, abs=2e-3)
        assert none == 0
    losses = re.findall(r"loss (\S+), relative", text_of(cell(nb, "compare_gradients").outputs))
    assert losses == ["2.3005", "2.3024", "2.3043"]


@pytest.mark.slow
def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path, "dropout")
    nb = small(notebook)
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = dict.fromkeys(("forward_train", "forward_test", "seeds"), "dropout_forward")
    where |= {"backward": "dropout_backward", "net_gradients": "_drop_out_backward"}
    assert_failures_name_the_task(nb, {**where, "net_scores": "_drop_out", "net_loss": "_drop_out"})
    assert "0 of 7 checks pass, 0 of 34 points" in text_of(cell(nb, "progress_summary").outputs)


@pytest.mark.parametrize(
    ("forward", "check", "told"),
    [
        (lambda x, m, p: x * (m < 1 - p) / (1 - p), "forward_train", "p is the probability of keeping"),
        (lambda x, m, p: x * (m < p), "forward_train", "exactly 4 times too small. The mean of x is 10.0"),
        (lambda x, m, p: x * (m[:1] < p) / p, "forward_train", "every row has the same mask"),
        (lambda x, m, p: x * (m[:, :1] < p) / p, "forward_train", "every row is kept or dropped as a whole"),
        (lambda x, m, p: (x * (m < p) / p).astype(np.float64), "forward_train", "which factor is float64?"),
        (lambda x, m, p: (x * (m > 1 - p) / p).astype(x.dtype), "seeds", "np.random.rand, called once"),
    ],
)
def test_visible_checks_say_what_is_wrong(monkeypatch, forward, check, told):
    def layer(x, param):
        if param.get("seed") is not None:
            np.random.seed(param["seed"])
        if param["mode"] == "test":
            return x, (param, None)
        return forward(x, np.random.rand(*x.shape), param["p"]), (param, None)

    monkeypatch.setattr(visible.layers, "dropout_forward", layer)
    with np.errstate(divide="ignore", invalid="ignore"), pytest.raises(CheckFailed, match=re.escape(told)):
        getattr(visible, check)()


def assert_lesson(nb):
    """Less is learned by heart with dropout, and the gap is smaller: the table of the notebook says so."""
    rows = [line.split() for line in text_of(cell(nb, "curves").outputs).splitlines()]
    table = {row[0]: [float(value) for value in row[1:]] for row in rows if row and row[0] in ("1", "0.25")}
    first, training, *_, gap = zip(table["1"], table["0.25"], strict=True)
    assert first[1] > 1.5 * first[0]
    assert training[0] > training[1] + 0.03
    assert gap[0] > gap[1] + 0.03
    *_, crowd = (
        o.metadata["image/png"]["alt"] for o in cell(nb, "crowd").outputs if "image/png" in o.get("data", {})
    )
    one, fifty, whole = map(float, re.findall(r"0\.\d{3}", crowd))
    assert one < fifty
    assert abs(fifty - whole) < 0.03


@pytest.mark.slow
def test_the_lesson_shows_on_the_drawn_images(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline")
    assert_every_check_passes(nb, CHECKS)
    assert_lesson(nb)


@pytest.mark.slow
@pytest.mark.data
def test_the_lesson_shows_on_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    assert_lesson(run(copy.deepcopy(notebook), tmp_path, timeout=1800))
