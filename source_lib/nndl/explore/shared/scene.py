"""Pictures that follow the hand: axes are drawn once and kept, and a change draws only what has moved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from ..._support.figure_html import DPI, Strip, picture_boxes, strips

PANEL = (4.3, 3.6)
"""Width and height of a panel in inches: at 100 dots per inch it fits a window of 430 pixels."""
_KEPT_RESULTS, _KEPT_STAGES = 200, 40


def panels(count: int = 2, height: float = PANEL[1], width: float = PANEL[0]) -> Figure:
    """Return a figure of so many panels side by side, without axes; :meth:`Scene.pictures` cuts between the panels."""
    figure = Figure(figsize=(count * width, height), dpi=DPI)
    figure.set_layout_engine(
        "none"
    )  # whatever a notebook has chosen for its figures: this one is not measured
    figure.panel_count = count  # type: ignore[attr-defined]
    return figure


def axes_in(
    figure: Figure,
    panel: int,
    *,
    left: float = 0.16,
    bottom: float = 0.14,
    right: float = 0.97,
    top: float = 0.88,
    **settings: Any,
) -> Axes:
    """Add axes to a panel; the borders are fractions of the panel. Nothing is measured, so nothing moves."""
    width = 1 / figure.panel_count  # type: ignore[attr-defined]
    box = ((panel + left) * width, bottom, (right - left) * width, top - bottom)
    ax = figure.add_axes(box, **settings)
    ax.set_prop_cycle(color=["#0072B2"])  # no markers and dashes of the notebook's own cycle
    return ax


def heading(ax: Axes, text: str, size: float = 10) -> None:
    """Write above axes what changes with the settings; a title would belong to what is kept."""
    ax.text(0.5, 1.02, text, transform=ax.transAxes, ha="center", va="bottom", fontsize=size)


def ends(values: Any, step: float = 1.0) -> tuple[float, float]:
    """Return powers of ten, or of ``10 ** step``, below and above all positive numbers: limits that seldom change."""
    found = np.asarray([value for value in np.ravel(values) if np.isfinite(value) and value > 0])
    if found.size == 0:
        return 0.1, 10.0
    low, high = (float(f(np.log10(v) / step)) for f, v in ((np.floor, found.min()), (np.ceil, found.max())))
    return 10 ** (step * low), 10 ** (step * max(high, low + 1))


def above(value: float, stops: tuple[float, ...] = (1, 1.5, 2, 3, 5, 10)) -> float:
    """Return the next round number at or above a value: a limit that seldom changes."""
    if not np.isfinite(value) or value <= 0:
        return 1.0
    power = 10 ** np.floor(np.log10(value))
    return float(next((stop * power for stop in stops if stop * power >= value), 10 * power))


def plain_powers(ax: Axes) -> None:
    """Write the numbers of logarithmic axes without formulas, which take most of the time of drawing axes."""
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
            axis.set_minor_locator(NullLocator())


def power_of_ten(value: float) -> str:
    """Return 10 with an exponent in small digits; nothing for what is no power of ten."""
    exponent = np.log10(value) if value > 0 else 0.5
    if abs(exponent - round(exponent)) > 1e-6:
        return ""
    return "10" + str(round(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


@dataclass
class _Stage:
    """A figure's axes, drawn once."""

    figure: Figure
    canvas: FigureCanvasAgg
    background: Any


@dataclass
class Scene:
    """What an explorer shows, in three parts, so that each is done no more often than needed.

    Attributes
    ----------
    compute : callable
        Takes the settings, returns a result; results are kept, so that going back is free.
    stage : callable
        Takes a frame, returns a figure of :func:`panels` with axes, limits, labels and whatever does not change.
    frame : callable
        Takes a result, returns what its stage depends on, for example limits. Stages are kept.
    act : callable
        Takes the axes and a result, adds to the axes what the result shows. It changes no limits and no labels.
    words : callable
        Takes a result, returns the picture in words.
    note : callable
        Takes a result, returns a line to stand under the controls.
    """

    compute: Callable[..., Any]
    stage: Callable[[Any], Figure]
    act: Callable[[list[Axes], Any], None]
    words: Callable[[Any], str]
    frame: Callable[[Any], Hashable] = lambda result: None
    note: Callable[[Any], str] = lambda result: ""
    _results: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict, repr=False)
    _stages: OrderedDict[Hashable, _Stage] = field(default_factory=OrderedDict, repr=False)

    def result(self, **settings: Any) -> Any:
        """Return the result for some settings, computed at most once."""
        key = tuple(sorted(settings.items()))
        if key not in self._results:
            self._results[key] = self.compute(**settings)
            while len(self._results) > _KEPT_RESULTS:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return self._results[key]

    def prepare(self, **settings: Any) -> None:
        """Compute a result and draw its axes, so that they are there when a move asks for them."""
        self._stage(self.frame(self.result(**settings)))

    def forget(self) -> None:
        """Forget all results: the student's code, which computed them, may have changed."""
        self._results.clear()

    def figure(self, result: Any) -> Figure:
        """Return a figure that is drawn as a whole, for a place where nothing moves."""
        figure = self._axes(self.frame(result))
        self.act(list(figure.axes), result)
        return figure

    def pictures(self, result: Any) -> list[Strip]:
        """Return a strip for each panel."""
        stage = self._stage(self.frame(result))
        axes = list(stage.figure.axes)
        there = {id(child) for ax in axes for child in ax.get_children()}
        limits = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
        try:
            self.act(axes, result)
            stage.canvas.restore_region(stage.background)
            for ax, (x, y) in zip(axes, limits, strict=True):
                ax.set_xlim(x)
                ax.set_ylim(y)
                for child in sorted(_added(ax, there), key=lambda artist: artist.get_zorder()):
                    ax.draw_artist(child)
            pixels = np.asarray(stage.canvas.buffer_rgba())[..., :3]
            count = _count(stage.figure)
            between = [round(pixels.shape[1] * panel / count) for panel in range(1, count)]
            return strips(pixels, between, picture_boxes(stage.figure))
        finally:
            for ax in axes:
                for child in _added(ax, there):
                    child.remove()

    def _axes(self, frame: Hashable) -> Figure:
        figure = self.stage(frame)
        for ax in figure.axes:
            plain_powers(ax)
        return figure

    def _stage(self, frame: Hashable) -> _Stage:
        if frame not in self._stages:
            figure = self._axes(frame)
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            self._stages[frame] = _Stage(figure, canvas, canvas.copy_from_bbox(figure.bbox))
            while len(self._stages) > _KEPT_STAGES:
                self._stages.popitem(last=False)
        self._stages.move_to_end(frame)
        return self._stages[frame]


def _added(ax: Axes, there: set[int]) -> list[Artist]:
    return [child for child in ax.get_children() if id(child) not in there]


def _count(figure: Figure) -> int:
    return getattr(figure, "panel_count", 1)
