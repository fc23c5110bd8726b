"""Errors of Python, NumPy and PyTorch in plainer words, where their own do not tell a beginner what is wrong."""

from __future__ import annotations

import ast
import builtins
import difflib
import math
import re
from collections.abc import Iterable
from types import FrameType
from typing import Any

from .operation import UNKNOWN, operands, operation, origin, value_of


def in_plain_words(error: Exception, frame: FrameType, node: ast.AST | None) -> str:
    """Return type and message of an error, with what they mean.

    Parameters
    ----------
    error : Exception
    frame : frame
        Where a student's line has raised it.
    node : ast.AST or None
        The part of the line that has failed.
    """
    lengths = re.search(r"matmul: .*\(size (\d+) is different from (\d+)\)", str(error))
    if lengths:
        return (
            f"ValueError: a product with @ cannot be made of lengths {lengths[2]} and {lengths[1]}: the last axis of "
            "the left array must be as long as the axis before the last (or the only one) of the right array"
        )
    between = (
        _entry_by_entry(error, operation(node))
        or _broadcast(str(error), node, frame)
        or pictures(str(error), frame.f_locals)
    )
    if (
        between := between
        or _operands(str(error), node, frame)
        or _in_place(str(error))
        or _no_sequence(error, frame)
    ):
        return f"{named(error)}: {between}"
    known = (
        ("only integer scalar arrays can be converted to a scalar index", _AXIS),
        ("too many values to unpack", _FEWER),
        ("not enough values to unpack", _FEWER),
        ("cannot unpack non-iterable", _FEWER),
        ("NoneType", _NONE),
        ("is not callable", _no_function(node, frame)),
        ("'method' object is not", _NOT_CALLED),
        ("'function' object is not", _NOT_CALLED),
        ("truth value of an array", _TRUTH),
        ("Boolean value of Tensor", _TRUTH),
        ("bitwise_xor", _POWER),
        ("for ^:", _POWER),
    )
    added = next((f": {what}" for text, what in known if text in str(error)), "")
    if isinstance(error, AttributeError) and error.obj is not None and not added:
        near = nearest(error.name or "", dir(error.obj), _NEAR)
        added = f": did you mean {near}?" if near else ""
    if isinstance(error, NameError):
        added = _meant(error.name or "", frame)
    return named(error) + added


