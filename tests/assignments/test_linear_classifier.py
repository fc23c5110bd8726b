"""What is special to the notebook of the linear classifier: its worked examples, and that its run earns all points."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from nndl import linear_classifier

from ..autograder.course.proofs import hand_in
from .lesson import accuracy
from .notebooks import load, run


def test_release_lacks_the_lines_that_students_write():
    release = Release.current(Sources().milestone("linear_classifier"))
    library = release.files["nndl/linear_classifier.py"].decode()
    assert library.count("raise NotImplementedError") == 6
    for line in ("np.log(score", "X.T @", "x.T @", "X @ W", "np.random.choice(X"):
        assert line not in library


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
@pytest.mark.sandbox
def test_run_on_the_drawn_images_earns_all_points(tmp_path):
    nb = run(copy.deepcopy(load("linear_classifier")), tmp_path, NNDL_DATA="offline")
    assert accuracy(nb, "test_once", "test") > 0.30
    with np.load(tmp_path / "best_linear.npz", allow_pickle=False) as stored:
        files = {"best_linear.npz": dict(stored)}
    report = hand_in(tmp_path / "linear_classifier", "linear_classifier", files=files)
    assert report["score"] == 44, [c["message"] for c in report["checks"]]
