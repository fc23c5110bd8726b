"""The notebook of the two-layer net: script and notebook in step, valid metadata, and it runs."""

from __future__ import annotations

import copy
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
from nndl.checking import two_layer_net as visible
from nndl.neural_net import TwoLayerNet

FOLDER = Path(__file__).parents[2] / "assignments" / "two_layer_net"
NOTEBOOK, SCRIPT = FOLDER / "two_layer_net.ipynb", FOLDER / "two_layer_net.py"
POINTS = {
    "scores": 4,
    "prediction": 4,
    "loss": 4,
    "gradients": 8,
    "training_step": 4,
    "training_history": 4,
    "best_net": 12,
    "q1_baseline": 3,
    "q2_fix": 3,
    "q3_weights": 3,
}
MANUAL = {"q1_baseline", "q2_fix", "q3_weights"}
FENCE = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION\n", re.DOTALL | re.MULTILINE)
SCREEN = 24  # lines

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
    for giveaway in ("Model answer", "Rubric", "SOLUTION", "SEARCH_ITERS", "FINAL_EPOCHS"):
        assert giveaway not in everything
    for name in MANUAL:
        assert cell(released, name).source == "YOUR ANSWER HERE"
        assert "**Rubric.** 3:" in cell(notebook, name).source
    assert "raise NotImplementedError" in cell(released, "search").source


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(baseline|best_net|X_train|X_val|X_test)\b", c.source)
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
    for image, path in re.findall(r"!\[(.*?)\]\((.*?)\)", cell(notebook, "title").source, re.DOTALL):
        assert len(image) > 40
        assert (FOLDER / path).is_file()


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
    for name in POINTS.keys() - MANUAL:
        assert text_of(cell(nb, name).outputs).startswith(f"✓ {name} passes")
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert (tmp_path / "best_net.npz").is_file()
    for c in nb.cells:
        for output in c.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 40, c.id


def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    package = Path(nndl.__file__).parent
    shutil.copytree(package, tmp_path / "nndl", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (tmp_path / "nndl").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        path.write_text(FENCE.sub(r'\1raise NotImplementedError("not yet")\n', source), encoding="utf-8")
    nb, _ = ClearSolutions().preprocess(copy.deepcopy(notebook), {})
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
    for name, function in where.items():
        (output,) = cell(nb, name).outputs
        assert output.output_type == "error"
        assert output.ename == "CheckFailed"
        assert len(output.traceback) <= SCREEN
        assert name in output.traceback[0]
        assert function in output.traceback[0]
    assert "0 of 7 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)


def test_edited_file_is_checked_without_a_restart(notebook, tmp_path):
    package = Path(nndl.__file__).parent
    shutil.copytree(package, tmp_path / "nndl", ignore=shutil.ignore_patterns("__pycache__"))
    edited = tmp_path / "nndl" / "neural_net.py"
    solved = edited.read_text(encoding="utf-8")
    edited.write_text(FENCE.sub(r'\1raise NotImplementedError("not yet")\n', solved), encoding="utf-8")
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
