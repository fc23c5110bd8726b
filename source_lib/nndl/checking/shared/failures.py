"""Say in a line or two which exception a student's code raised, and where."""

from __future__ import annotations

import ast
import builtins
import difflib
import linecache
import math
import os
import re
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[2]
_STANDARD_LIBRARY = Path(os.__file__).parent
# Parts of the package in which no student writes; what raises an exception there was called by a line elsewhere.
_GIVEN = {"as_arrays", "checking", "torch_parts", "gradient_check.py", "diagnosis"}


def explain_exception(error: Exception) -> tuple[bool, list[str]]:
    """Return whether ``error`` comes from a stub that is not written yet, and lines that explain it."""
    frame, line_number = _students_frame(error)
    if frame is None:
        plainer = _pictures(str(error), {})
        return False, [f"{type(error).__name__}: {plainer}" if plainer else _name(error)]
    place = f"{short_name(frame.f_code.co_filename)}, line {line_number}"
    function = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
    if isinstance(error, NotImplementedError):
        return True, [f"`{function}` in {place} still raises NotImplementedError: write it first"]
    source = linecache.getline(frame.f_code.co_filename, line_number, frame.f_globals).strip()
    lines = [_explained(error, frame), f"in `{function}`, {place}" + (f":  {source}" if source else "")]
    lines += _callers(error)
    if isinstance(error, ValueError | IndexError | RuntimeError) or "NoneType" in str(error):
        lines += _shapes(source, frame, str(error))
    return False, lines


def _explained(error: Exception, frame: FrameType) -> str:
    """Return type and message, with a name that may have been meant, or in plainer words than NumPy's."""
    lengths = re.search(r"matmul: .*\(size (\d+) is different from (\d+)\)", str(error))
    if lengths:
        return (
            f"ValueError: a product with @ cannot be made of lengths {lengths[2]} and {lengths[1]}: the last axis of "
            "the left array must be as long as the axis before the last (or the only one) of the right array"
        )
    between = _entry_by_entry(error) or _broadcast(str(error)) or _pictures(str(error), frame.f_locals)
    if between := between or _operands(str(error)) or _in_place(str(error)) or _no_sequence(error, frame):
        return f"{_name(error)}: {between}"
    known = (
        ("only integer scalar arrays can be converted to a scalar index", _AXIS),
        ("too many values to unpack", _FEWER),
        ("not enough values to unpack", _FEWER),
        ("NoneType", _NONE),
        ("is not callable", _CALLED),
        ("'method' object is not", _NOT_CALLED),
        ("'function' object is not", _NOT_CALLED),
        ("truth value of an array", _TRUTH),
    )
    added = next((f": {what}" for text, what in known if text in str(error)), "")
    if isinstance(error, AttributeError) and error.obj is not None and not added:
        near = difflib.get_close_matches(error.name or "", dir(error.obj), 1, 0.7)
        added = f": did you mean {near[0]}?" if near else ""
    if isinstance(error, NameError):
        added = _meant(error.name or "", frame)
    return _name(error) + added


