"""The corpus once more without root's rights, where this run has them: user namespaces instead of user ids."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .ordinary_user import NOBODY, ROOT, as_nobody

pytestmark = pytest.mark.sandbox

HERE = Path(__file__).parent

QUICK = "sees or fork_bomb or disk or (nothing_is_there and (files or environment or escape))"


@pytest.mark.parametrize("selected", [QUICK, pytest.param(f"not ({QUICK})", marks=pytest.mark.slow)])
def test_the_corpus_as_an_ordinary_user(sandboxed, tmp_path, selected):
    if os.geteuid() != 0:
        pytest.skip("this run is an ordinary user's already")
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    os.chown(home, NOBODY, NOBODY)
    options = [
        "-q",
        "-m",
        "sandbox",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        f"--basetemp={home}/tests",
    ]
    tests = [*(str(HERE / name) for name in ("test_attacks.py", "test_view.py")), "-k", selected]
    probe = (
        "from autograder.sandbox.availability import sandbox_availability; print(sandbox_availability().how)"
    )
    how = subprocess.run(
        as_nobody([sys.executable, "-c", probe], home), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if "user namespace" not in how.stdout:
        pytest.skip(f"ordinary users cannot start a sandbox here: {how.stdout}{how.stderr}")
    done = subprocess.run(
        as_nobody([sys.executable, "-m", "pytest", *options, *tests], home),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout
