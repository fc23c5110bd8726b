"""Draw the picture at the head of the convolutional nets' notebook: ``python tools/draw_cnn_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from nndl.cnn import ThreeLayerConvNet
from nndl.data_utils import get_CIFAR10_data, read_CIFAR10
from nndl.layers import conv_forward_naive
from nndl.solver import Solver
from nndl.vis_utils import visualize_grid

TARGET = Path(__file__).parents[1] / "assignments" / "cnn" / "images" / "goal.png"
ROWS = 30_000
SAMPLE = 500


def draw_edges(above: Axes, below: Axes) -> None:
    """Draw one image, and what a filter of three rows finds in it."""
    images, *_ = read_CIFAR10("offline")
    image = images[7:8].astype(np.float64)
    edges = np.zeros((1, 3, 3, 3))
    edges[0, :, 0], edges[0, :, 2] = 1 / 9, -1 / 9
    answer, _ = conv_forward_naive(image, edges, np.zeros(1), {"stride": 1, "pad": 1})
    above.imshow(image[0].transpose(1, 2, 0).astype(np.uint8))
    above.set_title("An image")
    below.imshow(answer[0, 0, 1:-1, 1:-1], cmap="gray")
    below.set_title("What a filter sees in it")


def main() -> None:
    """Train for one epoch and write the picture."""
    figure = plt.figure(figsize=(12, 4.2), layout="constrained")
    axes = figure.subplot_mosaic("ABBCC\nDBBCC", width_ratios=(1.1, 1, 1, 1.4, 1.4))
    draw_edges(axes["A"], axes["D"])

    data = get_CIFAR10_data(root="offline", dtype=np.float32)
    data |= {"X_train": data["X_train"][:ROWS], "y_train": data["y_train"][:ROWS]}
    np.random.seed(0)
    net = ThreeLayerConvNet(weight_scale=1e-2, reg=1e-3)
    settings = {"update_rule": "adam", "optim_config": {"learning_rate": 1e-3}, "batch_size": 50}
    solver = Solver(net, data, num_epochs=1, num_val_samples=SAMPLE, verbose=False, **settings)
    solver.train()
    axes["B"].imshow(visualize_grid(net.params["W1"].transpose(0, 2, 3, 1)).astype(np.uint8))
    axes["B"].set_title("Filters that a net has learned")
    for name in "ABD":
        axes[name].set_xticks([])
        axes[name].set_yticks([])
    smooth = np.convolve(solver.loss_history, np.ones(20) / 20, mode="valid")
    axes["C"].plot(np.arange(20, len(solver.loss_history) + 1), smooth, color="#0072B2")
    axes["C"].set(title="One epoch of training", xlabel="iteration", ylabel="training loss, mean of 20")
    axes["C"].grid(alpha=0.3)
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
