"""Checkpoints: nested plain data and arrays in two files, without pickle.

A checkpoint ``name`` is the pair ``name.npz``, every array, and ``name.json``, everything else with references
to the arrays. Both can be opened from a stranger: neither can hold code. The JSON is written last and records
the SHA-256 of the arrays, so a run that is killed while it writes leaves no checkpoint that looks whole but
is not.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = "nndl-checkpoint/1"

PathLike = str | os.PathLike[str]


def save(name: PathLike, state: dict[str, Any]) -> None:
    """Write ``state`` as the checkpoint ``name``; an existing one is replaced.

    Parameters
    ----------
    name : path
        Path without a suffix; its folder is created when missing.
    state : dict
        Nested dicts with string keys, lists and tuples (which come back as lists), ``None``, bools, numbers,
        strings, NumPy scalars and arrays. All come back with the same value and dtype, floats to the last bit.

    Raises
    ------
    TypeError
        If ``state`` holds anything else; nothing is written then.
    """
    arrays: dict[str, np.ndarray] = {}
    plain = _take_arrays_out(state, "", arrays)
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    content = packed.getvalue()
    document = {"format": FORMAT, "arrays_sha256": hashlib.sha256(content).hexdigest(), "state": plain}
    text = json.dumps(document, indent=1).encode()

    array_file, json_file = _files(name)
    array_file.parent.mkdir(parents=True, exist_ok=True)
    json_file.unlink(missing_ok=True)  # from here to the last line there is no checkpoint of this name
    _replace(array_file, content)
    _replace(json_file, text)


def load(name: PathLike) -> dict[str, Any]:
    """Read the checkpoint ``name`` back.

    Raises
    ------
    FileNotFoundError
        If one of its two files is missing.
    ValueError
        If it is damaged, of another format, or its files do not belong together.
    """
    array_file, json_file = _files(name)
    try:
        document = json.loads(json_file.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, not {FORMAT!r}")
        content = array_file.read_bytes()
        if hashlib.sha256(content).hexdigest() != document["arrays_sha256"]:
            raise ValueError(f"{array_file.name} is not the file that was written with it")
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        state = _put_arrays_in(document["state"], arrays)
    except (ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{json_file} is not a usable checkpoint: {error}") from error
    return state


def find(name: PathLike) -> Path:
    """Return the checkpoint that ``name`` means, without a suffix.

    Parameters
    ----------
    name : path
        A checkpoint, with or without one of its suffixes, or a ``checkpoint_name``, which means its last
        epoch.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    path = Path(name)
    if path.suffix in (".json", ".npz"):
        path = path.with_suffix("")
    if all(file.is_file() for file in _files(path)):
        return path
    pattern = re.compile(re.escape(path.name) + r"_epoch_(\d+)\.json")
    folder = path.parent
    epochs = [
        int(match[1])
        for file in (folder.iterdir() if folder.is_dir() else ())
        if (match := pattern.fullmatch(file.name))
    ]
    for epoch in sorted(epochs, reverse=True):
        candidate = epoch_name(path, epoch)
        if all(file.is_file() for file in _files(candidate)):
            return candidate
    raise FileNotFoundError(
        f"there is no checkpoint {path} and none {path}_epoch_<k> (a .json and a .npz file)"
    )


def epoch_name(name: PathLike, epoch: int) -> Path:
    """Return the name of the checkpoint of one epoch, ``<name>_epoch_<k>``."""
    path = Path(name)
    return path.with_name(f"{path.name}_epoch_{epoch}")


def _files(name: PathLike) -> tuple[Path, Path]:
    path = Path(name)
    return path.with_name(path.name + ".npz"), path.with_name(path.name + ".json")


def _replace(file: Path, content: bytes) -> None:
    """Put ``content`` at ``file`` in one step: whoever looks finds the old file or the whole new one."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# In the JSON a dict with one of these two keys stands for an array or a NumPy scalar in the .npz file.
_ARRAY, _SCALAR = "__array__", "__scalar__"


def _take_arrays_out(value: Any, where: str, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.hasobject:
            raise TypeError(f"a checkpoint cannot hold {where}: its dtype is {value.dtype}")
        if where in arrays:
            raise TypeError(f"a checkpoint cannot hold two entries called {where}")
        arrays[where] = np.asarray(value)
        return {_SCALAR if isinstance(value, np.generic) else _ARRAY: where}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_take_arrays_out(item, f"{where}/{i}", arrays) for i, item in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or key in (_ARRAY, _SCALAR):
                raise TypeError(f"a checkpoint cannot hold the key {key!r} of {where or 'the state'}")
        return {
            key: _take_arrays_out(item, f"{where}/{key}" if where else key, arrays)
            for key, item in value.items()
        }
    raise TypeError(f"a checkpoint cannot hold {where}: it is a {type(value).__name__}")


def _put_arrays_in(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_put_arrays_in(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if _ARRAY in value:
        return arrays[value[_ARRAY]]
    if _SCALAR in value:
        return arrays[value[_SCALAR]][()]
    return {key: _put_arrays_in(item, arrays) for key, item in value.items()}
