"""Drawing on which a text is set once, and stamped wherever it comes again.

Setting the numbers of axes takes half of the time of drawing them, and most numbers come again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from math import floor
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg

_MOST = 2000
"""Stamps that are kept, of about a kilobyte each."""
_PARTS = 4
"""A text is set at quarters of a pixel."""

Stamp = tuple[np.ndarray, int, int]
"""Colours with opacity, the lowest row first; how far its lower left corner is right of and below the text's place."""


class StampingRenderer(RendererAgg):
    """Draws as its parent does; texts come from stamps."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._stamps: OrderedDict[Hashable, Stamp | None] = OrderedDict()

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """Draw a text at a place that is counted from the upper left."""
        (column, right), (row, down) = (divmod(round(_PARTS * place), _PARTS) for place in (x, y))
        key = (s, hash(prop), angle, ismath, gc.get_rgb(), right, down)
        if key not in self._stamps:
            self._stamps[key] = self._made(gc, right / _PARTS, down / _PARTS, s, prop, angle, ismath, mtext)
            if len(self._stamps) > _MOST:
                self._stamps.popitem(last=False)
        stamp = self._stamps[key]
        if stamp is not None:
            image, left, below = stamp
            self.draw_image(gc, column + left, floor(self.height) - row - below, image)

    def _made(
        self, gc: Any, right: float, down: float, s: str, prop: Any, angle: float, ismath: Any, mtext: Any
    ) -> Stamp | None:
        """Draw a text in the middle of an empty sheet; return what of it there is, None for blanks."""
        width, height, _ = self.get_text_width_height_descent(s, prop, ismath)
        middle = floor(width + height) + 10
        sheet = RendererAgg(2 * middle, 2 * middle, self.dpi)
        ink = sheet.new_gc()
        ink.set_foreground(gc.get_rgb(), isRGBA=True)
        ink.set_antialiased(gc.get_antialiased())
        sheet.draw_text(ink, middle + right, middle + down, s, prop, angle, ismath, mtext)
        pixels = np.asarray(sheet.buffer_rgba())
        rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return None
        top, bottom, left, end = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        found = np.ascontiguousarray(pixels[top:bottom, left:end][::-1])
        return found, int(left) - middle, int(bottom) - middle


class StampingCanvas(FigureCanvasAgg):
    """The canvas of a figure that keeps its size."""

    renderer: StampingRenderer | None = None

    def get_renderer(self) -> StampingRenderer:
        """Return the one renderer, with everything that has been drawn."""
        if self.renderer is None:
            self.renderer = StampingRenderer(*self.get_width_height(physical=True), self.figure.dpi)
        return self.renderer
