"""How wrong initial weights were drawn: later or earlier than they should be, in another shape, or after a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.judging.compare import is_finite, words

_SEEDS = (*range(11), 42, 100, 123, 231, 1234)
"""Seeds that people set by themselves."""

_MORE = 200
"""So many numbers may be drawn in between."""


@words
def drawn_how(name: str, got: Any, wants: Mapping[str, Any], names: Sequence[str], seed: int) -> str:
    """Say where the weights ``name`` come from; an empty text if that is unclear.

    Parameters
    ----------
    name : str
    got : object
        What the student's net has under that name.
    wants : mapping of str to array
        The right parameters: the weights among ``names`` are multiples of ``randn``, drawn in this order.
    seed : int
        What NumPy's generator was seeded with.
    """
    want, before = wants[name], 0
    for other in names[: names.index(name)]:
        before += wants[other].size if other.startswith("W") else 0
    if not is_finite(got, want.shape, "f") or want.size < 2:
        return ""
    stream = np.random.RandomState(seed).randn(before + want.size + _MORE)
    scale, rtol = float(want.flat[0]) / stream[before], 1e-4 if want.dtype == np.float32 else 1e-8

    def same(numbers: np.ndarray, start: int, there: np.ndarray) -> bool:
        part = there[start : start + numbers.size]
        return part.size == numbers.size and bool(np.allclose(numbers, scale * part, rtol=rtol, atol=0))

    flat = np.asarray(got).reshape(-1)
    for start in range(len(stream) - want.size + 1):
        if start != before and same(flat, start, stream):
            where, by = ("later", start - before) if start > before else ("earlier", before - start)
            return f"its numbers are drawn {by} draws {where} than they should be: in which order, and of what else?"
    if want.ndim == 2 and same(np.asarray(got).T.reshape(-1), before, stream):
        return "it is drawn in the shape of its transpose and then transposed"
    for own in _SEEDS:
        if own != seed and same(flat, before, np.random.RandomState(own).randn(before + want.size)):
            return f"it is what np.random.seed({own}) gives: whoever makes a net sets the seed"
    return ""
