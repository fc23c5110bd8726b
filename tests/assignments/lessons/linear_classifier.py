"""What the notebook of the linear classifier is run with, and what it must show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from ..lesson import Lesson, accuracy, printed


def small_shows(nb: NotebookNode, folder: Path) -> None:
    assert "cost at the start: 2.3026" in printed(nb, "twenty_run")
    with np.load(folder / "best_linear.npz", allow_pickle=False) as stored:
        assert {name: stored[name].shape for name in stored.files} == {"W": (3072, 10), "b": (10,)}


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    if images == "offline":
        assert accuracy(nb, "test_once", "test") > 0.30
    else:
        assert accuracy(nb, "test_once", "test") >= 0.33
        assert "8 of 8 points" in printed(nb, "best_linear")


LESSON = Lesson(
    tasks={
        "softmax": "softmax",
        "cross_entropy": "cross_entropy_loss",
        "scores": "linear_pred",
        "cost": "linear_cost_func",
        "batch_steps": "batch_gradient_descent_func",
        "batch_history": "batch_gradient_descent_func",
        "stochastic_steps": "stochastic_gradient_descent_func",
        "stochastic_history": "stochastic_gradient_descent_func",
        "best_linear": "best_linear.npz",
    },
    # a linear classifier can learn these: class k is bright in block k
    images="""
def fake(rows):
    y = np.random.randint(0, 10, rows)
    X = np.random.normal(0, 0.2, (rows, 3072)).astype(np.float32)
    for row, label in enumerate(y):
        X[row, 300 * label : 300 * (label + 1)] += 0.2
    return X, y


(X_train, y_train), (X_val, y_val), (X_test, y_test) = fake(2000), fake(200), fake(200)
Y_train = np.eye(10, dtype=np.float32)[y_train]
class_names, OFFLINE = [f"class {i}" for i in range(10)], True
""",
    shorter={"full_run": (("3000", "150"),)},
    answers=("rows_a_step", "best_found"),
    stored=("best_linear.npz",),
    slow=("solved",),
    small_shows=small_shows,
    lesson=lesson_shows,
)
