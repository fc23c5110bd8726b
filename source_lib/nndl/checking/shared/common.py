"""What the visible checks of several milestones need: differences, unchanged inputs, keys, finite numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from ...gradient_check import eval_numerical_gradient
from .code.handed_on import HandedOn
from .errors.operation import what_it_is
from .known_mistakes import evidence
from .model import CHANGED, Note, Remark, Results

__all__ = [
    "CHANGED",
    "Results",
    "cache_problem",
    "copies",
    "first_the_cache",
    "key_problem",
    "left_behind",
    "number_problem",
    "numeric_gradient",
    "penalty_problem",
    "unchanged",
    "wrong_results",
]


def numeric_gradient(f: Callable[[], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Return the numeric gradient of ``f()``, which reads the very array ``x`` without being handed it."""
    return eval_numerical_gradient(lambda _: f(), x, verbose=False, h=h)


def copies(params: Mapping[str, np.ndarray], **arrays: np.ndarray) -> dict[str, np.ndarray]:
    """Return copies of named arrays, to be handed to `unchanged` later."""
    return {name: np.array(value) for name, value in {**params, **arrays}.items()}


def unchanged(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> Results:
    """Yield a problem for every array that is not what it was before a call."""
    for name, value in before.items():
        # what an earlier mistake has made NaN is still the same
        if not np.array_equal(value, after[name], equal_nan=np.asarray(value).dtype.kind == "f"):
            evidence(f"{name} after the call", after[name])
            yield f"{name} {CHANGED}: work on a copy, or avoid -= and += on arguments"


def key_problem(value: Any, keys: Collection[str], what: str) -> str | None:
    """Return what is wrong if ``value`` is not a dict with exactly these keys."""
    wanted = ", ".join(keys)
    if not isinstance(value, dict):
        return f"{what} must be a dict with the keys {wanted}, but it is a {type(value).__name__}"
    if set(value) != set(keys):
        return f"{what} must have the keys {wanted}, but it has {', '.join(map(str, value)) or 'none'}"
    return None


def cache_problem(cache: Any, arguments: Mapping[str, np.ndarray], function: str) -> str | None:
    """Return what is wrong if a cache of as many entries as are documented holds an argument in another form."""
    if not isinstance(cache, tuple) or len(cache) < len(arguments):
        return None
    for entry, (name, value) in zip(cache, arguments.items(), strict=False):
        if isinstance(entry, np.ndarray) and entry.shape != value.shape:
            was = f"in the shape {entry.shape}, but it should be that in which it came, {value.shape}"
            return f"the cache of {function} holds {name} {was}"
    return None


def wrong_results(function: str, wanted: str, value: Any) -> TypeError:
    """Return the error for a function that gives something else than it should, with what it gives."""
    return TypeError(f"{function} must return {wanted}, but it gives back {what_it_is(value)}")


def left_behind(changes: Mapping[str, np.ndarray]) -> str | None:
    """Return which parameters a step has left where they were, if others have moved or if all should have."""
    still = [name for name, change in changes.items() if not np.any(change)]
    moved = [name for name in changes if name not in still]
    if not still:
        return None
    if not moved:
        return "no parameter has moved: do the new numbers get into params?"
    one = len(moved) == 1 and not moved[0].endswith("s")
    return f"{' and '.join(moved)} {'moves' if one else 'move'}, but {' and '.join(still)} not at all"


def number_problem(value: Any, name: str) -> str | None:
    """Return what is wrong if ``value`` is not one finite number."""
    if np.ndim(value) != 0 or not np.isfinite(value):
        return f"{name} must be one finite number, but it is {value!r:.80}"
    return None


def penalty_problem(
    got: Any, numeric: np.ndarray, w: np.ndarray, reg: float, name: str, label: str
) -> str | None:
    """Say so where a gradient differs from the right one by a multiple of what is penalized."""
    if np.shape(got) != w.shape or not reg or not w.any():
        return None
    if np.allclose(got, reg * w, rtol=0, atol=1e-9 * float(np.abs(w).max())):
        return f"{label} is reg * {name} alone: the gradient of the loss without the penalty is not in it"
    off = np.asarray(got, dtype=np.float64) - numeric
    factor = float(np.vdot(off, w) / np.vdot(w, w)) / reg
    if not np.allclose(off, factor * reg * w, rtol=0, atol=1e-6 * float(np.abs(numeric).max())):
        return None
    much = "too much" if factor > 0 else "too little"
    return (
        f"{label} has {abs(factor):.3g} * reg * {name} {much}: look at the penalty's term, also in the loss"
    )


def first_the_cache(results: Results, handed_on: Callable[[], HandedOn]) -> Results:
    """Yield what a check finds; in the place of the first wrong thing, that the cache is at fault if that is so."""
    found = iter(results)
    while True:
        try:
            result = next(found)
        except StopIteration:
            return
        except NotImplementedError:
            raise
        except Exception:
            if says := _problem(handed_on):
                yield says
                return
            raise
        if result is not None and not isinstance(result, Note | Remark) and (says := _problem(handed_on)):
            yield says
            return
        yield result


def _problem(handed_on: Callable[[], HandedOn]) -> str:
    try:
        return handed_on().problem()
    except Exception:
        return ""
