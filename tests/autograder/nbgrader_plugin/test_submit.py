"""A student follows the release's README to the letter, and ``nbgrader submit`` works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.load import load
from nndl.hand_in.made_with import MADE_WITH

MILESTONE = "dropout"
# What a README's commands find in a terminal. Installing needs a network; what matters here is the space that it takes.
TERMINAL = f"""
set -e
python3() {{ {shlex.quote(sys.executable)} "$@"; }}
python() {{ case "$*" in "-m nndl doctor") ;; "-m pip "*) pip "$@";; *) python3 "$@";; esac; }}
pip() {{ python3 - "$VIRTUAL_ENV" "$@" <<'END'
import pathlib, sys
assert sys.argv[2:] == ["-m", "pip", "install", "-r", "requirements.txt"], sys.argv
with open(pathlib.Path(sys.argv[1], "large.so"), "wb") as file:
    file.truncate(150_000_000)
END
}}
jupyter() {{ test "$*" = lab; }}
nbgrader() {{ {shlex.quote(sys.executable)} -m nbgrader "$@"; }}
"""
CONFIG = """
c = get_config()
{plugin}
c.CourseDirectory.course_id = "nndl"
c.Exchange.root = {root!r}
c.Exchange.cache = {root!r} + "/cache"
"""
PLUGIN = "from autograder import nbgrader_plugin\nnbgrader_plugin.configure(c)"
RELEASE = Release(Sources().milestone(MILESTONE))


def commands(readme: str, heading: str) -> list[str]:
    """Return the code blocks of one section."""
    section = readme.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```\n(.*?)```", section, re.DOTALL)


@dataclass(frozen=True)
class Student:
    """A student's home with the assignment, and the exchange."""

    home: Path
    exchange: Path

    @property
    def submitted(self) -> Path:
        """The one submission."""
        (folder,) = (self.exchange / "nndl" / "inbound").iterdir()
        return folder

    def run(self, script: str, folder: Path, plugin: str = "") -> str:
        """Run commands in a folder; return what they print."""
        config = CONFIG.format(root=str(self.exchange), plugin=plugin)
        (self.home / ".jupyter" / "nbgrader_config.py").write_text(config)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("NBGRADER", "JUPYTER"))}
        ran = subprocess.run(
            ["bash", "-c", TERMINAL + script],
            cwd=folder,
            env=environment | {"HOME": str(self.home), "JUPYTER_CONFIG_DIR": str(self.home / ".jupyter")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@pytest.fixture
def student(tmp_path: Path) -> Student:
    made = Student(tmp_path / "home", tmp_path / "exchange")
    RELEASE.write(made.exchange / "nndl" / "outbound" / MILESTONE)
    RELEASE.write(made.home / MILESTONE)
    inbound = made.exchange / "nndl" / "inbound"
    inbound.mkdir()
    for folder in (made.exchange, inbound):
        folder.chmod(0o777)
    (made.home / ".jupyter").mkdir()
    return made


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*"))


@pytest.mark.slow
def test_the_readme_leads_to_a_submission_that_can_be_read(student, tmp_path):
    folder = student.home / MILESTONE
    readme = (folder / "README.md").read_text(encoding="utf-8")
    set_up, _, _ = commands(readme, "Set up")  # Linux, Windows, Google Colab
    pack, submit = commands(readme, "Hand in")
    student.run(set_up, folder)
    said = student.run(pack, folder)
    assert "Packed 3 of 3 files" in said
    with zipfile.ZipFile(student.home / f"{MILESTONE}.zip") as archive:
        assert set(archive.namelist()) == {"assignment.json", MADE_WITH, *RELEASE.editable}
    student.run(submit, student.home)
    submitted = student.submitted
    assert size(submitted) < 5_000_000
    read = load(submitted, RELEASE, tmp_path / "work", student="ada")
    assert {file.path for file in read.files} == set(RELEASE.editable)


@pytest.mark.slow
def test_an_environment_inside_the_folder_stays_at_home_where_the_course_is_configured(student):
    folder = student.home / MILESTONE
    student.run("python3 -m venv --without-pip .venv && python3 -m venv --without-pip my-env", folder)
    with open(folder / ".venv" / "large.so", "wb") as file:
        file.truncate(30_000_000)
    student.run(f"nbgrader submit {MILESTONE}", student.home, PLUGIN)
    submitted = student.submitted
    assert not {".venv", "my-env"} & {path.name for path in submitted.iterdir()}
    assert size(submitted) < 5_000_000
