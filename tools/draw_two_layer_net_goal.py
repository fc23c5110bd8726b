"""Draw the picture at the head of the two-layer net's notebook: ``python tools/draw_two_layer_net_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from nndl.neural_net import TwoLayerNet

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


FLOW = (
    ("$X$", "(1  2)", ""),
    ("$A$", "(-1  1)", "(0  -0.5)"),
    ("$Z$", "(0  1)", "(-1  -0.5)"),
    ("$S$", "(2  2)", "(-0.5  0.5)"),
    ("$L$", "0.693", "1"),
)
"""The arrays of the notebook's worked example: name, value, gradient."""
STEPS = (r"$W_1, b_1$", "ReLU", r"$W_2, b_2$", "softmax loss")


def draw_flow(ax: Axes) -> None:
    """Draw the arrays of the worked example with their values above and their gradients below."""
    for place, (name, value, gradient) in enumerate(FLOW):
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "black"}
        ax.text(place, 0, name, ha="center", va="center", size=13, bbox=box)
        ax.text(place, 0.62, value, ha="center", color=COLOURS[0], size=11)
        ax.text(place, -0.72, gradient, ha="center", color="#D55E00", size=11)
    for place, name in enumerate(STEPS):
        for side, ends, style in ((0.16, (0.28, 0.72), "-"), (-0.16, (0.72, 0.28), "--")):
            arrow = {"arrowstyle": "->", "linestyle": style, "color": COLOURS[0] if side > 0 else "#D55E00"}
            ax.annotate("", (place + ends[1], side), (place + ends[0], side), arrowprops=arrow)
        ax.text(place + 0.5, 0.28, name, ha="center", size=9)
    ax.set(xlim=(-0.5, 4.5), ylim=(-1.2, 1.2), title="Values go forward above, gradients come back below")
    ax.axis("off")


def main() -> None:
    """Train the net of the spiral and write the picture."""
    np.random.seed(0)
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), width_ratios=(1, 1.7), layout="constrained")
    draw_regions(left)
    draw_flow(right)
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
