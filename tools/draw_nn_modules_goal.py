"""Draw the picture at the head of the notebook on modules: ``python tools/draw_nn_modules_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from nndl.data_utils import get_flat_CIFAR10_data
from nndl.explore.nn_modules import STEPS, draw_stack, example_net, record
from nndl.modules import TwoLayerNet

TARGET = Path(__file__).parents[1] / "assignments" / "nn_modules" / "images" / "goal.png"
EVERY = 100


def draw_training(ax: Axes) -> None:
    """Train as the notebook does, and draw both accuracies."""
    x, y, x_val, y_val, *_ = get_flat_CIFAR10_data(10_000, 1000, 1000, root="offline", dtype=np.float32)
    x, x_val = x / 255, x_val / 255
    t, t_val = np.eye(10)[y], np.eye(10)[y_val]
    np.random.seed(0)
    net = TwoLayerNet(x.shape[1], 128, 10, 1e-4)
    accuracies = []
    for iteration in range(1, 2001):
        rows = np.random.choice(len(x), 100)
        net.gradient(x[rows], t[rows])
        net.update_params(0.1)
        if iteration % EVERY == 0:
            accuracies.append((net.accuracy(x[:2000], t[:2000]), net.accuracy(x_val, t_val)))
    training, validation = np.transpose(accuracies)
    iterations = EVERY * np.arange(1, len(accuracies) + 1)
    # Okabe and Ito's colours, with a marker and a line each
    ax.plot(iterations, training, color="#0072B2", marker="o", markersize=4, label="training")
    ax.plot(iterations, validation, "--", color="#D55E00", marker="s", markersize=4, label="validation")
    ax.set(xlabel="iteration", ylabel="accuracy", title="A net of modules learns", ylim=(0, None))
    ax.grid(alpha=0.3)
    ax.legend()


def main() -> None:
    """Walk through the example net, train another, and write the picture."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 3.8), width_ratios=(1.8, 1), layout="constrained")
    draw_stack(record(example_net(), np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])), STEPS, left)
    left.set_title("Values go forward above, gradients come back below")
    draw_training(right)
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
