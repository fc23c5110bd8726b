"""From values to findings: the ways in which a check may judge what came back.

Everything here accepts any value at all for what the student's code returned, and says what is wrong with it.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec

import numpy as np

from nndl.diagnosis import agree, compare, describe

from ..failures import ReferenceFailure, StudentError
from ..library.interface import Library, RemoteObject, fetched
from .check import SHARE_OF_DEMANDS, Finding, Findings
from .equal import OTHER_VALUE, first_difference, may_show_a_mistake

_Given = ParamSpec("_Given")


def close(
    pairs: Mapping[str, tuple[Any, Any]],
    *,
    part: str | None = None,
    rtol: float | None = None,
    scale: float = 0.0,
    sizes: Mapping[str, float] | None = None,
    context: str = "",
) -> Findings:
    """Yield one finding per ``label: (got, want)``: equal up to rounding, or what is wrong.

    Right values may be numbers and arrays, and also texts, ``None``, and lists, tuples and dicts of all of these. Right
    numbers with axes of length 1 too many, or too few, lose as much as a demand of their own.

    Parameters
    ----------
    pairs : mapping
        What was compared → the student's value and the right one.
    part : str, optional
        The part of the check that all pairs belong to.  Default: each label is its own part.
    rtol, scale : float, optional
        See :func:`nndl.diagnosis.compare`.
    sizes : mapping of str to float, optional
        Lengths that explain a factor.
    context : str, optional
        Put after the message: under which circumstances, e.g. ``"for scores near 1e4"``.
    """
    for label, (got, want) in pairs.items():
        if not _is_numeric(got, want):
            yield _equal(part or label, label, got, want, context)
            continue
        if not _words_are_read.get():
            right = agree(got, want, rtol=rtol, scale=scale)
            yield Finding(part or label, label, float(right), "" if right else "wrong", want, got)
            continue
        diagnosis = compare(got, want, label, rtol=rtol, scale=scale, sizes=sizes)
        if diagnosis is None:
            yield Finding(part or label, label, 1.0, "", want, got, None)
            continue
        message = f"{diagnosis.message} ({context})" if context else diagnosis.message
        error = diagnosis.error if diagnosis.error != float("inf") else None
        form_only = _differs_in_axes_only(got, want, rtol, scale)
        credit = 1 - SHARE_OF_DEMANDS if form_only else 0.0
        yield Finding(
            part or label, label, credit, message, want, got, error, diagnosis.kind, form_only=form_only
        )


def _differs_in_axes_only(got: Any, want: Any, rtol: float | None, scale: float) -> bool:
    """Whether numbers are right but for axes of length 1, as `keepdims` leaves and `squeeze` takes away."""
    fitting = without_extra_axes(got, np.shape(want))
    return fitting is not got and agree(fitting, want, rtol=rtol, scale=scale)


_words_are_read: ContextVar[bool] = ContextVar("words_are_read", default=True)


@contextlib.contextmanager
def without_words() -> Iterator[None]:
    """Let findings tell in the block what is right and what is wrong, and not how: to find that out takes longest."""
    before = _words_are_read.set(False)
    try:
        yield
    finally:
        _words_are_read.reset(before)


def words(told: Callable[_Given, str]) -> Callable[_Given, str]:
    """Decorate what puts into words how something is wrong: nothing is looked for where nobody reads it."""

    @functools.wraps(told)
    def told_if_read(*args: _Given.args, **kwargs: _Given.kwargs) -> str:
        return told(*args, **kwargs) if _words_are_read.get() else ""

    return told_if_read


def _is_numeric(got: Any, want: Any) -> bool:
    """Return whether two values are compared as numbers: a list of them stands for an array beside an array."""
    return isinstance(want, (np.ndarray, np.generic, int, float)) or (
        isinstance(want, (list, tuple)) and isinstance(got, np.ndarray)
    )


def _equal(part: str, label: str, got: Any, want: Any, context: str) -> Finding:
    message = first_difference(got, want, label)
    if not message:
        return Finding(part, label, 1.0, "", want, got)
    kind = OTHER_VALUE if may_show_a_mistake(got, want) else ""
    return Finding(part, label, 0.0, f"{message} ({context})" if context else message, want, got, None, kind)


def stops_with(part: str, label: str, call: Callable[[], Any], error: str, message: str) -> Finding:
    """Return whether a call stops with an error of the class ``error``, e.g. ``"ValueError"``.

    Code that stops in another way, as unwritten code does, is not caught: the student reads where it stopped.

    Parameters
    ----------
    part, label : str
    call : callable
        Asks for the value, without arguments: ``lambda: trial.student.mean([])``.
    error : str
    message : str
        What the student reads if a value comes back.
    """
    try:
        got = call()
    except (StudentError, ReferenceFailure) as failure:
        cause = failure.__cause__ if isinstance(failure, ReferenceFailure) else failure
        if not isinstance(cause, StudentError) or cause.type_name != error:
            raise
        return claim(part, label, True, message, expected=error, actual=error)
    return claim(part, label, False, message, expected=error, actual=got)


def claim(part: str, label: str, condition: bool, message: str, *, expected: Any, actual: Any) -> Finding:
    """Return a finding about a yes-or-no claim; ``message`` is what the student reads when it does not hold."""
    return Finding(part, label, 1.0 if condition else 0.0, "" if condition else message, expected, actual)


def graded(part: str, label: str, credit: float, message: str, *, expected: Any, actual: Any) -> Finding:
    """Return a finding that earns a share ``credit`` of its part."""
    return Finding(part, label, credit, "" if credit >= 1 else message, expected, actual)


def close_to_any(
    label: str,
    got: Any,
    wants: Sequence[Any],
    *,
    part: str,
    scale: float,
    rtol: float | None = None,
    sizes: Mapping[str, float] | None = None,
    context: str = "",
) -> Findings:
    """Yield whether a value is one of those that may be called right; the message compares it with the first."""
    for want in wants[1:]:
        if agree(got, want, rtol=rtol, scale=scale):
            yield Finding(part, label, 1.0, "", want, got)
            return
    others = (want for want in wants[1:] if _differs_in_axes_only(got, want, rtol, scale))
    pair = {label: (got, next(others, wants[0]))}
    yield from close(pair, part=part, rtol=rtol, scale=scale, sizes=sizes, context=context)


# --- arguments that must not change ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """Arrays that lie on the student's side, so that a change of them can be seen; `keep` puts them there.

    Attributes
    ----------
    handles : dict of str to RemoteObject
        What the student calls an array → what to pass in its place.
    before : dict of str to array
        What each of them held.
    """

    handles: dict[str, RemoteObject]
    before: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> RemoteObject:
        return self.handles[name]

    def __iter__(self) -> Iterator[RemoteObject]:
        return iter(self.handles.values())

    def intact(self) -> list[str]:
        """Return the names of the arrays that hold what they held."""
        values = zip(self.before.items(), fetched([*self.handles.values()]), strict=True)
        return [name for (name, before), value in values if is_same(value, before)]

    def unchanged(self, part: str, names: Iterable[str] | None = None) -> Findings:
        """Yield for each array, or for those of these names, whether it holds what it held."""
        names = [*(self.before if names is None else names)]
        for name, after in zip(names, fetched([self.handles[name] for name in names]), strict=True):
            message = f"{name} was modified: a function must not change its inputs"
            yield unchanged(part, name, after, self.before[name], message)


def keep(lib: Library, **arrays: np.ndarray) -> Kept:
    """Put arrays on the library's side under the names that a student knows them by."""
    return Kept({name: lib.put(array) for name, array in arrays.items()}, arrays)


