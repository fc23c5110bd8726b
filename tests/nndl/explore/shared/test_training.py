"""The Solver with live curves trains as the plain one does, and draws what it knows."""

from __future__ import annotations

import numpy as np

from nndl.explore.shared.training import LiveSolver
from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver


def trained(kind, **settings):
    random = np.random.RandomState(0)
    data = {"X_train": random.normal(size=(40, 6)), "y_train": random.randint(3, size=40)}
    data |= {"X_val": data["X_train"][:10], "y_val": data["y_train"][:10]}
    np.random.seed(1)
    net = FullyConnectedNet([5], 6, 3, weight_scale=0.1)
    solver = kind(net, data, num_epochs=3, batch_size=10, **settings)
    solver.train()
    return solver


def test_it_trains_as_the_plain_solver_does(capsys):
    live, plain = trained(LiveSolver, title="Mine", goal=0.5), trained(Solver, verbose=False)
    assert capsys.readouterr().out == ""
    assert live.loss_history == plain.loss_history
    assert live.val_acc_history == plain.val_acc_history
    for name, value in plain.model.params.items():
        np.testing.assert_array_equal(live.model.params[name], value)


def test_its_figure_says_what_is_shown():
    live = trained(LiveSolver, title="Mine", goal=0.5)
    left, right = live.draw().axes
    assert left.get_title().startswith("Mine")
    assert (left.get_xlabel(), right.get_ylabel()) == ("iteration", "accuracy")
    assert "epoch 3 of 3" in live.summary()


def test_in_a_notebook_it_redraws_one_picture(monkeypatch):
    shown = []

    class Screen:
        def update(self, what, metadata=None, raw=False):
            shown.append(("update", what["text/html"] if raw else metadata["image/png"]["alt"]))

    def display(what, metadata=None, raw=False, display_id=False):
        shown.append(("display", what["text/html"] if raw else metadata["image/png"]["alt"]))
        return Screen()

    monkeypatch.setattr("nndl.explore.shared.training.in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    counted = []

    class Bar:
        def __init__(self, total, **kwargs):
            counted.append(total)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def update(self):
            counted.append(1)

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    trained(LiveSolver)
    assert counted == [12] + [1] * 12
    assert [kind for kind, _ in shown] == ["display"] * 2 + ["update"] * 6, "a picture and its words"
    assert all("epoch 3 of 3" in text for _, text in shown[-2:])
