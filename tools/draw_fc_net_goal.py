"""Draw the picture at the head of the notebook on fully connected nets: ``python tools/draw_fc_net_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from nndl.data_utils import get_CIFAR10_data
from nndl.explore.fc_net.optimizers import draw_paths, race
from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver

TARGET = Path(__file__).parents[1] / "assignments" / "fc_net" / "images" / "goal.png"
RATES = {"sgd": 5e-3, "sgd_momentum": 5e-3, "rmsprop": 1e-4, "adam": 1e-3}
LOOKS = {
    "sgd": ("#0072B2", "-"),
    "sgd_momentum": ("#D55E00", "--"),
    "rmsprop": ("#009E73", "-."),
    "adam": ("#CC79A7", ":"),
}  # Okabe and Ito, as in the explorer


def main() -> None:
    """Run the race, train the four nets and write the picture."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2), layout="constrained")
    draw_paths(race("valley", steps=60)[0], "valley", left)
    left.set_title("Four ways down one valley")

    data = get_CIFAR10_data(root="offline", dtype=np.float32)
    data |= {name: data[name][:4000] for name in ("X_train", "y_train")}
    for rule, rate in RATES.items():
        np.random.seed(0)
        net = FullyConnectedNet([100] * 5, weight_scale=5e-2)
        options = {"update_rule": rule, "optim_config": {"learning_rate": rate}, "num_epochs": 5}
        solver = Solver(net, data, verbose=False, **options)
        solver.train()
        smooth = np.convolve(solver.loss_history, np.ones(10) / 10, mode="valid")
        colour, style = LOOKS[rule]
        right.plot(smooth, color=colour, linestyle=style, label=rule)
    right.set(title="A six-layer net learns", xlabel="iteration", ylabel="training loss, mean of ten")
    right.grid(alpha=0.3)
    right.legend()

    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
