"""The Solver that is watched within an epoch trains as the plain one does, and draws what it knows."""

from __future__ import annotations

import numpy as np
import pytest

from nndl.explore.cnn import long_training
from nndl.explore.cnn.long_training import WatchedSolver
from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver


def trained(kind, **settings):
    random = np.random.RandomState(0)
    data = {"X_train": random.normal(size=(80, 6)), "y_train": random.randint(3, size=80)}
    data |= {"X_val": data["X_train"][:10], "y_val": data["y_train"][:10]}
    np.random.seed(1)
    net = FullyConnectedNet([5], 6, 3, weight_scale=0.1)
    solver = kind(net, data, num_epochs=1, batch_size=10, verbose=False, **settings)
    solver.train()
    return solver


def test_it_trains_as_the_plain_solver_does(capsys):
    watched, plain = trained(WatchedSolver, every=3), trained(Solver)
    assert capsys.readouterr().out == ""
    assert watched.loss_history == plain.loss_history
    assert watched.val_acc_history == plain.val_acc_history
    for name, value in plain.model.params.items():
        np.testing.assert_array_equal(watched.model.params[name], value)
    assert [iteration for iteration, _ in watched.watched] == [3, 6]


def test_its_figure_says_what_is_shown():
    watched = trained(WatchedSolver, every=3, title="Mine", goal=0.5)
    left, right = watched.draw().axes
    assert left.get_title().startswith("Mine")
    assert (left.get_xlabel(), left.get_ylabel()) == ("iteration", "training loss")
    assert (right.get_xlabel(), right.get_ylabel()) == ("iteration", "accuracy")
    assert [t.get_text() for t in right.get_legend().get_texts()] == ["validation images", "goal"]
    assert f"{watched.watched[-1][1]:.3f}" in watched.summary()


def test_before_the_first_measurement_the_figure_is_drawn_too():
    watched = trained(WatchedSolver, every=100)
    assert len(watched.draw().axes) == 2
    assert "not measured yet" in watched.summary()


def test_in_a_notebook_it_redraws_one_picture(notebook, monkeypatch):
    shown, updates = notebook
    monkeypatch.setattr(long_training, "in_notebook", lambda: True)
    trained(WatchedSolver, every=2)
    assert len(shown) == 2, "a picture and its words"
    assert len(updates) == 8
    (_, metadata), (words, _) = updates[-2:]
    assert "iteration 8" in metadata["image/png"]["alt"]
    assert metadata["image/png"]["alt"] in words["text/html"]


def test_every_must_be_positive():
    with pytest.raises(ValueError, match="every"):
        trained(WatchedSolver, every=0)
