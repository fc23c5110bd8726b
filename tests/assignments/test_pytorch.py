"""What is special to the notebook of the milestone pytorch; `test_all_notebooks.py` has the rest."""

from __future__ import annotations

import copy
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

pytestmark = pytest.mark.torch
NAME = "pytorch"
TRAININGS = ("barebones_training", "module_training", "sequential_training", "open_net")
CHECKS = tuple(visible.progress.checks)

# Pictures in place of the real ones: class k is bright in rows 3k to 3k + 2. Everything learns them in a few steps.
IMAGES = """
OFFLINE = True
random = np.random.default_rng(0)
y_all = random.integers(10, size=1100)
X_all = random.integers(0, 60, (1100, 3, 32, 32)).astype(np.uint8)
for image, k in zip(X_all, y_all):
    image[:, 3 * k : 3 * k + 3] = 255
X_all, X_test, y_all, y_test = X_all[:1000], X_all[1000:], y_all[:1000], y_all[1000:]
loader_train, loader_val, loader_test = pt.make_loaders((X_all, y_all, X_test, y_test), num_train=800)
HIDDEN, CHANNEL_1, CHANNEL_2, OPEN_EPOCHS, CHECK_EVERY = 30, 3, 2, 3, 100
"""


@pytest.fixture(scope="module")
def notebook():
    return load(NAME)


@pytest.fixture
def small(notebook):
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = IMAGES
    replace(
        nb, "look_at_images", ("per_class=8", "per_class=2"), ("load_class_names()", "list('abcdefghij')")
    )
    return nb


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


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(
            r"\b(loader_\w+|loaders|X_all|histories|ends)\b", c.source
        )
        graded = c.metadata.get("nbgrader", {}).get("grade", False)
        if needs and not graded and not c.source.startswith("def "):
            assert "skip-at-grading" in c.metadata.tags, c.id


@pytest.mark.slow
def test_runs_from_top_to_bottom(small, tmp_path):
    run(small, tmp_path)
    assert_every_check_passes(small, set(CHECKS) - set(TRAININGS))
    for name in TRAININGS:
        assert text_of(cell(small, name).outputs).startswith((f"✓ {name} passes", f"◐ {name} passes in part"))
        assert "images: " in text_of(cell(small, name).outputs)
    assert_pictures_have_texts(small)
    said = text_of(cell(small, "twins").outputs)
    assert said.count("the same net") == 2
    assert "NOT the same" not in said
    assert "gradients 2.5 and 2.0" in text_of(cell(small, "by_hand_autograd").outputs)
    lines = text_of(cell(small, "print_graph").outputs)
    for name in ("conv1.weight", "conv2.bias", "fc.weight"):
        assert name in lines
    assert "torch.compile was not tried" in text_of(cell(small, "compile_and_gpu").outputs)
    assert {path.name for path in tmp_path.glob("*.npz")} == {
        "barebones_convnet.npz", "module_convnet.npz", "sequential_convnet.npz", "open_net.npz",
    }  # fmt: skip


@pytest.mark.slow
def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path, NAME)
    nb = released(notebook)
    cell(nb, "load_images").source = IMAGES
    cell(nb, "look_at_images").source = ""
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = {
        "barebones_convnet": "three_layer_convnet",
        "barebones_params": "three_layer_convnet_params",
        "barebones_training": "barebones_convnet",
        "module_params": "__init__",
        "module_convnet": "ThreeLayerConvNet",
        "module_optimizer": "module_optimizer",
        "module_training": "module_convnet",
        "sequential_convnet": "sequential_convnet",
        "sequential_optimizer": "sequential_optimizer",
        "sequential_training": "sequential_convnet",
        "open_ended_net": "open_ended_net",
        "open_net": "open_net.npz",
    }
    assert set(where) == set(CHECKS)
    assert_failures_name_the_task(nb, where)
    assert "0 of 12 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)
    # what comes beyond the tasks works without them, as far as it needs none of them
    assert "the same net" in text_of(cell(nb, "twins").outputs)


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


@pytest.mark.slow
def test_runs_on_the_drawn_images(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline", timeout=1200)
    assert_every_check_passes(nb, CHECKS)
    ends = dict(
        re.findall(
            r"^(\w+ \w+(?: \w+)?) +first loss .* end (\d\.\d+)$",
            text_of(cell(nb, "six_trainings").outputs),
            re.M,
        )
    )
    assert float(ends["IV ConvNet"]) > float(ends["III ConvNet"])
    assert float(ends["IV ConvNet"]) > float(ends["IV fully connected"])


@pytest.mark.slow
@pytest.mark.data
def test_the_settings_of_the_text_reach_full_points_on_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    nb = run(copy.deepcopy(notebook), tmp_path, timeout=7200)
    assert_every_check_passes(nb, CHECKS)
