"""A drawn set of ten classes of images in the layout of CIFAR-10, for work without a network. It is not CIFAR-10."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .cache import cache_folder, create_once
from .drawing import CLASSES, SIDE, draw
from .shapes import FIGURES

VERSION = 3  # counts up when the drawing changes, so that an older set is not taken for the new one
SEED = 2026
BATCH = 10_000
_AT_ONCE = 500  # images per block; what is computed for a block fits into the processor's cache


def draw_offline_images(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw images of the offline set.

    The classes are disc, square, triangle, ring, plus, star, bar, crescent, checked disc and striped square,
    in front of coloured backgrounds and among clutter. The same ``n`` and ``seed`` give the same images;
    another seed gives unseen images of the same classes.

    Parameters
    ----------
    n : int
        How many. All classes are equally frequent, as far as ``n`` allows.
    seed : int
        Not negative.

    Returns
    -------
    X : uint8 array (n, 32, 32, 3)
        Images, channels last.
    y : int64 array (n,)
        Labels 0 to 9.

    Raises
    ------
    ValueError
        If ``n`` or ``seed`` is negative.
    """
    images, labels = _draw(n, seed)
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1)), labels


def offline_blocks(n: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw the images of `draw_offline_images` one block after another.

    Parameters
    ----------
    n, seed : int
        As there.

    Yields
    ------
    X : uint8 array (m, 3, 32, 32)
        The next images, channels first.
    y : int64 array (m,)
        Their labels.
    """
    if n < 0 or seed < 0:
        raise ValueError(f"n and seed must not be negative, but are {n} and {seed}")
    for_labels, *for_blocks = np.random.SeedSequence(seed).spawn(1 + -(-n // _AT_ONCE))
    rng = np.random.default_rng(for_labels)
    labels = rng.permutation((np.arange(n) + rng.integers(CLASSES)) % CLASSES)
    for block, block_seed in enumerate(for_blocks):
        some = labels[block * _AT_ONCE : (block + 1) * _AT_ONCE]
        yield draw(some, np.random.default_rng(block_seed)), some


def _draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw images (n, 3, 32, 32) and labels (n,)."""
    images, labels = np.empty((max(n, 0), 3, SIDE, SIDE), np.uint8), np.empty(max(n, 0), np.int64)
    done = 0
    for some, their_labels in offline_blocks(n, seed):
        rows = slice(done, done := done + len(some))
        images[rows], labels[rows] = some, their_labels
    return images, labels


_announced: set[Path] = set()


def offline_folder() -> Path:
    """Return the folder of the offline set, drawn on first use and kept in the cache.

    The first call of a process says that this is not CIFAR-10, and every call that draws says so.
    """
    folder = cache_folder() / f"offline-images-v{VERSION}"
    drawing = "" if folder.is_dir() else " It is being drawn now, once, in about 20 seconds."
    if drawing or folder not in _announced:
        print(f"This is NOT CIFAR-10, but the offline image set: ten classes of drawn figures.{drawing}")
        _announced.add(folder)
    return create_once(folder, _write_set)


def _write_set(folder: Path) -> None:
    images, labels = _draw(6 * BATCH, SEED)
    rows = images.reshape(len(images), -1)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    for i, name in enumerate(names):
        part = range(i * BATCH, (i + 1) * BATCH)
        batch = {
            "batch_label": f"offline image set, {name}",
            "labels": labels[part].tolist(),
            "data": rows[part.start : part.stop],
            "filenames": [f"figure_{index:05d}.png" for index in part],
        }
        _dump(folder / name, batch)
    meta = {"num_cases_per_batch": BATCH, "num_vis": rows.shape[1], "label_names": list(FIGURES)}
    _dump(folder / "batches.meta", meta)


def _dump(path: Path, content: Any) -> None:
    with open(path, "wb") as file:
        pickle.dump(content, file, protocol=4)
