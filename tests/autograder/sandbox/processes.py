"""Running commands in a sandbox, and watching processes end."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
import time
from pathlib import Path

import psutil

from autograder.sandbox import worker_sandbox as sandbox
from autograder.sandbox.bubblewrap import build_command
from autograder.sandbox.mounts import (
    python_executable,
)

ROOT = Path(sandbox.__file__).parents[3]
PYTHON = [python_executable(), "-I", "-S", "-B"]


def run(argv, **options) -> subprocess.CompletedProcess[str]:
    with build_command(argv, **options) as spec:
        return subprocess.run(
            spec.argv,
            pass_fds=spec.pass_fds,
            env=spec.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def inside(code: str, **options):
    """Run Python code in a sandbox and return what it prints as JSON."""
    done = run([*PYTHON, "-c", "import json, os\n" + textwrap.dedent(code)], **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def living(number: int) -> list[int]:
    """Return the processes in the process namespace of that number that are not dead."""
    found = []
    for process in psutil.process_iter():
        try:
            inside = os.stat(f"/proc/{process.pid}/ns/pid").st_ino == number
            if inside and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return found


def wait_until(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
