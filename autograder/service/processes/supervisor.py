"""Keeps processes running: each that ends is started again, until the one that started them is told to end."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

_log = logging.getLogger("autograder.service")
_PAUSE = 1.0
"""Seconds before a process that ended is started again."""


@dataclass
class Supervisor:
    """Keeps programs running: each that ends is started again, until this process is told to end.

    Parameters
    ----------
    commands : sequence of sequence of str
        The programs.
    folder : Path
        Where they run.
    """

    commands: Sequence[Sequence[str]]
    folder: Path
    _running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _end: bool = False

    def run(self) -> None:
        """Run the programs until ``SIGINT`` or ``SIGTERM``."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        while not self._end:
            self.step()
            time.sleep(_PAUSE)
        self.end()

    def step(self) -> None:
        """Start what does not run."""
        for number, command in enumerate(self.commands):
            process = self._running.get(number)
            if process is None or process.poll() is not None:
                if process is not None:
                    _log.warning("a process ended with %s and is started again", process.returncode)
                self._running[number] = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL)

    def end(self, seconds: float = 10.0) -> None:
        """End the programs: what is graded in that moment is graded again after the next start."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + seconds
        for process in self._running.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._end = True


def end_with_parent() -> None:
    """Have this process ended when the one that started it is killed: it would hold its port."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == 1:
        _log.debug("started by process 1, or the parent is gone already")
