"""The stored classifier of the first milestone, graded in the sandbox: what earns its points, and what none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.judging import hidden_images

from .proofs import hand_in

MILESTONE = "linear_classifier"
pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True)
def few_hidden_images(monkeypatch):
    """Hidden images that need no drawing: class k is bright in the k-th block of features."""

    def drawn(seed):
        y = np.random.default_rng(seed).integers(10, size=500)
        X = np.zeros((500, 3072), np.float32)
        for row, label in enumerate(y):
            X[row, 300 * label : 300 * (label + 1)] = 100
        return X, y

    monkeypatch.setattr(hidden_images, "_drawn_set", drawn)


def right():
    """Return a W that reads the class off the brightest block, and b."""
    W = np.vstack([np.repeat(np.eye(10), 300, axis=0), np.zeros((72, 10))])
    return {"W": W.astype(np.float32), "b": np.zeros(10)}


def test_release_with_solutions_and_a_right_classifier_scores_everything(tmp_path):
    report = hand_in(tmp_path / MILESTONE, MILESTONE, files={"best_linear.npz": right()})
    assert [c["message"] for c in report["checks"]] == [""] * 9
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 44, 44)


@pytest.mark.parametrize("stored", ["shape", "nan", "text", "names", "integers", "no archive"])
def test_a_file_without_a_classifier_earns_nothing_and_says_why(stored, tmp_path):
    W, b = right().values()
    kinds: dict[str, Any] = {
        "shape": {"W": W.T.copy(), "b": b},
        "nan": {"W": W, "b": b * np.nan},
        "text": {"W": W, "b": np.array(["a"] * 10)},
        "names": {"weights": W},
        "integers": {"W": W.astype(int), "b": b},
        "no archive": b"cos\nsystem\n(S'true'\ntR.",
    }
    report = hand_in(tmp_path / MILESTONE, MILESTONE, files={"best_linear.npz": kinds[stored]})
    assert report["score"] == 36
    (result,) = (c for c in report["checks"] if c["name"] == "best_linear")
    assert (result["verdict"], result["score"]) == ("failed", 0)
    assert "best_linear.npz" in result["message"]


@pytest.mark.parametrize(("bias", "score"), [(117.0, 44), (118.0, 36)])
def test_images_are_scaled_as_in_the_notebook(bias, score, tmp_path):
    """With a bias, the scale of the pixels matters: 100 / 255 of a block of 300 is 117.6."""
    stored = right() | {"b": np.eye(10)[0] * bias}
    assert hand_in(tmp_path / MILESTONE, MILESTONE, files={"best_linear.npz": stored})["score"] == score