def unchanged(part: str, label: str, after: Any, before: Any, message: str) -> Finding:
    """Return whether a value is what it was; see `is_same`."""
    same = is_same(after, before)
    return claim(part, f"{label} unchanged", same, message, expected=before, actual=after)


def keeps_dtype(part: str, label: str, value: Any, *allowed: Any) -> Finding:
    """Return whether a value came back in the dtype of the arguments, the first of ``allowed``, or in another one."""
    names = [str(np.dtype(dtype)) for dtype in allowed]
    came = dtype_of(value)
    message = f"{label} must have the dtype of the arguments, {names[0]}, but it is {came}"
    return claim(part, f"dtype of {label}", came in names, message, expected=names[0], actual=came)


# --- what a value is ---------------------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Return whether a value is one real number: a Python or NumPy one, or an array without axes."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.ndim == 0 and value.dtype.kind in "fiub"
    return isinstance(value, (int, float))


def numbers(values: Any) -> Any:
    """Return a list of numbers as an array, and anything else as it is: the comparison says what is wrong with it."""
    if isinstance(values, (list, tuple)) and all(is_number(v) for v in values):
        return np.array([float(v) for v in values])
    return values


def is_array(value: Any, shape: tuple[int, ...] | None = None, kinds: str = "f") -> bool:
    """Return whether a value is an array, of this shape if one is given, of numbers of these kinds.

    ``kinds`` are letters of ``numpy.dtype.kind``: ``"f"`` for floating-point numbers, ``"iu"`` for integers.
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
        return False
    return shape is None or value.shape == tuple(shape)


def is_finite(value: Any, shape: tuple[int, ...] | None = None, kinds: str = "fiu") -> bool:
    """Return whether a value is an array as in `is_array`, with finite numbers only."""
    return is_array(value, shape, kinds) and bool(np.isfinite(value).all())


def is_same(value: Any, before: Any) -> bool:
    """Return whether a value is exactly this array, number, text or None, or this list, tuple or dict of such.

    Whatever the value is: ``==`` alone would stop with an error where it meets an array.
    """
    if isinstance(before, dict):
        alike = isinstance(value, dict) and value.keys() == before.keys()
        return alike and all(is_same(value[key], item) for key, item in before.items())
    if isinstance(before, (list, tuple)):
        alike = isinstance(value, type(before)) and len(value) == len(before)
        return alike and all(map(is_same, value, before))
    if isinstance(before, np.ndarray):
        return isinstance(value, np.ndarray) and np.array_equal(value, before)
    if before is None:
        return value is None
    return isinstance(value, (str, int, float, np.generic)) and bool(value == before)


def dtype_of(value: Any) -> str:
    """Return the name of an array's dtype, and of anything else the name of its type."""
    return str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__


