"""Draw the picture at the head of the PyTorch notebook: ``python tools/draw_pytorch_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch.nn import functional

import nndl.pytorch as pt
from nndl.cnn import ThreeLayerConvNet
from nndl.data_utils import read_CIFAR10

TARGET = Path(__file__).parents[1] / "assignments" / "pytorch" / "images" / "goal.png"
ROWS = 25_600
CHANNELS = (16, 12)
OPEN_EPOCHS = 2
CHECK_EVERY = 100

# Okabe and Ito's colours, with a line and a marker each.
LOOKS = {
    "II, tensors": ("#0072B2", ":", "o"),
    "III, modules": ("#D55E00", "--", "s"),
    "IV, sequence with momentum": ("#009E73", "-.", "^"),
    "V, a net of one's own": ("#CC79A7", "-", "D"),
}


def draw_trainings(ax: Axes) -> None:
    """Train the ConvNets of parts II to IV for an epoch, and that of part V for two, as the notebook does offline."""
    X, y, X_test, y_test = read_CIFAR10("offline")
    rows = np.r_[:ROWS, 49_000:50_000]
    loaders = pt.make_loaders((X[rows], y[rows], X_test[:100], y_test[:100]), num_train=ROWS)
    settings: dict[str, Any] = {
        "loader_train": loaders[0],
        "loader_val": loaders[1],
        "print_every": CHECK_EVERY,
        "verbose": False,
    }

    histories = []
    torch.manual_seed(0)
    params = pt.three_layer_convnet_params(*CHANNELS)
    histories.append(pt.train_part2(pt.three_layer_convnet, params, 3e-3, **settings))
    torch.manual_seed(0)
    module = pt.ThreeLayerConvNet(3, *CHANNELS, 10)
    histories.append(pt.train_part34(module, pt.module_optimizer(module), **settings))
    torch.manual_seed(0)
    sequence = pt.sequential_convnet(*CHANNELS)
    histories.append(pt.train_part34(sequence, pt.sequential_optimizer(sequence), **settings))
    torch.manual_seed(0)
    own, optimizer = pt.open_ended_net(OPEN_EPOCHS)
    histories.append(pt.train_part34(own, optimizer, epochs=OPEN_EPOCHS, **settings))

    for (name, (colour, line, marker)), history in zip(LOOKS.items(), histories, strict=True):
        places = history["check_iterations"], history["val_acc_history"]
        ax.plot(*places, color=colour, linestyle=line, marker=marker, markersize=4, label=name)
    ax.set(xlabel="iteration", ylabel="accuracy", title="Validation accuracy of four ConvNets", ylim=(0, 1))
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small")


def draw_twins(ax: Axes) -> None:
    """Train one ConvNet with the gradients of this course and one with PyTorch's, from the same weights."""
    np.random.seed(0)
    draw = np.random.default_rng(0)
    net = ThreeLayerConvNet((3, 8, 8), 6, 3, 20, 5, weight_scale=0.1, dtype=np.float64)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in net.params.items()}
    ours, theirs = [], []
    for _ in range(25):
        y = draw.integers(5, size=16)
        x = draw.normal(size=(16, 3, 8, 8))
        x[np.arange(16), y % 3] += 1.0 + y[:, None, None] / 4  # something to learn
        loss, grads = net.loss(x, y)
        ours.append(float(loss))
        for name, grad in grads.items():
            net.params[name] -= 0.1 * grad

        hidden = functional.relu(functional.conv2d(torch.from_numpy(x), p["W1"], p["b1"], padding=1))
        hidden = functional.relu(functional.max_pool2d(hidden, 2).flatten(1) @ p["W2"] + p["b2"])
        tensor = functional.cross_entropy(hidden @ p["W3"] + p["b3"], torch.from_numpy(y))
        theirs.append(tensor.item())
        for weights, gradient in zip(p.values(), torch.autograd.grad(tensor, list(p.values())), strict=True):
            weights.data -= 0.1 * gradient
    ax.plot(ours, color="#0072B2", linewidth=6, alpha=0.4, label="NumPy, gradients by hand")
    ax.plot(theirs, "--", color="#D55E00", label="PyTorch, autograd")
    ax.set(xlabel="step", ylabel="loss", title="One net, twice: the losses agree")
    ax.grid(alpha=0.3)
    ax.legend()


def main() -> None:
    """Train everything and write the picture."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
    draw_trainings(left)
    draw_twins(right)
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
