"""How the C library of a process deals with the memory of large arrays."""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_memory_of_large_arrays() -> None:
    """Let this process keep the memory of arrays up to 32 MiB for the next ones, as the C library does in the end.

    Otherwise each new array costs a page fault for every 4 KiB, until the library has learned better.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
    libc.mallopt(_M_TRIM_THRESHOLD, 64 << 20)


_EVERY = 20
_times = 0


def give_back_now_and_then() -> None:
    """Give back what this process keeps free, every twentieth time: it lies between what is remembered, and grows."""
    global _times
    _times += 1
    if _times % _EVERY == 0:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of GNU's C library alone
        if trim is not None:
            trim(0)
