"""Reading pickle files of arrays without running what else a pickle may hold.

A pickle is a program: opening one from a stranger runs the stranger's code. The data files of this course
need only arrays, numbers, text, lists and dicts, so nothing else is let through.
"""

from __future__ import annotations

import os
import pickle
from typing import Any, BinaryIO

# What NumPy's arrays, dtypes and scalars are rebuilt from; `_codecs.encode` turns text into the bytes of an
# array.
_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data file needs")
        if module == "numpy.core.multiarray":
            module = "numpy._core.multiarray"  # the name since NumPy 2
        return super().find_class(module, name)


def load_pickle(f: BinaryIO | str | os.PathLike[str]) -> Any:
    """Read one pickle file that holds arrays and basic types only.

    Parameters
    ----------
    f : binary file or path
        Python 2 text (as in the official CIFAR-10 files) comes out as ``str``.

    Raises
    ------
    ValueError
        If it is damaged, or holds anything but arrays, numbers, text, lists, tuples and dicts.
    """
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return load_pickle(file)
    try:
        return _ArrayUnpickler(f, encoding="latin1").load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError) as error:
        name = getattr(f, "name", "the file")
        raise ValueError(f"{name} is not a pickle of plain arrays, or it is damaged: {error}") from error
