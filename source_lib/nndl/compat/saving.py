"""``save`` and ``load`` of CS231n's models (2025 on): the dict of parameters as a ``.npy`` file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..data_utils import load_pickle

_FOLDER = Path("cs231n", "saved")


class SavedParams:
    """For a model with ``params``: store and read them. Loading runs no code that a file may hold."""

    params: dict[str, np.ndarray]

    def save(self, fname: str | os.PathLike[str]) -> None:
        """Write ``params``, to ``cs231n/saved`` where the notebook has that folder, else to where ``fname`` says."""
        path = _place(fname)
        if path.suffix != ".npy":  # as np.save does
            path = path.with_name(path.name + ".npy")
        np.save(path, np.array(self._kept(), dtype=object), allow_pickle=True)
        print(fname, "saved.")

    def load(self, fname: str | os.PathLike[str]) -> bool:
        """Read what :meth:`save` wrote, or a file of the course; return whether there was one.

        Raises
        ------
        ValueError
            If it holds anything but arrays.
        """
        path = _place(fname)
        if not path.is_file():
            print(fname, "not available.")
            return False
        self._take(_read_dict(path))
        print(fname, "loaded.")
        return True

    def _kept(self) -> Any:
        return self.params

    def _take(self, params: Any) -> None:
        self.params = params


def _place(fname: str | os.PathLike[str]) -> Path:
    path = Path(fname)
    return _FOLDER / path if _FOLDER.is_dir() and not path.is_absolute() else path


def _read_dict(path: Path) -> Any:
    """Return the one object of a stored object array, which NumPy alone would unpickle without any restriction."""
    with open(path, "rb") as stream:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            _, _, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            _, _, dtype = np.lib.format.read_array_header_2_0(stream)
        if not dtype.hasobject:
            raise ValueError(f"{path} holds an array, not the parameters of a model")
        return load_pickle(stream).item()
