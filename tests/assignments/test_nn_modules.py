"""The notebook of the neural network modules: script and notebook in step, valid metadata, and it runs."""

from __future__ import annotations

import copy
import itertools
import os
import re
import shutil
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions

import nndl
from nndl.checking import CheckFailed
from nndl.checking import nn_modules as visible
from nndl.explore.modules import describe, draw, example_net, explore, record
from nndl.modules import TwoLayerNet

FOLDER = Path(__file__).parents[2] / "assignments" / "nn_modules"
NOTEBOOK, SCRIPT = FOLDER / "nn_modules.ipynb", FOLDER / "nn_modules.py"
POINTS = {
    "relu": 4,
    "sigmoid": 4,
    "affine": 4,
    "output_layer": 4,
    "initial_params": 2,
    "scores": 2,
    "loss": 4,
    "accuracy": 2,
    "gradients": 4,
    "numerical_gradient": 2,
    "update_params": 2,
    "trained_net": 6,
    "q1_memory": 3,
    "q2_curves": 3,
}
MANUAL = {"q1_memory", "q2_curves"}
FENCE = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION\n", re.DOTALL | re.MULTILINE)
SCREEN = 24  # lines

# Small random pictures in place of the real ones, for tests of everything but the accuracies.
FAKE_IMAGES = """
x_train, x_val = (np.random.normal(0, 0.2, (n, 3072)).astype(np.float32) for n in (2000, 200))
y_train, y_val = (np.random.randint(0, 10, n) for n in (2000, 200))
t_train, t_val = (np.eye(10)[y] for y in (y_train, y_val))
x_test, t_test, class_names = x_val, t_val, [f"class {i}" for i in range(10)]
"""


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


def cell(notebook, name):
    return next(c for c in notebook.cells if c.id == name)


def text_of(outputs):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


def run(notebook, folder, *, allow_errors=False, timeout=600, **env):
    """Execute in a fresh kernel whose working directory is ``folder``, on one core."""
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
    )
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    client.execute(env={**os.environ, **single, "IPYTHONDIR": str(folder / "ipython"), **env})
    return notebook


def test_script_and_notebook_are_in_step(notebook):
    script = jupytext.read(SCRIPT)
    mine = [(c.cell_type, c.source, dict(c.metadata)) for c in notebook.cells]
    theirs = [(c.cell_type, c.source, dict(c.metadata)) for c in script.cells]
    assert mine == theirs, "run `jupytext --sync` on the notebook"


def test_no_output_is_stored(notebook):
    for c in notebook.cells:
        if c.cell_type == "code":
            assert c.outputs == []
            assert c.execution_count is None
    assert "widgets" not in notebook.metadata


def test_notebook_and_metadata_are_valid(notebook):
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    for c in notebook.cells:
        if "nbgrader" in c.metadata:
            assert c.metadata.nbgrader.schema_version == 3


def test_cell_ids_are_meaningful_and_follow_the_grade_ids(notebook):
    ids = [c.id for c in notebook.cells]
    assert len(set(ids)) == len(ids)
    for c in notebook.cells:
        assert re.fullmatch(r"[a-z][a-z0-9_]{3,}", c.id)
        assert not re.fullmatch(r"[0-9a-f]{8}", c.id), "an id that jupytext made up"
        if "nbgrader" in c.metadata:
            assert c.metadata.nbgrader.grade_id == c.id


def test_points(notebook):
    graded = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert {c.id: c.metadata.nbgrader.points for c in graded} == POINTS
    for c in graded:
        manual = c.id in MANUAL
        assert c.cell_type == ("markdown" if manual else "code")
        assert c.metadata.nbgrader.solution == manual
        assert c.metadata.nbgrader.locked == (not manual)
        if not manual:
            assert re.fullmatch(rf"check\.{c.id}\(.*\)", c.source)
    visible_points = {name: c.points for name, c in visible.progress.checks.items()}
    assert visible_points == {name: p for name, p in POINTS.items() if name not in MANUAL}


def test_release_holds_no_answer(notebook):
    released, _ = ClearSolutions().preprocess(copy.deepcopy(notebook), {})
    everything = "\n".join(c.source for c in released.cells)
    for giveaway in ("Model answer", "Rubric", "SOLUTION", "val_acc.append", "net.update_params("):
        assert giveaway not in everything
    for name in MANUAL:
        assert cell(released, name).source == "YOUR ANSWER HERE"
        assert "**Rubric.** 3:" in cell(notebook, name).source
    assert "raise NotImplementedError" in cell(released, "training").source


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(x_train|x_val|x_test|train_acc)\b", c.source)
        graded = c.metadata.get("nbgrader", {}).get("grade", False)
        defines = c.source.startswith("def ")
        if needs and not graded and not defines:
            assert "skip-at-grading" in c.metadata.tags, c.id


def test_every_figure_has_a_text_and_labelled_axes(notebook):
    for c in notebook.cells:
        if c.cell_type == "code" and "plt.subplots(" in c.source:
            assert "show(" in c.source or '"alt": alt' in c.source, c.id
            helpers = r"plot_\w+_history\(|show_net_weights\("
            assert "xlabel=" in c.source or re.search(helpers, c.source), c.id


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


def test_runs_from_top_to_bottom(notebook, tmp_path):
    """All cells, with small random images and a short run; the slow tests below take real ones."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    assert "128, 2000" in cell(nb, "training").source
    cell(nb, "training").source = cell(nb, "training").source.replace("128, 2000", "16, 200")
    # Random labels cannot be predicted, so the accuracy check gets images that the net is right on.
    cell(nb, "trained_net").source = "check.trained_net(x_val, np.eye(10)[net.predict(x_val).argmax(axis=1)])"
    run(nb, tmp_path)
    for name in POINTS.keys() - MANUAL:
        assert text_of(cell(nb, name).outputs).startswith(f"✓ {name} passes")
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert (tmp_path / "trained_net.npz").is_file()
    for c in nb.cells:
        for output in c.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 40, c.id


def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    package = Path(nndl.__file__).parent
    shutil.copytree(package, tmp_path / "nndl", ignore=shutil.ignore_patterns("__pycache__"))
    edited = tmp_path / "nndl" / "modules.py"
    source = edited.read_text(encoding="utf-8")
    edited.write_text(FENCE.sub(r'\1raise NotImplementedError("not yet")\n', source), encoding="utf-8")
    nb, _ = ClearSolutions().preprocess(copy.deepcopy(notebook), {})
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
    for name, function in where.items():
        (output,) = cell(nb, name).outputs
        assert output.output_type == "error"
        assert output.ename == "CheckFailed"
        assert len(output.traceback) <= SCREEN
        assert name in output.traceback[0]
        assert function in output.traceback[0]
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
