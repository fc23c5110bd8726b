"""The small course's notebook, read, rewritten and released."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from autograder.release.build import Release
from autograder.sources import Sources

TWO_LAYER_NET = Release(Sources().milestone("two_layer_net"))


def source_cells(course) -> dict:
    return json.loads(course.notebook.read_text())


def checked(course) -> dict[str, bytes]:
    return course.release.checked


def rewrite(course, notebook: dict) -> None:
    course.notebook.write_text(json.dumps(notebook))


def run_python(folder: Path, code: str, **environment: str) -> str:
    """Run code in a fresh interpreter that sees the site packages but not this repository."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "MPLCONFIGDIR": str(folder / ".mpl")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
