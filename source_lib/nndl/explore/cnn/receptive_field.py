"""See which input pixels reach an output pixel of a stack of layers, and which pixels max pooling keeps.

In a notebook::

    from nndl.explore.cnn.receptive_field import explore
    explore()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..._support.validate import check_choice, check_integer
from ..shared import controls
from ..shared.scene import Scene, axes_in, heading, panels

SIZE = 32
"""Rows and columns of the input."""
POOLINGS: dict[str, tuple[int, int] | None] = {
    "none": None,
    "2 x 2, stride 2": (2, 2),
    "3 x 3, stride 2": (3, 2),
    "2 x 2, stride 1": (2, 1),
}
"""Name → window size and stride of the max pooling behind every convolution."""
SETTINGS: dict[str, tuple[Any, ...]] = {
    "depth": (1, 2, 3, 4, 5, 6),
    "kernel": (1, 3, 5, 7),
    "stride": (1, 2),
    "pooling": tuple(POOLINGS),
}
DEFAULTS: dict[str, Any] = {"depth": 2, "kernel": 3, "stride": 1, "pooling": "2 x 2, stride 2"}
_KEPT, _FIELD, _ = controls.COLOURS


@dataclass(frozen=True)
class Stage:
    """One layer of the stack.

    Attributes
    ----------
    name : str
        ``"conv"`` or ``"pool"`` with its number.
    window, stride, pad : int
        Size of its window, step between windows, and zeros on each side.
    size : int
        Rows (and columns) of its output.
    field : int
        Rows (and columns) of input pixels that an output pixel depends on, borders aside.
    jump : int
        Distance, in input pixels, between the fields of two neighbouring output pixels.
    """

    name: str
    window: int
    stride: int
    pad: int
    size: int
    field: int
    jump: int


def stages(depth: int, kernel: int, stride: int, pooling: str) -> list[Stage]:
    r"""Return the layers of a stack, from the input on, as far as there are pixels left.

    A layer with windows of :math:`k` and stride :math:`s` widens the field by :math:`(k - 1)` times the jump of what
    it reads, and multiplies the jump by :math:`s`.

    Parameters
    ----------
    depth : int
        Number of convolutions.
    kernel, stride : int
        Odd size of their filters and their stride; they pad with ``(kernel - 1) // 2``.
    pooling : str
        A name of `POOLINGS`.

    Raises
    ------
    ValueError
        If there is no such pooling, or a number is too small.
    """
    for name, value in (("depth", depth), ("kernel", kernel), ("stride", stride)):
        check_integer(name, value, minimum=1)
    check_choice("pooling", pooling, POOLINGS)
    found: list[Stage] = []
    size, field, jump = SIZE, 1, 1
    pool = POOLINGS[pooling]
    for number in range(1, depth + 1):
        layers = [("conv", kernel, stride, (kernel - 1) // 2)]
        layers += [("pool", *pool, 0)] if pool else []
        for kind, window, step, pad in layers:
            if size + 2 * pad < window:
                return found
            size = 1 + (size + 2 * pad - window) // step
            field += (window - 1) * jump
            jump *= step
            found.append(Stage(f"{kind} {number}", window, step, pad, size, field, jump))
    return found


def paths(stack: list[Stage]) -> np.ndarray:
    """Return how many ways lead from each input pixel to the output pixel in the middle.

    Returns
    -------
    counts : float64 array (SIZE, SIZE)
        0 outside of the receptive field. A max pooling counts every pixel of its window, as each may be the largest.
    """
    size = stack[-1].size
    along = np.zeros(size)
    along[size // 2] = 1.0
    for index in reversed(range(len(stack))):
        stage = stack[index]
        before = stack[index - 1].size if index else SIZE
        wider = np.zeros(before + 2 * stage.pad)
        for place, count in enumerate(along):
            wider[place * stage.stride : place * stage.stride + stage.window] += count
        along = wider[stage.pad : stage.pad + before]
    return np.outer(along, along)


def survivors(values: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Return how many windows each entry of a matrix is the maximum of (the first one, if several are equal)."""
    counts = np.zeros(values.shape, dtype=np.int64)
    for top in range(0, values.shape[0] - window + 1, stride):
        for left in range(0, values.shape[1] - window + 1, stride):
            part = values[top : top + window, left : left + window]
            down, right = divmod(int(np.argmax(part)), window)
            counts[top + down, left + right] += 1
    return counts


