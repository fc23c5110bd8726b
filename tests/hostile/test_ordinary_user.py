"""The corpus once more without root's rights, where this run has them: user namespaces instead of user ids."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NOBODY = 65534

QUICK = "nothing_is_there or bombs or disk or crash or killing or (memory and limits_end)"


def closed_folders(paths: list[Path]) -> set[Path]:
    """Return the outermost folders above ``paths`` that others may not pass."""
    found = set()
    for path in paths:
        for folder in reversed([path, *path.parents]):
            if folder.is_dir() and not folder.stat().st_mode & 0o001:
                found.add(folder)
                break
    return found


def as_nobody(command: list[str], home: Path) -> list[str]:
    """Return a command that runs ``command`` as an ordinary user who can read Python and the project."""
    paths = [Path(sys.base_prefix), Path(sys.prefix), ROOT, home]
    options = ["--dev-bind", "/", "/"]
    for folder in sorted(closed_folders(paths)):
        options += ["--perms", "0755", "--tmpfs", str(folder)]
        for path in (path for path in paths if path.is_relative_to(folder)):
            for parent in reversed(path.relative_to(folder).parents):
                options += ["--perms", "0755", "--dir", str(folder / parent)]
            options += ["--bind" if path == home else "--ro-bind", str(path), str(path)]
    for name in ("HOME", "TMPDIR"):
        options += ["--setenv", name, str(home)]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    return ["bwrap", *options, *drop, "--bounding-set=-all", "--", *command]


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
    tests = [str(HERE / "test_attacks.py"), "-k", selected]
    probe = "from autograder.sandbox.availability import probe; print(probe().how)"
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