def difference(a: Any, b: Any) -> Any:
    """Return ``a - b`` of two numbers, whatever their axes; ``a`` as it is if one is not a number."""
    one, other = (without_extra_axes(value, ()) for value in (a, b))
    return float(one) - float(other) if is_number(one) and is_number(other) else a


def without_extra_axes(value: Any, shape: Sequence[int]) -> Any:
    """Return an array with axes of length 1 too many, or too few, in this shape; anything else as it is.

    The axes cost the points of what gave it; what is built on its numbers is judged all the same.
    """
    shape = tuple(shape)
    if not isinstance(value, (np.ndarray, np.generic, float)) or np.shape(value) == shape:
        return value
    same = _longer_than_one(np.shape(value)) == _longer_than_one(shape)
    return np.asarray(value).reshape(shape) if same else value


def _longer_than_one(shape: Sequence[int]) -> list[int]:
    return [length for length in shape if length != 1]


@np.errstate(over="ignore", invalid="ignore")
def step_taken(after: Any, before: np.ndarray) -> Any:
    """Return ``after - before``, which shows a step that is small beside the values; ``after`` if it does not fit.

    The step has the shape of ``after``.
    """
    there = without_extra_axes(after, before.shape)
    return (there - before).reshape(np.shape(after)) if is_finite(there, before.shape) else after


@np.errstate(over="ignore", invalid="ignore")
def differ(a: Any, b: Any, share: float = 1e-6) -> bool:
    """Whether values differ by more than they are compared with, and so by more than rounding; NaN never does."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return bool(np.abs(np.subtract(a, b)).max() > share * max(np.abs(a).max(), np.abs(b).max()))


def unpack(value: Any, names: Sequence[str], what: str) -> list[Any]:
    """Return the entries of a returned tuple, one for each of ``names``.

    Raises
    ------
    StudentError
        If ``value`` is not a tuple or list of that length.
    """
    expected = f"({', '.join(names)})"
    if not isinstance(value, (tuple, list)):
        raise StudentError("TypeError", f"{what} must return {expected}, but it returned {_kind(value)}")
    if len(value) != len(names):
        message = f"{what} must return the {len(names)} values {expected}, but it returned {len(value)}"
        raise StudentError("ValueError", message)
    return list(value)


def dict_with_keys(value: Any, keys: Sequence[str], what: str) -> dict[str, Any]:
    """Return the dict ``value`` if it has exactly ``keys``.

    Raises
    ------
    StudentError
        If it is not a dict, or has missing or superfluous keys.
    """
    if not isinstance(value, dict):
        raise StudentError("TypeError", f"{what} must be a dict, but it is {_kind(value)}")
    missing = [k for k in keys if k not in value]
    extra = [repr(k) for k in value if k not in keys]
    if missing or extra:
        faults = (["lacks " + ", ".join(map(repr, missing))] if missing else []) + (
            ["should not have " + ", ".join(extra[:5])] if extra else []
        )
        raise StudentError("KeyError", f"{what} {' and '.join(faults)}")
    return value


def _kind(value: Any) -> str:
    return "None" if value is None else f"{type(value).__name__} {describe(value)}"[:120]
