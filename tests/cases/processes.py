"""Commands in a process of their own, and how much memory they took."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Watched:
    """A command that has ended.

    Attributes
    ----------
    output : str
        What it wrote.
    peak : int
        The most bytes of memory that any one of its processes held; those in a sandbox do not count.
    """

    output: str
    peak: int


def watched(
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str] | None = None,
    *,
    check: bool = True,
    seconds: float = 240.0,
) -> Watched:
    """Run a command to its end.

    Raises
    ------
    RuntimeError
        If its exit status is neither 0 nor 3, with which a grader says that a human has to look, unless ``check`` is
        off.
    TimeoutError
        If that takes too long; the command is ended.
    """
    peak, deadline = 0, time.monotonic() + seconds
    with tempfile.TemporaryFile("w+") as output:
        process = psutil.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise TimeoutError(f"{command} took more than {seconds:g} s")
            with contextlib.suppress(psutil.Error):
                peak = max(peak, *(_most(p.pid) for p in (process, *process.children(recursive=True))))
            time.sleep(0.02)
        output.seek(0)
        text = output.read()
    if check and process.returncode not in (0, 3):
        raise RuntimeError(text[-4000:])
    return Watched(text, peak)


def _most(pid: int) -> int:
    """Return the most bytes that a process has held so far; 0 in a sandbox, which has processes of its own."""
    try:
        if os.stat(f"/proc/{pid}/ns/pid").st_ino != os.stat("/proc/self/ns/pid").st_ino:
            return 0
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    # The kernel's own record; ru_maxrss would begin with what the process was forked from.
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)
