"""Milestones fc_net and dropout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nndl.fc_net import FullyConnectedNet, TwoLayerNet
from nndl.solver import Solver

from .base import Claim, Data, at_least, experiment, greater, report


def train(net: Any, data: dict[str, np.ndarray], rule: str, rate: float, **settings: Any) -> Solver:
    """Train silently and return the solver with its histories."""
    solver = Solver(
        net, data, update_rule=rule, optim_config={"learning_rate": rate}, verbose=False, **settings
    )
    solver.train()
    return solver


@experiment("fc_net", "Modular two-layer net, 200 hidden units, SGD, 30 epochs")
def fc_two_layer(data: Data, seed: int) -> Iterator[Claim]:
    np.random.seed(seed)
    net = TwoLayerNet(hidden_dims=200, weight_scale=1e-3)
    solver = train(net, data.images, "sgd", 0.0018889, lr_decay=0.9125, num_epochs=30, batch_size=100)
    yield at_least("best validation accuracy", solver.best_val_acc, 0.52)
    yield report("validation accuracy of the last epoch", solver.val_acc_history[-1])


def overfit(data: Data, seed: int, hidden: list[int], scale: float, rate: float) -> Iterator[Claim]:
    np.random.seed(seed)
    net = FullyConnectedNet(hidden, weight_scale=scale, dtype=np.float64)
    solver = train(net, data.subset(50, np.float64), "sgd", rate, num_epochs=20, batch_size=25)
    yield at_least("highest training accuracy", max(solver.train_acc_history), 1.0)


@experiment("fc_net", "Three layers overfit 50 images in 20 epochs", seeds=(0, 1, 2))
def fc_overfit_three_layers(data: Data, seed: int) -> Iterator[Claim]:
    yield from overfit(data, seed, [100, 100], 1e-2, 1e-2)


@experiment("fc_net", "Five layers overfit 50 images in 20 epochs", seeds=(0, 1, 2))
def fc_overfit_five_layers(data: Data, seed: int) -> Iterator[Claim]:
    yield from overfit(data, seed, [100] * 4, 3.5e-2, 2e-2)


@experiment("fc_net", "Update rules on a six-layer net, 4000 images, 5 epochs", seeds=(0, 1, 2), lesson=True)
def fc_update_rules(data: Data, seed: int) -> Iterator[Claim]:
    rates = {"sgd": 5e-3, "sgd_momentum": 5e-3, "rmsprop": 1e-4, "adam": 1e-3}
    final = {}
    for rule, rate in rates.items():
        np.random.seed(seed)
        net = FullyConnectedNet([100] * 5, weight_scale=5e-2)
        solver = train(net, data.subset(4000), rule, rate, num_epochs=5, batch_size=100)
        final[rule] = solver.train_acc_history[-1]
    for rule in ("sgd_momentum", "adam"):
        yield greater("final training accuracy", (rule, final[rule]), ("sgd", final["sgd"]))
    yield report("final training accuracy of rmsprop", final["rmsprop"])


@experiment("fc_net", "Best fully connected net: batchnorm, dropout, Adam, all images")
def fc_best(data: Data, seed: int) -> Iterator[Claim]:
    np.random.seed(seed)
    net = FullyConnectedNet(
        [512, 256], normalization="batchnorm", dropout_keep_ratio=0.75, reg=1e-3, weight_scale=1e-2
    )
    images = data.images
    solver = train(net, images, "adam", 1e-3, lr_decay=0.85, num_epochs=15, batch_size=200)
    yield at_least("best validation accuracy", solver.best_val_acc, 0.55)
    yield report("test accuracy of that net", solver.check_accuracy(images["X_test"], images["y_test"]))


@experiment("dropout", "500 images, 500 hidden units, keep 1 and 0.25", seeds=(231, 0, 1), lesson=True)
def dropout_gap(data: Data, seed: int) -> Iterator[Claim]:
    final, gap = {}, {}
    for keep in (1, 0.25):
        np.random.seed(seed)
        net = FullyConnectedNet([500], dropout_keep_ratio=keep)
        solver = train(net, data.subset(500), "adam", 5e-4, num_epochs=25, batch_size=100)
        final[keep] = solver.train_acc_history[-1]
        gap[keep] = final[keep] - solver.val_acc_history[-1]
    yield greater("final training accuracy", ("keep 1", final[1]), ("keep 0.25", final[0.25]))
    yield greater(
        "gap between training and validation accuracy", ("keep 1", gap[1]), ("keep 0.25", gap[0.25])
    )


def final_accuracy(data: Data, seed: int, keep: float, rows: int, hidden: int, epochs: int) -> float:
    """Train as the notebook on dropout does, and measure the last net on 4,000 images that it has not seen."""
    images = data.images
    new, labels = images["X_train"][-4000:], images["y_train"][-4000:]
    few = data.subset(rows) | {"X_val": images["X_val"][:10], "y_val": images["y_val"][:10]}
    np.random.seed(seed)
    net = FullyConnectedNet([hidden], dropout_keep_ratio=keep)
    solver = LastSolver(
        net,
        few,
        update_rule="fused_adam",
        optim_config={"learning_rate": 5e-4},
        lr_decay=0.93,
        num_epochs=epochs,
        batch_size=100,
        num_train_samples=10,
        verbose=False,
    )
    solver.train()
    return solver.check_accuracy(new, labels)


class LastSolver(Solver):
    """A Solver that leaves the net as it is after the last step."""

    def _put_best_back(self) -> None:
        pass


@experiment(
    "dropout", "1,000 images learned by heart, 500 hidden units, 40 epochs", seeds=(231, 0, 1), lesson=True
)
def dropout_few_images(data: Data, seed: int) -> Iterator[Claim]:
    all_kept, half_kept = (final_accuracy(data, seed, keep, 1000, 500, 40) for keep in (1, 0.5))
    what = "accuracy of the last net on 4,000 new images"
    yield greater(what, ("keep 0.5", half_kept), ("keep 1", all_kept))


@experiment("dropout", "20,000 images, 50 hidden units, 2 epochs", seeds=(231, 0, 1), lesson=True)
def dropout_many_images(data: Data, seed: int) -> Iterator[Claim]:
    all_kept, half_kept = (final_accuracy(data, seed, keep, 20_000, 50, 2) for keep in (1, 0.5))
    what = "accuracy of the last net on 4,000 new images"
    yield greater(what, ("keep 1", all_kept), ("keep 0.5", half_kept))
