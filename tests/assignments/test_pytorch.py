"""What is special to the notebook of PyTorch: its worked examples, and what its checks say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")

import nndl
from nndl.as_arrays import nets as ta
from nndl.checking import CheckFailed
from nndl.checking import pytorch as visible
from nndl.explore.pytorch.autograd_graph import graph

from .notebooks import cell, load

pytestmark = pytest.mark.torch
TRAININGS = ("barebones_training", "module_training", "sequential_training", "open_net")


@pytest.fixture(scope="module")
def notebook():
    return load("pytorch")


def test_the_example_of_autograd_by_hand():
    nodes = {node.name: node for node in graph("f = x·y + x", 2.0, 1.5)}
    assert (nodes["x·y"].value, nodes["f"].value) == (3.0, 5.0)
    assert (nodes["x"].grad, nodes["y"].grad) == (2.5, 2.0)


def test_the_convnet_by_hand(notebook):
    x, params = visible.by_hand()
    np.testing.assert_allclose(ta.barebones_convnet_scores(x, params), [[12, -2]])
    hidden = np.maximum(x[0, 0] - 2, 0)
    np.testing.assert_array_equal(hidden, [[0, 0], [1, 2]])
    flat = np.full(4, hidden.sum())
    np.testing.assert_array_equal(flat @ params[4] + params[5], [12, -2])
    without_relu = np.full(4, (x[0, 0] - 2).sum())
    np.testing.assert_array_equal(without_relu @ params[4] + params[5], [8, -1])
    told = cell(notebook, "a_net_of_two_convolutions").source
    assert "scores are\n$3 + 3 + 3 + 3 + 0 = 12$ and $-3 + 1 = -2$" in told
    assert "the scores $8$ and $-1$" in told


@pytest.mark.slow
def test_the_steps_of_nesterov_by_hand():
    path = ta.optimizer_path("sequential_optimizer", [np.zeros(1)], [[np.ones(1)]] * 2)
    steps = -np.diff([0.0, path[0][0][0], path[1][0][0]])
    np.testing.assert_allclose(steps, [0.019, 0.0271], rtol=1e-9)


def test_rules_of_the_text_are_those_of_the_checks(notebook):
    told = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert r"\min(\lfloor X - 27 \rfloor / 15,\ 1)" in told
    assert "27 becomes 30 and 40" in told
    assert r"\min(\lfloor X - 55 \rfloor / 15,\ 1)" in told
    assert [(rule.none, rule.full - rule.none) for rule in visible.CONVNET_RULES.values()] == [
        (27, 15), (30, 15), (40, 15),
    ]  # fmt: skip
    assert (visible.OPEN_RULE.none, visible.OPEN_RULE.full) == (55, 70)


def test_without_torch_the_first_cell_says_what_to_install(notebook):
    source = re.sub(r"^%.*$", "", cell(notebook, "setup").source, flags=re.MULTILINE)
    script = "import sys; sys.modules['torch'] = None\n" + source
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "pip install torch" in done.stderr.splitlines()[-2] + done.stderr


@pytest.mark.parametrize("name", TRAININGS)
def test_a_missing_file_is_told(name, tmp_path):
    with pytest.raises(CheckFailed, match="there is no file"):
        getattr(visible, name)([], tmp_path / "none.npz")
    visible.progress.reset()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "before", "after", "told"),
    [
        ("barebones_convnet", "padding=2))", "padding=1))", "three_layer_convnet"),
        ("barebones_convnet", "flatten(hidden) @ fc_w", "flatten(hidden.detach()) @ fc_w", "conv_w1 is 0"),
        ("barebones_params", "        zero_weight((channel_1,)),", "        torch.zeros(channel_1),", "require"),
        ("module_params", "    nn.init.kaiming_normal_(layer.weight)\n        ###", "    pass\n        ###", "0.4"),
        ("module_optimizer", "lr=3e-3)", "lr=3e-3, momentum=0.9)", "after 2 steps"),
        ("sequential_convnet", "        nn.ReLU(),\n        Flatten(),", "        Flatten(),", "scores"),
        ("open_ended_net", "(model.parameters(), lr=2e-2", "(model[-1].parameters(), lr=2e-2", "does not have"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_a_few_lines(check, before, after, told, tmp_path):
    package = tmp_path / "nndl"
    shutil.copytree(Path(nndl.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    source = (package / "pytorch.py").read_text(encoding="utf-8")
    assert source.count(before) == 1, before
    (package / "pytorch.py").write_text(source.replace(before, after), encoding="utf-8")
    script = (
        "from nndl.checking import pytorch as check, CheckFailed\n"
        f"try:\n    check.{check}()\nexcept CheckFailed as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert told in " ".join(done.stdout.split())
    assert len(done.stdout.splitlines()) <= 20
