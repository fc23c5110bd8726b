"""Draw the picture at the head of the linear classifier's notebook: ``python tools/draw_linear_classifier_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from nndl.data_utils import get_flat_CIFAR10_data, load_class_names
from nndl.linear_classifier import stochastic_gradient_descent_func

TARGET = Path(__file__).parents[1] / "assignments" / "linear_classifier" / "images" / "goal.png"
ROWS = 10_000
EVERY = 20
COLOURS = ("#0072B2", "#D55E00")  # Okabe and Ito


def main() -> None:
    """Train as the notebook suggests, and write the picture."""
    X, y, *_ = get_flat_CIFAR10_data(root="offline", dtype=np.float32)
    X, Y = X[:ROWS] / 255, np.eye(10, dtype=np.float32)[y[:ROWS]]
    start = np.zeros((X.shape[1], 10), np.float32), np.zeros(10, np.float32)
    W, _, costs, _ = stochastic_gradient_descent_func(
        X, Y, *start, alpha=0.01, iterations=3000, mini_batch=50, random_seed=7, cost_every=EVERY
    )

    figure = plt.figure(figsize=(11, 4), layout="constrained")
    axes = figure.subplot_mosaic("CABD\nCEFG", width_ratios=(2.2, 1, 1, 1))
    curve = axes.pop("C")
    curve.plot(EVERY * np.arange(1, len(costs) + 1), costs, color=COLOURS[0], label="minibatches of 50")
    curve.axhline(np.log(10), color=COLOURS[1], linestyle="--", label="knowing nothing: log 10")
    curve.set(xlabel="iteration", ylabel="cost on the training images", title="A cost that falls")
    curve.grid(alpha=0.3)
    curve.legend()
    templates = ((W - W.min()) / (W.max() - W.min())).T.reshape(10, 32, 32, 3)
    for ax, template, name in zip(axes.values(), templates, load_class_names("offline"), strict=False):
        ax.imshow(template)
        ax.set_title(name)
        ax.axis("off")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
