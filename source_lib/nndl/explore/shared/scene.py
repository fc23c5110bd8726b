"""Pictures that follow the hand: axes are drawn once and kept, and a change draws only what has moved."""

from __future__ import annotations

import functools
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from matplotlib.transforms import Bbox

from ..._support.figure_html import DPI, Box, Strip, picture_boxes, strips
from .stamps import StampingCanvas

PANEL = (4.3, 3.6)
"""Width and height of a panel in inches: at 100 dots per inch it fits a window of 430 pixels."""
_X_LABEL, _Y_LABEL = 29, 19
"""Pixels from the axes down to the top of their label, and from the panel's edge to the bottom of the label that stands
upright."""
_MOST_LOOKS, _MOST_PANELS = 200, 60
"""How many results and their pictures are kept, and how many panels before anything moves on them."""


def panels(count: int = 2, height: float = PANEL[1], width: float = PANEL[0]) -> Figure:
    """Return a figure of so many panels side by side, without axes; :meth:`Scene.pictures` cuts between the panels."""
    figure = Figure(figsize=(count * width, height), dpi=DPI)
    figure.set_layout_engine(
        "none"
    )  # whatever a notebook has chosen for its figures: this one is not measured
    figure.panel_axes = [[] for _ in range(count)]  # type: ignore[attr-defined]
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
    """Add axes to a panel; the borders are fractions of the panel.

    Labels and title have fixed places: nothing is measured, so nothing moves, and drawing takes a third less time.
    """
    width = 1 / len(_axes_of(figure))
    box = ((panel + left) * width, bottom, (right - left) * width, top - bottom)
    ax = figure.add_axes(box, **settings)
    _axes_of(figure)[panel].append(ax)
    ax.set_prop_cycle(color=["#0072B2"])  # no markers and dashes of the notebook's own cycle
    ax.set_title("", y=1.0)
    wide, high = ax.bbox.width, ax.bbox.height
    ax.xaxis.set_label_coords(0.5, -_X_LABEL / high)
    ax.yaxis.set_label_coords((_Y_LABEL - left * figure.bbox.width * width) / wide, 0.5)
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


@dataclass(frozen=True)
class Look:
    """What a browser shows of a result.

    Attributes
    ----------
    pictures : list of Strip
        One for each panel.
    words : str
        The picture in words.
    note : str
        The line under the controls.
    """

    pictures: list[Strip]
    words: str
    note: str


@dataclass(frozen=True)
class _Panel:
    """A panel as it stands before anything moves on it."""

    background: Any
    limits: list[tuple[Any, Any]]
    photographs: list[Box]


@dataclass
class _Stage:
    """A figure's axes, made once."""

    figure: Figure
    canvas: StampingCanvas
    axes: list[list[Axes]]
    blank: list[Any]
    edges: list[int]


