"""A scene draws what it would draw anew, keeps its axes and results, and takes away what it has added."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from nndl._support.figure_html import side_by_side
from nndl.explore.shared import scene
from nndl.explore.shared.scene import Scene, above, axes_in, ends, heading, panels


def stage():
    figure = panels(2)
    for panel in (0, 1):
        ax = axes_in(figure, panel)
        ax.set(xlim=(0, 10), xlabel="x")
    return figure


def fit(panel, axes, top):
    (ax,) = axes
    ax.set_ylim(0, top)
    ax.axhline(top / 2, color="green")
    ax.legend(handles=ax.plot([], [], label=f"up to {top}"))


def act(axes, heights):
    for ax in axes:
        ax.plot(heights, color="red")
        ax.imshow(np.eye(3), extent=(1, 2, 0.5, 0.9), aspect="auto")
        heading(ax, "so high")


@pytest.fixture
def calls():
    return {"computed": 0, "staged": 0, "fitted": []}


@pytest.fixture
def example(calls):
    def compute(top):
        calls["computed"] += 1
        return np.array([0.0, top])

    def counted():
        calls["staged"] += 1
        return stage()

    def fitted(panel, axes, top):
        calls["fitted"].append((panel, top))
        fit(panel, axes, top)

    return Scene(
        compute=compute,
        stage=counted,
        frames=lambda heights: (2.0, above(heights[1])),
        fit=fitted,
        act=act,
        words=str,
    )


def pixels(strips):
    return np.concatenate([np.asarray(Image.open(io.BytesIO(strip.light))) for strip in strips], axis=1)


def test_what_is_drawn_on_kept_axes_is_what_a_new_figure_shows(example):
    for top in (1.0, 4.0, 1.0):
        shown = pixels(example.pictures(example.result(top=top)))
        figure = example.figure(example.result(top=top))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        wanted = np.asarray(canvas.buffer_rgba())[..., :3]
        different = (np.abs(shown.astype(int) - wanted) > 60).any(axis=2).mean()
        assert different < 0.002  # the frame of the axes lies below what is drawn later


def test_results_and_axes_are_kept_until_they_are_forgotten(example, calls):
    for top in (1.0, 4.0, 1.0, 4.0):
        example.pictures(example.result(top=top))
    assert calls == {"computed": 2, "staged": 1, "fitted": [(0, 2.0), (1, 1.0), (1, 5.0)]}
    example.forget()
    example.result(top=1.0)
    assert calls["computed"] == 3


def test_what_has_been_looked_at_is_not_drawn_again(example):
    first = example.look(top=1.0)
    assert first.words == str(example.result(top=1.0))
    assert example.look(top=4.0) is not first
    assert example.look(top=1.0) is first
    example.forget()
    assert example.look(top=1.0) is not first


def test_nothing_stays_on_the_axes(example):
    first = pixels(example.pictures(example.result(top=1.0)))
    example.pictures(example.result(top=0.9))
    np.testing.assert_array_equal(pixels(example.pictures(example.result(top=1.0))), first)
    axes = example._stage().figure.axes
    assert [len(ax.lines) + len(ax.images) + len(ax.texts) for ax in axes] == [0, 0]
    assert [ax.get_legend() for ax in axes] == [None, None]


def test_what_fails_in_the_middle_stays_off_the_axes_too(example):
    example.pictures(example.result(top=1.0))

    def fails(axes, heights):
        act(axes, heights)
        raise RuntimeError("in the middle")

    example.act = fails
    with pytest.raises(RuntimeError):
        example.pictures(example.result(top=1.0))
    assert [len(ax.lines) for ax in example._stage().figure.axes] == [0, 0]


def test_each_panel_fits_a_narrow_window_and_says_its_size(example):
    pictures = example.pictures(example.result(top=1.0))
    sizes = [Image.open(io.BytesIO(strip.light)).size for strip in pictures]
    assert sizes == [(430, 360)] * 2
    text = side_by_side(pictures, 'a "line" & more')
    assert (
        text.count("<img") == text.count('width="430" height="360"') == 4
    )  # both hold images: twins for dark themes
    assert 'alt="a &quot;line&quot; &amp; more"' in text


def test_limits_are_round_and_hold_what_is_drawn():
    assert (above(0.7), above(1.2), above(34), above(0), above(np.inf)) == (1.0, 1.5, 50, 1.0, 1.0)
    assert ends([0.2, 30, np.nan, 0]) == (0.1, 100)
    assert ends([]) == (0.1, 10)
    assert ends([1e-5, 2.0], 2) == (pytest.approx(1e-6), pytest.approx(100))


def test_old_results_make_room(example, monkeypatch):
    monkeypatch.setattr(scene, "_MOST_LOOKS", 2)
    for top in (1.0, 2.0, 3.0):
        example.result(top=top)
    assert len(example._results) == 2


def test_the_notebooks_own_style_changes_nothing(example, recwarn):
    plain = pixels(example.pictures(example.result(top=1.0)))
    example._panels.clear()
    example._made = None
    cycle = plt.cycler(color=["red", "green"], linestyle=["--", ":"], marker=["o", "s"])
    with plt.rc_context({"axes.prop_cycle": cycle, "figure.constrained_layout.use": True}):
        styled = pixels(example.pictures(example.result(top=1.0)))
    np.testing.assert_array_equal(styled, plain)
    assert [str(warning.message) for warning in recwarn] == []
