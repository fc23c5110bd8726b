"""A random state of NumPy's global generator for each library in this process."""

from __future__ import annotations

import contextlib
import ctypes
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random import mtrand

_BYTES = 4 * 624 + struct.calcsize("i")
"""Of the Mersenne twister in memory: its words, and how many of them are used up."""


class OwnRandomState:
    """What the global generator holds while one library answers.

    NumPy's way to read and set a state takes long, and most requests draw nothing. So the generator's words are
    exchanged in memory, and NumPy is asked only where something was drawn, or where half a pair of normal numbers is
    kept, which is no part of the words.

    Parameters
    ----------
    seed : int, optional
        By default nobody knows the state.
    """

    def __init__(self, seed: int | None = None):
        self._keep(np.random.RandomState(seed).get_state(legacy=False))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the global generator go on from this state in the block, and from its own after it."""
        generator = mtrand.get_bit_generator()
        memory = _memory(generator)
        outside = _outside(memory)
        exchanged = self._words if memory is not None and _words(outside) is not None else None
        if memory is not None and exchanged is not None:
            there = memory.raw
            memory.raw = exchanged
        else:
            np.random.set_state(self._state)
        try:
            yield
        finally:
            if (
                memory is not None
                and exchanged is not None
                and memory.raw == exchanged
                and mtrand.get_bit_generator() is generator
            ):
                memory.raw = there
            else:
                self._keep(np.random.get_state(legacy=False))
                np.random.set_state(outside)

    def _keep(self, state: dict[str, Any]) -> None:
        self._state = state
        self._words = _words(state)


def _memory(generator: Any) -> Any:
    """Return where the words of a generator lie; None if it is another kind of generator."""
    if type(generator) is not np.random.MT19937:
        return None
    return (ctypes.c_char * _BYTES).from_address(generator.ctypes.state_address)


def _words(state: Mapping[str, Any]) -> bytes | None:
    """Return a state as it lies in memory; None if there is more to it."""
    if state["has_gauss"]:
        return None
    return state["state"]["key"].tobytes() + struct.pack("i", state["state"]["pos"])


_last: tuple[bytes | None, dict[str, Any]] = None, {}


def _outside(memory: Any) -> dict[str, Any]:
    """Return the state of the global generator; nothing is read anew if that is the one without more than words."""
    global _last
    if memory is not None and memory.raw == _last[0]:
        return _last[1]
    state = np.random.get_state(legacy=False)
    words = _words(state)
    # where the words lie in another way, they are never exchanged
    _last = words if memory is not None and words == memory.raw else None, state
    return state
