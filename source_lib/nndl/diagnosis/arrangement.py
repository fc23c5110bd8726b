"""Right numbers in wrong places: transposed, flipped, shifted, in another order, read in another order of the axes."""

from __future__ import annotations

import itertools

import numpy as np

_MOST = 2_000_000
"""Numbers that one comparison of all slices with all others may look at; larger arrays are not searched."""


def another_arrangement(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    """Return kind and predicate if ``a`` holds the numbers of ``e`` elsewhere; None if it does not.

    Parameters
    ----------
    a, e : float64 arrays of finite numbers, of one shape
        What came and what was expected.
    limit : float
        How far two equal numbers may lie apart.
    """
    # A few different numbers agree by chance wherever they stand.
    if e.ndim == 0 or _different(e, limit) < 3:
        return None
    return (
        _exchanged(a, e, limit)
        or _other_slices(a, e, limit)
        or _read_in_other_order(a, e, limit)
        or _shifted(a, e, limit)
    )


def reshaped(a: np.ndarray, e: np.ndarray, limit: float) -> str | None:
    """Say how an array of another shape holds the right numbers; None if it does not."""
    if a.size != e.size or e.size < 2 or _different(e, limit) < min(3, e.size):
        return None
    if _same(a.ravel(), e.ravel(), limit):
        fits = [n for n in a.shape if n > 1] == [n for n in e.shape if n > 1]
        why = f"an axis of length 1 is {'superfluous' if a.ndim > e.ndim else 'missing'}" if fits else ""
        return "the numbers are right, only the shape is not" + (
            f": {why}" if why and a.ndim != e.ndim else ""
        )
    for axes in itertools.permutations(range(e.ndim)):
        if list(axes) != sorted(axes) and _same(a.ravel(), e.transpose(axes).ravel(), limit):
            return f"it holds the right numbers with the axes in the order {axes}"
    return None


def _different(e: np.ndarray, limit: float) -> int:
    """Return how many numbers differ plainly from each other."""
    return 1 + int(np.count_nonzero(np.diff(np.sort(e, axis=None)) > 4 * limit)) if e.size else 0


def _same(a: np.ndarray, e: np.ndarray, limit: float) -> bool:
    return a.shape == e.shape and bool(np.max(np.abs(a - e), initial=0.0) <= limit)


def _exchanged(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    for one, other in itertools.combinations(range(e.ndim), 2):
        if e.shape[one] == e.shape[other] > 1 and _same(a.swapaxes(one, other), e, limit):
            if e.ndim == 2:
                return "transpose", "is transposed: rows and columns are exchanged"
            return "transpose", f"is right but for its axes {one} and {other}, which are exchanged"
    return None


def _other_slices(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    """Look along each axis for slices that are those of another place."""
    for axis, length in enumerate(e.shape):
        if length < 2 or e.size * length > _MOST:
            continue
        mine = np.moveaxis(a, axis, 0).reshape(length, -1)
        right = np.moveaxis(e, axis, 0).reshape(length, -1)
        alike = np.max(np.abs(mine[:, None] - right[None]), axis=2) <= limit
        if not (alike.sum(axis=1) == 1).all():
            continue
        order = [int(i) for i in np.argmax(alike, axis=1)]
        what = _slices(e.ndim, axis)
        if order == list(range(length))[::-1] and length > 2:
            return "order", f"is flipped: its {what} are in reverse order"
        if order == [(i + order[0]) % length for i in range(length)] and length > 2:
            return "order", f"has its {what} moved on: the first is number {order[0]} of the right ones"
        if len(set(order)) == length and length > 1:
            shown = f": {order}" if length <= 12 else ""
            return "order", f"has the right {what} in another order{shown}"
        if len(set(order)) == 1 and length > 1:
            return "order", f"has number {order[0]} of the right {what} in the place of all of them"
        shown = f" {order}" if length <= 12 else ""
        return "order", f"has other ones of the right {what} in their places: those with the numbers{shown}"
    return None


def _slices(ndim: int, axis: int) -> str:
    if ndim == 1:
        return "entries"
    if ndim == 2:
        return ("rows", "columns")[axis]
    return "slices [" + ", ".join("i" if k == axis else ":" for k in range(ndim)) + "]"


def _read_in_other_order(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    """Look for a reshape without a transpose before or behind it."""
    if e.ndim < 2 or not _same(np.sort(a, axis=None), np.sort(e, axis=None), limit):
        return None
    for axes in itertools.permutations(range(e.ndim)):
        moved = e.transpose(axes)
        if _same(a.ravel(), moved.ravel(), limit) or _same(a.transpose(axes).ravel(), e.ravel(), limit):
            return (
                "order",
                f"has the right numbers in other places: reshaped where axes {axes} had to be moved",
            )
    return "order", "has the right numbers, but in other places"


def _shifted(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    axes = range(e.ndim)[-2:] if e.ndim > 2 else range(e.ndim)
    for steps in sorted(itertools.product((0, 1, -1), repeat=len(axes)), key=lambda s: sum(map(abs, s))):
        if not any(steps):
            continue
        mine, right = [slice(None)] * e.ndim, [slice(None)] * e.ndim
        for axis, step in zip(axes, steps, strict=True):
            ahead, behind = slice(1, None), slice(None, -1)
            if step:
                mine[axis], right[axis] = (ahead, behind) if step > 0 else (behind, ahead)
        part = e[tuple(right)]
        if part.size < max(4, e.size // 4) or _different(part, limit) < 3:
            continue
        if _same(a[tuple(mine)], part, limit):
            text = ", ".join(
                f"{step:+d} along axis {axis}" for axis, step in zip(axes, steps, strict=True) if step
            )
            what = "by one place" if e.ndim < 3 else "by one pixel"
            return "shift", f"is shifted {what}: {text}"
    return None
