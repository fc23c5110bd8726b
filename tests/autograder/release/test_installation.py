"""A student's first minutes: the README of a release followed to the letter, in an environment that is new."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from nndl.fast import BUILD

pytestmark = pytest.mark.slow

FIRST_CHECK = """
import importlib, json
milestone = json.load(open("assignment.json"))["milestone"]
check = importlib.import_module(f"nndl.checking.{milestone}")
name = next(iter(check.progress.checks))
try:
    check.progress.run(name)
except check.progress.run.__globals__["CheckFailed"] as failed:
    print(failed.lines[0])
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a student unpacks all assignments; the environment of the first one serves the others."""
    return tmp_path_factory.mktemp("desk")


def on_linux(readme: str) -> str:
    """Return the commands for Linux and macOS."""
    found = re.search(r"On Linux and macOS:\n\n```\n(.*?)```", readme, re.DOTALL)
    assert found, "the README does not say how to set up Python on Linux"
    return found[1]


def bash(commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run commands as a student's terminal does: without what this test's own environment brings."""
    foreign = ("PYTHONPATH", "VIRTUAL_ENV", "NNDL_DATA")
    return subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in foreign},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", Sources().milestone_names)
def test_the_readme_to_the_letter(name: str, desk: Path) -> None:
    milestone = Sources().milestone(name)
    folder = desk / name
    Release(milestone).write(folder)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    start, _, rest = on_linux(readme).rpartition("jupyter lab\n")
    assert start
    assert not rest, "the last command opens JupyterLab"
    done = bash(f"{start}jupyter lab --version\npython - <<'END'\n{FIRST_CHECK}END", folder)
    if "torch" in milestone.libraries and "No matching distribution found for torch" in done.stderr:
        pytest.skip("PyTorch cannot be had here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything is there. Open the notebook." in done.stdout
    assert "not written yet" in done.stdout, done.stdout
    assert (folder / "docs" / "student-guide.md").is_file()


@pytest.mark.timeout(1800)
def test_the_kernels_are_built_where_the_readme_says(desk: Path) -> None:
    """In the environment of requirements.txt, which has no Cython."""
    folder = desk / "linear_classifier"
    if not folder.is_dir():
        test_the_readme_to_the_letter("linear_classifier", desk)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert f"`{BUILD}`" in readme
    before = sorted(path.name for path in folder.iterdir())
    done = bash(f"source ../nndl-env/bin/activate\n{BUILD}\npython -m nndl doctor", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the compiled kernels for convolution are there" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == before, (
        "a build leaves nothing beside the package"
    )
