"""Some ImageNet validation photographs, for looking at what a trained network sees."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .cache import cache_folder, fetch
from .unpickle import load_pickle

FILE = "imagenet_val_25.npz"
URL = f"http://cs231n.stanford.edu/{FILE}"
SHA256 = "35141609d22457c791e8fbe10c2d3b09ed0d6a04b669173e9fbebb0b4915cd3c"


def load_imagenet_val(
    num: int | None = None, path: str | os.PathLike[str] | None = None
) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    """Load photographs from the ImageNet validation set.

    Parameters
    ----------
    num : int, optional
        How many; by default all 25.
    path : path, optional
        The file ``imagenet_val_25.npz`` or its folder. By default the folder in the environment variable
        ``NNDL_DATA`` if it has the file, then the cache, then the network.

    Returns
    -------
    X : uint8 array (num, 224, 224, 3)
    y : int64 array (num,)
        ImageNet class numbers, 0 to 999.
    class_names : dict of int to str
        The name of each class number.

    Raises
    ------
    FileNotFoundError
        If ``path`` has no such file.
    ValueError
        If the file is damaged, or ``num`` is not from 1 to 25.
    ConnectionError
        If the file cannot be downloaded.
    """
    file = _find(path)
    try:
        with zipfile.ZipFile(file) as archive:
            X, y = (np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False) for name in "Xy")
            class_names = _read_object(archive.read("label_map.npy"))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{file} is damaged; delete it and load again: {error}") from error
    if X.ndim != 4 or X.dtype != np.uint8 or y.shape != (len(X),) or not isinstance(class_names, dict):
        raise ValueError(f"{file} does not hold images, labels and class names; delete it and load again")
    if num is not None and not 1 <= num <= len(X):
        raise ValueError(f"num must be from 1 to {len(X)}, but got {num}")
    return X[:num], y[:num].astype(np.int64), {int(number): str(name) for number, name in class_names.items()}


def _find(path: str | os.PathLike[str] | None) -> Path:
    if path is not None:
        file = Path(path).expanduser()
        file = file / FILE if file.is_dir() else file
        if not file.is_file():
            raise FileNotFoundError(
                f"there is no file {file}; path must be {FILE} or the folder that holds it"
            )
        return file
    for folder in (os.environ.get("NNDL_DATA"), cache_folder()):
        if folder and (Path(folder).expanduser() / FILE).is_file():
            return Path(folder).expanduser() / FILE
    return fetch(URL, SHA256)


def _read_object(content: bytes) -> Any:
    """Return the one object of a stored object array, which NumPy alone would unpickle without any restriction."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError(f"label_map is in version {version} of the .npy format; expected (1, 0)")
    np.lib.format.read_array_header_1_0(stream)
    return load_pickle(stream).item()