def _callers(error: Exception) -> list[str]:
    """Return who has called a function that refuses its arguments: the cause is there, not in what it says of them."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    students = [
        place for place, (frame, _) in enumerate(frames) if _is_students(Path(frame.f_code.co_filename))
    ]
    inside = [Path(frame.f_code.co_filename) for frame, _ in frames[students[-1] + 1 :]]
    if not any(path.is_relative_to(_PACKAGE) and "_support" in path.parts for path in inside):
        return []
    found = []
    for place in reversed(students[:-1][-_MOST_CALLERS:]):
        frame, line = frames[place]
        name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        file = short_name(frame.f_code.co_filename)
        source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
        if name.isidentifier() or "." in name:
            found.append(f"called in `{name}`, {file}, line {line}" + (f":  {source}" if source else ""))
    return found


_MOST_CALLERS = 3


def _entry_by_entry(error: Exception) -> str:
    """Return that * is no matrix product, where two matrices would make one; nothing otherwise."""
    found = re.search(r"broadcast together with shapes \((\d+),(\d+)\) \((\d+),(\d+)\)", str(error))
    if not found or not failing_operation(error).endswith(" Mult"):
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


def _broadcast(text: str) -> str:
    """Return why two shapes do not fit that would if an axis were still there; nothing if that is not the reason."""
    found = re.search(r"broadcast together with shapes \(([\d,]*)\) \(([\d,]*)\)", text)
    if not found:
        return ""
    less, more = sorted((tuple(map(int, re.findall(r"\d+", part))) for part in found.groups()), key=len)
    if not 0 < len(less) < len(more):
        return ""
    kept = next((axis for axis in range(len(more)) if (*more[:axis], *more[axis + 1 :]) == less), None)
    if kept is None:
        return ""
    fitting = (*more[:kept], 1, *more[kept + 1 :])
    return (
        f"shapes are matched from the last axis on; {less} lacks axis {kept} of {more}. A sum, mean or maximum with "
        f"keepdims=True leaves it there with length 1: {fitting}"
    )


def _pictures(text: str, names: dict[str, Any]) -> str:
    """Return in plain words why pictures do not fit a layer of PyTorch; nothing if the message says something else."""
    if found := re.search(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x\d+\)", text):
        rows, came, wanted = (int(number) for number in found.groups())
        for name, value in names.items():
            shape = tuple(getattr(value, "shape", ()))
            if len(shape) > 2 and shape[-1] == came and math.prod(shape[1:]) == wanted:
                return (
                    f"{name} {shape} comes into the affine layer with all its axes; it must be flattened to rows of "
                    f"{wanted} numbers first"
                )
        if rows == 1 and came > wanted and came % wanted == 0:
            return (
                f"one row of {came} numbers arrives where the affine layer is made for rows of {wanted}, as many as "
                f"{came // wanted} such rows have together: does flattening keep the axis of the batch?"
            )
        return (
            f"rows of {came} numbers arrive where the affine layer is made for {wanted}: count what the layers "
            "before it make of a picture"
        )
    if "Kernel size can't be greater than actual input size" in text:
        return "the picture is smaller than the filter, so it lacks padding, or has been made smaller before"
    return ""


def _operands(text: str) -> str:
    """Return what stands where a number or an array belongs; nothing if the message is about something else."""
    found = re.search(r"unsupported operand type\(s\) for (\S+): '([\w.]+)' and '([\w.]+)'", text)
    if not found:
        return ""
    sign = found[1].rstrip(":")
    for kind, what in _NO_NUMBERS.items():
        if kind in (found[2], found[3]):
            return f"on one side of {sign} stands {what}"
    return ""


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
    "tuple": "a tuple of several results, where one of them belongs",
    "list": "a list, which is no array",
    "method": "a method that has not been called: its parentheses () are missing",
    "builtin_function_or_method": "a function that has not been called: its parentheses () are missing",
    "function": "a function that has not been called: its parentheses () are missing",
    "str": "a text, such as the name of a parameter, where the parameter itself belongs",
}
_AXIS = "an array stands where a whole number, such as an axis, is expected"
_FEWER = "as many names must stand left of = as there are values on the right"
_NONE = "something is None here that should have a value: is a return statement missing, or was it never set?"
_CALLED = "something with () behind it is no function"
_NOT_CALLED = "it has not been called: its parentheses () are missing"
_TRUTH = "an array is no yes or no; compare entry by entry with np.where, or a mask"


def _meant(name: str, frame: FrameType) -> str:
    """Return a question after a known name that looks like one that is not known; nothing if there is none."""
    owner = frame.f_locals.get("self")
    for own in (name, f"_{name}"):
        if owner is not None and hasattr(owner, own):
            return f": did you mean self.{own}?"
    names = [*frame.f_locals, *frame.f_globals, *vars(builtins)]
    same = [known for known in names if known.lower() == name.lower()]
    near = same or difflib.get_close_matches(name, names, 1, 0.7)
    return f": did you mean {near[0]}?" if near else ""


_OPERATORS = {
    **{"add": "Add", "subtract": "Sub", "multiply": "Mult", "divide": "Div", "true_divide": "Div"},
    **{"dot": "MatMult", "matmul": "MatMult", "power": "Pow"},
}
"""NumPy's functions for what has an operator, as the parser calls it."""


