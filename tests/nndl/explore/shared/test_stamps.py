"""Stamped texts look as texts that are set anew, wherever they stand."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nndl.explore.shared import stamps
from nndl.explore.shared.stamps import StampingCanvas


def drawn(canvas_of, x=0.5, y=0.5, words="a 10⁻³, $x_1$ of\ntwo lines", **options):
    """Return what a canvas holds after a text has been drawn on it, and the canvas."""
    figure = Figure(figsize=(2, 1), dpi=100)
    canvas = canvas_of(figure)
    text = figure.text(x, y, words, **options)
    figure.patch.draw(canvas.get_renderer())
    text.draw(canvas.get_renderer())
    return np.asarray(canvas.buffer_rgba()).astype(int), canvas


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rotation": 90, "va": "center"},
        {"color": "#0072B2", "alpha": 0.5, "fontsize": 14},
        {"rotation": 30, "ha": "center"},
    ],
)
@pytest.mark.parametrize("place", [(0.3, 0.4), (0.3004, 0.4037), (0.9, 0.02), (-0.05, 0.9), (30.0, -30.0)])
def test_a_stamped_text_looks_like_one_that_is_set_anew(options, place):
    stamped, canvas = drawn(StampingCanvas, *place, **options)
    plain, _ = drawn(FigureCanvasAgg, *place, **options)
    assert stamped.shape == plain.shape
    # a stamp stands at a quarter of a pixel, which moves a little ink from a pixel to its neighbour
    assert np.abs(stamped - plain).max() <= 130
    assert np.abs(stamped - plain).sum() <= 0.2 * np.abs(255 - plain).sum()
    assert len(canvas.renderer._stamps) == 2  # one for each line


def test_the_same_text_is_set_once_and_another_one_anew(monkeypatch):
    made = []

    def counted(self, *arguments):
        made.append(arguments[3])
        return original(self, *arguments)

    original = stamps.StampingRenderer._made
    monkeypatch.setattr(stamps.StampingRenderer, "_made", counted)
    figure = Figure(dpi=100)
    canvas = StampingCanvas(figure)
    for place, words, colour in ((0.1, "7", "k"), (0.5, "7", "k"), (0.5, "7", "r"), (0.5, "8", "k")):
        figure.text(place, 0.5, words, color=colour).draw(canvas.get_renderer())
    assert made == ["7", "7", "8"]


def test_blanks_leave_no_ink_and_old_stamps_make_room(monkeypatch):
    empty, _ = drawn(StampingCanvas, words=" ")
    assert empty[..., :3].min() == 255
    monkeypatch.setattr(stamps, "_MOST", 2)
    figure = Figure(dpi=100)
    canvas = StampingCanvas(figure)
    for number in range(5):
        figure.text(0.5, 0.5, str(number)).draw(canvas.get_renderer())
    assert len(canvas.renderer._stamps) == 2
