"""Every file of a package that is no code comes along in its wheel: templates, styles, schemas."""

from __future__ import annotations

import glob
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("project", "package"), [(ROOT, "autograder"), (ROOT / "source_lib", "nndl")], ids=["autograder", "nndl"]
)
def test_a_wheel_leaves_nothing_out(project, package):
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"][package]
    folder = project / package
    taken = {name for pattern in patterns for name in glob.glob(pattern, root_dir=folder, recursive=True)}
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no checkout")
    files = {name for name in listed.stdout.split("\0") if name and (folder / name).is_file()}
    assert {name for name in files if not name.endswith(".py")} - taken == set()