def _shapes(source: str, frame: FrameType, error: str) -> list[str]:
    """Return a line with the shapes of the arrays that a line of code names, and one with the names that are None."""
    found, nothing = {}, []
    for path in dict.fromkeys(re.findall(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?", source)):
        name, _, attribute = path.partition(".")
        value = frame.f_locals.get(name)
        if attribute and not _is_array(value):
            path, value = f"{name}.{attribute}", getattr(value, "__dict__", {}).get(attribute)
        else:
            path = name
        if _is_array(value):
            found[path] = tuple(getattr(value, "shape", ()))
        elif value is None and name in frame.f_locals and "NoneType" in error:
            nothing.append(path)
    shapes = ", ".join(f"{name} {shape}" for name, shape in found.items())
    return [
        *([f"the shapes are {shapes}"] if found else []),
        *([f"{' and '.join(nothing)} {'is' if len(nothing) == 1 else 'are'} None here"] if nothing else []),
    ]


def _is_array(value: object) -> bool:
    return type(value).__name__ in ("ndarray", "Tensor", "Parameter") and hasattr(value, "shape")


def failing_operation(error: Exception) -> str:
    """Return what kind of operation of a student's failed, such as ``BinOp Sub``; nothing if that cannot be told.

    Two mistakes may raise one error, in operations that differ.
    """
    found = None
    step = error.__traceback__
    while step is not None:
        if _is_students(Path(step.tb_frame.f_code.co_filename)):
            found = step
        step = step.tb_next
    if found is None or found.tb_lasti < 0:
        return ""
    code = found.tb_frame.f_code
    positions = list(code.co_positions())
    line, last_line, start, end = positions[min(found.tb_lasti // 2, len(positions) - 1)]
    if line is None or line != last_line:
        return ""
    text = (
        linecache.getline(code.co_filename, line, found.tb_frame.f_globals)
        .encode()[start:end]
        .decode()
        .strip()
    )
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return ""
    node = statement.value if isinstance(statement, ast.Expr) else statement
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _OPERATORS:
        return f"BinOp {_OPERATORS[node.func.attr]}"  # np.multiply(a, b) fails as a * b does
    operator = getattr(node, "op", None)
    return type(node).__name__ + (f" {type(operator).__name__}" if operator else "")


def explain_import(error: BaseException) -> str:
    """Return in one line why a file of the package does not load: file, line and reason."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{short_name(error.filename)}, line {error.lineno}: {type(error).__name__}: {error.msg}"
    place = ""
    for frame, line_number in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        given = path.is_relative_to(_PACKAGE) and "checking" in path.parts
        if not given and not _is_library(path):
            place = f"{short_name(path)}, line {line_number}: "
    reason = _name(error).replace(
        f" ({getattr(error, 'path', None)})", ""
    )  # an ImportError's: too long to read
    return place + " ".join(reason.split())


def explain_stop(error: BaseException) -> str:
    """Return in which function and line code was when it was stopped, or nothing if that was no student's."""
    stop: BaseException | None = error
    while stop is not None:
        frame, line_number = _students_frame(stop)
        if frame is not None:
            return f"{_function(frame)}{short_name(frame.f_code.co_filename)} line {line_number}"
        stop = stop.__context__  # a second alarm, while the first was on its way out
    return ""


def _function(frame: FrameType) -> str:
    name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
    return "" if name == "<module>" else f"{name}, "


def _name(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _students_frame(error: BaseException) -> tuple[FrameType | None, int]:
    """Return the deepest frame that holds a student's line: not NumPy's, not the checks' own."""
    if isinstance(error, SyntaxError) or error.__traceback__ is None:
        return None, 0
    found: tuple[FrameType | None, int] = (None, 0)
    for frame, line_number in traceback.walk_tb(error.__traceback__):
        if _is_students(Path(frame.f_code.co_filename)):
            found = (frame, line_number)
    return found


def _is_students(path: Path) -> bool:
    if path.is_relative_to(_PACKAGE):
        return not any(part in _GIVEN or part.startswith("_") for part in path.relative_to(_PACKAGE).parts)
    return not _is_library(path)


def _is_library(path: Path) -> bool:
    """Return whether a file belongs to Python or to an installed package other than this one."""
    if path.is_relative_to(_PACKAGE):
        return False
    text = str(path)
    return (
        "site-packages" in text
        or "dist-packages" in text
        or (text.startswith("<") and not text.startswith("<ipython"))
        or path.suffix == ".pyx"
        or path.is_relative_to(_STANDARD_LIBRARY)
    )


def short_name(filename: str | os.PathLike[str] | None) -> str:
    """Return a file's name as a student knows it: ``nndl/layers/affine.py``, or the notebook."""
    filename = os.fspath(filename or "a file without a name")
    path = Path(filename)
    if path.is_relative_to(_PACKAGE):
        return path.relative_to(_PACKAGE.parent).as_posix()
    return "the notebook" if "ipykernel" in filename or filename.startswith("<ipython") else path.name