def named(error: BaseException) -> str:
    """Return type and message of an error, as Python shows them."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _entry_by_entry(error: Exception, operation: str) -> str:
    """Return that * is no matrix product, where two matrices would make one; nothing otherwise."""
    found = re.search(r"broadcast together with shapes \((\d+),(\d+)\) \((\d+),(\d+)\)", str(error))
    if not found or not operation.endswith(" Mult"):
        return ""
    n, k, other, m = map(int, found.groups())
    if k != other:
        return ""
    return f"* multiplies entry by entry; the matrix product of {(n, k)} and {(other, m)} is written with @"


def _no_sequence(error: Exception, frame: FrameType) -> str:
    """Return what stands where something is wanted that can be gone through; nothing if that is not the error."""
    found = re.search(r"'(\w+)' object is not iterable", str(error))
    if not found:
        return ""
    if found[1] == "int":
        return "a number cannot be gone through, but range(number) can"
    for name, value in frame.f_locals.items():
        if type(value).__name__ == found[1] and hasattr(value, "parameters"):
            return f"{name} is a whole net; its parameters are {name}.parameters()"
    return ""


def _broadcast(text: str, node: ast.AST | None, frame: FrameType) -> str:
    """Return why two shapes do not fit that would if an axis were still there; nothing if that is not the reason."""
    found = re.search(r"broadcast together with shapes \(([\d,]*)\) \(([\d,]*)\)", text)
    if not found:
        return ""
    less, more = sorted((tuple(map(int, re.findall(r"\d+", part))) for part in found.groups()), key=len)
    if not 0 < len(less) < len(more):
        return ""
    if "indexing arrays" in text:
        return f"the arrays in [ ] must have one shape; {less} and {more} are a number for each row, and whole rows"
    kept = next((axis for axis in range(len(more)) if (*more[:axis], *more[axis + 1 :]) == less), None)
    if kept is None:
        return ""
    if operation(node) == "Compare":
        single = f"one number for each of {less[0]}" if len(less) == 1 else f"an array of shape {less}"
        return f"{single} is compared with an array of shape {more}: both sides must be of one kind"
    lacks = f"shapes are matched from the last axis on; {less} lacks axis {kept} of {more}"
    fitting = (*more[:kept], 1, *more[kept + 1 :])
    side = next((s for s in operands(node) if getattr(value_of(s, frame), "shape", None) == less), None)
    came_from = origin(side, frame)
    whole = getattr(getattr(value_of(side, frame), "dtype", None), "kind", "f") in "iu"
    if whole and len(less) == 1 and kept == 1:
        return f"{lacks}: {ast.unparse(side)} has one whole number for each row"  # type: ignore[arg-type]
    if came_from is not None and not _REDUCES & {_name_of_call(n) for n in ast.walk(came_from)}:
        return lacks
    if isinstance(side, ast.Name) and came_from is None:
        return lacks
    kept_there = f"keepdims=True leaves that axis there with length 1: {fitting}"
    return f"{lacks}. If it comes from a sum, mean or maximum, {kept_there}"


_REDUCES = {"sum", "mean", "max", "min", "amax", "amin", "var", "std", "norm", "prod", "nansum", "nanmean"}


def _name_of_call(node: ast.AST) -> str:
    """Return the name of what a part of a line calls; nothing if it is no call."""
    return getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""


def pictures(text: str, names: dict[str, Any]) -> str:
    """Return in plain words why pictures do not fit a layer of PyTorch; nothing if the message says something else."""
    if found := re.search(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)", text):
        rows, came, wanted, columns = (int(number) for number in found.groups())
        for name, value in names.items():
            shape = tuple(getattr(value, "shape", ()))
            if len(shape) > 2 and shape[-1] == came and math.prod(shape[1:]) == wanted:
                return (
                    f"{name} {shape} comes into the affine layer with all its axes; it must be flattened to rows of "
                    f"{wanted} numbers first"
                )
        if came == columns:
            return (
                f"the weights fit rows of {came} numbers when they are transposed: functional.linear wants them as "
                "(out, in), and @ as (in, out)"
            )
        batch = came // wanted
        if rows == 1 and batch > 1 and any(_is_the_batch(value, batch, came) for value in names.values()):
            return (
                f"one row of {came} numbers arrives where the affine layer is made for rows of {wanted}, as many as "
                f"{batch} such rows have together: does flattening keep the axis of the batch?"
            )
        if rows == 1 and batch > 1 and came % wanted == 0:
            return (
                f"one row of {came} numbers arrives where the affine layer is made for rows of {wanted}, {batch} times "
                f"as many: were there {batch} images, each of which should be a row of its own?"
            )
        return (
            f"rows of {came} numbers arrive where the affine layer is made for {wanted}: count what the layers "
            "before it make of a picture"
        )
    if "Kernel size can't be greater than actual input size" in text:
        padded = re.search(r"padded input size per channel: \((\d+) x (\d+)\)", text)
        size = tuple(map(int, padded.groups())) if padded else ()
        same = [name for name, value in names.items() if tuple(getattr(value, "shape", ()))[2:] == size != ()]
        if same:
            return f"the picture is smaller than the filter; it has no padding, as {same[-1]} is of that size itself"
        return "the picture, with its padding, is smaller than the filter"
    return ""


def _is_the_batch(value: Any, images: int, numbers: int) -> bool:
    """Return whether a value is that many pictures with so many numbers together, whatever its axes are now."""
    shape = tuple(getattr(value, "shape", ()))
    return bool(shape) and math.prod(shape) == numbers and (shape[0] == images or len(shape) < 3)


def _no_function(node: ast.AST | None, frame: FrameType) -> str:
    """Return what stands in front of () and is no function."""
    called = getattr(node, "func", None)
    value = value_of(called, frame)
    if value is UNKNOWN or callable(value) or not isinstance(called, ast.Name):
        return "something with () behind it is no function"
    if hasattr(builtins, called.id):
        return f"`{called.id}` is the name of a variable here, and so hides Python's own {called.id}()"
    shape: Any = getattr(value, "shape", ())
    kind = "an array" if shape else f"a {type(value).__name__}"
    return (
        f"`{called.id}` is {kind} here, and () behind it calls it: does a sign stand between the two, or [ ]?"
    )


def _operands(text: str, node: ast.AST | None, frame: FrameType) -> str:
    """Return what stands where a number or an array belongs; nothing if the message is about something else."""
    sides = {type(value_of(side, frame)).__name__: side for side in operands(node)}
    found = re.search(r"unsupported operand type\(s\) for (\S+): '([\w.]+)' and '([\w.]+)'", text)
    if found:
        sign, kinds = found[1].rstrip(":"), {found[2], found[3]}
    elif "can't multiply sequence by non-int" in text:
        sign, kinds = "*", set(sides)
    else:
        return ""
    if "tuple" in kinds:
        side = sides.get("tuple") or next((s for s in operands(node) if isinstance(s, ast.Call)), None)
        if isinstance(side, ast.Attribute) and side.attr == "shape":
            return f"on one side of {sign} stands a whole shape, where one of its numbers belongs: shape[0]"
        results = isinstance(origin(side, frame), ast.Call)
        what = (
            "a tuple of several results, where one of them" if results else "a tuple, where one of its values"
        )
        return f"on one side of {sign} stands {what} belongs"
    if "str" in kinds:
        return _text(sign, value_of(sides.get("str"), frame), frame)
    for kind, what in _NO_NUMBERS.items():
        if kind in kinds:
            return f"on one side of {sign} stands {what}"
    return ""


def _text(sign: str, value: Any, frame: FrameType) -> str:
    """Return what a text is that stands where a number or an array belongs."""
    held = [
        *frame.f_locals.values(),
        *getattr(frame.f_locals.get("self"), "__dict__", {}).values(),
    ]
    if isinstance(value, str) and any(type(one) is dict and value in one for one in held):
        return f"on one side of {sign} stands {value!r}, the name of an entry, where the entry itself belongs"
    shown = f" {value!r:.40}" if isinstance(value, str) else ""
    return f"on one side of {sign} stands a text{shown}, which is no number and no array"


def _in_place(text: str) -> str:
    """Return why an array cannot be changed in place; nothing if the message is about something else."""
    if found := re.search(
        r"Cannot cast ufunc '\w+' output from \w+\('(\w+)'\) to \w+\('(bool|u?int\d+)'\)", text
    ):
        holds = "yes and no (bool)" if found[2] == "bool" else f"whole numbers ({found[2]})"
        return (
            f"the array on the left holds {holds}, and a change in place, as by += or /=, keeps it so: make it numbers "
            "with a point first, with .astype(float) or the dtype of x"
        )
    found = re.search(
        r"output operand with shape \(([\d,]*)\) doesn't match the broadcast shape \(([\d,]*)\)", text
    )
    if not found:
        return ""
    left, right = (tuple(map(int, re.findall(r"\d+", part))) for part in found.groups())
    kept = (
        ""
        if [n for n in right if n != 1] != [n for n in left if n != 1]
        else ("; an axis of length 1 is left over there, as keepdims=True leaves it")
    )
    return f"the array on the left has shape {left} and keeps it, but what it would become has {right}{kept}"


_NO_NUMBERS = {
    "dict": "a whole dict, where one of its values belongs: dict[name]",
    "list": "a list, which is no array",
    "method": "a method that has not been called: its parentheses () are missing",
    "builtin_function_or_method": "a function that has not been called: its parentheses () are missing",
    "function": "a function that has not been called: its parentheses () are missing",
}
_AXIS = "an array stands where a whole number, such as an axis, is expected"
_FEWER = "as many names must stand left of = as there are values on the right"
_NONE = (
    "something is None here: is a return statement missing, was it never set, "
    "or should this line not run in this case?"
)
_POWER = "^ is no power in Python, ** is"
_NEAR = 0.75
"""How much two names look alike of which one is a slip of the pen."""
_NOT_CALLED = "it has not been called: its parentheses () are missing"
_TRUTH = (
    "an array is no yes or no; compare entry by entry with np.where, or a mask, "
    "and ask `is None` where the question is whether there is one"
)


def _meant(name: str, frame: FrameType) -> str:
    """Return a question after a known name that looks like one that is not known; nothing if there is none."""
    owner = frame.f_locals.get("self")
    for own in (name, f"_{name}"):
        if owner is not None and hasattr(owner, own):
            return f": did you mean self.{own}?"
    names = [*frame.f_locals, *frame.f_globals, *vars(builtins)]
    same = [known for known in names if known.lower() == name.lower()]
    # two letters exchanged in a short name leave it too far away for what follows
    same = same or [known for known in frame.f_locals if len(name) > 2 and sorted(known) == sorted(name)]
    near = same[0] if same else nearest(name, names, _NEAR)
    return f": did you mean {near}?" if near else ""


def nearest(name: str, names: Iterable[str], cutoff: float) -> str:
    """Return the name that looks most like one that is not known; nothing if they differ in numbers alone."""
    near = difflib.get_close_matches(name, names, 1, cutoff)
    return near[0] if near and re.sub(r"\d", "", near[0]) != re.sub(r"\d", "", name) else ""
