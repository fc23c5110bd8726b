"""The processes that grade: what they share, how they end, and what they leave behind, which is nothing."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from ..library.memory import keep_memory_of_large_arrays
from . import shared_records

_PR_SET_PDEATHSIG = 1

_GUARDIAN = """
import os, shutil, sys, time
os.read(int(sys.argv[1]), 1)
for _ in range(50):
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    if not os.path.exists(sys.argv[2]):
        break
    time.sleep(0.1)
"""
"""Waits until nobody holds the other end of a pipe, and removes a folder then: also after a ``kill -9``."""


class Processes(ProcessPoolExecutor):
    """Processes that end when this process does, however it ends, and keep their files in one folder that goes with it.

    They are forked where that is safe, so that what this process has prepared is theirs, too, without taking memory
    again. Where other threads run here, whose locks a forked process would inherit, they are started afresh.

    Parameters
    ----------
    workers : int
        How many.
    """

    def __init__(self, workers: int):
        self._before = set(multiprocessing.active_children())
        self._scratch = tempfile.mkdtemp(prefix="autograder-run-")
        ours, self._guarded = os.pipe()
        try:
            # In a session of its own: Ctrl-C goes to a whole group of processes.
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _GUARDIAN, str(ours), self._scratch],
                pass_fds=(ours,), stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(ours)
        method = "fork" if threading.active_count() == 1 else "spawn"
        super().__init__(
            workers,
            mp_context=multiprocessing.get_context(method),
            initializer=_begin,
            initargs=(os.getpid(), self._scratch, workers),
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes once they have finished, and remove their folder."""
        super().shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait and self._guarded >= 0:
            shutil.rmtree(self._scratch, ignore_errors=True)
            os.close(self._guarded)
            self._guarded = -1
            self._guardian.wait()

    def kill(self) -> None:
        """End the processes now, whatever they do."""
        for process in set(multiprocessing.active_children()) - self._before:
            with contextlib.suppress(OSError, AttributeError):
                process.kill()
        self.shutdown(cancel_futures=True)


def processes(workers: int) -> Executor:
    """Return an executor of ``workers`` processes on this machine."""
    return Processes(workers)


def end_now(executor: Executor) -> None:
    """End an executor without waiting for what it is doing, as far as it can be ended."""
    kill: Any = getattr(executor, "kill", None)
    if kill is not None:
        kill()
    else:
        executor.shutdown(wait=False, cancel_futures=True)


def _begin(parent: int, scratch: str, workers: int) -> None:
    """Begin a process that grades."""
    # The parent decides what an interrupt means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tempfile.tempdir = scratch
    shared_records.share_in(Path(scratch) / "shared")
    libc = ctypes.CDLL(None)
    # Also one that is killed takes its workers along.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    keep_memory_of_large_arrays()
    if os.getppid() != parent:  # it ended before that
        os._exit(1)
    share_cores(workers)
    gc.freeze()  # what the run has prepared stays: to look through it again and again takes time, and copies it


def share_cores(workers: int) -> None:
    """Let this process, one of so many, compute with its share of the cores: more threads would only wait."""
    threads = max(1, len(os.sched_getaffinity(0)) // workers)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # for libraries that are loaded later
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
