"""A sandbox ends with the process that started it, and not before."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from autograder.failures import SandboxUnavailable
from autograder.sandbox import bubblewrap
from autograder.sandbox.forked import FRESH
from autograder.sandbox.launch import spawn
from autograder.sandbox.worker_sandbox import Sandbox

from .processes import ROOT, living, wait_until


@pytest.mark.sandbox
def test_a_sandbox_outlives_the_thread_that_made_it(kind, submission):
    made = []
    thread = threading.Thread(target=lambda: made.append(Sandbox(submission)))
    thread.start()
    thread.join()
    with made[0] as box:
        box.wait_until_ready()
        time.sleep(0.2)
        assert box.alive


@pytest.mark.sandbox
def test_killing_the_grader_ends_its_sandboxes(kind, submission, namespace):
    code = f"""
import os, sys, time
sys.path.insert(0, {str(ROOT)!r})
if {kind!r} == "fresh":
    os.environ["{FRESH}"] = "1"
from autograder.sandbox.worker_sandbox import Sandbox
box = Sandbox({str(submission)!r})
box.wait_until_ready()
print(box.init, flush=True)
time.sleep(60)
"""
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    space = namespace(int(grader.stdout.readline()))
    assert living(space)
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert wait_until(lambda: not living(space))


def test_a_program_that_is_not_there_is_infrastructure(tmp_path):
    spec = bubblewrap.LaunchSpec([str(tmp_path / "missing")], (), {})
    with pytest.raises(SandboxUnavailable):
        spawn(spec)
