"""Draw the picture at the head of the batch normalization notebook: ``python tools/draw_batchnorm_goal.py``.

It shows what a student will have found out. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from nndl.data_utils import get_CIFAR10_data
from nndl.explore.batchnorm import normalization
from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver

TARGET = Path(__file__).parents[1] / "assignments" / "batchnorm" / "images" / "goal.png"
KINDS = {"batchnorm": ("#0072B2", "o"), "none": ("#D55E00", "s")}  # Okabe and Ito, with a marker each
SCALES = np.logspace(-4, 0, 20)


def best_training_accuracy(data: dict[str, np.ndarray], kind: str, scale: float) -> float:
    """Train an eight-layer net as the notebook does, and return its best training accuracy."""
    np.random.seed(231)
    net = FullyConnectedNet([50] * 7, normalization=None if kind == "none" else kind, weight_scale=scale)
    options = {"update_rule": "adam", "optim_config": {"learning_rate": 1e-3}, "verbose": False}
    solver = Solver(net, data, num_epochs=10, batch_size=50, **options)
    with np.errstate(over="ignore", invalid="ignore"):
        solver.train()
    return max(solver.train_acc_history)


def main() -> None:
    """Train all nets and write the picture."""
    data = get_CIFAR10_data(1000, 1000, root="offline", dtype=np.float32)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for kind, (colour, marker) in KINDS.items():
        reached = [best_training_accuracy(data, kind, scale) for scale in SCALES]
        left.plot(SCALES, reached, marker + "-", color=colour, label=kind, markersize=4)
        spreads = normalization.run(0.02, 8, kind).spreads
        right.plot(range(1, 9), spreads, marker + "-", color=colour, label=kind)
    left.set(
        xscale="log", xlabel="weight scale", ylabel="best training accuracy", title="How surely it learns"
    )
    right.set(
        yscale="log", xlabel="layer", ylabel="standard deviation", title="The signal, at weight scale 0.02"
    )
    for ax in (left, right):
        ax.grid(alpha=0.3)
        ax.legend(title="normalization")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=90)


if __name__ == "__main__":
    main()
