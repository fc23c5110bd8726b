"""Draw the picture at the head of the dropout notebook: ``python tools/draw_dropout_goal.py``.

It shows what a student will have found out. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from nndl.data_utils import get_CIFAR10_data
from nndl.explore.dropout import draw_net, sample
from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver

TARGET = Path(__file__).parents[1] / "assignments" / "dropout" / "images" / "goal.png"
KEPT = {
    1: ("#0072B2", "o", "-"),
    0.25: ("#D55E00", "s", "--"),
}  # Okabe and Ito, with a marker and a line each


def train(data: dict[str, np.ndarray], keep: float) -> Solver:
    """Train a net as the notebook does."""
    np.random.seed(231)
    net = FullyConnectedNet([500], dropout_keep_ratio=keep)
    options = {"update_rule": "adam", "optim_config": {"learning_rate": 5e-4}, "verbose": False}
    solver = Solver(net, data, num_epochs=25, batch_size=100, **options)
    solver.train()
    return solver


def main() -> None:
    """Train both nets and write the picture."""
    data = get_CIFAR10_data(500, 1000, root="offline", dtype=np.float32)
    figure, (net, training, validation) = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
    draw_net(net, sample(0.25, 12, seed=5).kept[0])
    net.set_title("What one image sees of the net")
    for keep, (colour, marker, style) in KEPT.items():
        solver = train(data, keep)
        look = {
            "color": colour,
            "marker": marker,
            "linestyle": style,
            "markersize": 4,
            "label": f"keep {keep}",
        }
        training.plot(solver.train_acc_history, **look)
        validation.plot(solver.val_acc_history, **look)
    for ax, name in ((training, "training"), (validation, "validation")):
        ax.set(xlabel="epoch", ylabel=f"{name} accuracy", title=f"{name.capitalize()} accuracy", ylim=(0, 1))
        ax.grid(alpha=0.3)
        ax.legend()
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=90)


if __name__ == "__main__":
    main()
