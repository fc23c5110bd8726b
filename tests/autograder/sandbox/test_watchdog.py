"""Limits on a whole tree of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from autograder.sandbox import watchdog
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.worker_sandbox import Sandbox

from .processes import wait_until


@pytest.mark.sandbox
def test_lifetime_is_limited(works, submission):
    with Sandbox(submission, limits=SandboxLimits(lifetime=0.5)) as box:
        assert wait_until(lambda: not box.alive)
        assert box._watchdog.verdict is not None
        assert box._watchdog.verdict.kind == "lifetime"


def test_the_tree_and_its_use_are_measured():
    code = "import os, time\nos.fork()\nblock = b'x' * (32 << 20)\nprint(1, flush=True)\ntime.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    try:
        parent.stdout.readline()
        parent.stdout.readline()
        members = watchdog.process_tree(parent.pid)
        assert len(members) == 2
        assert members[0] == parent.pid
        assert watchdog.proportional_bytes(members) > 64 << 20
        assert watchdog.resident_bytes(members) >= watchdog.proportional_bytes(members)
        assert watchdog.cpu_seconds(members) > 0
    finally:
        for pid in watchdog.process_tree(parent.pid):
            os.kill(pid, signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    assert watchdog.process_tree(parent.pid) == [parent.pid]
    assert watchdog.resident_bytes([parent.pid]) == 0


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this kernel does not say who waits")
def test_who_keeps_themselves_waiting_gains_nothing(monkeypatch):
    pid = os.getpid()
    assert watchdog.kept_waiting(pid, 1 << 30) == 0.0  # there is none with this number
    monkeypatch.setattr(watchdog, "cpu_seconds", lambda _: 0.0)
    waited = watchdog.kept_waiting(pid, pid)
    assert waited >= 0.0
    own = time.process_time()
    monkeypatch.setattr(
        watchdog, "cpu_seconds", lambda _: own + 1000.0
    )  # of which others in the tree had the most
    assert watchdog.kept_waiting(pid, pid) < waited - 900.0
