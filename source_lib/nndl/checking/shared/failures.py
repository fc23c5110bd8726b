"""Say in a line or two which exception a student's code raised, and where."""

from __future__ import annotations

import linecache
import os
import traceback
from pathlib import Path
from types import FrameType

_PACKAGE = Path(__file__).resolve().parents[2]
_STANDARD_LIBRARY = Path(os.__file__).parent
# Parts of the package in which no student writes; what raises an exception there was called by a line elsewhere.
_GIVEN = {"as_arrays", "checking", "torch_parts", "gradient_check.py", "diagnosis"}


def explain_exception(error: Exception) -> tuple[bool, list[str]]:
    """Return whether ``error`` comes from a stub that is not written yet, and lines that explain it."""
    frame, line_number = _students_frame(error)
    if frame is None:
        return False, [_name(error)]
    place = f"{short_name(frame.f_code.co_filename)}, line {line_number}"
    function = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
    if isinstance(error, NotImplementedError):
        return True, [f"`{function}` in {place} still raises NotImplementedError: write it first"]
    source = linecache.getline(frame.f_code.co_filename, line_number, frame.f_globals).strip()
    lines = [_name(error), f"in `{function}`, {place}" + (f":  {source}" if source else "")]
    return False, lines


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
        or path.is_relative_to(_STANDARD_LIBRARY)
    )


def short_name(filename: str | os.PathLike[str] | None) -> str:
    """Return a file's name as a student knows it: ``nndl/layers/affine.py``, or the notebook."""
    filename = os.fspath(filename or "a file without a name")
    path = Path(filename)
    if path.is_relative_to(_PACKAGE):
        return path.relative_to(_PACKAGE.parent).as_posix()
    return "the notebook" if "ipykernel" in filename or filename.startswith("<ipython") else path.name
