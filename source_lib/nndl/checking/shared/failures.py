"""Say in a line or two which exception a student's code raised, and where."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from types import FrameType

_PACKAGE = Path(__file__).resolve().parents[2]
# Parts of the package in which no student writes; what raises an exception there was called by a line elsewhere.
_GIVEN = {"as_arrays", "checking", "torch_parts", "gradient_check.py", "diagnosis"}


def explain_exception(error: Exception) -> tuple[bool, list[str]]:
    """Return whether ``error`` comes from a stub that is not written yet, and lines that explain it."""
    frame, line_number = _students_frame(error)
    if frame is None:
        return False, [_name(error)]
    place = f"{_short(frame.f_code.co_filename)}, line {line_number}"
    function = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
    if isinstance(error, NotImplementedError):
        return True, [f"`{function}` in {place} still raises NotImplementedError: write it first"]
    source = linecache.getline(frame.f_code.co_filename, line_number, frame.f_globals).strip()
    lines = [_name(error), f"in `{function}`, {place}" + (f":  {source}" if source else "")]
    return False, lines


def _name(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _students_frame(error: Exception) -> tuple[FrameType | None, int]:
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
    text = str(path)
    return "site-packages" not in text and "dist-packages" not in text and not text.startswith("<frozen")


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(_PACKAGE):
        return str(path.relative_to(_PACKAGE.parent))
    return "the notebook" if "ipykernel" in filename or filename.startswith("<ipython") else path.name
