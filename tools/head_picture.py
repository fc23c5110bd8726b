"""What the pictures with photographs at the heads of notebooks share: they fit light and dark themes.

Other head pictures are turned as a whole in dark themes (``nndl/_support/page_style.py``), which photographs must not
be. These have no background instead, and thick letters in a grey that can be read on white and on black.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

INK = "#767676"
"""4.5 : 1 on white, 4.6 : 1 on black; the letters are large, for which 3 : 1 is asked."""
STYLE: dict[Any, Any] = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "font.weight": "bold",
    "axes.titleweight": "bold",
    "axes.labelweight": "bold",
    "figure.titleweight": "bold",
    "font.size": 17,
    "axes.titlesize": 17,
    "axes.labelsize": 17,
    "xtick.labelsize": 17,
    "ytick.labelsize": 17,
    "figure.titlesize": 17,
}
DPI = 80
"""With letters of 17 points: 19 pixels."""


def save(figure: Figure, target: Path) -> None:
    """Write a picture in 256 colours: a photograph with a transparent background takes a third of the bytes so."""
    figure.savefig(target, dpi=DPI)
    with Image.open(target) as picture:
        packed = picture.convert("RGBA").quantize(256, method=Image.Quantize.FASTOCTREE)
    packed.save(target, optimize=True)