Found = tuple[list[Stage], tuple[int, int] | None]
"""The stack, and its pooling."""

_VALUES = np.random.default_rng(3).integers(0, 10, (8, 8))


def draw(depth: int, kernel: int, stride: int, pooling: str) -> Figure:
    """Draw the receptive field, and a matrix with the entries that a pooling keeps.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    made = scene()
    return made.figure(made.compute(depth, kernel, stride, pooling))


def _stage() -> Figure:
    figure = panels(2, height=3.9)
    left, right = axes_in(figure, 0), axes_in(figure, 1)
    edge = SIZE - 0.5
    left.set(xlim=(-0.5, edge), ylim=(edge, -0.5), xlabel="input column", ylabel="input row")
    right.imshow(_VALUES, cmap="Greys", vmin=0, vmax=18, aspect="auto")
    for row, column in np.ndindex(*_VALUES.shape):
        right.text(column, row, str(_VALUES[row, column]), ha="center", va="center")
    right.set(xlabel="column", ylabel="row")
    return figure


def _act(axes: list[Axes], found: Found) -> None:
    (stack, pool), (left, right) = found, axes
    counts = paths(stack)
    left.imshow(counts / counts.max(), cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    rows = np.flatnonzero(counts.any(axis=1))
    corner = (rows[0] - 0.5, rows[0] - 0.5)
    left.add_patch(Rectangle(corner, len(rows), len(rows), fill=False, edgecolor=_FIELD, linewidth=3))
    heading(left, f"inputs of one pixel behind {stack[-1].name}; darker: more ways")
    kept = survivors(_VALUES, *pool) if pool else np.zeros(_VALUES.shape, dtype=np.int64)
    for row, column in np.ndindex(*_VALUES.shape):
        if kept[row, column]:
            corner, line = (column - 0.45, row - 0.45), 1.5 * float(kept[row, column])
            right.add_patch(Rectangle(corner, 0.9, 0.9, fill=False, edgecolor=_KEPT, linewidth=line))
    passing = f"{int((kept > 0).sum())} of 64 entries pass max pooling" if pool else "no pooling"
    heading(right, passing + ("; thick: in several windows" if pool in ((2, 1), (3, 2)) else ""))


def summary(stack: list[Stage]) -> str:
    """Return sizes and receptive fields of all layers in one line or two."""
    parts = [f"{stage.name}: {stage.size} x {stage.size}, field {stage.field}" for stage in stack]
    lines = [" | ".join(parts[start : start + 4]) for start in range(0, len(parts), 4)]
    return "\n".join(lines)


def explore() -> Figure | None:
    """Show the figure with sliders for depth, kernel size and stride, and a choice of pooling.

    Returns
    -------
    figure : matplotlib figure or None
        Outside of a notebook, the figure of the default settings. In a notebook it is displayed instead, and
        remains as an ordinary picture where the notebook is read without a running kernel.
    """
    return controls.explore(scene(), DEFAULTS, lambda: controls.sliders(SETTINGS, DEFAULTS))


def scene() -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(depth: int, kernel: int, stride: int, pooling: str) -> Found:
        return stages(depth, kernel, stride, pooling), POOLINGS[pooling]

    return Scene(
        compute=compute,
        stage=_stage,
        act=_act,
        words=lambda found: alt_text(*found),
        note=lambda found: " ".join(summary(found[0]).split()),
    )


def alt_text(stack: list[Stage], pool: tuple[int, int] | None) -> str:
    """Return what `draw` shows, for those who cannot see it."""
    framed = f"a matrix of 8 by 8 with the entries framed that pass the pooling {_named(pool)}"
    return (
        f"Left: the input of {SIZE} by {SIZE} pixels; those that reach one pixel behind {stack[-1].name} form a square "
        f"of up to {stack[-1].field} by {stack[-1].field}, darkest in the middle. "
        f"Right: {framed if pool else 'no pooling'}. {' '.join(summary(stack).split())}."
    )


def _named(pool: tuple[int, int] | None) -> str:
    return next(name for name, found in POOLINGS.items() if found == pool)
