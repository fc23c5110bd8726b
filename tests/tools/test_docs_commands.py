"""The commands in the documentation: each exists with its options, and a year with a class runs as it is written."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from autograder.cli.main import COMMANDS, main
from autograder.lms import table

from ..autograder.lms import big_class

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("*.md"), DOCS.parent / "README.md"])
BLOCK = re.compile(r"^```(?:sh|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(autograder [^`]+)`")


def commands(text: str) -> Iterator[list[str]]:
    """Yield the autograder's commands in a page: its blocks, and what stands between backticks."""
    lines = [line for block in BLOCK.findall(text) for line in block.split("\n")]
    lines += [" ".join(found.split()) for found in INLINE.findall(text)]
    for line in lines:
        for part in line.removeprefix("$ ").split("&&"):
            if re.match(r"(?:\S*/)?autograder\s", part.strip()):
                yield shlex.split(part.strip().replace("…", "x"), comments=True)[1:]


def complaints(words: list[str]) -> list[str]:
    """Return what is wrong with a command: no such command, no such option, an argument too many."""
    if not words or words[0].startswith("-"):
        return []
    command = main.get_command(click.Context(main), words[0])
    if command is None:
        return [f"there is no command {words[0]}"]
    while isinstance(command, click.Group) and len(words) > 1:
        words = words[1:]
        inner = command.get_command(click.Context(command), words[0])
        if inner is None:
            return [f"{command.name} has no command {words[0]}"]
        command = inner
    options = {
        name: p
        for p in command.params
        if isinstance(p, click.Option)
        for name in (*p.opts, *p.secondary_opts)
    }
    given = [word.partition("=")[0] for word in words[1:] if word.startswith("--")]
    return [f"{words[0]} has no option {name}" for name in given if name not in {*options, "--help"}]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists_with_its_options(page):
    wrong = [line for words in commands(page.read_text()) for line in complaints(words)]
    assert wrong == []


def test_the_guides_show_every_command():
    shown = {words[0] for page in PAGES for words in commands(page.read_text()) if words}
    assert set(COMMANDS) - shown == set()


def test_what_is_wrong_with_a_command_is_found():
    assert complaints(["grade", "two_layer_net", "--force"]) == []
    assert complaints(["grade", "two_layer_net", "--colour=red"]) == ["grade has no option --colour"]
    assert complaints(["paint"]) == ["there is no command paint"]


# a year with a class, as the page has it


def steps(text: str) -> list[str]:
    return [
        line for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()
    ]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(1200)
def test_a_year_with_a_class_runs_as_written(tmp_path):
    """Run every line of the page in an empty folder, as a shell would; hand-ins are made before they are unpacked."""
    root = Path(__file__).parents[2]
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{root}:{root / 'source_lib'}",
        "OPENBLAS_NUM_THREADS": "1",
    }
    place = tmp_path
    for line in steps((DOCS / "year.md").read_text()):
        words = shlex.split(line)
        if words[0] == "cd":
            place /= words[1]
            _write_files(place)
            continue
        if words[:2] == ["autograder", "unpack"]:
            _hand_in(place, env)
        if words[:2] == ["autograder", "similarity"] and not shutil.which("compare50"):
            continue
        start = [sys.executable, "-m", "autograder", *words[1:]] if words[0] == "autograder" else words
        done = subprocess.run(start, cwd=place, env=env, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 3), f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert done.returncode == 0 or words[1] == "unpack", f"{line}\n{done.stdout[-2000:]}"
    everything = table.read(place / "everything.csv")
    states = [everything.get(row, "state") for row in everything.rows]
    assert len(states) == 4
    assert set(states) <= {"graded", "needs a human"}
    assert all(float(everything.get(row, "max_score")) == 50 for row in everything.rows)
    assert "linear_classifier" in (place / "canvas.csv").read_text()
    assert (place / "reports" / "s001" / "linear_classifier.html").is_file()


def _write_files(place: Path) -> None:
    """Lay beside the course what a learning management system gave the instructor."""
    exported = big_class.canvas_export(size=4, titles=("linear_classifier (5511)",))
    (place / "roster.csv").write_text(exported)
    (place / "exported-from-canvas.csv").write_text(exported)


def _hand_in(place: Path, env: dict[str, str]) -> None:
    """Make Canvas's bulk download of a simulated class of the size of the roster, and one file of nobody."""
    simulated = place / "simulated"
    subprocess.run(
        [sys.executable, "-m", "autograder", "simulate", "linear_classifier", str(simulated), "--data", "offline"],
        cwd=place, env=env, check=True, capture_output=True,
    )  # fmt: skip
    folders = sorted(simulated.glob("*/linear_classifier"))[:4]
    with zipfile.ZipFile(place / "submissions.zip", "w") as archive:
        for number, folder in enumerate(folders):
            packed = shutil.make_archive(str(place / f"packed{number}"), "zip", folder)
            archive.write(packed, f"x_{90000 + 7 * number}_{number + 1}_work.zip")
        archive.writestr("guest_1_99_notes.py", "pass")
