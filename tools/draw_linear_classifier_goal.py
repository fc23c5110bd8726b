"""Draw the picture at the head of the linear classifier's notebook: ``python tools/draw_linear_classifier_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from head_picture import INK, STYLE, save

from nndl.data_utils import get_flat_CIFAR10_data, load_class_names
from nndl.linear_classifier import linear_pred, softmax, stochastic_gradient_descent_func

TARGET = Path(__file__).parents[1] / "assignments" / "linear_classifier" / "images" / "goal.png"
ROWS = 10_000
COLOURS = ("#0072B2", "#D55E00")  # Okabe and Ito


def main() -> None:
    """Train as the notebook suggests, and write the picture."""
    X, y, X_val, _, _, _ = get_flat_CIFAR10_data(root="offline", dtype=np.float32)
    shown = (X_val[3] + 128).clip(0, 255).astype(np.uint8).reshape(32, 32, 3)
    X, Y = X[:ROWS] / 255, np.eye(10, dtype=np.float32)[y[:ROWS]]
    start = np.zeros((X.shape[1], 10), np.float32), np.zeros(10, np.float32)
    W, b, _, _ = stochastic_gradient_descent_func(
        X, Y, *start, alpha=0.01, iterations=3000, mini_batch=50, random_seed=7, cost_every=3000
    )
    scores = linear_pred(X_val[3:4] / 255, W, b)
    names = load_class_names("offline")

    plt.rcParams.update(STYLE)
    figure, (image, left, right) = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    image.imshow(shown)
    image.set(title="3072 numbers", xticks=[], yticks=[])
    for ax, values, title, colour in (
        (left, scores[0], "ten scores", COLOURS[0]),
        (right, softmax(scores)[0], "ten probabilities", COLOURS[1]),
    ):
        ax.barh(names, values, color=colour)
        ax.axvline(0, color=INK, linewidth=1.2)
        ax.set_title(title)
        ax.locator_params(axis="x", nbins=4)
    right.set_yticks([])
    TARGET.parent.mkdir(exist_ok=True)
    save(figure, TARGET)


if __name__ == "__main__":
    main()
