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
from nbgrader.api import Gradebook

from autograder.cli.main import COMMANDS, main
from autograder.judging import milestone_content
from autograder.lms import table
from autograder.release.build import Release
from autograder.reports import report as reporting
from autograder.sources import Sources

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


# the instructor guide, from the roster to a regrade request


LEFT_OUT = ("pip install", "python3 -m venv", "make wheels", "autograder doctor", "autograder new-course")
"""How the guide begins lines that need a network, or that the test has done before."""
PEOPLE = {"ada": "Ada Lovelace", "eve": "Eve Adams", "bob": "Bob Miller"}


def of_the_guide(page: str) -> Iterator[list[str]]:
    """Yield the words of every command in the guide's blocks without a language, in order."""
    for block in re.findall(r"^```\n(.*?)^```", page, re.M | re.S):
        for line in block.splitlines():
            if line.startswith(("autograder ", "nbgrader ")) and not line.startswith(LEFT_OUT):
                yield shlex.split(line.replace("PATH-TO-CIFAR-10", "offline"), comments=True)


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(1800)
def test_the_instructor_guide_runs_as_written(tmp_path):
    root, place = Path(__file__).parents[2], tmp_path / "mycourse"
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{root}:{root / 'source_lib'}",
        "OPENBLAS_NUM_THREADS": "1",
        "NNDL_DATA": "offline",
    }

    def run(*words: str, cwd: Path = place) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-m", *words]
        return subprocess.run(start, cwd=cwd, env=env, capture_output=True, text=True, check=False)

    assert run("autograder", "new-course", "mycourse", cwd=tmp_path).returncode == 0
    _write_downloads(place, env)
    ran = []
    for words in of_the_guide((DOCS / "instructor-guide.md").read_text()):
        if words[1] == "similarity" and not shutil.which("compare50"):
            continue
        done = run(*words)
        line = shlex.join(words)
        some_are_nobodys = words[1] in ("unpack", "grade", "autograde")
        assert done.returncode in ((0, 3) if some_are_nobodys else (0,)), (
            f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
        ran.append(words[1])
        if words[1] == "report" and ran.count("report") == 1:  # one report of other checks, to regrade
            _make_older(place / "reports" / "ada" / "two_layer_net.json")
    assert {"roster", "unpack", "grade", "extend", "groups", "regrade", "question", "comment", "explain"} <= {
        *ran
    }
    scores = table.read(place / "scores.csv")
    of_ours = [row for row in scores.rows if scores.get(row, "assignment") == "two_layer_net"]
    assert {scores.get(row, "student_id") for row in of_ours} == {*PEOPLE}
    assert "See lecture 4" in _comments(place)


def _comments(place: Path) -> str:
    with Gradebook(f"sqlite:///{place}/gradebook.db") as gradebook:
        work = gradebook.find_submission_notebook("two_layer_net", "two_layer_net", "ada")
        return " ".join(comment.comment or "" for comment in work.comments)


def _make_older(path: Path) -> None:
    report = reporting.load(path)
    report["versions"][reporting.CONTENT] = "0" * 64
    reporting.write(path, report)


def _write_downloads(place: Path, env: dict[str, str]) -> None:
    """Lay beside the course what systems gave its instructor: each has the hand-ins of three students."""
    simulated = place / "simulated"
    command = [
        sys.executable,
        "-m",
        "autograder",
        "simulate",
        "two_layer_net",
        str(simulated),
        "--data",
        "offline",
    ]
    subprocess.run(command, cwd=place, env=env, check=True, capture_output=True)
    wrong = "gradient_ignores_relu"
    release = Release(Sources().milestone("two_layer_net"))
    bug = next(one for one in milestone_content.bugs(release.milestone) if one.name == wrong)
    works = sorted(simulated.glob("*/two_layer_net"))[:3]
    for file, text in bug.edited.sources().items():
        (works[0] / "nndl" / file).write_text(text)
    canvas = "Student,ID,SIS User ID,SIS Login ID,Section,two_layer_net (5511)\n    Points Possible,,,,,49\n"
    worksheet = (
        'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
        '"Last modified (submission)","Last modified (grade)"\n'
    )
    classroom = '"identifier","github_username","github_id","name"\n'
    about, when = "---\n", '"Monday, 2 November 2026, 10:00 AM"'
    archives = {
        n: zipfile.ZipFile(place / n, "w")
        for n in ("submissions.zip", "HW1-1234.zip", "assignment_55_export.zip")
    }
    for number, ((login, name), work) in enumerate(zip(PEOPLE.items(), works, strict=True)):
        first, last = name.split()
        canvas += f'"{last}, {first}",{700 + number},,{login},A,\n'
        worksheet += f'"Participant {40 + number}","{name}",{login},,Submitted,,49.00,Yes,{when},-\n'
        classroom += f'"{login}","gh-{login}","{number}",""\n'
        about += f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :sid: '{700 + number}'\n"
        packed = Path(shutil.make_archive(str(place / f"packed{number}"), "zip", work))
        archives["submissions.zip"].write(packed, f"{last}{first}_{700 + number}_{number}_work.zip".lower())
        archives["HW1-1234.zip"].write(packed, f"{name}_{40 + number}_assignsubmission_file_/work.zip")
        archives["assignment_55_export.zip"].write(
            packed, f"assignment_55_export/submission_{number}/work.zip"
        )
        shutil.copytree(work, place / "two-layer-net-submissions" / f"two-layer-net-gh-{login}")
    archives["assignment_55_export.zip"].writestr("assignment_55_export/submission_metadata.yml", about)
    for archive in archives.values():
        archive.close()
    (place / "last-year").mkdir()
    for file, text in {
        "canvas-gradebook.csv": canvas, "exported-from-canvas.csv": canvas, "Grades-HW1.csv": worksheet,
        "classroom_roster.csv": classroom,
    }.items():  # fmt: skip
        (place / file).write_text(text)


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
