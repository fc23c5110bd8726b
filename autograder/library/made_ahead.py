"""Arrays that are made beside everything else, once, for all processes that are forked from this one.

To draw hidden images takes a second. A process of its own begins with it while the run is still being prepared, and
writes them into memory that it shares with the processes that grade. The first rows are there long before the last
ones, which many nets are never shown: after the first of them it takes what processor time the others leave.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
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
    made : array of one int
        How many rows of them do.
    process : int
        A descriptor that is at its end when that process is.
    """

    arrays: Arrays
    made: np.ndarray
    process: int


_ordered: dict[object, _Ordered] = {}


_NICE = 19
_A_MOMENT = 0.002
_PATIENCE = 60.0
"""Seconds in which not one more row is made, after which nobody waits any longer: whoever asks makes them then."""


def order(
    name: object, like: Sequence[tuple[tuple[int, ...], str]], make: Callable[[], Iterable[Arrays]]
) -> None:
    """Have arrays made in another process, unless that was asked before.

    Parameters
    ----------
    name : hashable
        By which `ordered` knows them.
    like : sequence of (shape, dtype)
        What they will be; all have the same number of rows.
    make : callable
        Makes them: gives some rows of each, then the next ones, and so on.
    """
    if name in _ordered:
        return
    if threading.active_count() > 1:  # a forked process would inherit other threads' locks
        return
    arrays = tuple(_shared(shape, np.dtype(kind)) for shape, kind in like)
    made = _shared((1,), np.dtype(np.int64))
    process, its_end = os.pipe()

    def work() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # this process decides what an interrupt means
        kernel_calls.end_with_parent(signal.SIGKILL)
        os.close(process)
        keep_memory_of_large_arrays()
        for pieces in make():
            rows = slice(int(made[0]), int(made[0]) + len(pieces[0]))
            for place, piece in zip(arrays, pieces, strict=True):
                if (place[rows].shape, place.dtype) != (piece.shape, piece.dtype):
                    return
                place[rows] = piece
            if not made[0]:
                os.nice(_NICE)
            made[0] = rows.stop

    multiprocessing.get_context("fork").Process(target=work, daemon=True).start()
    os.close(its_end)  # the other one holds it until it ends, whatever ends it
    for array in arrays:
        array.flags.writeable = False
    _ordered[name] = _Ordered(arrays, made, process)


def ordered(name: object, rows: int | None = None) -> Arrays | None:
    """Return arrays that were ordered; None if they were not, or could not be made, or the process makes no more.

    Parameters
    ----------
    name : hashable
        As for `order`.
    rows : int, optional
        How many of their rows must have been made; by default all.
    """
    found = _ordered.get(name)
    if found is None:
        return None
    enough = len(found.arrays[0]) if rows is None else rows
    end = select.poll()
    end.register(found.process, select.POLLIN)
    rows_seen, since = -1, time.monotonic()
    while (made := int(found.made[0])) < enough and not end.poll(0):
        if made > rows_seen:
            rows_seen, since = made, time.monotonic()
        elif time.monotonic() - since > _PATIENCE:
            break
        time.sleep(_A_MOMENT)
    return found.arrays if found.made[0] >= enough else None


def _shared(shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
    count = int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, max(1, count * kind.itemsize)), dtype=kind, count=count).reshape(shape)
