"""The convolution stepper: its numbers are those of the layer, and it draws every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl.explore.cnn import convolution
from nndl.explore.cnn.convolution import FILTERS, PICTURE, Scan, alt_text, describe, draw
from nndl.layers import conv_forward_naive


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (1, 2), (2, 1), (3, 0)])
def test_the_output_is_that_of_the_layer(name, stride, pad):
    scan = Scan(PICTURE, FILTERS[name], stride, pad)
    conv_param = {"stride": stride, "pad": pad}
    out, _ = conv_forward_naive(PICTURE[None, None], FILTERS[name][None, None], np.zeros(1), conv_param)
    np.testing.assert_allclose(scan.output(scan.steps), out[0, 0])
    assert np.isnan(scan.output(scan.steps - 1)).sum() == 1


def test_a_step_is_told_with_its_products():
    scan = Scan(np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[2.0, -1.0]]), pad=1)
    assert scan.shape == (4, 3)
    assert describe(scan, 4) == "Step 5 of 12: output [1, 1] = 1·2 + 2·(-1) = 0"
    assert "nothing but zeros = 0" in describe(scan, 0)
    assert "row 1 and column 1" in alt_text(scan, 4)


def test_the_figure_shows_window_products_and_pixel():
    scan = Scan(PICTURE, FILTERS["wide"], stride=2, pad=1)
    for step in (0, scan.steps - 1):
        left, kernel, middle, right = draw(scan, step).axes
        row, column = scan.place(step)
        frame: Any = left.patches[-1]
        assert frame.get_xy() == (2 * column - 0.5, 2 * row - 0.5)
        assert (frame.get_width(), frame.get_height()) == (5, 1)
        assert [text.get_text() for text in kernel.texts] == ["1", "0", "0", "0", "-1"]
        assert len(middle.texts) == 5
        assert len(right.texts) == step + 1
        assert all(ax.get_xlabel() and ax.get_ylabel() for ax in (left, right))


def test_a_filter_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="weights must fit"):
        Scan(np.ones((2, 2)), np.ones((3, 3)))


def test_without_a_notebook_it_is_a_figure():
    assert isinstance(convolution.explore(), Figure)


def test_buttons_and_settings_redraw_the_figure(notebook):
    shown, updates = notebook
    assert convolution.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "Step 18 of 49" in settings["metadata"]["image/png"]["alt"]
    name, stride, pad, stepper, message = controls.children
    step, back, onward = stepper.children
    onward.click()
    assert step.value == stepper.value == 19
    assert "Step 19 of 49" in updates[-1][0]["text/plain"]
    back.click()
    assert "Step 18 of 49" in message.value
    stride.value = 3
    assert "Step 9 of 9" in message.value
    assert (step.value, step.max) == (9, 9)
    drawn = len(updates)
    pad.value = 2
    assert "Step 9 of 9" in message.value
    name.value = "wide"
    assert "Step 9 of 12" in message.value
    assert len(updates) == drawn + 2
    assert step.max == 12
    step.value = 1
    back.click()
    assert step.value == 1
    step.value = 12
    onward.click()
    assert step.value == 12
