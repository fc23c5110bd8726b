"""How figures look on a page: in light and dark themes, in wide and narrow windows.

A figure is cut between its panels into strips, which stand side by side where there is room and below each other where
there is not. In a dark theme a strip is turned: light becomes dark, hues stay. Photographs must not be turned, so a
strip that holds some comes twice, and the page shows the one that fits.
"""

from __future__ import annotations

import base64
import html
import itertools
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.text import Text

from .page_style import DARKEST, STYLE

DPI = 100
ONE_PANEL, OF_SEVERAL = 5.6, 4.6
"""Inches: no panel is wider, so that a telephone does not shrink its letters to nothing."""
NARROWEST = 240
"""Pixels: what is narrower stays with its neighbour."""
_LEGIBLE = 0.55
"""No strip is shrunk further: a window that is too narrow for that scrolls. One panel fits a telephone."""
# What `hue-rotate(180deg)` does in a browser, from the specification of CSS filters.
_TURN = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]], dtype=np.float32)

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels from the upper left."""


@dataclass(frozen=True)
class Strip:
    """A part of a figure as PNG, and once more for dark themes if it may not be turned as a whole."""

    light: bytes
    dark: bytes | None = None


def figure_strips(figure: Figure) -> tuple[bytes, list[Strip], str]:
    """Draw a figure; return it as one PNG, cut into strips, and the title that stands above all of them.

    The figure keeps its size. Panels that share an axis get their own numbers, for each may come to stand alone, and
    titles that are too long break. A title of the whole figure would hold its panels together; it stands above them as
    text.
    """
    canvas, size, dpi = figure.canvas, tuple(figure.get_size_inches()), figure.dpi
    title = None
    try:
        agg = canvas if isinstance(canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
        figure.set_dpi(DPI)
        _make_panels_stand_alone(figure)
        title = _title_of_several(figure)
        agg.draw()
        spans = _spans(figure)
        widest = ONE_PANEL if len(spans) == 1 else OF_SEVERAL * len(spans)
        if size[0] > widest and figure.get_layout_engine() is not None:
            holds_pictures = any(ax.images for ax in figure.axes)
            figure.set_size_inches(widest, size[1] * (widest / size[0] if holds_pictures else 1))
            agg.draw()
            spans = _spans(figure)
        pixels = _pixels(agg)
        between = [round((left[1] + right[0]) / 2) for left, right in itertools.pairwise(spans)]
        parts = strips(pixels, between, picture_boxes(figure))
        if title is None:
            return png(pixels), parts, ""
        _show(title, True)
        agg.draw()
        return png(_pixels(agg)), parts, " ".join(title.get_text().split())
    finally:
        if title is not None:
            _show(title, True)
        figure.set_dpi(dpi)
        figure.set_size_inches(*size)
        if figure.canvas is not canvas:
            figure.set_canvas(canvas)


def _pixels(canvas: FigureCanvasAgg) -> np.ndarray:
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _title_of_several(figure: Figure) -> Text | None:
    """Hide and return a figure's title if it stands above several panels; a formula cannot stand as text."""
    text = figure.get_suptitle()
    title = next((one for one in figure.texts if text and one.get_text() == text), None)
    if title is None or "$" in text:
        return None
    _show(title, False)
    places = [ax.get_subplotspec() for ax in figure.axes]
    if len({place.colspan.start for place in places if place is not None}) > 1:
        return title
    _show(title, True)
    return None


def _show(title: Text, whether: bool) -> None:
    title.set_visible(whether)
    title.set_in_layout(whether)


def _make_panels_stand_alone(figure: Figure) -> None:
    for ax in figure.axes:
        ax.title.set_wrap(True)
        labels = ax.yaxis.get_tick_params()
        if not labels.get("labelleft", True) and not labels.get("labelright", False):
            ax.tick_params(labelleft=True)


def strips(pixels: np.ndarray, between: Sequence[int], photographs: Sequence[Box]) -> list[Strip]:
    """Cut pixels at these columns; a strip with a photograph gets a twin for dark themes."""
    edges = [0, *between, pixels.shape[1]]
    found: list[Strip] = []
    for left, right in itertools.pairwise(edges):
        part = np.ascontiguousarray(pixels[:, left:right])
        inside = [(box[0] - left, box[1], box[2] - left, box[3]) for box in photographs]
        inside = [box for box in inside if box[2] > 0 and box[0] < right - left]
        found.append(Strip(png(part), png(turned(part, inside)) if inside else None))
    return found


