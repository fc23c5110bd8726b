"""Say in a line or two which exception a student's code raised, and where."""

from __future__ import annotations

import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

from .definitions import lines_of, why_missing
from .hints import hints
from .operation import failing_node, kind_of_operation
from .returned import Returned, what_came_back
from .syntax import what_is_meant
from .words import in_plain_words, named, pictures

_PACKAGE = Path(__file__).resolve().parents[3]
_STANDARD_LIBRARY = Path(os.__file__).parent
# Parts of the package in which no student writes; what raises an exception there was called by a line elsewhere.
_GIVEN = {"as_arrays", "checking", "torch_parts", "gradient_check.py", "diagnosis"}


def explain_exception(error: Exception) -> tuple[bool, list[str]]:
    """Return whether ``error`` comes from a stub that is not written yet, and lines that explain it."""
    frame, line_number = _students_frame(error)
    if frame is None:
        plainer = pictures(str(error), {}) or _missing_method(error)
        return False, [f"{type(error).__name__}: {plainer}" if plainer else named(error)]
    place = f"{short_name(frame.f_code.co_filename)}, line {line_number}"
    function = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
    if isinstance(error, NotImplementedError):
        what = _why_unwritten(frame, function, line_number)
        return True, [f"`{function}` in {place} still raises NotImplementedError: {what}"]
    source = linecache.getline(frame.f_code.co_filename, line_number, frame.f_globals).strip()
    node = failing_node(_students_step(error))
    said = in_plain_words(error, frame, node)
    lines = [said, f"in `{function}`, {place}" + (f":  {source}" if source else "")]
    lines += hints(error, node, frame) + _callers(error, source)
    if isinstance(error, ValueError | IndexError | RuntimeError) or "NoneType" in str(error):
        lines += _shapes(source, frame, str(error))
    return False, lines


def _why_unwritten(frame: FrameType, function: str, line_number: int) -> str:
    """Return what to do about a stub: somebody may have written the function, but in another place."""
    if _is_left_over(frame, line_number):
        return "the stub's last line still stands below yours: delete it"
    lines = lines_of(Path(frame.f_code.co_filename), function)
    if len(lines) > 1:
        return f"the file defines it in lines {' and '.join(map(str, lines))}, and the last one counts"
    own = getattr(sys.modules.get("__main__"), function, None)
    if getattr(own, "__module__", "") == "__main__":
        return "the notebook has one of its own, but the file is what counts"
    return "write it first, and save the file"


def _missing_method(error: Exception) -> str:
    """Return what has become of a method that a check calls and a student's class has not, if its file shows it."""
    owner = getattr(error, "obj", None)
    owner = owner if isinstance(owner, type) else type(owner)
    file = getattr(sys.modules.get(owner.__module__), "__file__", None)
    if not isinstance(error, AttributeError) or file is None or not _is_students(Path(file)):
        return ""
    name = error.name or ""
    why = why_missing(Path(file), name, owner.__name__)
    return f"`{owner.__name__}` in {short_name(file)} has no `{name}`: {why}" if why else ""


def _is_left_over(frame: FrameType, line_number: int) -> bool:
    """Return whether code has been written above the line that a stub ends with."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)[
        frame.f_code.co_firstlineno - 1 : line_number - 1
    ]
    above = next((line.strip() for line in reversed(lines) if line.strip()), "#")
    return not above.startswith("#") and not above.endswith(('"""', "'''", ":"))


