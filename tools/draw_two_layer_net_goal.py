"""Draw the picture at the head of the two-layer net's notebook: ``python tools/draw_two_layer_net_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from nndl.data_utils import get_flat_CIFAR10_data
from nndl.neural_net import TwoLayerNet
from nndl.vis_utils import visualize_grid

TARGET = Path(__file__).parents[1] / "assignments" / "two_layer_net" / "images" / "goal.png"
COLOURS = ("#0072B2", "#E69F00", "#009E73")  # Okabe and Ito
MARKERS = ("o", "s", "^")


def spiral(rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points on the arms of a spiral, one arm per class."""
    y = np.repeat(np.arange(classes), rows)
    radius = np.tile(np.linspace(0.05, 1, rows), classes)
    angle = 2 * np.pi * y / classes + 4 * radius + 0.15 * np.random.randn(len(y))
    return radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)]), y


def draw_regions(ax: Axes) -> None:
    """Train on the spiral and draw the regions of the classes."""
    X, y = spiral(100, 3)
    net = TwoLayerNet(2, 50, 3, std=0.5)
    net.train(X, y, X, y, learning_rate=0.5, learning_rate_decay=0.999, reg=1e-4, num_iters=6000)
    side = np.linspace(-1.15, 1.15, 400)
    grid = np.column_stack([a.ravel() for a in np.meshgrid(side, side)])
    regions = net.predict(grid).reshape(400, 400)
    ax.pcolormesh(side, side, regions, cmap=ListedColormap(COLOURS), alpha=0.35, rasterized=True)
    for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        points = X[y == label]
        ax.scatter(
            points[:, 0], points[:, 1], s=14, c=colour, marker=marker, edgecolors="black", linewidths=0.3
        )
    ax.set(title="A boundary with bends", xlabel="first input", ylabel="second input", aspect="equal")


def main() -> None:
    """Train both nets and write the picture."""
    np.random.seed(0)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
    draw_regions(left)

    X, y, X_val, y_val, _, _ = get_flat_CIFAR10_data(root="offline", dtype=np.float32)
    net = TwoLayerNet(X.shape[1], 50, 10)
    options: dict[str, Any] = {
        "learning_rate": 1e-3,
        "learning_rate_decay": 0.95,
        "reg": 0.25,
        "num_iters": 6000,
    }
    losses = net.train(X, y, X_val, y_val, **options)["loss_history"]
    middle.plot(losses, color=COLOURS[0], linewidth=0.8)
    middle.set(title="A loss that falls", xlabel="iteration", ylabel="training loss")
    middle.grid(alpha=0.3)
    right.imshow(visualize_grid(net.params["W1"].reshape(-1, 32, 32, 3), padding=3).astype(np.uint8))
    right.set_title("First-layer weights")
    right.axis("off")

    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
