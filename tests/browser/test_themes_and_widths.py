"""Figures, explorers and checks in light and dark themes, in wide and narrow windows, as a browser draws them."""

from __future__ import annotations

import io

import nbformat
import numpy as np
import pytest
from PIL import Image

from .front_end import (
    FRONT_ENDS,
    KERNEL,
    LAPTOP,
    defects,
    keep_picture,
    open_notebook,
    put_folders_away,
    run_all,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420), pytest.mark.parametrize("front_end", FRONT_ENDS)]

CELLS = (
    """\
import matplotlib.pyplot as plt
import numpy as np
from nndl.notebook_helpers import show
%matplotlib inline
plt.rcParams["figure.constrained_layout.use"] = True
from nndl.checking import linear_classifier as check
check.softmax()
check.progress
""",
    """\
figure, axes = plt.subplots(1, 2, figsize=(12, 4))
for ax, name in zip(axes, ("left", "right")):
    ax.plot(np.arange(10.0) ** 2)
    ax.set(title=f"The {name} panel", xlabel="step", ylabel="height")
show(figure, "Two panels side by side, each with a curve that rises ever faster.")
""",
    """\
figure, axes = plt.subplots(1, 2, figsize=(12, 4))
for ax in axes:
    ax.imshow(np.full((8, 8, 3), (200, 60, 20), dtype=np.uint8))
    ax.set_title("a red square")
show(figure, "Two red squares side by side, each with its name above, as photographs would be.")
""",
    "plt.plot([1, 3, 2]);  # as students draw",
    "from nndl.explore.cnn.convolution import explore\nexplore()",
)
FIGURES = {"curves": 1, "pictures": 2, "by hand": 3, "explorer": 4}
VISIBLE = "img:visible"
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"


@pytest.fixture
def shown(jupyter, page, front_end):
    """Return a function that opens the notebook in a theme and runs it."""
    made = []

    def show(theme):
        jupyter.set_theme(theme)
        made.append(theme)
        path = f"looks_{front_end}_{len(made)}.ipynb"
        cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), jupyter.folder / path)
        open_notebook(page, jupyter, path, len(cells))
        run_all(page)
        for cell in FIGURES.values():
            page.locator(".jp-CodeCell").nth(cell).locator(VISIBLE).first.wait_for()
        return path

    yield show
    jupyter.set_theme(LIGHT)


def seen(page, figure):
    """Return what a browser draws for each strip of a figure, as arrays of pixels."""
    strips = page.locator(".jp-CodeCell").nth(FIGURES[figure]).locator(VISIBLE).all()
    return [np.asarray(Image.open(io.BytesIO(strip.screenshot())).convert("RGB")) for strip in strips]


def luminance(pixels):
    """Return the relative luminance of colours, as WCAG defines it."""
    c = np.asarray(pixels) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


def contrast(first, second):
    low, high = sorted((float(luminance(first)), float(luminance(second))))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_figures_and_checks_fit_the_theme(shown, page, front_end, theme):
    shown(theme)
    for figure in FIGURES:
        for strip in seen(page, figure):
            paper = strip[2, 2]
            light = luminance(strip)
            assert luminance(paper) > 0.95 if theme == LIGHT else luminance(paper) < 0.02, figure
            # letters and axes: the strongest contrast that there is on this paper
            ink = strip.reshape(-1, 3)[(light.argmin() if theme == LIGHT else light.argmax())]
            assert contrast(paper, ink) > 10, figure
    for strip in seen(page, "pictures"):
        middle = strip[strip.shape[0] // 2, strip.shape[1] // 2].astype(int)
        assert np.abs(middle - (200, 60, 20)).max() <= 3  # a photograph is not turned
    cells = page.locator(".jp-OutputArea td").evaluate_all(
        """all => all.filter(one => one.style.background !== '' && one.style.background !== 'transparent')
            .map(one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor])"""
    )
    coloured = [pair for pair in cells if "rgba" not in pair[1]]
    assert coloured
    for pair in coloured:
        text, background = ([int(part) for part in one[4:-1].split(",")] for one in pair)
        assert contrast(text, background) >= 4.5
    keep_picture(page, f"looks_{front_end}_{theme.split()[-1].lower()}")
    assert defects(page) == []


def test_panels_stand_side_by_side_or_below_each_other(shown, page, front_end):
    shown(LIGHT)
    put_folders_away(page)
    for width in (LAPTOP["width"], 430):
        page.set_viewport_size({**LAPTOP, "width": width})
        page.wait_for_timeout(1000)
        for figure in ("curves", "pictures", "explorer"):
            cell = page.locator(".jp-CodeCell").nth(FIGURES[figure])
            strips = cell.locator(VISIBLE).evaluate_all(
                """all => all.map(one => {
                    const box = one.getBoundingClientRect();
                    const room = one.closest('.jp-OutputArea-output').getBoundingClientRect();
                    return {top: box.top, left: box.left, over: box.right - room.right,
                            scale: box.width / one.naturalWidth, shape: box.width / box.height,
                            natural: one.naturalWidth / one.naturalHeight};
                })"""
            )
            assert len(strips) > 1, figure
            # the letters of a figure are 14 pixels high where nothing is scaled
            assert min(strip["scale"] for strip in strips) * 14 >= 8.5, (figure, width)
            assert max(strip["over"] for strip in strips) <= 1, (figure, width)
            assert all(abs(strip["shape"] / strip["natural"] - 1) < 0.03 for strip in strips), figure
            if width == 430:
                assert len({round(strip["left"]) for strip in strips}) == 1, figure
            else:
                assert len({round(strip["top"]) for strip in strips}) == 1, figure
        keep_picture(page, f"looks_{front_end}_{width}", width)


def test_a_notebook_that_is_not_trusted_shows_each_figure_once(shown, jupyter, page, front_end):
    from ..assignments.notebooks import run

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS[:4]], metadata=KERNEL
    )
    run(notebook, jupyter.folder)
    path = f"stranger_{front_end}.ipynb"  # nobody has signed what came from another machine
    nbformat.write(notebook, jupyter.folder / path)
    open_notebook(page, jupyter, path, 4)
    page.locator(".jp-OutputArea-output img").first.wait_for()
    assert page.locator(".jp-CodeCell").nth(FIGURES["curves"]).locator(VISIBLE).count() == 2
    assert page.locator(".jp-CodeCell").nth(FIGURES["pictures"]).locator(VISIBLE).count() == 2
    keep_picture(page, f"stranger_{front_end}")
