"""The documentation site, built as `make docs` does it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build(folder: Path, *tags: str) -> subprocess.CompletedProcess[str]:
    """Build the site into ``docs/_build`` of a folder, with Sphinx's tags, and return what Sphinx says."""
    # A copy: Sphinx writes the pages of the API beside their list.
    for path in ROOT.iterdir():
        if path.name != "docs" and not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("_build"))
    return subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"),
            *(word for tag in tags for word in ("-t", tag)),
            *("docs", "docs/_build"),
        ],
        cwd=folder, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'source_lib'}"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
