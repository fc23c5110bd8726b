"""Draw the picture at the head of the batch normalization notebook: ``python tools/draw_batchnorm_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

TARGET = Path(__file__).parents[1] / "assignments" / "batchnorm" / "images" / "goal.png"
ROWS, FEATURES = 5, 4
MARK = "#0072B2"
NODES = {
    "x": (0, 0.5),
    r"$\mu$": (1, -0.4),
    "c": (2, 0.5),
    r"$v$": (3, -0.4),
    r"$\sigma$": (4, -0.4),
    r"$\hat x$": (5, 0.5),
}
STEPS = (
    ("x", "c"),
    ("x", r"$\mu$"),
    (r"$\mu$", "c"),
    ("c", r"$v$"),
    (r"$v$", r"$\sigma$"),
    (r"$\sigma$", r"$\hat x$"),
    ("c", r"$\hat x$"),
)


def draw_tables(ax: Axes) -> None:
    """Draw the same batch twice: one feature of it marked, and one row."""
    numbers = np.random.default_rng(1).integers(-9, 10, (ROWS, FEATURES))
    for start, title, marked in (
        (0, "batch norm", (slice(None), 1)),
        (FEATURES + 1.5, "layer norm", (1, slice(None))),
    ):
        chosen = np.zeros((ROWS, FEATURES), dtype=bool)
        chosen[marked] = True
        for row, column in np.ndindex(ROWS, FEATURES):
            colour = MARK if chosen[row, column] else "0.93"
            ax.add_patch(plt.Rectangle((start + column, -row), 0.94, -0.94, color=colour))
            ink = "white" if chosen[row, column] else "black"
            ax.text(
                start + column + 0.47,
                -row - 0.47,
                str(numbers[row, column]),
                ha="center",
                va="center",
                color=ink,
            )
        ax.text(start + FEATURES / 2, 0.35, title, ha="center", size=12)
        ax.text(start + FEATURES / 2, -ROWS - 0.5, "features", ha="center")
        ax.text(start - 0.35, -ROWS / 2, "rows", va="center", ha="center", rotation=90)
    ax.set(
        xlim=(-0.8, 2 * FEATURES + 2),
        ylim=(-ROWS - 0.9, 1),
        aspect="equal",
        title="One mean and one variance each",
    )
    ax.axis("off")


def draw_graph(ax: Axes) -> None:
    """Draw the steps of the forward pass, with the ways that lead from the input to the output."""
    for start, end in STEPS:
        arrow = {"arrowstyle": "->", "shrinkA": 16, "shrinkB": 16, "color": "black"}
        ax.annotate("", NODES[end], NODES[start], arrowprops=arrow)
    for name, place in NODES.items():
        box = {"boxstyle": "circle,pad=0.45", "facecolor": "white", "edgecolor": MARK}
        ax.text(*place, name, ha="center", va="center", size=13, bbox=box)
    ax.set(
        xlim=(-0.6, 5.6),
        ylim=(-0.9, 1.0),
        title="Three paths from $x$ to $\\hat x$: the gradient comes back on all of them",
    )
    ax.axis("off")


def main() -> None:
    """Write the picture."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.8), layout="constrained")
    draw_tables(left)
    draw_graph(right)
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
