"""Figures on pages: where they are cut, and what a dark theme shows."""

from __future__ import annotations

import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nndl._support import figure_html
from nndl._support.figure_html import as_html, figure_strips, picture_boxes, side_by_side, strips, turned

RED = (200, 60, 20)


def opened(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def row_of_panels(count=2, size=(12, 4), picture=None):
    figure = Figure(figsize=size, layout="constrained")
    for ax in np.ravel(figure.subplots(1, count)):
        if picture is None:
            ax.plot([1, 2])
            ax.set(title="a panel", ylabel="height")
        else:
            ax.imshow(picture)
    return figure


def widths(found):
    return [opened(strip.light).shape[1] for strip in found]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_figure_is_cut_between_its_panels_into_strips_that_fit_a_telephone(count):
    whole, found, title = figure_strips(row_of_panels(count, (7 * count, 4)))
    assert title == ""
    assert len(found) == count
    assert max(widths(found)) <= 560
    assert opened(whole).shape[1] == sum(widths(found))
    np.testing.assert_array_equal(
        np.concatenate([opened(strip.light) for strip in found], axis=1), opened(whole)
    )
    for strip in found:  # nothing is cut through
        pixels = opened(strip.light)
        assert pixels[:, 0].min() == pixels[:, -1].min() == 255


def test_what_reaches_over_several_panels_keeps_them_together():
    figure = row_of_panels(2)
    figure.text(0.5, 0.98, "A text that is long enough to stand above both of these panels", ha="center")
    assert len(figure_strips(figure)[1]) == 1


def test_a_title_of_several_panels_stands_above_them_as_text():
    figure = row_of_panels(5, (10, 2.5), np.full((6, 6, 3), RED, dtype=np.uint8))
    figure.suptitle("A <title>\nabove all of these panels")
    whole, found, title = figure_strips(figure)
    assert title == "A <title> above all of these panels"
    assert len(found) == 2
    # the picture as a whole has the title: there is ink above the red squares
    top = next(row for row, line in enumerate(opened(whole)) if (line == RED).all(axis=-1).any())
    assert opened(whole)[: top - 2].min() < 100
    assert figure.texts[0].get_visible()
    assert figure.texts[0].get_in_layout()
    html = as_html(figure)
    assert html.count(">A &lt;title&gt; above all of these panels</div>") == 1
    assert html.index("</div>") < html.index("<img")


@pytest.mark.parametrize(("count", "text"), [(1, "of one panel"), (2, "with a formula, $x^2$"), (2, "")])
def test_other_titles_stay_in_the_picture(count, text):
    figure = row_of_panels(count)
    figure.suptitle(text)
    _, found, title = figure_strips(figure)
    assert title == ""
    assert len(found) == (2 if not text else 1)


def test_a_scale_of_colours_stays_with_its_panel():
    figure = Figure(figsize=(10, 4), layout="constrained")
    for ax in figure.subplots(1, 2):
        figure.colorbar(ax.imshow(np.arange(16.0).reshape(4, 4)), ax=ax)
    assert len(figure_strips(figure)[1]) == 2


def test_narrow_panels_stay_together():
    found = figure_strips(row_of_panels(5, (6, 2)))[1]
    assert len(found) < 5
    assert min(widths(found)) >= figure_html.NARROWEST


def test_a_figure_is_left_as_it_was():
    figure = row_of_panels(2)
    canvas = figure.canvas
    figure_strips(figure)
    assert figure.canvas is canvas
    assert (tuple(figure.get_size_inches()), figure.dpi) == ((12, 4), plt.rcParams["figure.dpi"])


def test_dark_themes_turn_lightness_and_keep_hues():
    colours = np.array(
        [[(255, 255, 255), (0, 0, 0), (0, 114, 178), (213, 94, 0), (0, 158, 115)]], dtype=np.uint8
    )
    white, black, blue, orange, green = turned(colours, [])[0].astype(int)
    assert white.max() < 25
    assert black.min() > 225
    for colour in (blue, orange, green):
        assert colour @ (0.2126, 0.7152, 0.0722) > 100  # to be read on black
    assert blue.argmax() == 2
    assert orange.argmax() == 0
    assert green.argmax() == 1


def test_photographs_are_not_turned_and_come_twice():
    (strip,) = figure_strips(row_of_panels(1, (4, 4), np.full((6, 6, 3), RED, dtype=np.uint8)))[1]
    light, dark = opened(strip.light), opened(strip.dark)
    middle = light.shape[0] // 2, light.shape[1] // 2
    assert tuple(light[middle]) == tuple(dark[middle]) == RED
    assert light[1, 1].min() == 255
    assert dark[1, 1].max() < 25
    html = side_by_side([strip], "a <red> square")
    assert html.count("<img") == 2
    assert html.count('style="display:none;') == 1
    assert 'alt="a &lt;red&gt; square"' in html


def test_a_strip_without_photographs_comes_once():
    html = as_html(row_of_panels(2))
    assert html.count("<img") == html.count('class="turned"') == 2
    sizes = [(int(w), int(h)) for w, h in re.findall(r'width="(\d+)" height="(\d+)"', html)]
    assert all(width <= 460 and height == 400 for width, height in sizes)


def test_only_what_is_wider_than_a_panel_scrolls_where_it_does_not_fit():
    telephone = 312  # pixels that a notebook leaves of a window of 430
    for width in (300, 560, 860):
        (strip,) = strips(np.full((10, width, 3), 255, dtype=np.uint8), [], [])
        (least,) = map(int, re.findall(r"min-width:(\d+)px", side_by_side([strip], "a bar")))
        assert (least > telephone) == (width == 860)
        assert least >= width / 2 or width / 2 < telephone


def test_each_strip_gets_the_photographs_that_stand_in_it():
    pixels = np.full((10, 20, 3), 255, dtype=np.uint8)
    left, right = strips(pixels, [10], [(12, 2, 18, 8)])
    assert left.dark is None
    dark = opened(right.dark)
    assert dark[5, 5].min() == 255
    assert dark[0, 0].max() < 25


def test_a_photograph_is_where_it_was_drawn():
    figure = row_of_panels(1, (4, 3), np.full((6, 6, 3), RED, dtype=np.uint8))
    pixels = opened(figure_strips(figure)[0])
    figure.set_dpi(figure_html.DPI)
    figure.draw_without_rendering()
    ((left, top, right, bottom),) = picture_boxes(figure)
    inside = pixels[top + 2 : bottom - 2, left + 2 : right - 2]
    assert inside.size > 0
    assert (inside == RED).all(axis=2).mean() > 0.99


def test_a_panel_that_shares_its_axis_gets_numbers_of_its_own():
    figure = Figure(figsize=(12, 4), layout="constrained")
    for ax in figure.subplots(1, 2, sharey=True):
        ax.plot([1, 2])
    found = figure_strips(figure)[1]
    assert len(found) == 2
    assert all(label.get_visible() for ax in figure.axes for label in ax.get_yticklabels())


def test_a_title_that_is_too_long_breaks():
    figure = row_of_panels(1, (8, 4), np.zeros((4, 4)))
    figure.axes[0].set_title(
        "A title that is much too long for the place that a narrow picture has for its title " * 2
    )
    pixels = opened(figure_strips(figure)[0])
    assert pixels[:, 0].min() == pixels[:, -1].min() == 255
