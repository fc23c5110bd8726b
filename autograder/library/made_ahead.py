"""Arrays that are made beside everything else, once, for all processes that are forked from this one.

To draw hidden images takes more than a second. A process of its own begins with it while the run is still being
prepared, and writes them into memory that it shares with the processes that grade.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..sandbox.inside import kernel_calls
from .memory import keep_memory_of_large_arrays

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class _Ordered:
    """Arrays that are being made.

    Attributes
    ----------
    arrays : tuple of array
        Where they will lie.
    made : array of one bool
        Whether they do, once their process has ended.
    process : int
        A descriptor that is at its end when that process is.
    """

    arrays: Arrays
    made: np.ndarray
    process: int


_ordered: dict[object, _Ordered] = {}


def order(name: object, like: Sequence[tuple[tuple[int, ...], str]], make: Callable[[], Arrays]) -> None:
    """Have arrays made in another process, unless that was asked before.

    Parameters
    ----------
    name : hashable
        By which `ordered` knows them.
    like : sequence of (shape, dtype)
        What they will be.
    make : callable
        Makes them.
    """
    if name in _ordered:
        return
    if threading.active_count() > 1:  # a forked process would inherit other threads' locks
        return
    arrays = tuple(_shared(shape, np.dtype(kind)) for shape, kind in like)
    made = _shared((1,), np.dtype(bool))
    process, its_end = os.pipe()

    def work() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # this process decides what an interrupt means
        kernel_calls.end_with_parent(signal.SIGKILL)
        os.close(process)
        keep_memory_of_large_arrays()
        for place, array in zip(arrays, make(), strict=True):
            if (place.shape, place.dtype) != (array.shape, array.dtype):
                return
            place[...] = array
        made[0] = True

    multiprocessing.get_context("fork").Process(target=work, daemon=True).start()
    os.close(its_end)  # the other one holds it until it ends, whatever ends it
    for array in arrays:
        array.flags.writeable = False
    _ordered[name] = _Ordered(arrays, made, process)


def ordered(name: object) -> Arrays | None:
    """Return arrays that were ordered, once they are made; None if they were not, or could not be made."""
    found = _ordered.get(name)
    if found is None:
        return None
    os.read(found.process, 1)
    return found.arrays if found.made[0] else None


def _shared(shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
    count = int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, max(1, count * kind.itemsize)), dtype=kind, count=count).reshape(shape)
