"""The explorer of the linear classifier: its experiments, its drawing, with and without a notebook."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from nndl import linear_classifier
from nndl.explore import linear_classifier as linear
from nndl.explore.two_layer_net import two_layer


def test_stripes_can_be_told_apart_by_lines_and_rings_cannot():
    stripes = linear.run_experiment("stripes", alpha=3.0, iterations=1000)
    rings = linear.run_experiment("rings", alpha=3.0, iterations=1000)
    assert stripes.train_accuracy > 0.9
    assert stripes.new_accuracy > 0.85
    assert rings.train_accuracy < 0.6
    assert stripes.cost_history[0] == pytest.approx(np.log(3))
    assert len(stripes.cost_history) == len(stripes.sizes) == len(stripes.iterations)
    assert (stripes.iterations[0], stripes.iterations[-1]) == (0, 1000)
    assert stripes.sizes[-1] == pytest.approx(linear.longest(stripes.W))


def test_global_generator_is_left_alone():
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    one = linear.run_experiment(mini_batch=3, iterations=5)
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)
    np.random.rand()
    assert linear.run_experiment(mini_batch=3, iterations=5).cost_history == one.cost_history
    assert linear.run_experiment(mini_batch=3, iterations=5, seed=1).cost_history != one.cost_history


def test_every_setting_is_drawn():
    for name, values in linear.SETTINGS.items():
        assert linear.DEFAULTS[name] in values
        for value in (values[0], values[-1]):
            settings = linear.DEFAULTS | {"iterations": 5} | {name: value}
            assert len(linear.draw(linear.run_experiment(**settings)).axes) == 3


def test_regions_are_the_predictions_and_arrows_the_columns_of_w():
    experiment = linear.run_experiment(iterations=10)
    axes = Figure().subplots()
    linear.draw_regions(experiment, axes)
    (shown,) = axes.images
    picture = np.asarray(shown.get_array())
    axis = np.linspace(-two_layer.REACH, two_layer.REACH, len(picture))
    place = np.array([[axis[12], axis[68]]])
    scores = linear_classifier.linear_pred(place, experiment.W, experiment.b)
    strongest = np.array(to_rgb(linear.COLOURS[scores.argmax()]))
    strength = (1 - picture[68, 12]) / (1 - strongest)
    np.testing.assert_allclose(strength, strength[0])  # the colour of the class, and how much of it
    sure = linear_classifier.softmax(scores).max()
    assert strength[0] == pytest.approx(0.08 + 0.52 * (1.5 * sure - 0.5))
    notes: list[Any] = list(axes.texts)
    arrows = np.array([note.xy for note in notes]).T
    for arrow, column in zip(arrows.T, experiment.W.T, strict=True):
        assert arrow @ column == pytest.approx(np.linalg.norm(arrow) * np.linalg.norm(column))


def test_more_steps_make_it_more_certain_and_the_arrows_longer():
    early, late = (linear.run_experiment(iterations=n) for n in (10, 1000))
    assert late.sizes[-1] > 2 * early.sizes[-1]
    assert linear.certainty(late).mean() < linear.certainty(early).mean()  # darker
    tips = []
    for experiment in (early, late):
        axes = Figure().subplots()
        linear.draw_regions(experiment, axes)
        notes: list[Any] = list(axes.texts)
        tips.append(max(float(np.hypot(*note.xy)) for note in notes))
    assert tips[0] < tips[1] < two_layer.REACH


def test_without_a_notebook_it_is_a_figure():
    figure = linear.explore()
    assert isinstance(figure, Figure)
    assert [axes.get_xlabel() for axes in figure.axes] == ["$x_1$", "", "iteration"]
    assert all(axes.get_ylabel() for axes in figure.axes)
    assert not plt.get_fignums()


def functions(**changed):
    return SimpleNamespace(**{**vars(linear_classifier), **changed})


def test_an_unwritten_function_is_named(capsys):
    def unwritten(*arguments, **options):
        raise NotImplementedError("write the descent")

    assert linear.explore(functions(batch_gradient_descent_func=unwritten)) is None
    assert "not written yet: write the descent" in capsys.readouterr().out


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert linear.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "three classes" in settings["metadata"]["image/png"]["alt"]
    *sliders, message = controls.children
    assert [s.description for s in sliders] == ["data", "step size alpha", "rows a step", "iterations"]
    sliders[2].value = 3
    sliders[3].value = 10
    assert len(updates) == 2
    assert "over 10 iterations" in updates[-1][0]["text/plain"]
    assert message.value == ""


def test_a_failure_of_the_functions_is_shown_beside_the_controls(notebook):
    shown, updates = notebook
    fails: list[int] = []

    def predict(X, W, b):
        if fails:
            raise RuntimeError("shapes <1> and <2>")
        return linear_classifier.linear_pred(X, W, b)

    linear.explore(functions(linear_pred=predict))
    fails.append(True)
    *sliders, message = shown[0][0].children
    sliders[3].value = 2
    assert message.value == "RuntimeError: shapes &lt;1&gt; and &lt;2&gt;"
    assert not updates
