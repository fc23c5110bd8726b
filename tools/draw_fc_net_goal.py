"""Draw the picture at the head of the notebook on fully connected nets: ``python tools/draw_fc_net_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from nndl.explore.fc_net.optimizers import SURFACES, draw_paths

TARGET = Path(__file__).parents[1] / "assignments" / "fc_net" / "images" / "goal.png"
CHAIN = ("affine", "ReLU", "affine", "ReLU", "affine", "loss")
FORWARD, BACKWARD, CACHE = "#0072B2", "#D55E00", "#595959"


def draw_chain(ax: Axes) -> None:
    """Draw function pairs in a row, each with the cache that its forward function hands to its backward function."""
    for place, name in enumerate(CHAIN):
        for height, way, colour in ((0.7, "forward", FORWARD), (-0.7, "backward", BACKWARD)):
            box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colour}
            ax.text(place, height, f"{name}\n{way}", ha="center", va="center", size=9, bbox=box)
        arrow = {"arrowstyle": "->", "color": CACHE, "linestyle": ":"}
        ax.annotate("", (place, -0.42), (place, 0.42), arrowprops=arrow)
        ax.text(place + 0.06, 0, "cache", size=8, color=CACHE, va="center")
        if place:
            ax.annotate(
                "",
                (place - 0.33, 0.7),
                (place - 0.67, 0.7),
                arrowprops={"arrowstyle": "->", "color": FORWARD},
            )
            ax.annotate(
                "",
                (place - 0.67, -0.7),
                (place - 0.33, -0.7),
                arrowprops={"arrowstyle": "->", "color": BACKWARD},
            )
    ax.set(xlim=(-0.5, len(CHAIN) - 0.5), ylim=(-1.2, 1.2), title="A net is a chain of function pairs")
    ax.axis("off")


def main() -> None:
    """Draw the chain, and the valley before the race."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(12.5, 3.8), width_ratios=(1.5, 1), layout="constrained"
    )
    draw_chain(left)
    draw_paths([], "valley", right)
    right.plot(*SURFACES["valley"].start, "x", color="black", markersize=10)
    right.annotate("start", SURFACES["valley"].start, (8, 8), textcoords="offset points")
    right.plot(0, 0, "*", color="#009E73", markersize=12)
    right.set_title("Four rules will race to the star")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=75)


if __name__ == "__main__":
    main()
