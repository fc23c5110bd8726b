"""Parameters in a file: named plain arrays in NumPy's ``.npz`` format, never pickle."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np


def save_arrays(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``arrays`` to exactly ``path`` (no suffix is added) as an ``.npz`` file.

    Raises
    ------
    TypeError
        If a value is not an array of real numbers.
    """
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise TypeError(f"{name} must be an array of real numbers, but got {type(array).__name__}")
    with open(path, "wb") as file:
        np.savez(file, **dict(arrays))  # type: ignore[arg-type]


def load_arrays(path: str | os.PathLike[str], axes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Read an ``.npz`` file that holds exactly the arrays named in ``axes``.

    Parameters
    ----------
    path : path
        The file. Nothing in it can run as code: pickled objects are refused.
    axes : mapping of str to int
        Name of each array that is expected, and how many axes it has.

    Returns
    -------
    arrays : dict of str to array
        In the order of ``axes``; of a floating-point dtype, all values finite.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not an ``.npz`` file of plain arrays, or the arrays are not as expected.
    """
    try:
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("it holds a single array")
        with stored:
            arrays: dict[str, np.ndarray] = {name: stored[name] for name in stored.files}
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is not an .npz file of plain arrays: {error}") from error
    if set(arrays) != set(axes):
        found = ", ".join(sorted(arrays)) or "none"
        raise ValueError(f"{path} must hold the arrays {', '.join(axes)}, but holds: {found}")
    for name, count in axes.items():
        array = arrays[name]
        if array.dtype.kind != "f":
            raise ValueError(f"{name} in {path} must hold floating-point numbers, not {array.dtype}")
        if array.ndim != count:
            raise ValueError(f"{name} in {path} must have {count} axes, but its shape is {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} in {path} holds values that are not finite")
    return {name: arrays[name] for name in axes}
