"""What the notebook of the two-layer net is run with, and what it must show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from ..lesson import Lesson, accuracy, printed


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    baseline, best = (accuracy(nb, name, "validation") for name in ("baseline_train", "search"))
    if images == "offline":
        assert "right on" in printed(nb, "best_net")
        assert baseline < 0.35
        assert best > 0.48
        return
    assert 0.25 <= baseline <= 0.31
    assert best >= 0.5
    assert "12 of 12 points" in printed(nb, "best_net")

    from nndl.data_utils import load_CIFAR10
    from nndl.neural_net import TwoLayerNet

    X, _, X_test, y_test = load_CIFAR10(images, dtype=np.float32)
    rows = (X_test - X[:49000].mean(axis=0)).reshape(len(X_test), -1)
    assert (TwoLayerNet.load(folder / "best_net.npz").predict(rows) == y_test).mean() >= 0.495


LESSON = Lesson(
    tasks={
        "scores": "_forward",
        "prediction": "predict",
        "loss": "_softmax_loss",
        "gradients": "_gradients",
        "training_step": "_draw_batch",
        "training_history": "train",
        "best_net": "best_net.npz",
    },
    images="""
data = X_train, y_train, X_val, y_val = (
    np.random.normal(0, 50, (2000, 3072)).astype(np.float32), np.random.randint(0, 10, 2000),
    np.random.normal(0, 50, (200, 3072)).astype(np.float32), np.random.randint(0, 10, 200),
)
X_test, y_test, class_names, OFFLINE = X_val, y_val, [f"class {i}" for i in range(10)], True
""",
    shorter={
        "baseline_train": (("num_iters=1000", "num_iters=60"),),
        "search": (("(300, 10)", "(20, 2)"),),
    },
    own_labels=("best_net", "check.best_net(X_val, best_net.predict(X_val))"),
    answers=("SEARCH_ITERS", "FINAL_EPOCHS"),
    stored=("best_net.npz",),
    lesson=lesson_shows,
)
