"""The notebook of the linear classifier: script and notebook in step, valid metadata, it runs and is graded."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import numpy as np
import pytest

from autograder.grading.grade import Settings, grade_folder
from autograder.judging import hidden_images
from autograder.release.build import release_files, release_tree
from autograder.sources import Sources
from nndl import linear_classifier
from nndl.checking import linear_classifier as visible

from .notebooks import (
    assert_failures_name_the_task,
    assert_pictures_have_texts,
    cell,
    load,
    released,
    run,
    text_of,
    unwritten_package,
)

MILESTONE = "linear_classifier"

# Small pictures in place of the real ones that a linear classifier can learn: class k is bright in block k.
FAKE_IMAGES = """
def fake(rows):
    y = np.random.randint(0, 10, rows)
    X = np.random.normal(0, 0.2, (rows, 3072)).astype(np.float32)
    for row, label in enumerate(y):
        X[row, 300 * label : 300 * (label + 1)] += 0.2
    return X, y


(X_train, y_train), (X_val, y_val), (X_test, y_test) = fake(2000), fake(200), fake(200)
Y_train = np.eye(10, dtype=np.float32)[y_train]
class_names, OFFLINE = [f"class {i}" for i in range(10)], True
"""


@pytest.fixture(scope="module")
def notebook():
    return load(MILESTONE)


def test_release_lacks_the_lines_that_students_write(notebook):
    everything = "\n".join(c.source for c in released(notebook).cells)
    for giveaway in ("rows_a_step", "best_found"):
        assert giveaway not in everything
    files = release_files(MILESTONE)
    library = files["nndl/linear_classifier.py"].decode()
    assert library.count("raise NotImplementedError") == 6
    for line in ("np.log(score", "X.T @", "x.T @", "X @ W", "np.random.choice(X"):
        assert line not in library


def test_what_needs_images_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        needs = c.cell_type == "code" and re.search(r"\b(best_W|zero_W|\w+_costs|X_train|X_val)\b", c.source)
        graded = c.metadata.get("nbgrader", {}).get("grade", False)
        if needs and not graded:
            assert "skip-at-grading" in c.metadata.tags, c.id


def test_numbers_that_are_told_by_hand():
    p = linear_classifier.softmax(np.array([[2, 1, 0], [1002, 1001, 1000]]))
    np.testing.assert_allclose(p, [[0.6652, 0.2447, 0.0900]] * 2, atol=5e-5)
    np.testing.assert_allclose(-np.log([0.3, 0.4, 0.9]), [1.2040, 0.9163, 0.1054], atol=5e-5)
    assert -np.log([0.3, 0.4, 0.9]).sum() == pytest.approx(2.2256, abs=5e-5)
    assert -np.log(1e-9) == pytest.approx(20.72, abs=5e-3)

    x, y = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])
    W, b = np.array([[1.0, -1.0], [0.0, 0.5]]), np.array([0.0, 1.0])
    np.testing.assert_allclose(linear_classifier.linear_pred(x, W, b), [[1, 1]])
    assert linear_classifier.linear_cost_func(x, y, W, b) == pytest.approx(0.6931, abs=5e-5)
    W, b, costs, _ = linear_classifier.batch_gradient_descent_func(x, y, W, b, 0.1, 1)
    np.testing.assert_allclose(W, [[1.05, -1.05], [0.1, 0.4]])
    np.testing.assert_allclose(b, [0.05, 0.95])
    np.testing.assert_allclose(linear_classifier.linear_pred(x, W, b), [[1.3, 0.7]])
    assert costs[0] == pytest.approx(0.4375, abs=5e-5)


@pytest.mark.slow
def test_runs_from_top_to_bottom(notebook, tmp_path):
    """All cells, with small random images and short runs; the slow tests below take real ones."""
    nb = copy.deepcopy(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    assert "3000" in cell(nb, "full_run").source
    cell(nb, "full_run").source = cell(nb, "full_run").source.replace("3000", "150")
    run(nb, tmp_path)
    assert "cost at the start: 2.3026" in text_of(cell(nb, "twenty_run").outputs)
    assert "9 of 9 checks pass, 44 of 44 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    with np.load(tmp_path / "best_linear.npz", allow_pickle=False) as stored:
        assert {name: stored[name].shape for name in stored.files} == {"W": (3072, 10), "b": (10,)}
    assert_pictures_have_texts(nb)


def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path)
    nb = released(notebook)
    cell(nb, "load_images").source = FAKE_IMAGES
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path))
    where = {
        "softmax": "softmax",
        "cross_entropy": "cross_entropy_loss",
        "scores": "linear_pred",
        "cost": "linear_cost_func",
        "batch_steps": "batch_gradient_descent_func",
        "batch_history": "batch_gradient_descent_func",
        "stochastic_steps": "stochastic_gradient_descent_func",
        "stochastic_history": "stochastic_gradient_descent_func",
        "best_linear": "best_linear.npz",
    }
    assert_failures_name_the_task(nb, where)
    assert "0 of 9 checks pass, 0 of 44 points" in text_of(cell(nb, "progress_summary").outputs)


# --- the visible checks ---------------------------------------------------------------------------------------

SAID = {
    "softmax_without_shift": ("softmax", "2060"),
    "softmax_changes_its_argument": ("softmax", "x is not the same after the call"),
    "cross_entropy_summed": ("cross_entropy", "N = 3"),
    "cross_entropy_without_constant": ("cross_entropy", "row of zeros"),
    "scores_without_bias": ("scores", "the scores"),
    "cost_summed": ("cost", "the cost"),
    "batch_uphill": ("batch_steps", "uphill"),
    "batch_gradient_summed": ("batch_steps", "N = 5"),
    "batch_bias_one_step_ahead": ("batch_steps", "the change of b"),
    "batch_history_of_one_array": ("batch_history", "append a copy"),
    "batch_cost_of_every_iteration": ("batch_history", "cost_every=3"),
    "stochastic_first_rows": ("stochastic_steps", "rows 4, 0, 3"),
    "stochastic_one_draw_for_all": ("stochastic_steps", "second step"),
    "stochastic_cost_of_the_minibatch": ("stochastic_history", "J_history"),
}


@pytest.mark.parametrize("name", SAID)
def test_visible_check_says_what_is_wrong(name, monkeypatch):
    from autograder.judging import room
    from nndl.checking import CheckFailed

    bug = next(b for b in room.bugs(Sources().milestone(MILESTONE)) if b.name == name)
    variant = bug.edited.load().__name__
    import importlib

    monkeypatch.setattr(visible, "linear_classifier", importlib.import_module(f"{variant}.linear_classifier"))
    check, said = SAID[name]
    with pytest.raises(CheckFailed) as failure:
        visible.progress.run(check)
    visible.progress.reset()
    assert said in str(failure.value)


# --- grading --------------------------------------------------------------------------------------------------


@pytest.fixture
def few_hidden_images(monkeypatch):
    """Hidden images that need no drawing: class k is bright in the k-th block of features."""

    def drawn(seed):
        y = np.random.default_rng(seed).integers(10, size=500)
        X = np.zeros((500, 3072), np.float32)
        for row, label in enumerate(y):
            X[row, 300 * label : 300 * (label + 1)] = 100
        return X, y

    monkeypatch.setattr(hidden_images, "_drawn_set", drawn)


def hand_in(folder, *, solved=True, **stored):
    """Write a submission: the release, with solutions pasted into the stubs, and the stored arrays."""
    release_tree(folder, MILESTONE)
    if solved:
        solution = Path(linear_classifier.__file__).read_text(encoding="utf-8")
        bare = re.sub(r"^ *### (BEGIN|END) SOLUTION.*\n", "", solution, flags=re.MULTILINE)
        (folder / "nndl" / "linear_classifier.py").write_text(bare, encoding="utf-8")
    if stored:
        np.savez(folder / "best_linear.npz", **stored)
    return folder


def right_arrays():
    """Return a W that reads the class off the brightest block, and b."""
    return {"W": np.repeat(np.eye(10), 300, axis=0), "b": np.zeros(10)}


def padded(arrays):
    return {"W": np.vstack([arrays["W"], np.zeros((72, 10))]).astype(np.float32), "b": arrays["b"]}


SETTINGS = Settings(Sources().milestone(MILESTONE), seed=5, data="offline")


@pytest.mark.sandbox
def test_release_with_solutions_scores_everything(tmp_path, few_hidden_images):
    folder = hand_in(tmp_path / "ada" / MILESTONE, **padded(right_arrays()))
    report = grade_folder(folder, "ada", SETTINGS)
    assert [c["message"] for c in report["checks"]] == [""] * 9
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 44, 44)


@pytest.mark.sandbox
def test_untouched_release_scores_nothing(tmp_path, few_hidden_images):
    report = grade_folder(hand_in(tmp_path / "alan" / MILESTONE, solved=False), "alan", SETTINGS)
    assert (report["verdict"], report["score"]) == ("graded", 0)
    assert all(
        c["message"].startswith(("Not written yet", "best_linear.npz was not handed in"))
        for c in report["checks"]
    )


@pytest.mark.sandbox
@pytest.mark.parametrize("stored", ["shape", "nan", "text", "names", "integers", "no archive"])
def test_a_stored_file_that_holds_no_classifier_earns_nothing_and_says_why(
    stored, tmp_path, few_hidden_images
):
    right = padded(right_arrays())
    arrays = {
        "shape": {**right, "W": right["W"].T.copy()},
        "nan": {**right, "b": right["b"] * np.nan},
        "text": {**right, "b": np.array(["a"] * 10)},
        "names": {"weights": right["W"]},
        "integers": {**right, "W": right["W"].astype(int)},
        "no archive": {},
    }[stored]
    folder = hand_in(tmp_path / "ada" / MILESTONE, **arrays)
    if stored == "no archive":
        (folder / "best_linear.npz").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    report = grade_folder(folder, "ada", SETTINGS)
    assert report["score"] == 36
    (result,) = (c for c in report["checks"] if c["name"] == "best_linear")
    assert (result["verdict"], result["score"]) == ("failed", 0)
    assert "best_linear.npz" in result["message"]


@pytest.mark.sandbox
def test_images_are_scaled_as_in_the_notebook(tmp_path, few_hidden_images):
    """With a bias, the scale of the pixels matters: 100 / 255 of a block of 300 is 117.6."""
    right = padded(right_arrays())
    for bias, score in ((117.0, 44), (118.0, 36)):
        b = np.zeros(10)
        b[0] = bias
        folder = hand_in(tmp_path / f"ada{bias:g}" / MILESTONE, W=right["W"], b=b)
        assert grade_folder(folder, "ada", SETTINGS)["score"] == score


# --- with images ----------------------------------------------------------------------------------------------


def accuracy_told(notebook, name, which):
    return float(re.search(rf"{which} accuracy.*?: (0\.\d+)", text_of(cell(notebook, name).outputs))[1])


@pytest.mark.slow
@pytest.mark.sandbox
def test_runs_on_the_drawn_images_and_earns_all_points(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, NNDL_DATA="offline")
    assert accuracy_told(nb, "test_once", "test") > 0.30
    with np.load(tmp_path / "best_linear.npz", allow_pickle=False) as stored:
        folder = hand_in(tmp_path / "ada" / MILESTONE, W=stored["W"], b=stored["b"])
    report = grade_folder(folder, "ada", SETTINGS)
    assert report["score"] == 44, [c["message"] for c in report["checks"]]


@pytest.mark.slow
@pytest.mark.data
def test_reference_run_reaches_a_third_of_cifar10(notebook, tmp_path):
    folder = os.environ.get("NNDL_DATA", "")
    if not (Path(folder) / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA names no folder with cifar-10-batches-py")
    nb = run(copy.deepcopy(notebook), tmp_path)
    assert accuracy_told(nb, "test_once", "test") >= 0.33
    assert "8 of 8 points" in text_of(cell(nb, "best_linear").outputs)