def _callers(error: Exception, source: str) -> list[str]:
    """Return who has called a function that refuses its arguments: the cause is there, not in what it says of them."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    students = [
        place for place, (frame, _) in enumerate(frames) if _is_students(Path(frame.f_code.co_filename))
    ]
    inside = [Path(frame.f_code.co_filename) for frame, _ in frames[students[-1] + 1 :]]
    refused = any(path.is_relative_to(_PACKAGE) and "_support" in path.parts for path in inside)
    if not refused and not source.startswith("raise "):
        return []
    found = []
    for place in reversed(students[:-1][-_MOST_CALLERS:]):
        frame, line = frames[place]
        name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        file = short_name(frame.f_code.co_filename)
        called = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
        if name.isidentifier() or "." in name:
            found.append(f"called in `{name}`, {file}, line {line}" + (f":  {called}" if called else ""))
    return found


_MOST_CALLERS = 3


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
    """Return what kind of operation of a student's failed, and in which functions; nothing if that cannot be told.

    Two mistakes may raise one error, in operations that differ.
    """
    step = _students_step(error)
    if step is None:
        return ""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    calls = [_own_name(frame) for frame in frames if _is_students(Path(frame.f_code.co_filename))]
    return f"{kind_of_operation(failing_node(step), step.tb_frame)} in {' > '.join(calls)}"


def _own_name(frame: FrameType) -> str:
    """Return the name of the function that a frame runs, or of the one around it."""
    return getattr(frame.f_code, "co_qualname", frame.f_code.co_name).partition(".<locals>")[0]


def came_back(error: Exception, again: Callable[[], object]) -> Returned | None:
    """Return what a function gave back whose caller, a student's or a check, has failed because of it."""
    found, step = None, error.__traceback__
    while step is not None:
        if not _is_library(Path(step.tb_frame.f_code.co_filename)):
            found = step
        step = step.tb_next
    return what_came_back(found, again)


_MOST_SHOWN = 60
"""Characters of a line that is shown beside what is wrong with it."""


def explain_import(error: BaseException) -> str:
    """Return in one line why a file of the package does not load: file, line and reason."""
    if isinstance(error, SyntaxError) and error.filename:
        place, text = f"{short_name(error.filename)}, line {error.lineno}: ", (error.text or "").strip()
        if "unicode error" in error.msg and "codec" in error.msg:
            return f"{place}a character that is not UTF-8: let the editor save the file as UTF-8"
        shown = f", in {text!r}" if text and len(text) <= _MOST_SHOWN else ""
        meant = what_is_meant(error)
        return f"{place}{type(error).__name__}: {error.msg}{shown}" + (f"; {meant}" if meant else "")
    missing = re.fullmatch(r"cannot import name '(\w+)' from '([\w.]+)'.*", str(error))
    file = getattr(sys.modules.get(missing[2]), "__file__", None) if missing else None
    if missing and isinstance(error, ImportError) and file and _is_students(Path(file)):
        why = why_missing(Path(file), missing[1]) or "was it renamed or deleted?"
        return f"{short_name(file)} has no `{missing[1]}`, which other files import: {why}"
    place = ""
    for frame, line_number in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        given = path.is_relative_to(_PACKAGE) and "checking" in path.parts
        if not given and not _is_library(path):
            place = f"{short_name(path)}, line {line_number}: "
    reason = named(error).replace(
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


def _students_frame(error: BaseException) -> tuple[FrameType | None, int]:
    """Return the deepest frame that holds a student's line, and the number of the line."""
    step = None if isinstance(error, SyntaxError) else _students_step(error)
    return (step.tb_frame, step.tb_lineno) if step is not None else (None, 0)


def _students_step(error: BaseException) -> TracebackType | None:
    """Return the deepest step of a traceback in a student's line: not NumPy's, not the checks' own."""
    found, step = None, error.__traceback__
    while step is not None:
        if _is_students(Path(step.tb_frame.f_code.co_filename)):
            found = step
        step = step.tb_next
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
        or path.name == "_zmq.py"  # where a notebook's input() waits; compiled, so that no folder is known
        or path.is_relative_to(_STANDARD_LIBRARY)
    )


def short_name(filename: str | os.PathLike[str] | None) -> str:
    """Return a file's name as a student knows it: ``nndl/layers/affine.py``, or the notebook."""
    filename = os.fspath(filename or "a file without a name")
    path = Path(filename)
    if path.is_relative_to(_PACKAGE):
        return path.relative_to(_PACKAGE.parent).as_posix()
    return "the notebook" if "ipykernel" in filename or filename.startswith("<ipython") else path.name
