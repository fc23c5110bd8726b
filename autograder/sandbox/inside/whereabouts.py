"""Where a worker is when its time is over: on a signal it writes its stack, without running anything for it.

`write_on_signal` is for the worker, the rest for the grader. What the worker writes is untrusted text: a student's code
can write the same. All that it can achieve is that another line of its own files is told.
"""

from __future__ import annotations

import faulthandler
import io
import re
import signal
import sys
from collections.abc import Callable, Sequence

SIGNAL = signal.SIGUSR1
MOST_BYTES = 1 << 15
"""A stack of a hundred frames, which is all that is written, takes a quarter of it."""
_FRAME = re.compile(
    r'^  File "(?P<folder>/[^"\n/]{1,100}/)(?P<file>[^"\n]{1,300})", line (?P<line>\d{1,6}) in ', re.M
)
_MOST = 20
"""Frames that are told, and files that are looked into for them."""
_LARGEST, _MOST_LINES, _LONGEST = 1 << 18, 5000, 200
"""Bytes and lines of a file that is looked into, and characters of a line that are told."""
_LOOPS, _FUNCTIONS = ("for ", "while ", "async for "), ("def ", "async def ", "class ")


def write_on_signal(descriptor: int) -> None:
    """Have this process write where its first thread is, whatever that is doing: in the middle of a call to C, too."""
    faulthandler.register(SIGNAL, file=descriptor, all_threads=False)


def frames(written: bytes, root: str, read: Callable[[str], bytes | None]) -> list[tuple[str, int, str]]:
    """Return file, line and text of what was being run in the files of a submission, outermost first.

    In a loop it is chance which of its lines is run at that moment, so the line where the outermost loop of its
    function begins stands for all of them.

    Parameters
    ----------
    written : bytes
        By the worker.
    root : str
        The submission's folder, as the worker sees it.
    read : callable
        Returns a file of the submission, by its name; None if it has no such file.
    """
    found: list[tuple[str, int, str]] = []
    lines_of: dict[str, list[str]] = {}
    for match in _FRAME.finditer(written[:MOST_BYTES].decode("utf-8", "replace")):
        name, line = match["file"], int(match["line"])
        if match["folder"] != f"{root}/" or line < 1:
            continue
        if name not in lines_of:
            if len(lines_of) == _MOST:
                break
            lines_of[name] = _lines(read(name) or b"")
        if line <= len(lines_of[name]):
            found.append((name, *_loop_or_line(lines_of[name], line)))
        if len(found) == _MOST:
            break
    return found[::-1]


def _lines(data: bytes) -> list[str]:
    """Return the lines of a file; none of one that is longer than what people write."""
    if len(data) > _LARGEST or data.count(b"\n") > _MOST_LINES:
        return []
    return list(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="replace"))


def _loop_or_line(lines: Sequence[str], number: int) -> tuple[int, str]:
    """Return number and text of the line where the outermost loop around a line begins, or else of that line itself.

    Loops are known by how far lines are indented.
    """
    told, depth = number, sys.maxsize
    for above in range(number, 0, -1):
        text = lines[above - 1].strip()
        indented = len(lines[above - 1]) - len(lines[above - 1].lstrip())
        if text and indented < depth:
            depth = indented
            if text.startswith(_LOOPS):
                told = above
            elif text.startswith(_FUNCTIONS):
                break
        if depth == 0:
            break
    return told, "".join(c for c in lines[told - 1].strip()[:_LONGEST] if c.isprintable())