@dataclass
class Scene:
    """What an explorer shows, in parts, so that each is done no more often than needed.

    Attributes
    ----------
    compute : callable
        Takes the settings, returns a result; results are kept, so that going back is free.
    stage : callable
        Returns a figure of :func:`panels` with axes, labels and whatever never changes.
    act : callable
        Takes the axes and a result, draws what moves.
    words : callable
        Takes a result, returns the picture in words.
    frames : callable
        Takes a result, returns what seldom changes in each panel, such as its limits: what is hashable, or None.
    fit : callable
        Takes the number of a panel, its axes and its frame, sets limits and ticks and draws what belongs to the frame.
        A panel is drawn anew only when its own frame is new.
    note : callable
        Takes a result, returns a line to stand under the controls.
    before : callable
        Takes the settings, returns those from whose results ``compute`` goes on, if any, in order. While nobody moves a
        control, results are computed one by one, and a move waits for one of them at most.
    """

    compute: Callable[..., Any]
    stage: Callable[[], Figure]
    act: Callable[[list[Axes], Any], None]
    words: Callable[[Any], str]
    frames: Callable[[Any], Sequence[Hashable]] = lambda result: ()
    fit: Callable[[int, list[Axes], Any], None] = lambda panel, axes, frame: None
    note: Callable[[Any], str] = lambda result: ""
    before: Callable[..., Sequence[dict[str, Any]]] = lambda **settings: ()
    _results: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict, repr=False)
    _looks: OrderedDict[Hashable, Look] = field(default_factory=OrderedDict, repr=False)
    _panels: OrderedDict[Hashable, _Panel] = field(default_factory=OrderedDict, repr=False)
    _made: _Stage | None = field(default=None, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    """Held by whoever computes or draws: a front end may send moves to another thread than cells."""

    def result(self, **settings: Any) -> Any:
        """Return the result for some settings, computed at most once."""
        with self.lock:
            return _kept(self._results, _MOST_LOOKS, _key(settings), lambda: self.compute(**settings))

    def look(self, **settings: Any) -> Look:
        """Return what is shown for some settings, computed and drawn at most once."""
        key = _key(settings)
        with self.lock:
            return _kept(self._looks, _MOST_LOOKS, key, lambda: self._look(self.result(**settings)))

    def pieces(self, **settings: Any) -> Iterator[Callable[[], Any]]:
        """Give one by one what has still to be done until the look for some settings is there.

        Each piece is to be called before the next one is asked for.
        """
        if _key(settings) in self._looks:
            return
        for computed in (*self.before(**settings), settings):
            if _key(computed) not in self._results:
                yield functools.partial(self.result, **computed)
        stage = self._stage()
        for number, frame in enumerate(self._frames(stage.figure, self.result(**settings))):
            if (number, frame) not in self._panels:
                yield functools.partial(self._panel, stage, number, frame)
        yield functools.partial(self.look, **settings)

    def _look(self, result: Any) -> Look:
        return Look(self.pictures(result), self.words(result), self.note(result))

    def forget(self) -> None:
        """Forget all results: the student's code, which computed them, may have changed."""
        with self.lock:
            self._results.clear()
            self._looks.clear()

    def figure(self, result: Any) -> Figure:
        """Return a figure that is drawn as a whole, for a place where nothing moves."""
        figure = self._new_figure()
        for panel, (axes, frame) in enumerate(
            zip(_axes_of(figure), self._frames(figure, result), strict=True)
        ):
            if frame is not None:
                self.fit(panel, axes, frame)
        self.act(list(figure.axes), result)
        return figure

    def pictures(self, result: Any) -> list[Strip]:
        """Return a strip for each panel."""
        stage = self._stage()
        frames = self._frames(stage.figure, result)
        kept = [self._panel(stage, number, frame) for number, frame in enumerate(frames)]
        for axes, panel in zip(stage.axes, kept, strict=True):
            stage.canvas.restore_region(panel.background)
            _set_limits(axes, panel.limits)
        axes = list(stage.figure.axes)
        with _cleared_afterwards(axes) as added:
            self.act(axes, result)
            for one, panel in zip(stage.axes, kept, strict=True):
                _set_limits(one, panel.limits)
            for ax in axes:
                for child in sorted(added(ax), key=lambda artist: artist.get_zorder()):
                    ax.draw_artist(child)
            photographs = [box for panel in kept for box in panel.photographs]
            pixels = np.asarray(stage.canvas.buffer_rgba())[..., :3]
            return strips(pixels, stage.edges[1:-1], [*photographs, *picture_boxes(stage.figure)])

    def _frames(self, figure: Figure, result: Any) -> Sequence[Hashable]:
        return tuple(self.frames(result)) or (None,) * len(_axes_of(figure))

    def _new_figure(self) -> Figure:
        figure = self.stage()
        for ax in figure.axes:
            plain_powers(ax)
        return figure

    def _stage(self) -> _Stage:
        if self._made is None:
            figure = self._new_figure()
            canvas = StampingCanvas(figure)
            figure.patch.draw(canvas.get_renderer())
            axes, (width, height) = _axes_of(figure), canvas.get_width_height()
            edges = [round(width * panel / len(axes)) for panel in range(len(axes) + 1)]
            blank = [
                canvas.copy_from_bbox(Bbox.from_extents(left, 0, right, height))
                for left, right in itertools.pairwise(edges)
            ]
            self._made = _Stage(figure, canvas, axes, blank, edges)
        return self._made

    def _panel(self, stage: _Stage, number: int, frame: Hashable) -> _Panel:
        draw = functools.partial(self._draw_panel, stage, number, frame)
        return _kept(self._panels, _MOST_PANELS, (number, frame), draw)

    def _draw_panel(self, stage: _Stage, number: int, frame: Hashable) -> _Panel:
        axes, canvas = stage.axes[number], stage.canvas
        with _cleared_afterwards(axes):
            if frame is not None:
                self.fit(number, axes, frame)
            canvas.restore_region(stage.blank[number])
            for ax in axes:
                ax.draw(canvas.get_renderer())
            left, right = stage.edges[number : number + 2]
            box = Bbox.from_extents(left, 0, right, stage.figure.bbox.height)
            limits = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
            return _Panel(canvas.copy_from_bbox(box), limits, picture_boxes(stage.figure, axes))


Kept = TypeVar("Kept")


def _kept(kept: OrderedDict[Hashable, Kept], most: int, key: Hashable, make: Callable[[], Kept]) -> Kept:
    """Return what is kept under a key, or make it; what was asked for longest ago makes room."""
    if key not in kept:
        kept[key] = make()
        while len(kept) > most:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]


def _key(settings: dict[str, Any]) -> Hashable:
    """Return what settings are kept under: 0.1 + 0.05 and 0.15 are the same place of a slider."""
    return tuple(
        sorted(
            (name, float(f"{value:.9g}") if isinstance(value, float) else value)
            for name, value in settings.items()
        )
    )


def _set_limits(axes: list[Axes], limits: list[tuple[Any, Any]]) -> None:
    for ax, (x, y) in zip(axes, limits, strict=True):
        ax.set_xlim(x)
        ax.set_ylim(y)


@contextmanager
def _cleared_afterwards(axes: list[Axes]) -> Iterator[Callable[[Axes], list[Artist]]]:
    """Take away in the end what has been added to axes meanwhile; until then, tell what it is."""
    there = {id(child) for ax in axes for child in ax.get_children()}

    def added(ax: Axes) -> list[Artist]:
        return [child for child in ax.get_children() if id(child) not in there]

    try:
        yield added
    finally:
        for ax in axes:
            for child in added(ax):
                child.remove()


def _axes_of(figure: Figure) -> list[list[Axes]]:
    """Return the axes of each panel."""
    found: list[list[Axes]] = figure.panel_axes  # type: ignore[attr-defined]
    return found
