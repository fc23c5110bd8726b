"""Two photographs to look at: what a filter does is easier to see in 200 x 200 pixels than in 32 x 32."""

from __future__ import annotations

import numpy as np

SIDE = 200
"""Rows and columns of each picture."""
CREDIT = "Grace Hopper, portrait by James S. Davis, U.S. Navy, 1984; public domain, shipped with matplotlib"
DRAWN = "drawn, because matplotlib's sample photograph is not installed"


def load_photographs() -> tuple[np.ndarray, str]:
    """Return two photographs and where they come from.

    Both are parts of one portrait that matplotlib brings along, a work of the U.S. Navy in the public domain: the
    head at half its size, and the flag at the left at full size. Some distributions of matplotlib lack the file;
    then two pictures are drawn in their place.

    Returns
    -------
    pictures : uint8 array (2, 3, 200, 200)
        Channels first.
    credit : str
        What they are, and their licence.
    """
    from matplotlib.cbook import get_sample_data
    from PIL import Image

    try:
        with Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
            whole = np.asarray(image.convert("RGB"))
    except OSError:
        return _drawn(), DRAWN
    head = whole[: 2 * SIDE, 56 : 56 + 2 * SIDE].reshape(SIDE, 2, SIDE, 2, 3).mean(axis=(1, 3))
    flag = whole[40 : 40 + SIDE, :SIDE]
    return np.stack([head, flag]).astype(np.uint8).transpose(0, 3, 1, 2), CREDIT


def _drawn() -> np.ndarray:
    """Return a disc before a sky that gets lighter, and stripes in two directions."""
    row, column = np.mgrid[:SIDE, :SIDE]
    disc = (row - 110) ** 2 + (column - 90) ** 2 < 60**2
    sky = np.where(disc, 40, 120 + row // 2)
    stripes = np.where(column < SIDE // 2, row // 20 % 2, column // 20 % 2) * 160 + 40
    shades = np.stack([sky, stripes])[:, np.newaxis]
    return (shades * np.array([0.7, 0.85, 1.0]).reshape(1, 3, 1, 1)).astype(np.uint8)
