"""The race of update rules: its walks, its drawing, and that it works with and without a notebook."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl import optim
from nndl.explore.fc_net import optimizers
from nndl.explore.fc_net.optimizers import RULES, SURFACES, draw, race, run_rule, summary


@pytest.mark.parametrize("name", SURFACES)
def test_slopes_are_those_of_the_heights(name):
    surface, h = SURFACES[name], 1e-6
    for x, y in ((0.3, -0.7), (-1.2, 0.4), surface.start):
        numeric = (
            (surface.height(x + h, y) - surface.height(x - h, y)) / (2 * h),
            (surface.height(x, y + h) - surface.height(x, y - h)) / (2 * h),
        )
        np.testing.assert_allclose(surface.slope(x, y), numeric, rtol=1e-6, atol=1e-6)
    grid = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(-3, 3, 301))
    assert 0 <= surface.height(*grid).min() < 1e-3


def test_plain_descent_follows_its_formula_and_diverges_beyond_two_hundredths():
    run = run_rule("sgd", "valley", (-3.0, 1.0), 0.01, 2)
    np.testing.assert_allclose(run.path, [[-3.0, 1.0], [-2.97, 0.0], [-2.9403, 0.0]])
    assert len(run.heights) == 3
    calm, wild = (run_rule("sgd", "valley", (-3.0, 1.0), rate, 500) for rate in (0.0199, 0.0201))
    assert calm.heights[-1] < 1
    assert wild.heights[-1] > wild.heights[0]
    lost = run_rule("sgd", "valley", (-3.0, 1.0), 0.3, 500)
    assert "left the picture" in lost.problem
    assert len(lost.path) < 20


def test_momentum_and_the_adaptive_rules_beat_plain_descent_in_the_valley():
    runs, told = race(steps=50)
    heights = {run.rule: run.heights[-1] for run in runs}
    assert told == []
    assert list(heights) == list(RULES)
    assert all(heights[rule] < heights["sgd"] for rule in RULES[1:])


def test_rules_are_those_that_students_write(monkeypatch):
    def unwritten(w, dw, config=None):
        raise NotImplementedError("adam")

    def stays(w, dw, config=None):
        return w.copy(), config

    monkeypatch.setitem(optim.UPDATE_RULES, "adam", unwritten)
    monkeypatch.setitem(optim.UPDATE_RULES, "rmsprop", stays)
    runs, told = race(steps=3)
    assert [run.rule for run in runs] == ["sgd", "sgd_momentum", "rmsprop"]
    assert told == ["adam is not written yet"]
    assert np.ptp(runs[-1].path, axis=0).tolist() == [0, 0]


@pytest.mark.parametrize("surface", SURFACES)
def test_figure_has_labelled_axes_and_a_path_for_each_rule(surface):
    runs, _ = race(surface, steps=20)
    left, right = draw(runs, surface).axes
    assert [ax.get_xlabel() for ax in (left, right)] == ["$w_1$", "step"]
    legend, drawn = right.lines[: len(RULES)], right.lines[len(RULES) :]
    assert [line.get_label() for line in legend] == list(RULES)
    assert [line.get_linestyle() for line in drawn] == [line.get_linestyle() for line in legend]
    assert all(rule in summary(runs, surface) for rule in RULES)
    assert len({line.get_linestyle() for line in drawn}) == len(RULES)


def test_nothing_written_still_gives_a_figure():
    assert isinstance(draw([], "valley"), Figure)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="surface must be one of"):
        run_rule("sgd", "cliff", (0, 0), 0.1, 1)
    with pytest.raises(ValueError, match="start must be two numbers"):
        run_rule("sgd", "valley", (0, 0, 0), 0.1, 1)


def test_explore_gives_a_figure_outside_of_a_notebook_and_choosing_a_surface_moves_the_start():
    assert isinstance(optimizers.explore(), Figure)
    controls = optimizers._controls()
    assert set(controls) == set(optimizers.START)
    controls["surface"].value = "saddle"
    assert [controls[name].value for name in ("w1", "w2")] == list(SURFACES["saddle"].start)


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert optimizers.explore() is None
    box = shown[0][0]
    *sliders, message = box.children
    by_name = {slider.description: slider for slider in sliders}
    em = {float(slider.style.description_width.removesuffix("em")) for slider in sliders}
    assert len(em) == 1, "one column of labels"
    assert em.pop() > 0.6 * max(map(len, by_name)), "a label would be cut off"
    by_name["rate sgd"].value = 1.0
    assert "surface valley" in updates[-1][0]["text/plain"]
    assert "sgd has left the picture" in message.value
    by_name["steps"].value = 10
    assert "after 10 steps" in updates[-1][0]["text/plain"]
