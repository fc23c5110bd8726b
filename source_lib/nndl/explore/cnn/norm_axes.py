"""Which entries of a batch of images share a mean and a variance: batch, layer, instance and group normalization."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

IMAGES, CHANNELS, PLACES = 3, 6, 4
KINDS = {
    "batch": "batch norm\none channel of all images",
    "layer": "layer norm\none image, all channels",
    "instance": "instance norm\none image, one channel",
    "group": "group norm, G = 2\none image, half of the channels",
}
_EAST, _NORTH = (0.55, 0.0), (0.32, 0.26)  # how channels and images lie in the drawing; places go up
_FRONT, _SIDE, _TOP = 1.0, 0.78, 0.9  # how light the three visible faces of a cell are


def shared(kind: str) -> np.ndarray:
    """Return which cells of a batch have the statistics of the first image's first channel.

    Parameters
    ----------
    kind : {"batch", "layer", "instance", "group"}

    Returns
    -------
    marked : bool array (images, channels, places)
        Rows and columns of an image are one axis here, its places.
    """
    marked = np.zeros((IMAGES, CHANNELS, PLACES), dtype=bool)
    images = slice(None) if kind == "batch" else slice(0, 1)
    channels = {"layer": slice(None), "group": slice(0, CHANNELS // 2)}.get(kind, slice(0, 1))
    marked[images, channels] = True
    return marked


def draw_block(kind: str, ax: Axes) -> None:
    """Draw a batch as a block of cells, those that share one mean and one variance in colour."""
    marked = shared(kind)
    for n in reversed(range(IMAGES)):  # from the back to the front
        for c in range(CHANNELS):
            for p in range(PLACES):
                x, y = c * _EAST[0] + n * _NORTH[0], p * 0.55 + n * _NORTH[1]
                colour = np.array([0, 114, 178]) / 255 if marked[n, c, p] else np.array([0.93, 0.93, 0.93])
                across, up, back = np.array([0.55, 0]), np.array([0, 0.55]), np.array(_NORTH)
                corner = np.array([x, y])
                faces = (
                    ((corner, corner + across, corner + across + up, corner + up), _FRONT),
                    (
                        (corner + up, corner + up + across, corner + up + across + back, corner + up + back),
                        _TOP,
                    ),
                    (
                        (
                            corner + across,
                            corner + across + back,
                            corner + across + back + up,
                            corner + across + up,
                        ),
                        _SIDE,
                    ),
                )
                for face, light in faces:
                    ax.fill(
                        *np.array(face).T, facecolor=tuple(colour * light), edgecolor="0.4", linewidth=0.4
                    )
    ax.text(1.65, -0.2, "channels", ha="center", va="top", fontsize=9)
    ax.text(-0.12, 1.1, "rows and columns", ha="right", va="center", rotation=90, fontsize=9)
    ax.text(3.85, 0.2, "images", ha="left", va="center", rotation=38, fontsize=9)
    ax.set(xlim=(-0.5, 4.6), ylim=(-0.6, 3.1), aspect="equal", title=KINDS[kind])
    ax.title.set_fontsize(10)
    ax.axis("off")


def draw() -> Figure:
    """Draw the four kinds side by side.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    for kind, ax in zip(KINDS, figure.subplots(1, 4), strict=True):
        draw_block(kind, ax)
    return figure


ALT = (
    "Four times the same block of 3 images, 6 channels and their rows and columns; the entries that share one mean and "
    "one variance are blue. Batch norm: one channel of all images. Layer norm: all channels of one image. Instance "
    "norm: one channel of one image. Group norm with two groups: three neighbouring channels of one image."
)