def turned(pixels: np.ndarray, photographs: Sequence[Box]) -> np.ndarray:
    """Return pixels as the style sheet turns them for dark themes, but with the photographs as they are.

    Most of a drawing is white: only the ink is computed with.
    """
    result = np.empty(pixels.shape, dtype=np.uint8)
    result[:] = _turned(np.full((1, 3), 255, dtype=np.uint8))
    ink = (pixels[..., 0] & pixels[..., 1] & pixels[..., 2]) != 255
    parts = [
        np.s_[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        for left, top, right, bottom in photographs
    ]
    for part in parts:
        ink[part] = False
        result[part] = pixels[part]
    places = np.flatnonzero(ink)
    result.reshape(-1, 3)[places] = _turned(pixels.reshape(-1, 3)[places])
    return result


def _turned(colours: np.ndarray) -> np.ndarray:
    inverted = 255 - (1 - DARKEST) * colours.astype(np.float32)
    result: np.ndarray = np.clip(inverted @ _TURN.T, 0, 255).astype(np.uint8)
    return result


def picture_boxes(figure: Figure, axes: Sequence[Axes] | None = None) -> list[Box]:
    """Return where pictures, heat maps and scales of colours stand in a figure that has been drawn, or in some axes."""
    height = figure.bbox.height
    found: list[Box] = []
    for ax in figure.axes if axes is None else axes:
        for artist in [*ax.images, *(one for one in ax.collections if isinstance(one, QuadMesh))]:
            box = ax.bbox if isinstance(artist, QuadMesh) else artist.get_window_extent()
            left, right = max(box.x0, ax.bbox.x0), min(box.x1, ax.bbox.x1)
            low, high = max(box.y0, ax.bbox.y0), min(box.y1, ax.bbox.y1)
            if artist.get_visible() and left < right and low < high:
                found.append((round(left), round(height - high), round(right), round(height - low)))
    return found


def png(pixels: np.ndarray) -> bytes:
    """Return pixels (height, width, 3) as a PNG, packed quickly rather than small.

    Pillow tries five filters on every line, which takes three times as long. In a drawing most lines are equal to the
    one above, so that one filter does: each line less the one above it.
    """
    height, width, _ = pixels.shape
    lines = np.empty((height, 1 + 3 * width), dtype=np.uint8)
    lines[:, 0] = 2  # the number of this filter
    lines[:, 1:] = pixels.reshape(height, -1)
    lines[1:, 1:] -= lines[:-1, 1:].copy()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # eight bits each of red, green and blue
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


def side_by_side(parts: Sequence[Strip], words: str, title: str = "") -> str:
    """Return HTML with the strips in a row that wraps where the window is narrow, in colours that fit the theme.

    Each picture has its size in the text, so that the place is kept while the browser decodes it, and nothing jumps.
    The words are the alternative text of the first strip; a title stands above all. Where a notebook is not trusted, no
    style is applied: the twins for dark themes stay hidden by themselves.
    """
    made = [f'<div style="flex:0 0 100%;line-height:1.5">{html.escape(title)}</div>'] if title else []
    for number, strip in enumerate(parts):
        alt = html.escape(words, quote=True) if number == 0 else ""
        if strip.dark is None:
            made.append(_image(strip.light, alt, 'class="turned"'))
        else:
            made += [
                _image(strip.light, alt, 'class="on-light"'),
                _image(strip.dark, alt, 'class="on-dark"', "display:none;"),
            ]
    return f'{STYLE}<div class="nndl-figure">{"".join(made)}</div>'


def as_html(figure: Figure) -> str:
    """Return HTML for a figure that a notebook shows by itself."""
    _, parts, title = figure_strips(figure)
    return side_by_side(parts, "", title)


def _image(data: bytes, alt: str, how: str, style: str = "") -> str:
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))  # of the PNG's header
    return (
        f'<img {how} width="{width}" height="{height}" alt="{alt}" decoding="sync" '
        f'style="{style}flex:{width} 1 {round(0.7 * width)}px;max-width:min(100%,{width}px);'
        f'min-width:{round(_LEGIBLE * width) if width > DPI * ONE_PANEL else 0}px" '
        f'src="data:image/png;base64,{base64.b64encode(data).decode()}">'
    )


def _spans(figure: Figure) -> list[tuple[float, float]]:
    """Return from where to where each column of panels reaches, from left to right."""
    found = sorted(_extents(figure))
    merged: list[tuple[float, float]] = []
    for left, right in found:
        beside = merged and left < merged[-1][1]
        narrow = merged and merged[-1][1] - merged[-1][0] < NARROWEST
        if beside or narrow:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    if len(merged) > 1 and merged[-1][1] - merged[-1][0] < NARROWEST:
        left, right = merged.pop()
        merged[-1] = (merged[-1][0], right)
    return merged or [(0.0, figure.bbox.width)]


def _extents(figure: Figure) -> Iterator[tuple[float, float]]:
    """Give from where to where whatever stands in a figure reaches; a scale of colours belongs to its panel."""
    for one in [*figure.axes, *figure.texts, *figure.legends]:
        if not one.get_visible():
            continue
        boxes: list[Any] = [one.get_tightbbox()]
        for mapped in [*getattr(one, "images", ()), *getattr(one, "collections", ())]:
            if mapped.colorbar is not None:
                boxes.append(mapped.colorbar.ax.get_tightbbox())
        boxes = [box for box in boxes if box is not None]
        if boxes:
            yield min(box.x0 for box in boxes), max(box.x1 for box in boxes)
