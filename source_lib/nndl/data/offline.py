"""A drawn set of 10 classes of images in the layout of CIFAR-10, for work without a network. It is not CIFAR-10."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import numpy as np

from .shapes import CLASS_NAMES, SHAPES
from .sources import FOLDER, cache_folder, create_once

VERSION = 1  # counts up when the drawing changes, so that no old set is taken for the new one
SEED = 20
SIDE = 32
_CHUNK = 500  # images drawn at once: their fields stay within the processor's cache
_AXIS = ((np.arange(SIDE) + 0.5) * 2 / SIDE - 1).astype(np.float32)

# Ten settings, as the colours of the top and the bottom of the picture (RGB, 0 to 255).
_SETTINGS = np.array(
    [
        [[120, 165, 215], [75, 115, 160]],
        [[150, 150, 150], [95, 90, 85]],
        [[140, 175, 200], [90, 125, 60]],
        [[165, 130, 100], [130, 95, 75]],
        [[80, 105, 60], [120, 125, 75]],
        [[175, 150, 125], [160, 150, 140]],
        [[95, 85, 55], [75, 95, 45]],
        [[150, 170, 160], [150, 130, 85]],
        [[170, 195, 220], [60, 85, 120]],
        [[195, 200, 205], [110, 110, 115]],
    ],
    dtype=np.float32,
)
# How often each class (row) is seen in each setting (column): most in its own, often in two others, sometimes anywhere.
_OWN, _OTHER = 0.34, 0.16
_SETTING_ODDS = np.full((10, 10), (1 - _OWN - 2 * _OTHER) / 7)
for _c in range(10):
    _SETTING_ODDS[_c, [_c, (_c + 3) % 10, (_c + 7) % 10]] = _OWN, _OTHER, _OTHER

# Two usual colours of the figure for each class, and how often they are used instead of a random one.
_FIGURE_COLOURS = np.array(
    [
        [[225, 225, 225], [190, 60, 50]],
        [[200, 40, 40], [40, 60, 140]],
        [[120, 80, 60], [60, 60, 60]],
        [[220, 190, 150], [50, 50, 55]],
        [[170, 120, 70], [110, 80, 60]],
        [[240, 230, 215], [120, 85, 60]],
        [[90, 140, 60], [200, 170, 70]],
        [[130, 75, 45], [215, 205, 190]],
        [[235, 235, 240], [60, 70, 90]],
        [[230, 200, 60], [60, 110, 190]],
    ],
    dtype=np.float32,
)
_USUAL_COLOUR = 0.6


def draw(labels, rng, cfg=None):
    n = len(labels)
    X = _background(labels, rng)
    for _ in range(2):
        _paint(X, rng.integers(10, size=n), rng, size=(0.15, 0.3), spread=0.9, colours=rng.uniform(20, 235, (n, 3)))
    usual = _FIGURE_COLOURS[labels, rng.integers(2, size=n)]
    anything = rng.uniform(20, 235, (n, 3))
    colours = np.where(rng.random((n, 1)) < _USUAL_COLOUR, usual, anything) + rng.normal(0, 18, (n, 3))
    _paint(X, labels, rng, size=(0.35, 0.75), spread=0.4, colours=colours)
    X *= rng.normal(1, 0.12, (n, 1, 1, 1)).astype(np.float32)
    X += rng.standard_normal(X.shape, dtype=np.float32) * 9
    return np.clip(X, 0, 255).astype(np.uint8)


def _field(n, cells, rng):
    """Smooth random fields (n, 32, 32): a coarse grid of values, interpolated."""
    at = np.linspace(0, cells - 1, SIDE)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells))).astype(np.float32)
    coarse = rng.standard_normal((n, cells, cells), dtype=np.float32)
    return weights @ coarse @ weights.T


def _background(labels, rng):
    n = len(labels)
    odds = _SETTING_ODDS.cumsum(axis=1)
    setting = (rng.random((n, 1)) > odds[labels]).sum(axis=1).clip(0, 9)
    ends = _SETTINGS[setting] + rng.normal(0, 22, (n, 1, 1)) + rng.normal(0, 16, (n, 2, 1)) + rng.normal(0, 10, (n, 2, 3))
    # where the top turns into the bottom
    height = rng.normal(0, 0.45, (n, 1)); soft = rng.uniform(0.1, 1.2, (n, 1))
    t = np.clip(0.5 + (_AXIS - height) / soft / 2, 0, 1).astype(np.float32)  # (n, 32)
    X = ends[:, 0, :, None, None] * (1 - t[:, None, :, None]) + ends[:, 1, :, None, None] * t[:, None, :, None]
    X = np.repeat(X.astype(np.float32), SIDE, axis=3)
    light = 18 * _field(n, 3, rng) + rng.gamma(2, 6, (n, 1, 1)).astype(np.float32) * _field(n, 9, rng)
    X += light[:, None]
    return X


def _paint(X, kinds, rng, size, spread, colours):
    n = len(X)
    s = rng.uniform(*size, n).astype(np.float32)
    cx, cy = rng.uniform(-spread, spread, (2, n)).astype(np.float32)
    angle = rng.normal(0, 0.35, n).astype(np.float32)
    aspect = np.exp(rng.normal(0, 0.12, n)).astype(np.float32)
    for kind in range(10):
        rows = np.flatnonzero(kinds == kind)
        if not len(rows): continue
        u0 = (_AXIS[None, None, :] - cx[rows, None, None]); v0 = (_AXIS[None, :, None] - cy[rows, None, None])
        c, sn = np.cos(angle[rows])[:, None, None], np.sin(angle[rows])[:, None, None]
        S = s[rows][:, None, None]; A = aspect[rows][:, None, None]
        u, v = (c * u0 + sn * v0) / (S * A), (c * v0 - sn * u0) / (S / A)
        inside, tone = SHAPES[kind](u, v)
        mask = np.clip(0.5 - inside * S * (SIDE / 2), 0, 1)[:, None]
        col = colours[rows].astype(np.float32)[:, :, None, None]
        shade = 1 + 0.15 * (rng.normal(0, 1, (len(rows), 1, 1)).astype(np.float32) * u)[:, None]
        col = col * shade
        if tone is not None:
            col = col * (1 - 0.45 * tone[:, None])
        X[rows] += mask * (col - X[rows])


def draw_offline_images(n, seed):
    X = np.empty((n, 3, SIDE, SIDE), np.uint8)
    y = np.empty(n, np.int64)
    y[:] = np.random.default_rng([seed, 0]).permutation(n) % 10
    for i, start in enumerate(range(0, n, _CHUNK)):
        part = slice(start, start + _CHUNK)
        X[part] = draw(y[part], np.random.default_rng([seed, 1, i]))
    return np.ascontiguousarray(X.transpose(0, 2, 3, 1)), y


def offline_folder():
    """Return the folder of the drawn set."""
    print("Using the drawn offline image set: ten classes of shapes. This is not CIFAR-10.", file=sys.stderr)
    return create_once(cache_folder() / f"offline-images-v{VERSION}", _write_set)


def _write_set(folder: Path) -> None:
    X, y = draw_offline_images(60000, seed=SEED)
    X = X.transpose(0, 3, 1, 2).reshape(-1, 3072)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    for i, name in enumerate(names):
        part = slice(i * 10000, (i + 1) * 10000)
        batch = {"batch_label": f"offline images, {name}", "labels": y[part].tolist(), "data": X[part],
                 "filenames": [f"{k:05d}.png" for k in range(10000)]}
        with open(folder / name, "wb") as file:
            pickle.dump(batch, file, protocol=4)
    with open(folder / "batches.meta", "wb") as file:
        pickle.dump({"num_cases_per_batch": 10000, "num_vis": 3072, "label_names": list(CLASS_NAMES)}, file, protocol=4)
