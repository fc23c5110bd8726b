"""Where a worker is when its time is over: on a signal it writes its stack, without running anything for it.

`write_on_signal` is for the worker, the rest for the grader. What the worker writes is untrusted text: a student's code
can write the same. All that it can achieve is that another line of its own files is told.
"""

from __future__ import annotations

import faulthandler
import io
import itertools
import re
import signal
from collections.abc import Callable

SIGNAL = signal.SIGUSR1
MOST_BYTES = 1 << 15
"""A stack of a hundred frames, which is all that is written, takes a quarter of it."""
_FRAME = re.compile(
    r'^  File "(?P<folder>/[^"\n/]{1,100}/)(?P<file>[^"\n]{1,300})", line (?P<line>\d{1,6}) in ', re.M
)
_LARGEST, _LONGEST = 1 << 20, 200
"""Bytes of a file that is looked into, and characters of a line that are told."""


def write_on_signal(descriptor: int) -> None:
    """Have this process write where its first thread is, whatever that is doing: in the middle of a call to C, too."""
    faulthandler.register(SIGNAL, file=descriptor, all_threads=False)


def frames(written: bytes, root: str, read: Callable[[str], bytes | None]) -> list[tuple[str, int, str]]:
    """Return file, line and text of what was being run in the files of a submission, outermost first.

    Parameters
    ----------
    written : bytes
        By the worker.
    root : str
        The submission's folder, as the worker sees it.
    read : callable
        Returns a file of the submission, by its name; None if it has no such file.
    """
    found = []
    for match in _FRAME.finditer(written[:MOST_BYTES].decode("utf-8", "replace")):
        name, line = match["file"], int(match["line"])
        if match["folder"] != f"{root}/":
            continue
        data = read(name)
        text = None if data is None else _line(data, line)
        if text is not None:
            found.append((name, line, text))
    return found[::-1]


def _line(data: bytes, number: int) -> str | None:
    """Return a line of a file; None if it has no such line."""
    if len(data) > _LARGEST or number < 1:
        return None
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="replace")
    text = next(itertools.islice(lines, number - 1, None), None)
    if text is None:
        return None
    return "".join(c for c in text.strip()[:_LONGEST] if c.isprintable())
