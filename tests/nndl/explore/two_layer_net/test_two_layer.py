"""The explorer: its experiments, its drawing, and that it works with and without a notebook."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from nndl.explore.two_layer_net import two_layer
from nndl.explore.two_layer_net.experiment import DATA_SETS, run_experiment, toy_points
from nndl.neural_net import TwoLayerNet


@pytest.mark.parametrize("data", DATA_SETS)
def test_points_are_repeatable_and_balanced(data):
    X, y = toy_points(data, per_class=30, seed=4)
    again, _ = toy_points(data, per_class=30, seed=4)
    other, _ = toy_points(data, per_class=30, seed=5)
    np.testing.assert_array_equal(X, again)
    assert (other != X).any()
    assert X.shape == (90, 2)
    assert np.abs(X).max() < 1.5
    assert np.bincount(y).tolist() == [30, 30, 30]
    with pytest.raises(ValueError, match="'spiral', 'rings', 'stripes'"):
        toy_points("moons")


@pytest.mark.parametrize("data", DATA_SETS)
def test_a_wide_net_separates_what_a_narrow_one_does_not(data):
    wide = run_experiment(data=data, hidden=50, learning_rate=1.0, reg=1e-4)
    narrow = run_experiment(data=data, hidden=1, learning_rate=1.0, reg=1e-4)
    assert wide.train_accuracy > 0.9
    assert wide.new_accuracy > 0.85
    assert narrow.train_accuracy < wide.train_accuracy - 0.02 or data == "stripes"
    assert len(wide.loss_history) == 1000


def test_global_generator_is_left_alone():
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    one = run_experiment(num_iters=5)
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)
    np.random.rand()
    assert run_experiment(num_iters=5).loss_history == one.loss_history
    assert run_experiment(num_iters=5, seed=1).loss_history != one.loss_history


def test_divergence_is_drawn():
    class Diverging(TwoLayerNet):
        def _update(self, grads, learning_rate):
            self.params["b2"] = self.params["b2"] * np.nan

    experiment = run_experiment(net_class=Diverging)
    assert experiment.diverged == "the loss is nan at iteration 1: training has diverged"
    assert experiment.loss_history == []
    left, right = two_layer.draw(experiment).axes
    assert "diverged" in [text.get_text() for text in left.texts]
    assert right.texts[0].get_text() == "the loss is nan at iteration 1:\ntraining has diverged"


def test_the_steps_are_those_of_training_on_all_points(monkeypatch):
    monkeypatch.setattr(TwoLayerNet, "_draw_batch", lambda self, X, y, batch_size: (X, y))
    experiment = run_experiment(num_iters=30, hidden=4)
    np.random.seed(0)
    net = TwoLayerNet(2, 4, 3, std=1.0)
    settings: dict[str, Any] = {
        "learning_rate": 0.3,
        "learning_rate_decay": 1.0,
        "reg": 1e-3,
        "num_iters": 30,
    }
    X, y = experiment.X, experiment.y
    assert net.train(X, y, X, y, batch_size=len(X), **settings)["loss_history"] == experiment.loss_history


def test_every_setting_is_drawn():
    for name, values in two_layer.SETTINGS.items():
        assert two_layer.DEFAULTS[name] in values
        for value in (values[0], values[-1]):
            settings = two_layer.DEFAULTS | {"num_iters": 10} | {name: value}
            assert len(two_layer.draw(run_experiment(**settings)).axes) == 2


def test_before_the_first_step_there_is_a_loss_and_no_line():
    untrained, trained = run_experiment(num_iters=0), run_experiment(num_iters=3)
    assert untrained.loss_history == []
    assert untrained.first_loss == trained.first_loss > trained.loss_history[-1]
    right = two_layer.draw(untrained).axes[1]
    (point,) = right.lines
    assert (point.get_xdata(), point.get_ydata()) == ([0], [untrained.first_loss])
    assert f"{untrained.first_loss:.3f}, before" in right.texts[0].get_text()
    assert np.size(two_layer.draw(trained).axes[1].lines[0].get_ydata()) == 3


def test_regions_are_the_predictions_and_folds_the_hidden_units():
    experiment = run_experiment(hidden=3, num_iters=10)
    axes = Figure().subplots()
    two_layer.draw_boundary(experiment, axes)
    (shown,) = axes.images
    picture = np.asarray(shown.get_array())
    axis = np.linspace(-two_layer.REACH, two_layer.REACH, len(picture))
    chosen = experiment.net.predict(np.array([[axis[15], axis[85]]]))[0]
    pale = 0.7 + 0.3 * np.array(to_rgb(two_layer.COLOURS[chosen]))
    np.testing.assert_allclose(picture[85, 15], pale)

    folds = two_layer.folds(experiment)
    assert len(folds) == 3
    for line, w, b in zip(folds, experiment.net.params["W1"], experiment.net.params["b1"], strict=True):
        for point in line:
            assert w @ point + b == pytest.approx(0, abs=1e-9)
            assert np.abs(point).max() > two_layer.REACH
    assert sum(np.size(line.get_xdata()) for line in axes.lines) == len(experiment.X)
    assert len({line.get_marker() for line in axes.lines}) == 3


def test_without_a_notebook_it_is_a_figure():
    figure = two_layer.explore()
    assert isinstance(figure, Figure)
    assert [axes.get_xlabel() for axes in figure.axes] == ["$x_1$", "iteration"]
    assert all(axes.get_ylabel() for axes in figure.axes)
    assert not plt.get_fignums()


def test_an_unwritten_net_is_named(capsys):
    class Unwritten(TwoLayerNet):
        def _update(self, grads, learning_rate):
            raise NotImplementedError("write _update")

    assert two_layer.explore(Unwritten) is None
    assert "not written yet: write _update" in capsys.readouterr().out


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert two_layer.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "three classes" in settings["metadata"]["image/png"]["alt"]
    *sliders, message = controls.children
    assert [slider.description for slider in sliders] == [
        "data",
        "hidden",
        "learning rate",
        "reg",
        "iterations",
    ]
    sliders[4].value = 10
    sliders[1].value = 2
    assert len(updates) == 2
    assert "folds of 2 hidden units" in updates[-1][0]["text/plain"]
    assert message.value == ""


def test_a_failure_of_the_net_is_shown_beside_the_controls(notebook):
    shown, updates = notebook
    fails: list[int] = []

    class Net(TwoLayerNet):
        def predict(self, X):
            if fails:
                raise RuntimeError("shapes <1> and <2>")
            return super().predict(X)

    two_layer.explore(Net)
    fails.append(True)
    *sliders, message = shown[0][0].children
    sliders[1].value = 2
    assert message.value == "RuntimeError: shapes &lt;1&gt; and &lt;2&gt;"
    assert not updates


def test_more_iterations_go_on_from_fewer_and_give_what_one_run_gives():
    steps = []

    class Counting(TwoLayerNet):
        def _update(self, grads, learning_rate):
            steps.append(1)
            super()._update(grads, learning_rate)

    settings = two_layer.DEFAULTS | {"num_iters": 100}
    scene = two_layer.scene(Counting)
    early = scene.result(**settings | {"num_iters": 10})
    later = scene.result(**settings)
    assert len(steps) == 100
    whole = run_experiment(**settings)
    assert later.loss_history == whole.loss_history
    assert later.loss_history[:10] == early.loss_history
    np.testing.assert_array_equal(later.net.params["W1"], whole.net.params["W1"])
