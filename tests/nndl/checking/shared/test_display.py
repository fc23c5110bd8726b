"""Colours of the overview: they can be read in light and dark themes."""

from __future__ import annotations

import re

import pytest

from nndl.checking import Progress
from nndl.checking.shared.display import COLOURS


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_is_computed_as_it_should_be():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("status", COLOURS)
def test_status_has_its_own_background_and_enough_contrast(status):
    text, background = COLOURS[status]
    assert contrast(text, background) >= 4.5


def test_no_colour_of_the_overview_depends_on_the_theme():
    """A cell has both colours, or none of its own."""
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def one():
        """Do something."""
        yield None

    @progress.check(points=1, where="x")
    def two():
        """Do something."""
        yield "wrong"

    one()
    with pytest.raises(Exception, match="two"):
        two()
    for style in re.findall(r'style="([^"]*)"', progress._repr_html_()):
        given = dict(part.split(":", 1) for part in style.split(";"))
        assert ("color" in given) == ("background" in given)
        if "color" in given:
            assert contrast(given["color"], given["background"]) >= 4.5
